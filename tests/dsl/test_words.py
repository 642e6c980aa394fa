import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import words
from dsl.words import LONGEST, bare_number, normalise, numbers, osa, slug


@pytest.mark.parametrize(("written", "read"), [
    ("Book a visit", "book a visit"),
    ("  BOOK\ta\u00a0\nvisit ", "book a visit"),
    ("¡Sí, reservar!", "si reservar"),
    ("yes,please", "yes please"),
    ("Segunda-feira", "segunda feira"),
    ("don't", "dont"), ("don’t", "dont"), ("don´t", "dont"),
    ("STRASSE", "strasse"), ("Straße", "strasse"), ("İstanbul", "istanbul"),
    ("２３", "23"), ("٢٣", "23"), ("①", "1"), ("2️⃣", "2"), ("❷", "2"),
    ("9:00", "9.00"), ("9,00", "9.00"), ("1.5", "1.5"), ("15", "15"), ("1..5", "1 5"), ("2.", "2"), ("a.b", "a b"),
    ("👍🏽", "👍"), ("👍", "👍"), ("❤️ yes", "❤ yes"),
    ("zero\u200bwidth\u200d", "zerowidth"), ("nul\0l", "null"), ("\ud800", ""), ("\u200f", ""),
    ("#", "#"), ("?", "?"), ("¿?", "¿?"), (" * ", "*"), ("", ""),
    ("हिन्दी", "हिन्दी"), ("한국어", "한국어"), ("が", "が"),
])
def test_what_does_not_matter_is_gone(written, read):
    assert normalise(written) == read


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("aZ'’.,:-#?1٢²½ ़्̧́🏽👍\u200d️ﷺßİ´¨ﬁ"), max_size=20))
def test_normalising_twice_changes_nothing_of_what_is_hard_to_normalise(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize("sign", ["a", "é", "\u0301\u0323", "\u093c\u094d", "ﷺ", "\0", "👍🏽", "'.", "٣."])
def test_a_text_of_any_length_is_normalised_in_the_time_of_its_first_4096_characters(sign):
    assert len(normalise(sign * 100_000)) <= LONGEST * 18


def test_texts_in_every_script_fill_no_more_memory_than_a_few_scripts_do():
    for start in range(0xA0, 0x10000, LONGEST):
        normalise("".join(map(chr, range(start, start + LONGEST))))

    assert len(words._signs) <= words._REMEMBERED


def test_a_title_holds_its_numbers_whole():
    assert numbers(normalise("Size 038, 1.5 kg, 2nd")) == {"38", "1.5", "2"}
    assert numbers("none") == frozenset()


@pytest.mark.parametrize(("reply", "number"), [
    ("2", "2"), ("002", "2"), ("0", "0"), ("1.5", "1.5"), ("2 kg", None), ("two", None), ("", None),
])
def test_a_bare_number_is_a_number_and_nothing_else(reply, number):
    assert bare_number(reply) == number


@pytest.mark.parametrize(("left", "right", "distance"), [
    ("book", "book", 0), ("book", "bok", 1), ("book", "boook", 1), ("book", "boko", 1), ("book", "back", 2),
    ("", "ab", 2), ("ab", "", 2), ("ca", "abc", 3), ("book", "visit", 3), ("abcdef", "ghijkl", 3),
])
def test_the_distance_counts_inserted_deleted_replaced_and_swapped_letters(left, right, distance):
    assert osa(left, right, 2) == distance


@settings(max_examples=100, deadline=None)
@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_the_distance_is_the_same_both_ways_and_whatever_the_limit(left, right):
    assert osa(left, right, 9) == osa(right, left, 9)
    assert osa(left, right, 1) == min(osa(left, right, 9), 2)


@pytest.mark.parametrize(("title", "name"), [
    ("Book a visit", "book_a_visit"), ("Sí, ¡reservar!", "si_reservar"), ("9:00", "9_00"), ("👍 Yes", "yes"),
    ("👍", "u1f44d"), ("…", "u2e_u2e_u2e"), ("", "option"), ("हिन्दी", "हिन्दी"), ("はい", "はい"),
])
def test_a_slug_is_a_name(title, name):
    assert slug(title) == name
