import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.words import normalise
from runtime.replies import NO_CHOICE, Choice, Near, named, nearly


def choices(*titles):
    """Options 1, 2, 3 … with these titles, aliases after a bar."""
    return [Choice(str(place), tuple(map(normalise, title.split("|")))) for place, title in enumerate(titles, 1)]


MENU = choices(
    "Book a visit|book|appointment|Reservar una cita", "My visits|Mis citas", "Opening hours|Horario",
    "Talk to a nurse|Hablar con una enfermera",
)
YES_NO = choices("Yes|Sí|Sim", "No|Não")
CONFIRM = choices("Yes, book it", "Another time", "No, forget it|No, olvídalo")
TWO_NOS = choices("Yes", "No, cancel it", "No, keep it")
SIDES = choices("Right", "Left", "OK")
DAYS = choices("Segunda-feira", "Terça-feira", "Quarta-feira")
SIZES = choices("Size 38", "Size 40", "Size 42")
WEIGHTS = choices("1 kg apples", "2 kg apples", "2 kg pears", "1.5 kg plums")
SHIRTS = choices("Blue shirt S", "Blue shirt M", "Blue shirt L", "Blue shirt XL")
ROOMS = choices("Room A", "Hall")
PLANS = choices("Two weeks", "One month", "Half a year")

EXACT, NEAR = "exact", "near"

LADDER = [
    (MENU, "Book a visit", EXACT, "1"), (MENU, "BOOK", EXACT, "1"), (MENU, "book!!", EXACT, "1"),
    (MENU, "reservar una cita", EXACT, "1"), (MENU, "Appointment.", EXACT, "1"), (MENU, "mis citas", EXACT, "2"),
    (MENU, "2", EXACT, "2"), (MENU, " 2. ", EXACT, "2"), (MENU, "２", EXACT, "2"), (MENU, "4️⃣", EXACT, "4"),
    (MENU, "02", EXACT, "2"), (MENU, "5", None, ()), (MENU, "0", None, ()), (MENU, "99999999999", None, ()),
    (MENU, "1.5", None, ()),
    (MENU, "the second", NEAR, "2"), (MENU, "second one", NEAR, "2"), (MENU, "two", NEAR, "2"),
    (MENU, "number two please", NEAR, "2"), (MENU, "option 3", NEAR, "3"), (MENU, "2nd", NEAR, "2"),
    (MENU, "one", NEAR, "1"), (MENU, "option one", NEAR, "1"), (MENU, "the last one", NEAR, "4"),
    (MENU, "la segunda", NEAR, "2"), (MENU, "el tercero por favor", NEAR, "3"), (MENU, "opción dos", NEAR, "2"),
    (MENU, "2ª", NEAR, "2"), (MENU, "la última", NEAR, "4"), (MENU, "uno", NEAR, "1"),
    (MENU, "a segunda", NEAR, "2"), (MENU, "dois", NEAR, "2"), (MENU, "a opção três", NEAR, "3"),
    (MENU, "o primeiro", NEAR, "1"), (MENU, "seventh", None, ()), (MENU, "the second and third", None, ()),
    (MENU, "nurse", NEAR, "4"), (MENU, "talk nurse", NEAR, "4"), (MENU, "the nurse please", NEAR, "4"),
    (MENU, "hours 👍", NEAR, "3"), (MENU, "I want to book", NEAR, "1"), (MENU, "enfermera", NEAR, "4"),
    (MENU, "visit", NEAR, "1"), (MENU, "visits", NEAR, "2"), (MENU, "cita", NEAR, "1"),
    (MENU, "book nurse", None, ()), (MENU, "don't book", None, ()), (MENU, "no book", None, ()),
    (MENU, "a", None, ()), (MENU, "my", None, ()), (MENU, "please", None, ()),
    (MENU, "opening hurs", NEAR, "3"), (MENU, "horaro", NEAR, "3"), (MENU, "apointmnet", NEAR, "1"),
    (MENU, "bok", NEAR, "1"), (MENU, "book a vist", NEAR, "1"), (MENU, "talk too a nurs", NEAR, "4"),
    (MENU, "banana", None, ()), (MENU, "I have a question about my bill", None, ()),
    (MENU, "", None, ()), (MENU, "🙂", None, ()), (MENU, "?", None, ()), (MENU, "\u200d", None, ()),
    (YES_NO, "SÍ", EXACT, "1"), (YES_NO, "nao", EXACT, "2"), (YES_NO, "1", EXACT, "1"),
    (YES_NO, "siiii", NEAR, "1"), (YES_NO, "nooooo!", NEAR, "2"), (YES_NO, "yess", NEAR, "1"),
    (YES_NO, "on", None, ()), (YES_NO, "not", None, ()), (YES_NO, "su", None, ()), (YES_NO, "maybe", None, ()),
    (YES_NO, "yes or no", None, ()), (YES_NO, "yeah", NEAR, "1"), (YES_NO, "claro que sí", None, ()),
    (YES_NO, "claro", NEAR, "1"), (YES_NO, "nope", NEAR, "2"), (YES_NO, "👍", NEAR, "1"), (YES_NO, "ok", NEAR, "1"),
    (CONFIRM, "yep", NEAR, "1"), (CONFIRM, "nope, thanks", NEAR, "3"), (CONFIRM, "yes", NEAR, "1"),
    (TWO_NOS, "nope", None, ("2", "3")), (TWO_NOS, "sure", NEAR, "1"), (SIDES, "yes", None, ()),
    (SIDES, "yeah", None, ()),
    (DAYS, "segunda", None, ("2", "1")), (DAYS, "terça", NEAR, "2"), (DAYS, "quarta feira", EXACT, "3"),
    (DAYS, "feira", None, ("1", "2", "3")),
    (SIZES, "40", EXACT, "2"), (SIZES, "2", None, ()), (SIZES, "two", None, ()), (SIZES, "size 42", EXACT, "3"),
    (SIZES, "the second", NEAR, "2"), (SIZES, "size 41", None, ()), (SIZES, "siez 40", None, ()),
    (WEIGHTS, "1", EXACT, "1"), (WEIGHTS, "1.5", EXACT, "4"), (WEIGHTS, "1,5", EXACT, "4"),
    (WEIGHTS, "2", None, ("2", "3")), (WEIGHTS, "5", None, ()), (WEIGHTS, "two", None, ("2", "3")),
    (WEIGHTS, "pears", NEAR, "3"), (WEIGHTS, "the second", None, ("2", "3")), (WEIGHTS, "third", NEAR, "3"),
    (SHIRTS, "blue shirt", None, ()), (SHIRTS, "shirt xl", NEAR, "4"), (SHIRTS, "blue shirt xll", NEAR, "4"),
    (SHIRTS, "blue shirt xs", None, ()), (ROOMS, "room b", None, ()), (ROOMS, "romo a", NEAR, "1"),
    (PLANS, "two", None, ("2", "1")), (PLANS, "month", NEAR, "2"), (PLANS, "half year", NEAR, "3"),
]


