from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.system import system_texts
from dsl.table import Flow, Limits, Message, Rule, Step, Table, Var
from runtime.events import Said, Sent
from runtime.program import Scope, program
from runtime.validation import Accepted, Refused, accept, cleaned, validate

AT = 1_772_636_400_000                       # 4 March 2026, 10:00 in Bogota, a Wednesday
SCOPE = Scope(at=AT, language="en")


class Pools:
    """Indexes of texts, expressions and patterns, as a table has them."""

    def __init__(self):
        self.texts, self.exprs, self.patterns = [], [], []

    def text(self, *parts, **languages):
        self.texts.append({"en": list(parts), **{tag: [said] for tag, said in languages.items()}})
        return len(self.texts) - 1

    def expr(self, expr):
        self.exprs.append(expr)
        return len(self.exprs) - 1

    def pattern(self, source):
        self.patterns.append(source)
        return len(self.patterns) - 1


POOLS = Pools()
LETTERS, ADULT_ONLY, NOT_A_DATE, EVEN_ONLY = (
    POOLS.text(said) for said in ("Letters only.", "You must be 18.", "No date I know.", "Even numbers only.")
)
NOW, TODAY, TEN, ONE, GONE, COLOURS, PRIMES, NOON = map(POOLS.expr, (
    ["now"], ["today"], 10, 1, ["slot", "gone"], ["list", "Rojo", "Azul"], ["list", 2, 3, 5], ["as", "time", "12:00"],
))
ADULT = POOLS.expr(["<=", ["it", "date"], ["-", ["today"], ["duration", 18, "year"]]])
IS_EVEN = POOLS.expr(["==", ["%", ["it", "integer"], 2], 0])
HOUR = POOLS.expr(["duration", 1, "hour"])
RULES = {
    "full_name": Rule("text", [["trim", [], None], ["collapse", [], None], ["length", [2, 60], LETTERS],
                               ["matches", [POOLS.pattern(r"[\p{L}][\p{L} .'-]*")], LETTERS]]),
    "adult": Rule("date", [["check", [ADULT], ADULT_ONLY]]),
    "code": Rule("text", [["upper", [], None], ["matches", [POOLS.pattern("[A-Z]{2}[0-9]{3}")], None]]),
    "small": Rule("text", [["lower", [], None], ["length", [3, 5], None]]),
    "colour": Rule("text", [["one_of", [COLOURS], None]]),
    "prime": Rule("integer", [["one_of", [PRIMES], None]]),
    "broken_list": Rule("text", [["one_of", [GONE], None]]),
    "even": Rule("integer", [["check", [IS_EVEN], None], ["from", [ONE, TEN], None], ["upper", [], None]]),
    "iban": Rule("text", [["is", ["iban", None], None]]),
    "spaniard": Rule("text", [["is", ["national_id", "ES"], LETTERS]]),
    "strange": Rule("text", [["is", ["?", None], None]]),
    "letters_only_number": Rule("integer", [["matches", [0], None]]),
    "lengthy_number": Rule("integer", [["length", [1, 2], None]]),
}
KILOS, LITRES = POOLS.text("How many kilos?", es="¿Cuántos kilos?"), POOLS.text("In litres, please.")
BASIC, PLUS = POOLS.text("Basic plan", es="Plan básico"), POOLS.text("Plus, for ", ["show", "integer", [], 5])


def _machine_texts(pools):
    """The machine's own texts in the three languages; their placeholders are what is given."""
    system = {}
    for name, text in system_texts().items():
        parts = {
            language: [part if isinstance(part, str) else ["show", "unknown", [], ["given", part.value.name.text]]
                       for part in text.text(language).parts]
            for language in ("en", "es", "pt")
        }
        pools.texts.append(parts)
        system[name] = len(pools.texts) - 1
    return system


BOT = program(Table(
    bot="b", languages=["en", "es"], timezone="America/Bogota", region="CO", start="main", limits=Limits(*[100] * 12),
    system=_machine_texts(POOLS), texts=POOLS.texts, exprs=POOLS.exprs, patterns=POOLS.patterns, rules=RULES,
    records={"visit": {"id": Var("text")}},
    slots={"name": Var("text", max=20), "plan": Var("choice", values=[["basic", BASIC], ["plus", PLUS]])},
    flows={"book": Flow("book", locals={"note": Var("text", max=5)})},
))


def answer(type, said, *, language="en", **parts):
    """What becomes of `said` at a question of that type."""
    step = Step("ask", "book", [], type=type, **parts)
    event = Said(said) if isinstance(said, str) else said
    return validate(BOT, step, event, Scope(at=AT, language=language))


