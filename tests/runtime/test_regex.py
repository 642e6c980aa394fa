from time import perf_counter

import pytest

from runtime.regex import LONGEST, Finder, found, whole


def test_a_pattern_is_found_anywhere_and_matches_the_whole():
    assert found(r"\bvisit\b", "I want a visit, please")
    assert not found(r"\bvisit\b", "visitors")
    assert whole(r"[A-Z]{2}\d{3}", "AB123")
    assert not whole(r"[A-Z]{2}\d{3}", "AB1234")


def test_a_text_is_brought_to_the_form_of_the_pattern():
    assert whole("café", "cafe\u0301")
    assert found("é", "e\u0301" * 3)


@pytest.mark.parametrize("text", ["\0", "\ud800", "a\ud800b", "🙂\u200d", "\u202eabc", ""])
def test_any_text_can_be_searched(text):
    assert found("x", text) is False
    assert whole("(?s).*", text) is True


def test_a_pattern_that_cannot_be_compiled_matches_nothing(capfd):
    assert not found("(", "(")
    assert not whole(r"(?=a)", "a")
    assert capfd.readouterr().err == ""


def test_only_the_first_4096_characters_are_searched_and_a_longer_text_is_never_matched_whole():
    assert not found("b", "a" * LONGEST + "b")
    assert not whole("a+", "a" * (LONGEST + 1))
    assert whole("a+", "a" * LONGEST)


def test_a_hostile_text_takes_no_time_to_speak_of():
    started = perf_counter()

    assert not found("(a+)+$", "a" * 4000 + "!")
    assert not found("(x+x+)+y", "x" * 100_000)
    assert not whole("(a|a)*b", "é" * 100_000)
    assert perf_counter() - started < 1


@pytest.mark.parametrize("count", [3, 500])
def test_many_patterns_are_found_as_each_of_them_is(count):
    patterns = [rf"(?i)\bvisit{number % 7}\b.*{number}" for number in range(count)]
    finder = Finder(patterns)

    for text in ("visit1 and 2", "Visit3 10 450", "", "é\ud800", "visit6"):
        assert list(finder.found(text)) == [index for index in range(count) if found(patterns[index], text)]


def test_a_pattern_that_cannot_be_compiled_does_not_spoil_the_others(capfd):
    patterns = ["(", *[str(number) for number in range(20)]]

    assert list(Finder(patterns).found("7")) == [8]
    assert capfd.readouterr().err == ""


def test_no_pattern_finds_nothing():
    assert list(Finder([]).found("x")) == []
