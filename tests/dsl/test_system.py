"""What the machine says by itself."""

import re

import pytest

from dsl.syntax import Interpolation, Ref
from dsl.system import is_shipped, shipped, system_texts

REPLIES = {"invalid", "stale_tap", "unsupported", "welcome_back", "did_you_mean", "none_of_these", "more", "choose",
           "yes", "no", "moved", "opted_out", "failed", "resume", "restart"}
TYPES = {"text", "number", "integer", "boolean", "date", "time", "datetime", "duration", "phone", "email", "url",
         "choice", "language", "media", "location", "contact"}
CONSTRAINTS = {"too_long", "too_short", "at_least", "at_most", "after", "before", "from", "pattern", "one_of", "check",
               "iban", "card", "national_id", "postcode", "is"}
KINDS = {"text", "image", "video", "audio", "document", "sticker", "location", "contact", "order", "reaction",
         "unsupported"}

each_text = pytest.mark.parametrize("name", sorted(system_texts()))


def test_every_reply_reason_and_kind_has_its_words():
    assert set(system_texts()) == (REPLIES | {f"reason.{each}" for each in TYPES | CONSTRAINTS}
                                   | {f"kind.{each}" for each in KINDS})


def test_the_project_ships_three_languages():
    assert shipped() == {"en", "es", "pt"}
    assert is_shipped("pt-BR")
    assert not is_shipped("fr")


@each_text
def test_every_text_stands_in_every_language(name):
    assert set(system_texts()[name].words) == shipped()


@each_text
def test_a_text_shows_what_it_says_it_shows_in_every_language(name):
    said = system_texts()[name]

    for language in shipped():
        values = [part.value for part in said.text(language).parts if isinstance(part, Interpolation)]
        assert all(isinstance(value, Ref) for value in values)
        assert {value.name.text for value in values} == set(said.shows)


@each_text
def test_a_title_fits_its_button_and_a_sentence_is_one(name):
    said = system_texts()[name]

    for language in shipped():
        raw = said.text(language).raw
        assert len(raw) <= (said.most or 100)
        if said.most is None and not name.startswith("kind."):
            assert re.search(r"[.?!}]$", raw)


def test_buttons_are_the_titles():
    assert {name for name, said in system_texts().items() if said.most} == {
        "none_of_these", "more", "choose", "yes", "no", "resume", "restart"}


def test_a_language_is_spoken_in_its_country_too_and_others_in_english():
    no = system_texts()["no"]

    assert [no.text(language).raw for language in ("pt", "pt-BR", "es-CO", "de")] == ["Não", "Não", "No", "No"]


def test_the_words_say_where_they_stand():
    assert system_texts()["yes"].text("es").span.file == "system.yml"
