"""The compiler from end to end: a folder becomes a table, or all that is wrong with it.

    read ─▶ parse ─▶ lower (names, types) ─▶ check
"""

import re
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path, PurePosixPath

import msgspec

from dsl.allow import allowed
from dsl.check import check
from dsl.diagnostics import MOST_ERRORS, Diagnostic, Fix, Kind, Severity
from dsl.domain import Domain, read_domain
from dsl.files import Beside, InTexts, OnDisk
from dsl.garbage import without_collection
from dsl.locales import read_locales, stale, untranslated
from dsl.lower import Lowered, lower
from dsl.lower_texts import Translatable
from dsl.parser import parse
from dsl.source import Source, Span, read_file
from dsl.syntax import File
from dsl.table import SourceMap, Table
from dsl.writing import FILE_TOO_LONG

NO_FOLDER = Kind("F090", Severity.ERROR, "there is no folder `{name}`")
NO_DOMAIN = Kind("F091", Severity.ERROR, "`{name}` is not a bot: it has no domain.yml")
NOT_UTF8 = Kind("F092", Severity.ERROR, "this file is not UTF-8: byte {byte} is 0x{value:02x}")
UNREADABLE = Kind("F093", Severity.ERROR, "this file cannot be read: {reason}")
TOO_MANY = Kind("F094", Severity.ERROR, "{count:,} mistakes are told, and no more are looked for",
                fix="mend these, the first of them first: what follows may follow from it")

DOMAIN = "domain.yml"

# What can only be said of a bot that was read whole: a line that could not be read may be the one that leads on.
_OF_THE_WHOLE = ("F15", "F200", "F3", "F40", "F604", "F901")
_WRITING = "F100"                            # codes before it are of writing: what is said of such a line is a guess
_KEY = re.compile(r"(?<![\w.])([\w.]++)\s*+:")     # of a domain.yml, wherever it stands; in linear time


class Build(msgspec.Struct, frozen=True):
    """What became of a bot's sources."""

    diagnostics: tuple[Diagnostic, ...]      # by file and place
    sources: dict[str, Source]               # by name, the domain first
    table: Table | None = None               # only if there are no errors
    map: SourceMap | None = None             # beside the table
    domain: Domain | None = None             # whenever its file could be read
    files: tuple[File, ...] = ()             # the .flow files, in the order of their names
    texts: tuple[Translatable, ...] = ()     # what translators translate, in the order it is read


def build(folder: Path) -> Build:
    """The bot in a folder: its domain.yml, all its .flow files, its locales. Never raises for what stands in them."""
    name = folder.as_posix()
    if not folder.is_dir():
        return _nothing(NO_FOLDER.at(Span(name, 0, 0), Fix("give the folder that holds domain.yml"), name=name))
    if not (folder / DOMAIN).is_file():
        fix = Fix("write a domain.yml there, or make a bot with `talktable new`")
        return _nothing(NO_DOMAIN.at(Span(name, 0, 0), fix, name=name))
    paths = [folder / DOMAIN, *sorted(folder.glob("*.flow")), *sorted(folder.glob("locales/*.po"))]
    sources: dict[str, Source] = {}
    faults: list[Diagnostic] = []
    for path in paths:
        source, fault = _read(path)
        sources[source.name] = source
        faults += fault
    return _build(sources, faults, OnDisk(folder))


def build_sources(texts: Mapping[str, str]) -> Build:
    """The bot of these files, name → text, named as in a bot's folder: `domain.yml`, `main.flow`, `locales/es.po`."""
    return _build({name: Source(name, texts[name]) for name in sorted(texts, key=_rank)}, [],
                  InTexts(texts))


def translatables(built: Build) -> tuple[Translatable, ...]:
    """Every text of the bot that translators translate."""
    return built.texts


def _rank(name: str) -> tuple[int, str]:
    suffixes = (".yml", ".flow", ".po")
    suffix = PurePosixPath(name).suffix
    return (suffixes.index(suffix) if suffix in suffixes else len(suffixes), name)


def _nothing(diagnostic: Diagnostic) -> Build:
    name = diagnostic.span.file
    return Build((diagnostic,), {name: Source(name, "")})


