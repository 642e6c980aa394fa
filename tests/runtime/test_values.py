from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.table import Var
from runtime.values import DEPTH, ITEMS, LARGEST, TEXT, Duration, Values, duration, number, plain, type_of, zone

RECORDS = {"visit": {"id": Var("text"), "at": Var("datetime"), "price": Var("number"), "tags": Var("list of integer")}}
VALUES = Values("America/Bogota", RECORDS)
BOGOTA = zone("America/Bogota")


@pytest.mark.parametrize(("type", "json", "value"), [
    ("text", "Ana", "Ana"), ("text", 5, "5"), ("text", True, "true"), ("text", [1], None),
    ("text", "x" * 5000, "x" * TEXT),
    ("choice", "basic", "basic"), ("phone", "+57300", "+57300"),
    ("integer", 5, 5), ("integer", "5", 5), ("integer", "5.0", 5), ("integer", "5.5", None), ("integer", True, None),
    ("number", "1.50", Decimal("1.50")), ("number", 2, 2), ("number", 1.1, Decimal("1.1")), ("number", "abc", None),
    ("number", "1e3", 1000), ("number", 10**16, None), ("number", float("nan"), None), ("number", float("inf"), None),
    ("boolean", True, True), ("boolean", "no", False), ("boolean", " TRUE ", True), ("boolean", 1, None),
    ("date", "2026-03-01", date(2026, 3, 1)), ("date", "2026-03-01T23:00-05:00", date(2026, 3, 1)),
    ("date", "tomorrow", None), ("date", 5, None),
    ("time", "09:30", time(9, 30)), ("time", "09:30:15.5+02:00", time(9, 30, 15)), ("time", "9 am", None),
    ("time", 5, None),
    ("datetime", "2026-03-01T10:00", datetime(2026, 3, 1, 10, tzinfo=BOGOTA)),
    ("datetime", "2026-03-01T10:00:00.123Z", datetime(2026, 3, 1, 5, tzinfo=BOGOTA)),
    ("datetime", "2026-03-01", datetime(2026, 3, 1, tzinfo=BOGOTA)), ("datetime", "soon", None), ("datetime", 5, None),
    ("datetime", "0001-01-01T00:00:00+14:00", None),
    ("duration", 90, Duration(seconds=90)), ("duration", "90", Duration(seconds=90)),
    ("duration", "P18M", Duration(18)),
    ("duration", "P1Y2M3W4DT5H6M7S", Duration(14, 25 * 86_400 + 5 * 3600 + 6 * 60 + 7)), ("duration", "P", None),
    ("duration", "soon", None), ("duration", 10**15, None),
    ("visit", {"id": "v1"}, {"id": "v1"}), ("visit", "v1", None), ("image", {"id": "1"}, {"id": "1"}),
    ("image", "1", None),
    ("location", {"latitude": 4.65, "longitude": "-74.1"}, {"latitude": 4.65, "longitude": "-74.1"}),
    ("location", {"latitude": 4.65}, None), ("location", "here", None),
    ("list of date", ["2026-03-01", "x", None], [date(2026, 3, 1)]), ("list of text", "a", None),
    ("unknown", 1.5, Decimal("1.5")), ("unknown", {"a": 1}, {"a": 1}), ("no such type", "x", "x"), ("text", None, None),
])
def test_plain_json_becomes_a_value_of_its_type_or_none(type, json, value):
    assert VALUES.convert(type, json) == value


def test_values_become_values_of_other_types():
    moment = datetime(2026, 3, 1, 10, 30, tzinfo=BOGOTA)

    assert VALUES.convert("date", moment) == date(2026, 3, 1)
    assert VALUES.convert("time", moment) == time(10, 30)
    assert VALUES.convert("datetime", date(2026, 3, 1)) == datetime(2026, 3, 1, tzinfo=BOGOTA)
    assert VALUES.convert("date", date(2026, 3, 1)) == date(2026, 3, 1)
    assert VALUES.convert("time", time(10, 30)) == time(10, 30)
    assert VALUES.convert("duration", Duration(1)) == Duration(1)
    assert VALUES.convert("text", moment) == "2026-03-01T10:30:00-05:00"
    assert VALUES.convert("text", Decimal("1.50")) == "1.50"


def test_the_time_of_an_event_is_that_of_the_bots_zone():
    assert VALUES.moment(0) == datetime(1969, 12, 31, 19, tzinfo=BOGOTA)
    assert VALUES.moment(1999).second == 1
    assert VALUES.moment(10**20) is None
    assert VALUES.moment(253_402_300_799_999).year == 9999