def taken(type, said, **parts):
    outcome = answer(type, said, **parts)
    assert isinstance(outcome, Accepted), outcome
    return outcome.value


def refused(type, said, **parts):
    outcome = answer(type, said, **parts)
    assert isinstance(outcome, Refused), outcome
    return outcome.text


PHOTO = {"id": "1", "mime": "image/jpeg"}


@pytest.mark.parametrize(("type", "said", "value"), [
    ("text", " Ana Lima\n", "Ana Lima"), ("text", "👍", "👍"), ("text", "a\0b", "ab"), (None, "x", "x"),
    ("number", "1,234.50", "1234.50"), ("integer", "twelve", 12), ("boolean", "sí, claro", True),
    ("boolean", "NO", False),
    ("date", "24 March 1990", "1990-03-24"), ("time", "5pm", "17:00:00"),
    ("datetime", "tomorrow at 9", "2026-03-05T09:00:00-05:00"),
    ("duration", "hour and a half", 5400), ("phone", "300 123 4567", "+573001234567"),
    ("email", "Ana@Example.com", "Ana@example.com"),
    ("url", "example.com", "https://example.com"), ("language", "español", "es"), ("language", "German", "de"),
    ("image", Sent(kind="image", value=PHOTO), PHOTO), ("image", Sent(kind="document", value=PHOTO), PHOTO),
    ("location", Sent(kind="location", value={"latitude": 4.65, "longitude": -74}), {"latitude": "4.65",
    "longitude": -74}),
    ("contact", Sent(kind="contact", value={"name": "Ana", "phones": ["1"]}), {"name": "Ana", "phones": ["1"]}),
])
def test_an_answer_becomes_a_plain_value_of_its_type(type, said, value):
    assert taken(type, said) == value


@pytest.mark.parametrize(("type", "said", "reason"), [
    ("text", "", "Please write your answer as text."), ("text", "\0\u200b\ud800", "Please write your answer as text."),
    ("text", Sent(kind="image", value=PHOTO), "Please write your answer as text."),
    ("number", "many", "Please send a number"),
    ("integer", "1.5", "Please send a whole number"), ("boolean", "maybe", "Please answer yes or no."),
    ("date", "someday", "I couldn't read that as a date."), ("time", "late", "I couldn't read that as a time."),
    ("datetime", "tomorrow", "I need a day and a time."), ("duration", "90", "Please write how long"),
    ("phone", "12", "That doesn't look like a phone number."), ("email", "ana", "That doesn't look like an email"),
    ("url", "nowhere", "That doesn't look like a web address."), ("choice", "x", "Please choose one of the options."),
    ("language", "x", "I don't know that language."), ("image", "hello", "Please send a photo."),
    ("image", Sent(kind="document", value={"mime": "text/plain"}), "Please send a photo."),
    ("location", Sent(kind="image", value=PHOTO), "Please send a location"),
    ("location", Sent(kind="location"), "Please send a location"),
    ("contact", "Ana", "Please send a contact"),
])
def test_what_cannot_be_read_is_refused_with_the_machines_reason(type, said, reason):
    assert refused(type, said).startswith(reason)
    assert not answer(type, said).is_own


def test_a_reason_is_told_in_the_users_language():
    assert refused("integer", "x", language="es") == "Envía un número entero, por favor, por ejemplo 3."
    assert refused("image", "x", language="pt") == "Envie uma foto, por favor."


def test_the_authors_own_words_come_first_where_nothing_was_read():
    assert answer("date", "someday", invalid=NOT_A_DATE) == Refused("No date I know.", is_own=True)
    assert taken("date", "today", invalid=NOT_A_DATE) == "2026-03-04"


def test_a_type_that_nobody_types_is_refused_without_a_word():
    assert answer("visit", "x") == Refused(None)
    assert answer("list of text", "x") == Refused(None)


def test_where_there_is_no_time_there_is_no_date():
    assert isinstance(validate(BOT, Step("ask",
    "book", [], type="date"), Said("today"), Scope(at=10**20, language="en")), Refused)


def test_a_choice_is_its_value_or_its_title_in_any_language():
    plan = {"slot": ["slot", "plan"]}

    assert [taken("choice", said, **plan) for said in ("BASIC", "basic plan", "plan basico", "plus for 5")] == [
        "basic", "basic", "basic", "plus",
    ]
    assert refused("choice", "golden", **plan) == "Please choose one of the options."


def test_the_language_of_the_conversation_is_one_of_the_bots():
    assert taken("language", "Inglés", language="es", slot=["slot", "language"]) == "en"
    assert refused("language", "alemán", language="es", slot=["slot", "language"]).startswith("No conozco")


# --- rules