def _read(path: Path) -> tuple[Source, list[Diagnostic]]:
    """A file as text; what is not UTF-8 is said once, and stands as `\\ufffd`."""
    name = path.as_posix()
    try:
        data = read_file(path)
    except OSError as fault:
        source = Source(name, "")
        return source, [UNREADABLE.at(source.span(0, 0), reason=(fault.strerror or "no reason given").lower())]
    try:
        return Source(name, data.decode("utf-8-sig")), []
    except UnicodeDecodeError as fault:
        source = Source(name, data.decode("utf-8-sig", "replace"))
        # The decoder counts from behind a byte order mark, if there is one.
        before = data.removeprefix(b"\xef\xbb\xbf")[:fault.start]
        start = len(before.decode("utf-8", "replace"))
        said = NOT_UTF8.at(source.span(start, start + 1), Fix("save the file as UTF-8"), label="not a character",
                           byte=fault.start + 1, value=fault.object[fault.start])
        return source, [said]


class _Parsed(msgspec.Struct):
    """All files of a bot, each as what it is."""

    domain: Domain | None = None
    files: list[File] = []
    broken: set[str] = set()                 # names that domain.yml failed to define


@without_collection()
def _build(sources: dict[str, Source], faults: Iterable[Diagnostic], beside: Beside) -> Build:
    found = list(faults)
    unreadable = {fault.span.file for fault in found}
    parsed = _Parsed()
    for name, source in sources.items():
        if name not in unreadable:
            found += _parse(name, source, parsed)
    if parsed.domain is None or unreadable or any(one.code == FILE_TOO_LONG.code for one in found):
        return _finished(found, sources, parsed)
    locales, said = read_locales(parsed.domain, sources)
    lowered = lower(parsed.domain, parsed.files, locales, sources, parsed.broken)
    found += said + lowered.found
    found = _up_to_enough(chain(found, check(lowered.table, lowered.map, sources, beside),
                                untranslated(lowered.table, lowered.map, locales), stale(locales)), parsed.domain.file)
    return _finished(found, sources, parsed, lowered)


def _up_to_enough(found: Iterable[Diagnostic], domain: str) -> list[Diagnostic]:
    """All that is found until too much of it is wrong; no check is begun that would come after that."""
    kept, errors = [], 0
    for one in found:
        kept.append(one)
        errors += one.severity is Severity.ERROR
        if errors >= MOST_ERRORS:
            return [*kept, TOO_MANY.at(Span(domain, 0, 0), count=len(kept))]
    return kept


def _parse(name: str, source: Source, parsed: _Parsed) -> tuple[Diagnostic, ...]:
    found: tuple[Diagnostic, ...] = ()
    if name.endswith(".flow"):
        file, found = parse(source)
        parsed.files.append(file)
    elif name.endswith(DOMAIN):
        parsed.domain, found = read_domain(source)
        if any(one.severity is Severity.ERROR for one in found):
            parsed.broken.update(_KEY.findall(source.text))
    return found


def _line(one: Diagnostic, sources: Mapping[str, Source]) -> tuple[str, int]:
    return one.span.file, sources[one.span.file].position(one.span.start)[0] if one.span.file in sources else 0


def _finished(found: Iterable[Diagnostic], sources: dict[str, Source], parsed: _Parsed,
              lowered: Lowered | None = None) -> Build:
    order = {name: number for number, name in enumerate(sources)}
    kept = allowed(found, parsed.files, sources)
    misread = {_line(one, sources) for one in kept if one.severity is Severity.ERROR and one.code < _WRITING}
    if misread:
        kept = [one for one in kept if one.code < _WRITING or
                not (one.code.startswith(_OF_THE_WHOLE) or _line(one, sources) in misread)]
    kept.sort(key=lambda one: (order.get(one.span.file, 0), one.span.start, one.code))
    files = tuple(parsed.files)
    if lowered is None:
        return Build(tuple(kept), sources, domain=parsed.domain, files=files)
    is_broken = any(one.severity is Severity.ERROR for one in kept)
    table, places = (None, None) if is_broken else (lowered.table, lowered.map)
    return Build(tuple(kept), sources, table, places, parsed.domain, files, lowered.texts)
