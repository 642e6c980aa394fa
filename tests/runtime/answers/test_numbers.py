from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.answers.language import Setting
from runtime.answers.numbers import read_integer, read_number
from runtime.texts import formats

NOW = datetime(2026, 3, 4, tzinfo=ZoneInfo("UTC"))


def setting(language="en", region="CO"):
    return Setting(language, region, NOW, formats(language, region))


@pytest.mark.parametrize(("language", "region", "said", "number"), [
    ("en", "CO", "1,234.50", "1234.50"), ("en", "CO", "1.234,50", "1234.50"), ("es", "CO", "1,234.50", "1234.50"),
    ("es", "CO", "1.234,50", "1234.50"), ("en", "CO", "1,234", "1234"), ("es", "CO", "1.234", "1234"),
    ("en", "CO", "1.234", "1.234"), ("es", "CO", "1,234", "1.234"), ("es", "MX", "1,234", "1234"),
    ("es", "MX", "1.234", "1.234"), ("en", "CO", "1,5", "1.5"), ("es", "CO", "12.50", "12.50"),
    ("en", "CO", "1,234,567", "1234567"), ("en", "CO", "1.234.567,8", "1234567.8"),
    ("en", "IN", "12,34,567", "1234567"),
    ("fr", "FR", "1 234,50", "1234.50"), ("de", "CH", "1’234.50", "1234.50"), ("en", "CO", "0,500", "0.5"),
    ("en", "CO", "-5", "-5"), ("en", "CO", "−3", "-3"), ("en", "CO", "+5", "5"), ("en", "CO", ",5", "0.5"),
    ("en", "CO", "$1,200", "1200"), ("en", "CO", "5 USD", "5"), ("pt", "BR", "R$ 1.200,50", "1200.50"),
    ("en", "CO", "٣٤", "34"), ("en", "CO", "３４", "34"), ("en", "CO", "5.", "5"), ("en", "CO", " 42 ", "42"),
    ("en", "CO", "five", "5"), ("en", "CO", "twenty-three", "23"), ("en", "CO", "a hundred and one", "101"),
    ("en", "CO", "two hundred and five thousand", "205000"), ("en", "CO", "5k", "5000"),
    ("en", "CO", "2 million", "2000000"),
    ("es", "CO", "5 mil", "5000"), ("es", "CO", "dos millones trescientos mil", "2300000"), ("es", "CO", "once", "11"),
    ("es", "CO", "cincuenta y dos", "52"), ("es", "CO", "ciento veinte", "120"), ("es", "CO", "mil", "1000"),
    ("pt", "BR", "vinte e três", "23"), ("pt", "BR", "mil e duzentos", "1200"),
    ("pt-BR", None, "dois milhões", "2000000"),
    ("es", "CO", "cero", "0"), ("en", "CO", "999999999999999", "999999999999999"),
])
def test_a_number_is_read_with_the_signs_and_words_of_its_language(language, region, said, number):
    assert read_number(said, setting(language, region)) == Decimal(number)


@pytest.mark.parametrize("said", [
    "", "abc", "1e5", "five mil", "once", "12abc", "1..2", "1.2.3", "1,2,3", "1.234,567.8", "½", "a", "two three",
    "twenty ten", "9999999999999999", "1 2", "1 234,567", "-", "$", "12%", "9" * 100_000, "one " * 13,
])
def test_what_is_no_number_or_two_is_refused(said):
    assert read_number(said, setting()) is None


@pytest.mark.parametrize(("question", "language", "said", "number"), [
    ("How much?", "en", "20kg", "20"), ("How many kilos?", "en", "20 kg", "20"),
    ("How many kilos?", "en", "kg 20", "20"), ("How much?", "en", "€20", "20"),
    ("How much?", "en", "20 euros", "20"), ("¿Cuánto?", "es", "1,5 kg", "1.5"),
    ("For how many?", "en", "4 people", "4"), ("For how many?", "en", "we are four, thanks!", "4"),
    ("How old are you?", "en", "I'm 34 years old", "34"), ("¿Cuántos años tienes?", "es", "tengo 34 años", "34"),
    ("How many?", "en", "about 1,200", "1200"), ("How many?", "en", "two hundred and five people", "205"),
    ("Quantas pessoas?", "pt", "quatro pessoas", "4"), ("Wie viele Dosen?", "de", "20 Dosen", "20"),
    ("How many dozens?", "en", "2 dozens", "2"), ("How many metres?", "en", "1.80 m", "1.80"),
    ("How big?", "en", "20 m2", "20"),
])
def test_words_that_say_nothing_more_than_the_question_are_passed_over(question, language, said, number):
    asked = setting(language)._replace(asked=lambda: question)

    assert read_number(said, asked) == Decimal(number)


@pytest.mark.parametrize(("question", "said"), [
    ("How many kilos?", "20 lb"), ("How many?", "4 or 5"), ("How many?", "not 4"),
    ("More than 4, or how many?", "more than 4"), ("How many?", "2 dozen"), ("How many?", "20 Stück"),
    ("How tall?", "2 m"), ("How many?", "2 adults 1 child"),
    ("How many?", "20%"), ("How many?", "5th"), ("How many?", "half a kilo"), ("How many kilos?", "kilos"),
    ("How many?", "4 " + "please " * 12),
])
def test_a_word_that_may_change_the_number_is_not_passed_over(question, said):
    assert read_number(said, setting()._replace(asked=lambda: question)) is None


def test_a_language_whose_words_are_not_known_has_digits():
    assert read_number("7", setting("fi", "FI")) == 7
    assert read_number("seitsemän", setting("fi", "FI")) is None


def test_a_whole_number_has_no_part_left():
    assert read_integer("3.0", setting()) == 3
    assert read_integer("3.5", setting()) is None
    assert read_integer("twelve", setting()) == 12


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.text("0123456789.,'- ", max_size=20), st.sampled_from(["en", "es", "pt", "fr"]))
def test_whatever_is_said_is_a_number_or_none(said, language):
    number = read_number(said, setting(language))

    assert number is None or abs(number) <= 10**15
