"""Fixes that are certain are put into the text."""

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
