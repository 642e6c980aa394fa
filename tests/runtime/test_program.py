from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.table import Limits, Table, Var
from runtime.program import Program, Scope, program
from runtime.values import Duration, plain, zone

LIMITS = Limits(*[100] * 12)
BOGOTA = zone("America/Bogota")
AT = 1_772_636_400_000                       # 4 March 2026, 10:00 in Bogota, a Wednesday
VISIT = {"id": "v1", "at": "2026-03-09T09:00:00-05:00", "price": "12.5"}
SLOTS = {
    "name": "Ana", "visits": [VISIT], "price": "1.50", "count": 3, "born": "1990-03-24", "ok": True, "wait": 5400,
    "plan": "basic", "at": "2026-03-09T09:00:00-05:00", "tags": ["a", "b"], "raw": {"km": "1.5", "when": "2026-03-01"},
}
SCOPE = Scope(slots=SLOTS, locals={"x": 7, "day": "2026-03-01"}, at=AT, language="en", it={"name": "Norte"},
              given={"limit": "5"})
VARS = {
    "name": Var("text"), "visits": Var("list of visit"), "price": Var("number"), "count": Var("integer"),
    "born": Var("date"), "ok": Var("boolean"), "wait": Var("duration"), "at": Var("datetime"),
    "tags": Var("list of text"),
    "plan": Var("choice", values=[["basic", 0], ["plus", 1]]), "raw": Var("unknown"),
    "colour": Var("text", default="red"),
    "gone": Var("text"), "clock": Var("time"),
}


def table(exprs=(), texts=(), **more):
    titles = [{"en": ["Basic plan"], "es": ["Plan básico"]}, {"en": ["Plus plan"]}]
    return Table(bot="b", languages=["en", "es"], timezone="America/Bogota", region="CO", start="main", limits=LIMITS,
                 slots=VARS, records={"visit": {"id": Var("text"), "at": Var("datetime"), "price": Var("number")}},
                 exprs=list(exprs), texts=[*titles, *texts], **more)


def value(expr, scope=SCOPE):
    return Program(table([expr])).value(0, scope)


def text(parts, scope=SCOPE, **more):
    by_language = parts if isinstance(parts, dict) else {"en": parts}
    return Program(table(texts=[by_language], **more)).text(2, scope)


def test_a_table_has_one_program_for_as_long_as_it_is_used():
    first = table()

    assert program(first) is program(first)
    assert program(first) is not program(table())
    assert program(first).table is first


def test_only_the_programs_made_last_are_kept():
    first = table()
    before = program(first)
    others = [table() for _ in range(70)]
    for other in others:
        program(other)

    assert program(first) is not before
    assert program(others[-1]) is program(others[-1])


SLOT = [["slot", name] for name in VARS]
NAME, VISITS, PRICE, COUNT, BORN, OK, WAIT, AT_SLOT, TAGS, PLAN, RAW, COLOUR, GONE, CLOCK = SLOT
YEARS = ["duration", 18, "year"]