@pytest.mark.parametrize(("options", "reply", "how", "meant"), LADDER, ids=[repr(row[1]) for row in LADDER])
def test_a_reply_names_an_option_or_none_but_never_a_wrong_one(options, reply, how, meant):
    exact = named(reply, options)
    near = NO_CHOICE if exact else nearly(reply, options)

    assert exact == (meant if how == EXACT else None)
    assert near == (Near(meant) if how == NEAR else Near(doubt=() if how == EXACT else meant))


def test_a_pattern_names_an_option_after_all_words():
    options = [Choice("track", ("track parcel",), ("(?i)track.*",)), Choice("history", ("tracking history",))]

    assert named("track it", options) == "track"
    assert named("Tracking history", options) == "history"


def test_words_of_two_options_are_in_doubt():
    twice = choices("Send", "Send")

    assert named("send", twice) is None
    assert nearly("send", twice) == Near(doubt=("1", "2"))


def test_a_tie_between_typos_is_in_doubt_and_a_nearer_one_wins():
    options = choices("cart", "card")

    assert nearly("carx", options) == Near(doubt=("1", "2"))
    assert nearly("cartt", options) == Near("1")
    assert nearly("delivary", choices("delivery", "deliverer")) == Near("1")


def test_nothing_names_an_option_where_there_is_none():
    assert named("1", []) is None
    assert nearly("the last", []) == NO_CHOICE


def test_a_reply_of_a_hundred_thousand_characters_is_no_choice():
    assert named("book " * 20_000, MENU) is None
    assert nearly("book " * 20_000, MENU) == NO_CHOICE


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_reply_has_an_answer(reply):
    assert named(reply, MENU) in (None, "1", "2", "3", "4")
    near = nearly(reply, MENU)
    assert near.id is None or not near.doubt
    assert len(near.doubt) != 1
    assert len(near.doubt) <= 3