def test_a_rule_goes_through_its_lines_in_order():
    assert taken("text", "  Ana   Lima ", rule="full_name") == "Ana Lima"
    assert answer("text", "A", rule="full_name") == Refused("Letters only.", is_own=True)
    assert answer("text", "Ana 2", rule="full_name") == Refused("Letters only.", is_own=True)
    assert taken("text", "ab123", rule="code") == "AB123"
    assert taken("text", "ABC", rule="small") == "abc"


@pytest.mark.parametrize(("type", "rule", "said", "reason"), [
    ("text", "code", "a1", "That doesn't look right."),
    ("text", "small", "ab", "That is too short. Please use at least 3"),
    ("text", "small", "abcdef", "That is too long. Please use at most 5"),
    ("text", "colour", "green", "That is not one of"),
    ("integer", "prime", "4", "That is not one of"), ("text", "broken_list", "x", "That is not one of"),
    ("integer", "even", "3", "I can't accept that answer."),
    ("integer", "even", "12", "It has to be between 1 and 10."),
    ("text", "iban", "GB82", "That is not a valid IBAN."),
    ("integer", "letters_only_number", "3", "That doesn't look right."),
])
def test_a_line_without_else_refuses_with_the_machines_reason(type, rule, said, reason):
    assert refused(type, said, rule=rule).startswith(reason)


def test_a_check_looks_at_the_answer():
    assert taken("date", "24 March 1990", rule="adult") == "1990-03-24"
    assert answer("date", "1 May 2015", rule="adult") == Refused("You must be 18.", is_own=True)
    assert taken("integer", "4", rule="even") == 4


def test_one_of_takes_the_lists_own_spelling():
    assert taken("text", "ROJO", rule="colour") == "Rojo"
    assert taken("integer", "five", rule="prime") == 5


def test_identifiers_are_checked_by_country():
    assert taken("text", "GB82 WEST 1234 5698 7654 32", rule="iban") == "GB82 WEST 1234 5698 7654 32"
    assert taken("text", "12345678-Z", rule="spaniard") == "12345678-Z"
    assert answer("text", "12345678A", rule="spaniard") == Refused("Letters only.", is_own=True)


def test_a_line_or_a_rule_that_is_not_known_refuses_nothing():
    assert taken("text", "x", rule="strange") == "x"
    assert taken("text", "x", rule="gone") == "x"
    assert taken("integer", "123", rule="lengthy_number") == 123


# --- constraints and checks at the step


@pytest.mark.parametrize(("type", "said", "constraint", "reason"), [
    ("datetime", "yesterday at 10", ["after", NOW], "It has to be after 4 Mar 2026, 10:00 am."),
    ("date", "5 March 2026", ["before", TODAY], "It has to be before 4 Mar 2026."),
    ("date", "5 March 2026", ["before", NOW], "It has to be before 4 Mar"),
    ("time", "13:00", ["before", NOON], "It has to be before 12:00 pm."),
    ("integer", "9", ["at_least", TEN], "It has to be 10 or more."),
    ("integer", "11", ["at_most", TEN], "It has to be 10 or less."),
    ("number", "0.5", ["from", ONE, TEN], "It has to be between 1 and 10."),
    ("text", "abcdef", ["length", 2, 5], "That is too long. Please use at most 5"),
    ("duration", "2 hours", ["at_most", HOUR], "It has to be 1 hour or less."),
])
def test_a_constraint_refuses_with_its_limit(type, said, constraint, reason):
    assert refused(type, said, constraints=[constraint]).startswith(reason)


def test_a_limit_that_ends_in_a_full_stop_gives_it_to_the_sentence():
    text = refused("datetime", "ayer a las 10", language="es", constraints=[["after", NOW]])

    assert text == "Tiene que ser después de: 4/03/2026, 10:00 a. m."


def test_a_limit_without_a_value_limits_nothing():
    assert taken("integer", "5", constraints=[["at_most", GONE], ["from", GONE, GONE]]) == 5


def test_checks_of_the_step_come_last():
    checks = [[IS_EVEN, EVEN_ONLY]]

    assert taken("integer", "4", constraints=[["at_most", TEN]], checks=checks) == 4
    assert answer("integer", "3", checks=checks) == Refused("Even numbers only.", is_own=True)
    assert refused("integer", "12", constraints=[["at_most", TEN]], checks=checks) == "It has to be 10 or less."


def test_of_several_readings_the_first_that_passes_is_taken():
    assert taken("date", "monday") == "2026-03-09"
    assert taken("date", "monday", constraints=[["before", TODAY]]) == "2026-03-02"
    assert taken("date", "monday", constraints=[["after", TODAY]]) == "2026-03-09"
    assert taken("datetime", "today at 9:30", constraints=[["after", NOW]]) == "2026-03-04T21:30:00-05:00"
    assert taken("time", "5", constraints=[["before", NOON]]) == "05:00:00"
    assert taken("date", "3/4/40", rule="adult") == "1940-04-03"