@pytest.mark.parametrize(("expr", "result"), [
    # what is there
    ("text", "text"), (5, 5), (1.5, Decimal("1.5")), (True, True), (None, None), ({"a": 1}, None),
    (["num", "1.50"], Decimal("1.5")),
    (NAME, "Ana"), (PRICE, Decimal("1.50")), (BORN, date(1990, 3, 24)), (WAIT, Duration(0, 5400)), (GONE, None),
    (COLOUR, "red"),
    (["slot", "never declared"], None), (["slot", "language"], "en"), (["local", "x", "integer"], 7),
    (["local", "day", "date"], date(2026, 3, 1)), (["local", "y", "text"], None), (["it", "clinic"], {"name": "Norte"}),
    (["get", ["it", "clinic"], "name", "text"], "Norte"), (["given", "limit"], "5"), (["given", "x"], None),
    (["today"], date(2026, 3, 4)), (["now"], datetime(2026, 3, 4, 10, tzinfo=BOGOTA)), (["list", 1, "a"], [1, "a"]),
    (["duration", 5, "minute"], Duration(0, 300)), (["duration", 5, "eon"], None),
    (["get", ["index", VISITS, 0], "at", "datetime"], datetime(2026, 3, 9, 9, tzinfo=BOGOTA)),
    (["get", ["index", VISITS, 0], "nothing", "text"], None), (["get", NAME, "x", "text"], None),
    (["index", VISITS, -1], VISIT), (["index", VISITS, 1], None), (["index", VISITS, True], None),
    (["index", NAME, 0], None),
    (["as", "date", "2026-03-01"], date(2026, 3, 1)), (["as", "integer", "x"], None), (["as", "text", COUNT], "3"),
    # arithmetic
    (["+", 1, 2], 3), (["+", ["num", "0.1"], ["num", "0.2"]], Decimal("0.3")),
    (["-", 1, ["num", "0.5"]], Decimal("0.5")),
    (["*", 3, ["num", "1.5"]], Decimal("4.5")), (["*", 2, 3], 6), (["/", 7, 2], Decimal("3.5")), (["/", 6, 2], 3),
    (["/", 1, 0], None), (["/", 1, 3], Decimal("0.333333333333")), (["%", 7, 3], 1), (["%", -1, 7], 6),
    (["%", 1, 0], None),
    (["%", ["num", "-0.5"], 2], Decimal("1.5")), (["%", ["num", "5.5"], 2], Decimal("1.5")), (["%", "x", 2], None),
    (["neg", PRICE], Decimal("-1.50")), (["neg", WAIT], Duration(0, -5400)), (["neg", NAME], None),
    (["*", 10**15, 10], None), (["+", 10**15, 1], None), (["-", -10**15, 1], None), (["*", "x", 2], None),
    (["*", 2, "x"], None),
    (["/", "x", 2], None), (["+", GONE, 1], None), (["-", 1, GONE], None), (["*", GONE, GONE], None),
    (["-", NAME, 1], None),
    (["+", "Hi ", NAME], "Hi Ana"), (["+", "n", 5], "n5"), (["+", ["num", "1.50"], "n"], "1.50n"),
    (["+", "1.5", 1], Decimal("2.5")),
    (["+", "a", True], None), (["+", "a", ["list"]], None), (["+", ["list", 1], ["list", 2]], [1, 2]),
    (["+", ["list", 1], 2], None),
    (["+", True, True], None),
    # the calendar
    (["-", ["today"], YEARS], date(2008, 3, 4)),
    (["+", ["now"], ["duration", 30, "minute"]], datetime(2026, 3, 4, 10, 30, tzinfo=BOGOTA)),
    (["+", ["duration", 1, "day"], ["today"]], date(2026, 3, 5)), (["+", WAIT, WAIT], Duration(0, 10800)),
    (["-", WAIT, ["duration", 1, "month"]], Duration(-1, 5400)),
    (["+", ["as", "time", "23:00"], ["duration", 2, "hour"]], time(1)),
    (["+", ["as", "date", "2026-01-31"], ["duration", 1, "month"]], date(2026, 2, 28)),
    (["-", ["as", "date", "2024-02-29"], ["duration", 1, "year"]], date(2023, 2, 28)),
    (["+", ["today"], ["duration", 9999, "year"]], None), (["-", ["now"], ["duration", 3000, "year"]], None),
    (["+", ["as", "date", "9999-12-31"], ["duration", 1, "day"]], None), (["+", True, WAIT], None),
    (["+", "2026-03-01", ["duration", 1, "day"]], date(2026, 3, 2)),
    (["+", "09:00", ["duration", 1, "hour"]], time(10)),
    (["+", "2026-03-01T10:00", ["duration", 1, "hour"]], datetime(2026, 3, 1, 11, tzinfo=BOGOTA)),
    (["-", AT_SLOT, ["now"]], Duration(0, 428_400)), (["-", ["today"], BORN], Duration(0, 13_129 * 86_400)),
    (["-", "2026-03-02", "2026-03-01"], Duration(0, 86_400)), (["-", "a", "b"], None),
    (["-", ["now"], BORN], Duration(0, 13_129 * 86_400)),
    (["-", ["as", "time", "10:00"], ["as", "time", "09:00"]], Duration(0, 3600)), (["-", ["list"], ["list"]], None),
    (["-", ["today"], 1], None), (["*", WAIT, 2], Duration(0, 10800)), (["*", ["num", "0.5"], WAIT], Duration(0, 2700)),
    (["*", ["duration", 2, "month"], 3], Duration(6, 0)), (["/", WAIT, 2], Duration(0, 2700)),
    (["/", WAIT, ["duration", 1, "hour"]], Decimal("1.5")),
    (["/", WAIT, ["duration", 0, "hour"]], None), (["/", WAIT, 0], None),
    # comparisons
    (["==", 1, ["num", "1.0"]], True), (["==", NAME, "ana"], False), (["!=", NAME, "ana"], True),
    (["==", GONE, 1], None),
    (["!=", 1, GONE], None), (["==", True, 1], False), (["==", "1.0", 1], True), (["==", "x", 1], False),
    (["==", VISITS, VISITS], True),
    (["==", WAIT, ["duration", 90, "minute"]], True), (["<", 1, 2], True), (["<=", PRICE, ["num", "1.5"]], True),
    ([">", "b", "a"], True),
    ([">=", "10", "9"], True), (["<", "10", "9a"], True), (["<", GONE, 1], None), (["<", True, False], None),
    (["<", VISITS, VISITS], None),
    (["<", NAME, ["today"]], None), (["<", BORN, ["today"]], True), (["<=", ["now"], ["today"]], True),
    ([">", ["now"], ["today"]], False),
    ([">", AT_SLOT, ["now"]], True), ([">", "2026-04-01", ["today"]], True),
    (["<", WAIT, ["duration", 1, "month"]], True),
    (["<", ["as", "time", "09:00"], ["now"]], True),
    (["+", ["today"], ["as", "time", "09:30"]], datetime(2026, 3, 4, 9, 30, tzinfo=BOGOTA)),
    (["+", ["as", "time", "09:30"], ["today"]], datetime(2026, 3, 4, 9, 30, tzinfo=BOGOTA)),
    (["get", ["now"], "weekday", "integer"], 3), (["get", ["now"], "hour", "integer"], 10),
    (["get", ["today"], "month", "integer"], 3), (["get", ["as", "time", "09:30"], "minute", "integer"], 30),
    (["get", ["today"], "hour", "integer"], None), (["get", ["as", "time", "09:30"], "weekday", "integer"], None),
    (["get", ["now"], "tzinfo", "integer"], None),
    (["in", "a", TAGS], True), (["in", "c", TAGS], False),
    (["in", "n", NAME], True),
    (["in", 1, NAME], False), (["in", GONE, TAGS], None), (["in", "a", 5], None), (["in", 1, ["list", "1"]], True),
    # what holds
    (["or", GONE, "friend"], "friend"), (["or", NAME, "friend"], "Ana"), (["or", 0, 5], 0),
    (["or", ["/", 1, 0], 5], 5), (["or", False, 5], 5),
    (["and", NAME, OK], True), (["and", NAME, GONE], False), (["not", GONE], True), (["not", OK], False),
    (["not", 0], False),
    (["if", OK, "y", "n"], "y"), (["if", GONE, "y", "n"], "n"), (["empty", GONE], True), (["empty", ["list"]], True),
    (["empty", ""], True),
    (["empty", 0], False), (["known", GONE], False), (["known", ""], True),
    (["is", "iban", "GB82 WEST 1234 5698 7654 32", None], True), (["is", "national_id", "12345678Z", "ES"], True),
    (["is", "national_id", "12345678A", "ES"], False), (["is", "card", GONE], None),
    (["is", "unknown", NAME, None], None),
    # functions
    (["len", NAME], 3), (["len", TAGS], 2), (["len", 5], None), (["upper", NAME], "ANA"), (["lower", NAME], "ana"),
    (["title", "o'brien of cork"], "O'brien Of Cork"), (["upper", 5], None), (["round", ["num", "2.5"]], 3),
    (["round", ["num", "-2.5"]], -3),
    (["round", ["num", "1.005"], 2], Decimal("1.01")), (["round", 1234, -2], 1200), (["round", NAME], None),
    (["round", 1, 99], None),
    (["min", 3, 1, 2], 1), (["max", ["list", 3, ["num", "3.5"]]], Decimal("3.5")), (["min", ["list"]], None),
    (["max", 1, GONE], None),
    (["max", ["list", 1, GONE]], 1), (["max", 1, NAME], None), (["min", BORN, ["today"]], date(1990, 3, 24)),
    (["min", 5], None),
    (["sum", ["list", 1, ["num", "0.5"], "2"]], Decimal("3.5")), (["sum", ["list"]], 0),
    (["sum", ["list", WAIT, WAIT]], Duration(0, 10800)),
    (["sum", ["list", 1, "x"]], None), (["sum", 5], None), (["first", TAGS], "a"), (["last", TAGS], "b"),
    (["first", ["list"]], None),
    (["first", 5], None), (["join", TAGS, " and "], "a and b"),
    (["join", ["list", PRICE, GONE, OK], "/"], "1.50/yes"), (["join", NAME, ","], None),
    (["split", "a, b,c", ","], ["a", "b", "c"]), (["split", " a  b ", ""], ["a", "b"]), (["split", 5, ","], None),
    (["contains", TAGS, "a"], True), (["contains", NAME, "z"], False), (["len"], None), (["len", 1, 2], None),
    (["first", TAGS, 1], None),
    (["text", 0], "Basic plan"),
    # what is no expression
    ([], None), (["?"], None), ([5], None), (["+", 1], None), (["slot"], None), (["local", "x"], None),
    (["text", 99], None),
    (["num", "x"], None), (["slot", ["x"]], None),
])
def test_an_expression_has_its_value(expr, result):
    got = value(expr)

    assert got == result
    assert (got is None) == (result is None)
    assert type(got) is not bool or isinstance(result, bool)


