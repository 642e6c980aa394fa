"""Diagnostics as text, JSON rows, GitHub annotations and SARIF."""

import json

from dsl.diagnostics import KINDS, Certainty, Edit, Fix, Kind, Label, Severity
from dsl.render import as_github, as_json, as_sarif, closing, text
from dsl.source import Source, Span

FLOW = Source("bots/clinic/main.flow", 'menu main "Hi"\n  - "Book a visit" -> buk\n  - "日本" -> nowhere\n')
SOURCES = {FLOW.name: FLOW}
NAMELESS = Kind("F998", Severity.ERROR, "there is no flow or menu named `{name}`", why="The user would see nothing.")
LIKELY = Kind("F997", Severity.WARNING, "`{name}` is likely wrong")
for kind in (NAMELESS, LIKELY):
    del KINDS[kind.code]                     # known to this file only


def span_of(words: str) -> Span:
    start = FLOW.text.index(words)
    return FLOW.span(start, start + len(words))


BUK = NAMELESS.at(
    span_of("buk"), Fix("did you mean `book`?", (Edit(span_of("buk"), "book"),), Certainty.SAFE),
    label="nothing has this name", others=(Label(span_of("main"), "asked for here"),), name="buk")


def test_a_report_shows_the_authors_lines_with_a_caret_under_the_fault_and_a_label_where_the_story_goes_on():
    assert text([BUK], SOURCES, "bots/clinic") == """\
error[F998]: there is no flow or menu named `buk`
  bots/clinic/main.flow:2:23
   1 | menu main "Hi"
     |      ---- asked for here
   2 |   - "Book a visit" -> buk
     |                       ^^^ nothing has this name
  The user would see nothing.
  fix: did you mean `book`?

1 error in bots/clinic
"""


def test_carets_stand_under_wide_characters():
    report = LIKELY.at(span_of("nowhere"), name="nowhere")

    assert "   3 |   - \"日本\" -> nowhere\n     |               ^^^^^^^" in text([report], SOURCES, "x")


def test_a_line_with_two_reports_shows_the_gravest():
    shown = text([LIKELY.at(span_of("Book"), name="Book"), BUK], SOURCES, "x")

    assert "F998" in shown
    assert "F997" not in shown
    assert shown.endswith("1 error, 1 warning in x\n")


def test_more_than_twenty_reports_of_a_file_are_counted():
    long = Source("a.flow", "x\n" * 30)
    reports = [LIKELY.at(long.span(2 * n, 2 * n + 1), name="x") for n in range(30)]

    assert "and 10 more in a.flow" in text(reports, {"a.flow": long}, "a")


def test_a_very_long_line_is_shown_around_the_fault():
    long = Source("a.flow", "a" * 5_000 + "HERE" + "b" * 5_000)

    shown = text([LIKELY.at(long.span(5_000, 5_004), name="x")], {"a.flow": long}, "a")

    quoted, underlined = shown.splitlines()[2:4]
    assert "…aaa" in quoted
    assert "bbb…" in quoted
    assert quoted.index("HERE") == underlined.index("^^^^")
    assert max(map(len, shown.splitlines())) < 200


def test_a_report_in_a_file_nobody_could_read_still_says_which():
    assert "  gone.flow\n" in text([LIKELY.at(Span("gone.flow", 0, 0), name="x")], {}, "x")


def test_colour_is_only_added_when_asked_for():
    assert "\x1b[" not in text([BUK], SOURCES, "x")
    assert "\x1b[31;1merror[F998]" in text([BUK], SOURCES, "x", colour=True)


def test_json_rows_carry_code_place_and_edits():
    [row] = json.loads(as_json([BUK], SOURCES))

    assert (row["code"], row["severity"], row["line"], row["column"]) == ("F998", "error", 2, 23)
    assert (row["end_line"], row["end_column"]) == (2, 26)
    assert row["fixes"][0]["edits"] == [
        {"file": FLOW.name, "line": 2, "column": 23, "end_line": 2, "end_column": 26, "text": "book"}]


def test_github_gets_one_command_a_report():
    assert as_github([BUK], SOURCES) == (
        "::error file=bots/clinic/main.flow,line=2,col=23,endLine=2,endColumn=26,title=F998::"
        "there is no flow or menu named `buk`\n")


def test_sarif_names_the_rule_and_the_region():
    run = json.loads(as_sarif([BUK], SOURCES))["runs"][0]

    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["F998"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 2


def test_the_closing_line_counts_in_words():
    assert closing([BUK, BUK, LIKELY.at(span_of("buk"), name="x")], "a") == "2 errors, 1 warning in a"
