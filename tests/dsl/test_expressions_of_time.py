"""Moments in expressions: parts of them, a date with a time, and times of day beside moments."""

import pytest

from tests.dsl.checks.flows import lines, said

SLOTS = "slots:\n  day: {type: date, default: 2026-03-01}\n  hour: {type: time, default: 9:30}\n" \
        "  at: {type: datetime, default: 2026-03-01T10:00}\n"


@pytest.mark.parametrize("value", [
    "day + hour", "hour + day", "at.weekday", "day.year + at.minute", "hour.hour", "today.weekday in [6, 7]",
    "at < 8:00", "at == \"10:00\"", "hour >= at", "now.hour < 9 or now > 17:00", "day + hour > now",
])
def test_moments_go_together(value: str):
    written = value.replace('"', "'")

    assert lines(f'flow main\n  say "{{day}} {{hour}} {{at}} {{{written}}}"\n  end\n', SLOTS) == []


def test_a_question_for_a_moment_may_be_bounded_by_times_of_day():
    asks = 'flow main\n  ask at as datetime after 9:00 before 17:00 "When?"\n    tries 3 -> other\n'
    flow = f'{asks}  say "{{at}}"\n  end\n\nflow other\n  say "{{day}} {{hour}}"\n  end\n'

    assert lines(flow, SLOTS) == []


@pytest.mark.parametrize(("value", "fix"), [
    ("day.hour", "take one of its parts: `year`, `month`, `day`, `weekday`"), ("now.weekdy", "did you mean `weekday`?"),
    ("hour.second", "take one of its parts: `hour`, `minute`"),
])
def test_a_part_that_a_moment_does_not_have_is_told_with_those_it_has(value: str, fix: str):
    report, = said(f'flow main\n  say "{{day}} {{hour}} {{at}} {{{value}}}"\n  end\n', SLOTS)

    assert report.code == "F413"
    assert report.fixes[0].text == fix


def test_a_place_has_other_parts():
    report, = said('flow main\n  ask here as location "Where?"\n    tries 1 -> main\n  say "{here.street}"\n  end\n',
                   codes="F413")

    assert report.fixes[-1].text == "take one of its parts: `latitude`, `longitude`, `name`, `address`"