def test_a_day_is_a_day_by_the_wall_clock_and_hours_are_hours():
    madrid = Program(Table(bot="b", languages=["en"], timezone="Europe/Madrid", start="m", limits=LIMITS, exprs=[
        ["+", ["as", "datetime", "2026-03-28T12:00"], ["duration", 1, "day"]],
        ["+", ["as", "datetime", "2026-03-28T12:00"], ["duration", 25, "hour"]],
        ["+", ["as", "datetime", "2026-03-28T02:30"], ["duration", 1, "day"]],
        ["-", ["as", "datetime", "2026-03-29T12:00"], ["as", "datetime", "2026-03-28T12:00"]],
    ]))

    assert madrid.plain(0, SCOPE) == "2026-03-29T12:00:00+02:00"
    assert madrid.plain(1, SCOPE) == "2026-03-29T14:00:00+02:00"
    assert madrid.plain(2, SCOPE) == "2026-03-29T03:30:00+02:00"
    assert madrid.plain(3, SCOPE) == 23 * 3600


def test_a_value_is_given_plain_and_as_a_truth():
    some = Program(table([BORN, GONE, VISITS, ["==", 1, 2]]))

    assert some.plain(0, SCOPE) == "1990-03-24"
    assert some.plain(2, SCOPE) == [VISIT]
    assert [some.holds(index, SCOPE) for index in range(4)] == [True, False, True, False]