@pytest.mark.parametrize("name", ["", "Nowhere/Else", "/etc", "../../etc/passwd", "America", "\0"])
def test_a_time_zone_that_does_not_exist_is_utc(name):
    assert str(zone(name)) == "UTC"


@pytest.mark.parametrize(("amount", "unit", "length"), [
    (30, "second", Duration(0, 30)), (5, "minute", Duration(0, 300)), (2, "hour", Duration(0, 7200)),
    (1, "day", Duration(0, 86_400)), (1, "week", Duration(0, 604_800)), (1, "month", Duration(1)),
    (18, "year", Duration(216)),
    (1, "eon", None), (10**9, "year", None), (10**15, "second", None),
])
def test_a_duration_has_months_and_seconds(amount, unit, length):
    assert duration(amount, unit) == length


def test_whole_numbers_are_integers_and_small_parts_are_cut():
    assert plain(Decimal("2.00")) == 2
    assert plain(Decimal("-0.50")) == "-0.50"
    assert plain(Decimal("1E-13")) == 0
    assert plain(Decimal("0.1234567890125")) == "0.123456789012"
    assert plain(LARGEST) == LARGEST
    assert plain(LARGEST + 1) is None
    assert plain(0.1) == "0.1"
    assert plain(Decimal("NaN")) is None
    assert number(" 1.5 ") == Decimal("1.5")


def test_what_has_no_plain_form_is_none():
    assert plain(object()) is None
    assert type_of(object()) == "unknown"
    assert type_of(datetime(2026, 3, 1)) == "datetime"


def test_what_comes_from_outside_takes_the_form_of_its_type():
    came = {"id": 7, "at": "2026-03-02T09:00", "price": 12.5, "tags": ["1",
    "x", 2], "more": [1.5, {"a": None}], "gone": None}

    assert VALUES.admit("visit", came) == {
        "id": "7", "at": "2026-03-02T09:00:00-05:00", "price": "12.5", "tags": [1, 2], "more": ["1.5", {}],
    }
    assert VALUES.admit("list of visit", [came, "no visit"])[0]["id"] == "7"
    assert VALUES.admit("visit", {"at": "soon", "id": "1"}) == {"id": "1"}
    assert VALUES.admit("visit", "v1") is None
    assert VALUES.admit("text", {"a": 1}) is None
    assert VALUES.admit("list of text", "a") is None
    assert VALUES.admit("unknown", [1.5, None, True, "x"]) == ["1.5", None, True, "x"]
    assert VALUES.admit("location", {"latitude": 4.65, "longitude": -74.1, "name": "Home"}) == {
        "latitude": "4.65", "longitude": "-74.1", "name": "Home",
    }


def test_what_comes_from_outside_is_bounded():
    deep = []
    for _ in range(100):
        deep = [deep]

    admitted, levels = VALUES.admit("unknown", deep), 0
    while admitted and admitted[0] is not None:
        admitted, levels = admitted[0], levels + 1

    assert levels <= DEPTH
    assert len(VALUES.admit("unknown", list(range(5000)))) == ITEMS
    assert len(VALUES.admit("unknown", {str(name): 1 for name in range(5000)})) == ITEMS
    assert len(VALUES.admit("text", "x" * 10_000)) == TEXT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4), max_leaves=12,
)
TYPES = st.sampled_from([
    "text", "number", "integer", "boolean", "date", "time", "datetime", "duration", "choice", "image", "location",
    "contact", "visit", "list of visit", "list of list of number", "unknown", "?", "",
])


@settings(max_examples=100, deadline=None)
@given(TYPES, JSON)
def test_whatever_is_admitted_stays_as_it_is(type, json):
    admitted = VALUES.admit(type, json)

    assert VALUES.admit(type, admitted) == admitted
    if not isinstance(admitted, dict | list):
        assert plain(VALUES.convert(type, admitted)) == admitted


VALUE = st.one_of(
    st.text(max_size=50), st.booleans(), st.integers(-LARGEST, LARGEST), st.dates(),
    st.decimals(-10**14, 10**14, places=3),
    st.times().map(lambda at: at.replace(microsecond=0)),
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda at: VALUES.convert("datetime", at)),
    st.builds(Duration, st.integers(-1200, 1200), st.integers(-10**9, 10**9)),
)


@settings(max_examples=100, deadline=None)
@given(VALUE)
def test_a_value_survives_its_plain_form(value):
    again = VALUES.convert(type_of(value), plain(value))

    if isinstance(value, datetime):
        assert abs(again - value) < timedelta(seconds=1)
    else:
        assert again == value
