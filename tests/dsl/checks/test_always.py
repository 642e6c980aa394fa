"""A condition that only asks whether a number has a value, where it always has one."""

import pytest

from tests.dsl.checks.flows import applied, lines, one

TOTAL = "slots:\n  total: {type: number, default: 0}\n  seen: integer\n  name: {type: text, default: '', max: 9}\n"


def told(condition: str, more: str = "") -> list[str]:
    return lines(f'flow main\n  if {condition}\n    say "{{name}} {{seen or 0}} {{total}}"\n{more}  end\n', TOTAL,
                 codes="F430")


@pytest.mark.parametrize("condition", [
    "total", "not total", "total and name", "name or not total", "total is not empty",
])
def test_a_number_with_a_default_always_has_a_value(condition):
    assert told(condition) == ["F430 2 total: always has a value"]


@pytest.mark.parametrize("condition", ["total > 0", "seen", "name", "total is known", "total == 0 or seen"])
def test_what_compares_it_or_may_have_no_value_is_meant(condition):
    assert told(condition) == []


@pytest.mark.parametrize("more", ["  clear total\n", '  ask total "How much?"\n    skip "Nothing"\n'])
def test_what_may_be_emptied_may_be_asked_for(more):
    assert told("total", more) == []


def test_the_fix_compares_it():
    flow = 'flow main\n  if not total\n    say "{name} {seen or 0}"\n  end\n'
    fixed = applied(flow, one(flow, TOTAL, code="F430"))

    assert "if not total > 0" in fixed
    assert lines(fixed, TOTAL, codes="F430") == []


def test_what_is_written_out_in_words_is_left_to_the_author():
    flow = 'flow main\n  if total is not empty\n    say "{name} {seen or 0}"\n  end\n'

    assert one(flow, TOTAL, code="F430").fixes[0].edits == ()