def test_the_language_is_the_slots_the_scopes_or_the_bots_first():
    assert value(["slot", "language"], Scope(slots={"language": "es"}, language="en")) == "es"
    assert value(["slot", "language"], Scope()) == "en"


def test_texts_and_lists_are_bounded():
    grown = Scope(slots={"name": "x" * 4096, "tags": ["x"] * 1000})

    assert len(value(["+", NAME, NAME], grown)) == 4096
    assert len(value(["+", TAGS, TAGS], grown)) == 1000
    assert len(value(["join", TAGS, "x" * 100], grown)) == 4096
    assert len(Program(table([["text", 2]], [{"en": [["show", "text", [], NAME], "y"]}])).value(0, grown)) == 4096


def test_what_is_nested_too_deep_has_no_value():
    deep = 1
    for _ in range(500):
        deep = ["neg", deep]

    assert value(deep) is None
    assert Program(table([["text", 2]], [{"en": ["x", ["show",
    "text", [], ["text", 2]]]}])).value(0, SCOPE).startswith("xx")


def test_a_time_that_no_calendar_has_has_no_value():
    assert value(["today"], Scope(at=10**20)) is None
    assert value(["now"], Scope(at=10**20)) is None


# --- texts


@pytest.mark.parametrize(("parts", "said"), [
    (["Hi!"], "Hi!"), ([], ""), (["Hi ", ["show", "text", [], NAME], "!"], "Hi Ana!"),
    ([["show", "text", [], GONE], "?"], "?"),
    ([["show", "number", [], PRICE]], "1.50"), ([["show", "integer", [], COUNT]], "3"),
    ([["show", "boolean", [], OK]], "yes"),
    ([["show", "date", [], BORN]], "24 Mar 1990"), ([["show", "datetime", [], AT_SLOT]], "9 Mar 2026"),
    ([["show", "time", [], ["as", "time", "09:00"]]], "9:00 am"), ([["show", "list of text", [], TAGS]], "a, b"),
    ([["show", "duration", [], WAIT]], "1 hour and 30 minutes"), ([["show", "visit", [], ["index", VISITS, 0]]], ""),
    ([["show", "datetime", [["date", "long"]], AT_SLOT], " ", ["show",
    "datetime", [["time"]], AT_SLOT]], "9 March 2026 9:00 am"),
    ([["show", "text", [["upper"]], NAME]], "ANA"), ([["show", "text", [["lower"], ["title"]], NAME]], "Ana"),
    ([["show", "text", [["upper"]], GONE]], ""), ([["show", "number", [["money", "USD"]], PRICE]], "US$1.50"),
    ([["show", "choice", [], PLAN]], "Basic plan"), ([["show", "choice", [["upper"]], PLAN]], "BASIC PLAN"),
    ([["show", "choice", [], ["local", "x", "choice"]]], "7"),
    ([["show", "language", [], ["slot", "language"]]], "English"),
    ([["show", "unknown", [], ["get", RAW, "km", "unknown"]]], "1.5"),
    ([["show", "unknown", [["number"]], ["get", RAW, "km", "unknown"]]], "1.5"),
    ([["show", "datetime", [["date"]], ["given", "limit"]]], "5"),
    ([["show", "date", [["date"]], ["get", RAW, "when", "unknown"]]], "1 Mar 2026"),
    ([["plural", COUNT, {"one": "visit", "other": "visits"}]], "visits"),
    ([["plural", 1, {"one": "visit", "other": "visits"}]], "visit"),
    ([["plural", GONE, {"one": "visit", "other": "visits"}]], "visits"), ([["plural", COUNT, {}]], ""),
    ([["show"]], ""), ([5], ""),
    ([["text", "no such part", 1]], ""),
])
def test_a_text_is_filled(parts, said):
    assert text(parts) == said


