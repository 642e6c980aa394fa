"""What authors write out of habit, from Python, JavaScript or another tool, is told once, with a fix that compiles."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsl.build import Build, build_sources
from dsl.diagnostics import Severity
from dsl.fixes import edited

DOMAIN = """\
bot: toy
languages: [en]
start: main
timezone: Europe/Lisbon
slots:
  n: {type: integer, default: 3}
  x: {type: boolean, default: true}
  name: {type: text, max: 40, default: Ana}
  items: {type: list of text, default: [a, b]}
actions:
  book: {params: {at: text}, returns: text, python: actions.book}
"""
TAIL = """
flow other
  say "{n} {x} {name} {items}"
  call book(name) into booked
    on failure
      end
  say "{booked}"
  end

flow third
  end
"""
ROUNDS = 4                                   # fixes one after another, where a line has several habits



def habits() -> Iterator[tuple[str, str, str]]:
    """Name, code of the first report, and lines of each habit of `habits.txt`."""
    for part in (Path(__file__).parent / "habits.txt").read_text("utf-8").split("\n== ")[1:]:
        head, lines = part.split("\n", 1)
        code, name = head.split(" ", 1)
        yield name, code, "\n".join(line for line in lines.rstrip().split("\n") if not line.startswith("# "))


HABITS = {name: (code, lines.rstrip()) for name, code, lines in habits()}


def files(lines: str) -> dict[str, str]:
    if not re.search(r"^(?:flow|def|function|menu)\b", lines, re.MULTILINE):
        lines = "flow main\n" + "".join(f"  {line}\n" for line in lines.split("\n")) + "  -> other\n"
    return {"domain.yml": DOMAIN, "main.flow": f"{lines}{TAIL}"}


def mended(sources: dict[str, str], built: Build) -> dict[str, str]:
    """The files after the first fix of every error."""
    edits = [edit for report in built.diagnostics if report.severity is Severity.ERROR
             for edit in report.fixes[0].edits]
    return {name: edited(text, [edit for edit in edits if edit.span.file == name]) for name, text in sources.items()}


@pytest.mark.parametrize(("code", "lines"), HABITS.values(), ids=HABITS)
def test_a_habit_is_told_once_with_a_fix_that_compiles(code: str, lines: str):
    sources = files(lines)
    built = build_sources(sources)
    errors = [report for report in built.diagnostics if report.severity is Severity.ERROR]
    places = [built.sources[report.span.file].position(report.span.start)[0] for report in errors]

    assert errors[0].code == code
    assert len(set(places)) == len(places), [report.message for report in errors]
    for _ in range(ROUNDS):
        if built.table is None:
            sources = mended(sources, built)
            built = build_sources(sources)
    assert built.table is not None, (sources["main.flow"], [report.message for report in built.diagnostics])


@pytest.mark.parametrize(("code", "lines"), [
    ("F010", "repeat 500 times\n  say \"a\""), ("F108", "for i in range(500)\n  say \"{i}\""),
    ("F108", "for i in range(n)\n  say \"{i}\""), ("F012", "say \"a %s %s\" % name"), ("F108", "say \"{book(name)}\""),
    ("F012", "say \"" + "a" * 300 + "\" + name"), ("F002", "say \"{name name ?? items items}\""),
    ("F024", "say \"{name " + "a" * 300 + "}\""),
])
def test_what_no_fix_could_say_is_told_all_the_same(code: str, lines: str):
    assert [report.code for report in build_sources(files(lines)).diagnostics if report.code != "F301"] == [code]


def test_what_other_languages_call_nothing_may_be_a_name_of_the_authors():
    sources = files("if name == none\n  say \"a\"\nset name = none")
    sources["domain.yml"] = sources["domain.yml"].replace("slots:", "slots:\n  none: {type: text, max: 9, default: x}")

    assert {report.code for report in build_sources(sources).diagnostics} == {"F301"}
