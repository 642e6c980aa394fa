"""The compiler from end to end: a folder becomes a table, or all that is wrong with it.

    read ─▶ parse ─▶ lower (names, types) ─▶ check
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dsl.allow import allowed
from dsl.check import check
from dsl.diagnostics import Diagnostic, Fix, Kind, Severity
from dsl.domain import Domain, read_domain
from dsl.lower import lower
from dsl.parser import parse
from dsl.source import Source, Span
from dsl.syntax import File
from dsl.table import SourceMap, Table

NO_FOLDER = Kind("F090", Severity.ERROR, "there is no folder `{name}`")
NO_DOMAIN = Kind("F091", Severity.ERROR, "`{name}` is not a bot: it has no domain.yml")
NOT_UTF8 = Kind("F092", Severity.ERROR, "this file is not UTF-8: byte {byte} is 0x{value:02x}")

DOMAIN = "domain.yml"

# What can only be said of a bot that was read whole: a line that could not be read may be the one that leads on.
_OF_THE_WHOLE = ("F15", "F3", "F40")


@dataclass(frozen=True, slots=True)
class Build:
    """What became of a bot's sources."""

    diagnostics: tuple[Diagnostic, ...]      # by file and place
    sources: dict[str, Source]               # by name, the domain first
    table: Table | None = None               # only if there are no errors
    map: SourceMap | None = None             # beside the table
    domain: Domain | None = None             # whenever its file could be read
    files: tuple[File, ...] = ()             # the .flow files, in the order of their names


def build(folder: Path) -> Build:
    """The bot in a folder: its domain.yml, all its .flow files, its locales. Never raises for what stands in them."""
    name = folder.as_posix()
    if not folder.is_dir():
        return _nothing(NO_FOLDER.at(Span(name, 0, 0), Fix("give the folder that holds domain.yml"), name=name))
    if not (folder / DOMAIN).is_file():
        fix = Fix("write a domain.yml there, or make a bot with `talktable new`")
        return _nothing(NO_DOMAIN.at(Span(name, 0, 0), fix, name=name))
    paths = [folder / DOMAIN, *sorted(folder.glob("*.flow")), *sorted(folder.glob("locales/*.po"))]
    sources, faults = {}, []
    for path in paths:
        source, fault = _read(path)
        sources[source.name] = source
        faults += fault
    return _build(sources, faults)


def build_sources(texts: Mapping[str, str]) -> Build:
    """The bot of these files, name → text; the names end as files of a folder do: `domain.yml`, `locales/es.po`."""
    return _build({name: Source(name, text) for name, text in sorted(texts.items(), key=_rank)}, [])


def _rank(item: tuple[str, str]) -> tuple[int, str]:
    return ((".yml", ".flow", ".po").index(PurePosixPath(item[0]).suffix), item[0])


def _nothing(diagnostic: Diagnostic) -> Build:
    name = diagnostic.span.file
    return Build((diagnostic,), {name: Source(name, "")})


def _read(path: Path) -> tuple[Source, list[Diagnostic]]:
    """A file as text; what is not UTF-8 is said once, and stands as `\\ufffd`."""
    name, data = path.as_posix(), path.read_bytes()
    try:
        return Source(name, data.decode("utf-8-sig")), []
    except UnicodeDecodeError as fault:
        source = Source(name, data.decode("utf-8-sig", "replace"))
        start = len(data[:fault.start].decode("utf-8-sig"))
        said = NOT_UTF8.at(source.span(start, start + 1), Fix("save the file as UTF-8"), label="not a character",
                           byte=fault.start + 1, value=data[fault.start])
        return source, [said]


def _build(sources: dict[str, Source], faults: Iterable[Diagnostic]) -> Build:
    found = list(faults)
    unreadable = {fault.span.file for fault in found}
    domain, files = None, []
    for name, source in sources.items():
        if name in unreadable:
            continue
        if name.endswith(".flow"):
            file, said = parse(source)
            files.append(file)
            found += said
        elif name.endswith(DOMAIN):
            domain, said = read_domain(source)
            found += said
    if domain is None or unreadable:
        return _finished(found, sources, files, domain)
    lowered = lower(domain, files, {}, sources)
    found += lowered.found
    found += check(lowered.table, lowered.map, sources)
    if any(one.severity is Severity.ERROR and one.code < "F100" for one in found):
        found = [one for one in found if not one.code.startswith(_OF_THE_WHOLE)]
    return _finished(found, sources, files, domain, lowered.table, lowered.map)


def _finished(found: Iterable[Diagnostic], sources: dict[str, Source], files: Iterable[File], domain: Domain | None,
              table: Table | None = None, places: SourceMap | None = None) -> Build:
    files = tuple(files)
    order = {name: number for number, name in enumerate(sources)}
    kept = allowed(found, files, sources)
    kept.sort(key=lambda one: (order.get(one.span.file, 0), one.span.start, one.code))
    if any(one.severity is Severity.ERROR for one in kept):
        table = places = None
    return Build(tuple(kept), sources, table, places, domain, files)