def test_a_text_is_said_in_the_language_of_the_scope_or_else_in_the_bots_first():
    both = {"en": ["On ", ["show", "date", [["date", "long"]], BORN]], "es": ["El ", ["show", "date", [["date",
    "long"]], BORN]]}

    assert text(both, Scope(SLOTS, language="es")) == "El 24 de marzo de 1990"
    assert text(both, Scope(SLOTS, language="fr")) == "On 24 March 1990"
    assert text({"en": both["en"]}, Scope(SLOTS, language="es")) == "On 24 March 1990"
    assert text({}, SCOPE) == ""


def test_a_choice_is_shown_by_its_title_in_the_users_language():
    parts = [["show", "choice", [], PLAN]]

    assert text({"en": parts, "es": parts}, Scope(SLOTS, language="es")) == "Plan básico"
    assert text(parts, Scope({"plan": "other"}, language="en")) == "other"


def test_yes_and_no_are_the_machines_own_words():
    words = {"texts": [{"en": ["Yes"], "es": ["Sí"]}, {"en": ["No"]}, {"en": [["show",
    "boolean", [], OK]], "es": [["show", "boolean", [], OK]]}]}
    some = Program(Table(bot="b", languages=["en", "es"], timezone="UTC", start="m", limits=LIMITS, slots=VARS,
                         system={"yes": 0, "no": [1]}, **words))

    assert some.text(2, Scope(SLOTS, language="es")) == "Sí"
    assert some.text(2, Scope({"ok": False}, language="es")) == "No"


def test_one_of_several_texts_is_picked_by_the_seed():
    some = Program(table())

    assert [some.variant([0, 1], SCOPE, seed) for seed in (0, 1, 2)] == ["Basic plan", "Plus plan", "Basic plan"]
    assert some.variant(0, SCOPE, 5) == "Basic plan"


def test_a_system_text_is_filled_with_what_is_given():
    some = Program(table(texts=[{"en": ["At most ", ["show", "unknown", [], ["given",
    "limit"]]]}], system={"reason.too_long": 2}))

    assert some.system("reason.too_long", SCOPE) == "At most 5"
    assert some.system("reason.other", SCOPE) is None


def test_a_text_outside_the_pool_is_filled_as_well():
    assert Program(table()).fill({"en": ["Hi ", ["show", "text", [], ["given",
    "name"]]]}, Scope(given={"name": "Ana"})) == "Hi Ana"