def test_where_no_reading_passes_the_likeliest_is_refused():
    assert answer("date", "monday", rule="adult") == Refused("You must be 18.", is_own=True)


# --- the slot


def test_a_text_is_no_longer_than_its_slot():
    assert taken("text", "x" * 20, slot=["slot", "name"]) == "x" * 20
    assert refused("text", "x" * 21, slot=["slot", "name"]) == "That is too long. Please use at most 20 characters."
    assert refused("text", "x" * 6, slot=["local", "note"]) == "That is too long. Please use at most 5 characters."
    assert taken("text", "x" * 6, slot=["local", "other"]) == "x" * 6
    assert refused("text", "x" * 5000) == "That is too long. Please use at most 4,096 characters."


def test_what_a_rule_leaves_nothing_of_is_refused():
    blank = program(Table(bot="b", languages=["en"], timezone="UTC", start="m", limits=Limits(*[1] * 12),
                          rules={"trimmed": Rule("text", [["trim", [], None]])}))

    assert accept(blank, Step("ask", "f", [], type="text", rule="trimmed"), "  ", SCOPE) == Refused(None)


def test_what_was_chosen_passes_the_rule_as_what_was_written():
    step = Step("ask", "book", [], type="integer", rule="even")

    assert accept(BOT, step, 4, SCOPE) == Accepted(4)
    assert accept(BOT, step, 3, SCOPE) == Refused("I can't accept that answer.")
    assert accept(BOT, step, "x", SCOPE) == Refused("Please send a whole number, for example 3.")
    assert accept(BOT, Step("ask", "book", [], type="visit"), {"id": "v1"}, SCOPE) == Accepted({"id": "v1"})
    assert accept(BOT, Step("ask", "book", []), {"id": "v1"}, SCOPE) == Accepted({"id": "v1"})


def test_a_unit_that_the_question_asks_for_may_stand_beside_the_number():
    assert taken("number", "20 kg", message=Message(KILOS)) == 20
    assert taken("integer", "20 kilos", message=Message([KILOS, LITRES]), language="es") == 20
    assert refused("number", "20 lb", message=Message(KILOS)) == "Please send a number, for example 12.5."
    assert taken("number", "20 l", message=Message(KILOS), hint=LITRES) == 20
    assert refused("number", "20 l", message=Message(KILOS)) == "Please send a number, for example 12.5."


def test_what_cannot_be_seen_is_cut_from_a_text():
    assert cleaned("  a\u200bb\u202ec\n\td\u00a0 ") == "abc\n\td"
    assert cleaned("👩\u200d🔧") == "👩\u200d🔧"
    assert cleaned("\ud800\U0010ffff") == ""


# --- anything goes

TYPES = [
    "text", "number", "integer", "boolean", "date", "time", "datetime", "duration", "phone", "email", "url",
    "choice", "language",
    "image", "location", "contact", "visit", "list of text", "unknown",
]
HOSTILE = ["a ", "1", "\0", "\u0301\u0323", "1,", "at 1 ", "y media ", "😀", "\u202e", "a@", "1 hour ", "a.", "(",
"ﷺ", "\n", "1/", "de la "]


@pytest.mark.parametrize("type", TYPES)
def test_a_hundred_thousand_characters_of_anything_are_answered_at_once(type):
    answer(type, "warm up 5 may")
    started = process_time()
    for piece in HOSTILE:
        for length in (100_000, 150):
            assert isinstance(answer(type, (piece * length)[:length], language="es"), Accepted | Refused)

    assert process_time() - started < 2


SAID = st.text(max_size=60) | st.text("0123456789/:.,- ampdelasy", max_size=30)
CONSTRAINTS = st.sampled_from([[], [["after", NOW]], [["at_most", TEN]], [["from", ONE, TEN]], [["length", 1, 3]]])
LANGUAGES = st.sampled_from(["en", "es", "fr", ""])


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(TYPES), SAID, LANGUAGES, st.sampled_from([None, *RULES]), CONSTRAINTS)
def test_validation_takes_or_refuses_and_never_raises(type, said, language, rule, constraints):
    parts = {"language": language, "rule": rule, "constraints": constraints, "checks": [[IS_EVEN, EVEN_ONLY]]}

    for event in (said, Sent(kind=type, value={"id": said, "mime": said, "latitude": said})):
        assert isinstance(answer(type, event, **parts), Accepted | Refused)
