"""Whether two patterns take the same text, and the shortest that both do."""

import re2
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dsl.automata import EVERYTHING, NOWHERE, UNKNOWN, Effort, Machine, both, collide, machine, only
from dsl.patterns import Re2, to_re2
from dsl.regular import Edge
from tests.dsl.test_patterns import PATTERNS

QUIET = re2.Options()
QUIET.log_errors = False


def made(pattern: str) -> Machine:
    compiled = to_re2(pattern)
    assert isinstance(compiled, Re2), compiled
    found = machine(compiled.source)
    assert found is not None
    return found


def test_the_example_is_the_shortest_text_and_can_be_read_aloud() -> None:
    assert both(made("track.*"), made(".*order")) == "trackorder"
    assert collide(made("track.*"), made(".*order")) == "track order"
    assert collide(made(r"\b(book|need|want)\b.*\bvisit\b"), made("cancel|visit")) == "book visit"
    assert collide(made(r"[A-Z]{2}\d{6}"), made(r"\d+")) == "aa000000"
    assert collide(made("^hi"), made("^.{2}$")) == "hi"


def test_patterns_that_exclude_each_other_have_no_common_text() -> None:
    assert both(made("^buy$"), made("^sell$")) is None
    assert both(made(r"^\d+$"), made("[a-z]")) is None
    assert both(made("(?m)^a$"), made(r"^\S*b$")) is None


def test_two_things_said_in_one_message_are_no_collision() -> None:
    assert both(made("buy"), made("track")) == "buytrack"
    assert collide(made("buy"), made("track")) is None
    assert collide(made("^buy$"), made("^sell$")) is None


def test_a_pattern_may_take_all_that_another_does() -> None:
    assert only(made("track my order"), made("track")) is None
    assert only(made("track"), made("track my order")) == "track"
    assert only(made("É"), made("é")) is None
    assert only(made(r"\p{Lu}"), made(r"\w")) is None
    assert only(made("(?-i)A"), made("(?-i)a")) == "A"
    assert only(made("[^a]"), made(r"\w")) == " "
    assert only(made(r"[\p{Greek}]"), made("[a-z]")) == "α"
    assert only(EVERYTHING, made(".*")) is None
    assert only(EVERYTHING, made("(?s).")) is None
    assert only(EVERYTHING, made(r"\w")) == " "


def test_a_pattern_that_no_text_fits_takes_nothing_that_nothing_takes() -> None:
    assert only(made("a$b"), NOWHERE) is None
    assert only(made("a(?m:$)b"), NOWHERE) is None
    assert only(made("a(?m:$)\n(?m:^)b"), NOWHERE) == "a\nb"


def test_work_is_bounded() -> None:
    assert machine(r"(?i)(?:[\w ]{1,60}){20}x") is None
    assert machine("(") is None
    tangled = made(r"(a|b)*a(a|b){14}c")
    assert both(tangled, made(r"(a|b)*b(a|b){14}d")) is UNKNOWN
    assert collide(tangled, made(r"(a|b)*b(a|b){14}d")) is UNKNOWN


def test_an_effort_is_spent_over_many_pairs() -> None:
    effort = Effort(10)
    assert both(made("buy"), made("track"), effort) == "buytrack"
    assert effort.left < 0
    assert both(made("a"), made("b"), effort) is UNKNOWN


def test_boundaries_and_edges_hold_as_they_are_written() -> None:
    inside = Machine()
    inside.add(Edge("inside"), 0, 1)
    assert inside.takes("ab")
    assert not inside.takes("a")
    boundary = Machine()
    boundary.add(Edge("boundary"), 0, 1)
    assert boundary.takes("a")
    assert not boundary.takes(" ")


@settings(max_examples=60, deadline=None)
@given(PATTERNS, st.text("abAB -\n", max_size=8))
def test_a_machine_takes_what_the_engine_takes(pattern: str, text: str) -> None:
    compiled = to_re2(pattern)
    assume(isinstance(compiled, Re2))
    assert isinstance(compiled, Re2)
    found = machine(compiled.source)
    assume(found is not None)
    assert found is not None
    assert found.takes(text) == (re2.compile(compiled.source, QUIET).search(text) is not None)


@settings(max_examples=60, deadline=None)
@given(PATTERNS, PATTERNS)
def test_the_example_is_taken_by_both(first: str, second: str) -> None:
    compiled = [to_re2(pattern) for pattern in (first, second)]
    sources = [each.source for each in compiled if isinstance(each, Re2)]
    machines = [found for source in sources if (found := machine(source)) is not None]
    assume(len(machines) == 2)
    example = both(*machines)
    if isinstance(example, str):
        assert all(re2.compile(source, QUIET).search(example) for source in sources)