def test_the_words_of_a_text_are_those_of_every_language():
    some = Program(table(texts=[{"en": ["Yes!"], "es": ["¡Sí!"], "pt": ["Si"]}, {"en": ["Hi ", ["show",
    "text", [], NAME]], "es": ["Hola"]}]))

    assert some.words(2) == some.words(2) == ("yes", "si")
    assert some.words(3) == ("hola",)
    assert some.is_static(2)
    assert not some.is_static(3)


def test_a_plain_text_needs_no_library():
    import subprocess
    import sys

    code = (
        "import sys; from dsl.table import *; from runtime.program import Program, Scope;"
        "p = Program(Table(bot='b', languages=['en'], timezone='UTC', start='m', limits=Limits(*[1] * 12),"
        " texts=[{'en': ['Hi ', ['show', 'text', [], ['slot', 'n']], ['show', 'boolean', [], True]]}]));"
        "assert p.text(0, Scope(slots={'n': 'Ana'}, language='en')) == 'Hi Anayes';"
        "import runtime.validation, runtime.replies;"
        "print([name for name in ('babel', 'dateparser', 'phonenumbers', 'lark') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


# --- anything goes


LEAF = st.one_of(
    st.sampled_from([*SLOT, ["today"], ["now"], ["?"], ["it", "unknown"], ["given", "limit"], ["local", "x",
    "number"]]),
    st.none(), st.booleans(), st.integers(-10**16, 10**16), st.text(max_size=8), st.floats(),
    st.builds(lambda amount, unit: ["duration", amount, unit], st.integers(-10**6, 10**6), st.sampled_from(["day",
    "month", "hour"])),
    st.builds(lambda sign: ["num", sign], st.sampled_from(["1.5", "-3", "1e9", "0"])),
)
BINARY = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "or", "and", "index",
"join", "split",
                          "contains", "min", "max", "round"])
UNARY = st.sampled_from(["not", "neg", "empty", "known", "len", "lower", "upper", "title", "round", "min", "max",
"sum", "first",
                         "last", "list"])
TYPE = st.sampled_from(["text", "number", "integer", "boolean", "date", "time", "datetime", "duration", "visit",
"list of date", "unknown"])
EXPR = st.recursive(LEAF, lambda inner: st.one_of(
    st.builds(lambda op, a, b: [op, a, b], BINARY, inner, inner), st.builds(lambda op, a: [op, a], UNARY, inner),
    st.builds(lambda a, b, c: ["if", a, b, c], inner, inner, inner), st.builds(lambda a, t: ["as", t, a], inner, TYPE),
    st.builds(lambda a, t: ["get", a, "at", t], inner, TYPE), st.builds(lambda a, b: ["list", a, b], inner, inner),
    st.builds(lambda a: ["is", "national_id", a, "ES"], inner), st.lists(inner, max_size=3),
), max_leaves=15)
FORMAT = st.sampled_from([[], [["date"]], [["time", "full"]], [["datetime", "long"]], [["number",
"2"]], [["percent"]], [["money"]],
                          [["money", "XXX"]], [["upper"]], [["phone"]], [["duration"]], [["list"]], [["nonsense",
                          "1"]], [["number", "x"]]])
ANY_SCOPE = st.builds(
    Scope, slots=st.fixed_dictionaries({}, optional={name: st.one_of(
        st.none(), st.integers(), st.text(max_size=6), st.booleans(), st.lists(st.text(max_size=3), max_size=3),
        st.sampled_from([VISIT, "2026-03-01", "0001-01-01T00:00", "9999-12-31T23:59:59-12:00"]), st.floats(),
    ) for name in VARS}), at=st.integers(-10**15, 10**15), language=st.sampled_from(["en", "es", "pt-BR", "xx", ""]),
)


@settings(max_examples=100, deadline=None)
@given(EXPR, ANY_SCOPE)
def test_any_expression_has_a_value_or_none_and_a_plain_form(expr, scope):
    some = Program(table([expr]))

    assert plain(some.value(0, scope)) == some.plain(0, scope)
    assert some.holds(0, scope) in (True, False)


@settings(max_examples=100, deadline=None)
@given(EXPR, TYPE, FORMAT, ANY_SCOPE)
def test_anything_can_be_shown_in_any_format(expr, type, wanted, scope):
    parts = [["show", type, wanted, expr], ["plural", expr, {"one": "one", "other": "more"}]]

    assert isinstance(text({"en": parts, "es": parts}, scope), str)
