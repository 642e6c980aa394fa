"""Finding story files and their bots, playing them, and the report of one that is not as written.

Both runners use it: `talktable test` and the pytest plugin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from dsl.build import Build, build
from dsl.diagnostics import Diagnostic, Severity
from dsl.graph import happened
from dsl.render import text as rendered
from dsl.source import Source, Span, read_file
from dsl.story import Story, StoryFile, read_stories
from dsl.story_names import unknown_names
from runtime.state import Fired
from runtime.stories import Broken, Line, OpenRoad, Played, play

LAST = 12                                    # lines of the transcript that a report shows
LONGEST = 1_000                              # characters of a text that a report shows


class Opened(msgspec.Struct, frozen=True):
    """A story file with its bot: ready to be played, or the reason in words why not."""

    path: Path
    source: Source
    stories: tuple[Story, ...] = ()
    bot: Build | None = None
    refused: str = ""


class Library(msgspec.Struct):
    """Every bot is compiled once, however many files tell of it."""

    bots: dict[Path, Build] = {}

    def open(self, path: Path) -> Opened:
        """The file at `path`; what is wrong with it or its bot is in `refused`."""
        name = path.as_posix()
        try:
            source = Source(name, read_file(path).decode("utf-8-sig"))
        except (OSError, UnicodeDecodeError) as fault:
            return Opened(path, Source(name, ""), refused=f"{name}: cannot be read: {fault}")
        told, faults = read_stories(source)
        if _has_errors(faults):
            return Opened(path, source, refused=rendered(faults, {name: source}, name))
        folder = bot_folder(path, told.bot)
        if folder is None:
            return Opened(path, source, refused=f"{name}: there is no bot `{told.bot}`: no folder above has a "
                                                f"domain.yml with that name, and neither has bots/{told.bot}")
        if folder not in self.bots:
            self.bots[folder] = build(folder)
        return self._checked(Opened(path, source, told.stories, self.bots[folder]), told, folder)

    def _checked(self, opened: Opened, told: StoryFile, folder: Path) -> Opened:
        assert opened.bot is not None
        if opened.bot.table is None:
            shown = rendered(opened.bot.diagnostics, opened.bot.sources, folder.as_posix())
            return Opened(opened.path, opened.source, refused=shown)
        faults = tuple(unknown_names(told, opened.bot.table, opened.bot.map))
        if _has_errors(faults):
            return Opened(opened.path, opened.source,
                          refused=rendered(faults, {opened.source.name: opened.source}, opened.source.name))
        return opened


def _has_errors(diagnostics: Sequence[Diagnostic]) -> bool:
    return any(report.severity is Severity.ERROR for report in diagnostics)


def story_paths(paths: Sequence[Path]) -> Iterator[Path]:
    """The story files at these paths: files as they are, folders searched for YAML that tells stories."""
    for path in paths:
        if path.is_file():
            yield path
        else:
            yield from (found for found in sorted([*path.rglob("*.yml"), *path.rglob("*.yaml")]) if tells(found))


def tells(path: Path) -> bool:
    """Whether a YAML file is one of stories: it has the key `stories` at its left edge."""
    try:
        head = read_file(path)[:65_536].removeprefix(b"\xef\xbb\xbf")
    except OSError:
        return False
    return head.startswith(b"stories:") or b"\nstories:" in head


def bot_folder(path: Path, bot: str) -> Path | None:
    """The nearest folder above a story whose domain.yml names the bot, else `bots/<name>` beside or above it."""
    above = path.absolute().parents
    candidates = [*above, *(parent / "bots" / bot for parent in above), Path("bots").absolute() / bot]
    found = next((folder for folder in candidates if _names(folder / "domain.yml", bot)), None)
    if found is None:
        return None
    here = Path.cwd()
    return found.relative_to(here) if found.is_relative_to(here) else found


def _names(domain: Path, bot: str) -> bool:
    try:
        lines = read_file(domain).decode("utf-8-sig", "replace").splitlines()
    except OSError:
        return False
    return any(line.split("#")[0].replace('"', " ").replace("'", " ").split() == ["bot:", bot] for line in lines)


def play_one(opened: Opened, told: Story, open_road: OpenRoad | None = None) -> Played:
    """Play a story of a file that was opened without a fault, on the road it is given as `play` is."""
    assert opened.bot is not None
    assert opened.bot.table is not None
    assert opened.bot.map is not None
    return play(opened.bot.table, opened.bot.map, told, open_road)


def report(opened: Opened, played: Played) -> str:
    """Why a story broke: place, the last turns, expected against got, and the row that fired with its place."""
    broken = played.broken
    assert broken is not None
    lines = [f"{_at(opened.source, broken.span)}  {played.story.name}", f"  {broken.reason}", ""]
    lines += [_shown(line) for line in played.transcript[-LAST:]]
    for difference in broken.differences:
        told, sent = _beside(difference.told, difference.sent)
        lines += ["", f"  {difference.what}", f"  - told  {told or '(nothing)'}", f"  + sent  {sent or '(nothing)'}"]
    fired = [_fired(opened, row) for row in broken.fired]
    if fired:
        lines += ["", *(f"  fired   {row}" for row in fired)]
    return "\n".join([*lines, "", _snippet(opened.source, broken), ""])


def _beside(told: str, sent: str) -> tuple[str, str]:
    """Both as they are shown: long ones from a little before the place where they part."""
    if max(len(told), len(sent)) <= LONGEST:
        return told, sent
    parted = (at for at, (one, other) in enumerate(zip(told, sent, strict=False)) if one != other)
    start = max(0, next(parted, min(len(told), len(sent))) - LONGEST // 4)
    return _cut(told, start), _cut(sent, start)


def _cut(text: str, start: int = 0) -> str:
    """At most `LONGEST` characters of a text, with `…` where something was left out and how long it is.

    >>> _cut("Hello"), _cut("x" * 250_000)[-23:]
    ('Hello', 'x… (250,000 characters)')
    """
    if len(text) <= LONGEST:
        return text
    end = start + LONGEST
    return f"{'…' * (start > 0)}{text[start:end]}{'…' * (end < len(text))} ({len(text):,} characters)"


def _shown(line: Line) -> str:
    first, *rest = _cut(line.what).split("\n")
    return "\n".join([f"    {line.who:<7} {first}", *(f"            {more}" for more in rest)])


def _snippet(source: Source, broken: Broken) -> str:
    number, _ = source.position(broken.span.start)
    return f"  {number:>5} | {_cut(source.line(number).strip())}"


def _at(source: Source, span: Span) -> str:
    return f"{source.name}:{source.position(span.start)[0]}"


def _fired(opened: Opened, row: Fired) -> str:
    assert opened.bot is not None
    places = opened.bot.map
    rows = places.rows.get(row.step, []) if places else []
    if places and 0 <= row.row < len(rows):
        place = rows[row.row]
        return f"{row.step} {event_of(opened.bot, row.step, row.row)}  {places.files[place.file]}:{place.line}"
    asked = places.steps.get(row.step) if places else None      # what the machine did by itself stands at its question
    where = f"  {places.files[asked.file]}:{asked.line}" if places and asked else ""
    return f"{row.step} {row.note}".strip() + where


def event_of(bot: Build, step: str, row: int) -> str:
    """What the row of a step (or of `anywhere`, `starts`) takes, in an author's words: `option Book`, `answer`."""
    assert bot.table is not None
    at = bot.table.steps.get(step)
    rows = at.on if at else {"anywhere": bot.table.anywhere, "starts": bot.table.starts}[step]
    kind = rows[row].event.partition(":")[0]
    label, _ = happened(bot.table, rows[row].event, at)
    return kind if label in ("", kind) else f"{kind} {label}"
