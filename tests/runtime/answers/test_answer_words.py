import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.answers.words import read_boolean, read_language


@pytest.mark.parametrize("said", [
    "yes", "Y", "Yes, please!", "yeahhh", "sure", "of course", "OK", "sí", "Síííí", "sí, claro", "por supuesto", "dale",
    "sim", "com certeza", "isso", "👍🏽", "✅", "si si",
])
def test_yes_has_many_words(said):
    assert read_boolean(said) is True


@pytest.mark.parametrize("said", ["no", "N", "nope", "No, gracias", "nooooo", "não", "nunca", "not yet", "👎",
"ahora no"])
def test_no_has_fewer(said):
    assert read_boolean(said) is False


@pytest.mark.parametrize("said", ["", "maybe", "yes and no", "yes no", "I said yes yesterday", "gracias", "🙂", "sin",
"yes" * 40])
def test_what_is_neither_is_refused(said):
    assert read_boolean(said) is None


def test_the_bots_own_words_for_yes_and_no_come_first():
    assert read_boolean("Absolument", yes=("absolument",), no=("jamais",)) is True
    assert read_boolean("JAMAIS", yes=("absolument",), no=("jamais",)) is False


@pytest.mark.parametrize(("said", "tags", "language", "tag"), [
    ("Spanish", ["en", "es"], "en", "es"), ("español", ["en", "es"], "en", "es"), ("inglés", ["en", "es"], "es", "en"),
    ("ES", ["en", "es"], "en", "es"), ("French", ["en", "es"], "en", None), ("français", [], "en", "fr"),
    ("alemán", [], "es", "de"), ("pt-BR", ["en", "pt-BR"], "en", "pt-BR"), ("klingon?", [], "en", "tlh"),
    ("", ["en"], "en", None), ("en" * 100, ["en"], "en", None),
])
def test_a_language_is_named_in_itself_in_english_or_in_the_users(said, tags, language, tag):
    assert read_language(said, tags, language) == tag


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=70))
def test_any_text_is_yes_or_no_or_neither(said):
    assert read_boolean(said) in (True, False, None)
    assert read_language(said, ["en", "es"], "es") in ("en", "es", None)
