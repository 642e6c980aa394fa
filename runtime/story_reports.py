"""What came of the stories: results, the closing line, JUnit and JSON for programs, and the rows no story takes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from dsl.build import Build
from dsl.table import Place, Row, SourceMap, Table
from runtime.stories import OpenRoad
from runtime.story_files import Opened, event_of, play_one, report


class Result(msgspec.Struct, frozen=True):
    """One story played, or a whole file that could not be (`story` is empty then)."""

    file: str
    story: str
    line: int
    seconds: float                           # of processor time
    failure: str = ""                        # the report, empty when all went as written
    bot: Build | None = None
    fired: frozenset[tuple[str, int]] = frozenset()


def results(opened: Opened, words: str = "", open_road: OpenRoad | None = None) -> Iterator[Result]:
    """Play the stories of a file whose name, or the file's, contains `words`."""
    if opened.refused:
        yield Result(opened.path.as_posix(), "", 1, 0.0, opened.refused)
    for told in opened.stories:
        if words and words.casefold() not in f"{opened.path.as_posix()} {told.name}".casefold():
            continue
        start = time.process_time()
        played = play_one(opened, told, open_road)
        failure = f"FAILED {report(opened, played)}" if played.broken else ""
        yield Result(opened.path.as_posix(), told.name, opened.source.position(told.span.start)[0],
                     time.process_time() - start, failure, opened.bot, played.fired)


def collected(opened: Sequence[Opened]) -> str:
    """What there is to play, said before it is played: all of it, whatever words will be asked for."""
    stories, files = sum(len(file.stories) for file in opened), len(opened)
    bots = sorted({file.bot.table.bot for file in opened if file.bot and file.bot.table})
    told = f"{stories} {'story' if stories == 1 else 'stories'} in {files} {'file' if files == 1 else 'files'}"
    return f"{told}, of {', '.join(bots)}" if bots else told


def closing(played: Sequence[Result]) -> str:
    """
    >>> closing(())
    'no stories were found: that is a failure, since nothing was tested'
    """
    if not played:
        return "no stories were found: that is a failure, since nothing was tested"
    failed = sum(bool(result.failure) for result in played)
    passed = len(played) - failed
    took = sum(result.seconds for result in played)
    return f"{passed} passed, {failed} failed in {took:.2f}s"


def as_json(played: Sequence[Result]) -> str:
    rows = [{"file": result.file, "story": result.story, "line": result.line, "seconds": round(result.seconds, 6),
             "outcome": "failed" if result.failure else "passed", "report": result.failure} for result in played]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def junit(played: Sequence[Result]) -> str:
    """JUnit XML as CI systems read it: a test case for each story."""
    from xml.etree import ElementTree

    suite = ElementTree.Element("testsuite", name="stories", tests=str(len(played)),
                                failures=str(sum(bool(result.failure) for result in played)),
                                time=f"{sum(result.seconds for result in played):.3f}")
    for result in played:
        case = ElementTree.SubElement(suite, "testcase", classname=result.file, name=result.story or "(the file)",
                                      file=result.file, line=str(result.line), time=f"{result.seconds:.4f}")
        if result.failure:
            first = result.failure.splitlines()[0]
            ElementTree.SubElement(case, "failure", message=_printable(first)).text = _printable(result.failure)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str) -> str:
    """XML has no place for most control characters."""
    return "".join(char if char in "\n\t" or char >= " " else "\ufffd" for char in text)


def coverage(played: Iterable[Result]) -> str:
    """For each bot how many of its rows some story takes, and the place of every row that none does."""
    bots: dict[int, Build] = {}
    fired: dict[int, set[tuple[str, int]]] = {}
    for result in played:
        if result.bot is not None:
            bots[id(result.bot)] = result.bot
            fired.setdefault(id(result.bot), set()).update(result.fired)
    return "\n".join(_covered(bot, fired[key]) for key, bot in bots.items())


def _covered(bot: Build, fired: set[tuple[str, int]]) -> str:
    assert bot.table is not None
    rows = [(step, index) for step, held in _rows(bot.table) for index in range(len(held))]
    missed = [row for row in rows if row not in fired]
    lines = [f"{bot.table.bot}: {len(rows) - len(missed)} of {len(rows)} rows are taken by a story "
             f"({100 * (len(rows) - len(missed)) // max(1, len(rows))} %)"]
    lines += [f"  never taken: {step} {event_of(bot, step, row)}{_written(bot.map, step, row)}" for step, row in missed]
    return "\n".join(lines)


def _rows(table: Table) -> Iterator[tuple[str, list[Row]]]:
    yield "anywhere", table.anywhere
    yield "starts", table.starts
    for name, step in table.steps.items():
        yield name, step.on


def _written(places: SourceMap | None, step: str, index: int) -> str:
    held: list[Place] = places.rows.get(step, []) if places else []
    if places is None or index >= len(held):
        return ""
    return f"  {places.files[held[index].file]}:{held[index].line}"
