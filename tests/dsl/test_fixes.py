"""Fixes that are certain are put into the text."""

from dsl.build import build_sources
from dsl.diagnostics import Certainty, Diagnostic, Edit, Fix, Severity
from dsl.fixes import apply_safe
from dsl.source import Source, Span

FLOW = Source("a.flow", "goto main now")


def report(start: int, end: int, text: str, certainty: Certainty = Certainty.SAFE) -> Diagnostic:
    span = Span("a.flow", start, end)
    return Diagnostic("F900", Severity.ERROR, "x", span, fixes=(Fix("do", (Edit(span, text),), certainty),))


def test_certain_fixes_are_applied_in_their_places():
    assert apply_safe([report(5, 9, "menu"), report(0, 4, "->")], {"a.flow": FLOW}) == {"a.flow": "-> menu now"}


def test_a_fix_that_is_only_likely_is_left_to_the_author():
    assert apply_safe([report(0, 4, "->", Certainty.MAYBE)], {"a.flow": FLOW}) == {}


def test_of_two_fixes_that_overlap_the_first_is_made():
    assert apply_safe([report(0, 4, "->"), report(2, 6, "x")], {"a.flow": FLOW}) == {"a.flow": "-> main now"}


def test_a_check_that_names_the_slot_is_mended_to_name_the_answer():
    flow = 'flow main\n  ask n as integer "How many?"\n    check n > 0 and n < 9 else "No."\n  say "{n}"\n  end\n'
    sources = {"domain.yml": "bot: toy\nlanguages: [en]\nstart: main\n", "main.flow": flow}
    built = build_sources(sources)

    assert [report.code for report in built.diagnostics if report.severity is Severity.ERROR] == ["F443"]
    mended = apply_safe(built.diagnostics, built.sources)
    assert mended == {"main.flow": flow.replace("check n > 0 and n < 9", "check it > 0 and it < 9")}
    assert build_sources({**sources, **mended}).table


def test_a_check_may_compare_the_answer_with_what_was_there_before():
    flow = 'flow main\n  ask n as integer "N?"\n    check it != (n or 0) else "Another."\n  say "{n}"\n  end\n'
    assert build_sources({"domain.yml": "bot: toy\nlanguages: [en]\nstart: main\n", "main.flow": flow}).table
