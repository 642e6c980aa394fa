"""Values: what a conversation remembers, as plain JSON where it is stored and as Python where it is worked with.

    type                    plain JSON                               Python
    text phone email url    string                                   str
    choice language         string                                   str
    boolean                 true, false                              bool
    integer                 integer                                  int
    number                  integer, or a decimal string             int or Decimal, exact
    date, time              "2026-03-01", "09:30:00"                 date, time
    datetime                "2026-03-01T09:30:00-05:00"              datetime in the bot's time zone, whole seconds
    duration                seconds; with months in it "P18Y", …     Duration
    a record, media,        object, its fields in plain form         the same object
    location, contact
    list of T               array                                    list of Python values
    unknown                 whatever JSON it came as                 the same; converted where it is used

Everything is total: what cannot be had is None. Sizes are bounded: text 4,096 characters, lists 1,000 items, numbers
up to 10^15 with twelve decimals, JSON from outside 16 levels deep.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from dsl.table import Json, Var

Value: TypeAlias = Any                       # str, bool, int, Decimal, date, time, datetime, Duration, dict, list, None

TEXT = 4096                                  # characters, items, levels: table.md, "Bounds"
ITEMS = 1000
DEPTH = 16
LARGEST = 10**15
DECIMALS = Decimal("1e-12")
ARITHMETIC = Context(prec=34, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])

DAY = 86_400
_MONTH = 2_629_746                           # mean seconds of a Gregorian month, only to compare durations
_LIST = "list of "
_MEDIA = ("image", "video", "audio", "document", "sticker")


class Duration(msgspec.Struct, frozen=True):
    """Calendar months, and seconds; whole days among the seconds move a date by the wall clock."""

    months: int = 0
    seconds: int = 0

    @property
    def length(self) -> int:
        """Seconds, with months of mean length."""
        return self.months * _MONTH + self.seconds


_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": DAY, "week": 7 * DAY}


def duration(amount: int, unit: str) -> Duration | None:
    """`amount` of a unit of the language: second minute hour day week month year."""
    if unit in ("month", "year"):
        return bounded_duration(amount * (12 if unit == "year" else 1), 0)
    return bounded_duration(0, amount * _UNITS[unit]) if unit in _UNITS else None


def bounded_duration(months: int, seconds: int) -> Duration | None:
    """None beyond ten thousand years, which no date outlives."""
    return Duration(months, seconds) if abs(months) <= 120_000 and abs(seconds) <= 120_000 * _MONTH else None


def bounded(number: int | Decimal) -> int | Decimal | None:
    """The number as it is kept: whole as int, else with at most twelve decimals; None beyond 10^15."""
    if isinstance(number, int):
        return number if -LARGEST <= number <= LARGEST else None
    if not number.is_finite() or abs(number) > LARGEST:
        return None
    whole = int(number)
    if number == whole:
        return whole
    if int(number.as_tuple().exponent) >= -12:
        return number
    number = number.quantize(DECIMALS, context=ARITHMETIC)
    return number if number != int(number) else int(number)


_numeric = re.compile(r"\s*([+-]?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?)\s*", re.ASCII)


def number(value: Value) -> int | Decimal | None:
    """A number, or the number that a text is in the notation of JSON."""
    if type(value) is int:
        return value if -LARGEST <= value <= LARGEST else None
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Decimal)):
        return bounded(value)
    if isinstance(value, float):
        return bounded(Decimal(repr(value)))
    if isinstance(value, str) and (match := _numeric.fullmatch(value)):
        return bounded(Decimal(match[1]))
    return None


def plain(value: Value) -> Json:
    """The JSON form of a Python value.

    >>> from decimal import Decimal
    >>> plain([Decimal("1.50"), Decimal("2.0"), date(2026, 3, 1), Duration(seconds=90), Duration(months=18)])
    ['1.50', 2, '2026-03-01', 90, 'P18M']
    """
    if value is None or isinstance(value, (str, bool, dict)):
        return value
    if isinstance(value, (int, float, Decimal)):
        known = number(value)
        return known if known is None or isinstance(known, int) else format(known, "f")
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Duration):
        return value.seconds if not value.months else _duration_text(value)
    if isinstance(value, (date, time)):       # a datetime is a date
        return value.isoformat()
    return None


def _duration_text(value: Duration) -> str:
    return f"P{value.months}M" + (f"T{value.seconds}S" if value.seconds else "")


_iso_duration = re.compile(
    r"P(?:(-?\d{1,6})Y)?(?:(-?\d{1,6})M)?(?:(-?\d{1,6})W)?(?:(-?\d{1,8})D)?"
    r"(?:T(?:(-?\d{1,8})H)?(?:(-?\d{1,10})M)?(?:(-?\d{1,12})S)?)?",
    re.ASCII,
)


def _to_duration(value: Value) -> Duration | None:
    if isinstance(value, Duration):
        return value
    if isinstance(value, str) and (match := _iso_duration.fullmatch(value.strip())) and any(match.groups()):
        years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return bounded_duration(years * 12 + months, (weeks * 7 + days) * DAY + hours * 3600 + minutes * 60 + seconds)
    seconds_given = number(value)
    return None if seconds_given is None else bounded_duration(0, int(seconds_given))


def _to_text(value: Value) -> str | None:
    if isinstance(value, str):
        return value[:TEXT]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return None
    known = plain(value)
    return None if known is None else str(known)


def _to_integer(value: Value) -> int | None:
    known = number(value)
    return known if isinstance(known, int) else None


_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def _to_boolean(value: Value) -> bool | None:
    if isinstance(value, bool):
        return value
    return _TRUTH.get(value.strip().lower()) if isinstance(value, str) else None


def _to_object(value: Value) -> dict[str, Json] | None:
    return value if isinstance(value, dict) else None


def _to_location(value: Value) -> dict[str, Json] | None:
    if not isinstance(value, dict) or number(value.get("latitude")) is None or number(value.get("longitude")) is None:
        return None
    return value


def _to_time(value: Value) -> time | None:
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, time):
        return value.replace(microsecond=0, tzinfo=None)
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:                                     # `9:00` is how people write it
        return time.fromisoformat(f"0{text}" if text[1:2] == ":" else text).replace(microsecond=0, tzinfo=None)
    except ValueError:
        return None


def type_of(value: Value) -> str:
    """The narrowest type name of a Python value; `unknown` for objects, lists and None."""
    for kind, name in _NAMES:
        if isinstance(value, kind):
            return name
    return "unknown"


_NAMES: tuple[tuple[type, str], ...] = (
    (str, "text"), (bool, "boolean"), (int, "integer"), (Decimal, "number"), (float, "number"),
    (datetime, "datetime"), (date, "date"), (time, "time"), (Duration, "duration"),
)


class Values:
    """Conversions between types, which depend on a bot's time zone and records."""

    def __init__(self, timezone: str, records: Mapping[str, Mapping[str, Var]]) -> None:
        self.zone = zone(timezone)
        self._records = records
        self._converters: dict[str, Callable[[Value], Value]] = {
            "text": _to_text, "phone": _to_text, "email": _to_text, "url": _to_text, "choice": _to_text,
            "language": _to_text, "number": number, "integer": _to_integer, "boolean": _to_boolean,
            "duration": _to_duration, "time": _to_time, "date": self._to_date, "datetime": self._to_datetime,
            "location": _to_location, "contact": _to_object, "unknown": _from_json,
            **dict.fromkeys(_MEDIA, _to_object), **dict.fromkeys(records, _to_object),
        }

    def converter(self, type: str) -> Callable[[Value], Value]:
        """What turns a plain or Python value into a Python value of `type`, or None if it is none.

        Of an object it is only asked that it is one: its fields convert where they are read.
        """
        known = self._converters.get(type)
        if known is None:
            known = self._list_of(type[len(_LIST):]) if type.startswith(_LIST) else _from_json
            self._converters[type] = known
        return known

    def convert(self, type: str, value: Value) -> Value:
        """`value`, plain or Python, as a Python value of `type`; None if it cannot be one.

        >>> Values("UTC", {}).convert("datetime", "2026-03-01T10:00").isoformat()
        '2026-03-01T10:00:00+00:00'
        """
        return None if value is None else self.converter(type)(value)

    def admit(self, type: str, value: Json) -> Json:
        """What came from outside (an action's result, an event's parameter, a story) in the plain form of `type`.

        Declared fields of a record convert, and are left out if they cannot; others stay. None if it is no `type`.
        """
        return self._admit(type, value, 0)

    def _admit(self, type: str, value: Json, depth: int) -> Json:
        if value is None or depth > DEPTH:
            return None
        if type.startswith(_LIST):
            if not isinstance(value, list):
                return None
            items = (self._admit(type[len(_LIST):], item, depth + 1) for item in value[:ITEMS])
            return [item for item in items if item is not None]
        if isinstance(value, dict):
            return self._admit_object(type, value, depth)
        if type == "unknown":
            if isinstance(value, list):
                return [self._admit(type, item, depth + 1) for item in value[:ITEMS]]
            return plain(_from_json(value))
        return plain(self.convert(type, value))

    def _admit_object(self, type: str, value: dict[str, Json], depth: int) -> Json:
        if type != "unknown" and self.convert(type, value) is None:
            return None
        fields = self._records.get(type, {})
        admitted = {
            str(name): self._admit(fields[name].type if name in fields else "unknown", item, depth + 1)
            for name, item in list(value.items())[:ITEMS]
        }
        return {name: item for name, item in admitted.items() if item is not None}

    def _list_of(self, type: str) -> Callable[[Value], Value]:
        each = self.converter(type)

        def to_list(value: Value) -> Value:
            if not isinstance(value, list):
                return None
            return [item for item in map(each, value[:ITEMS]) if item is not None]

        return to_list

    def _to_date(self, value: Value) -> date | None:
        if isinstance(value, str):
            try:
                return date.fromisoformat(value.strip())
            except ValueError:
                value = self._to_datetime(value)
        if isinstance(value, datetime):
            return value.date()
        return value if isinstance(value, date) else None

    def _to_datetime(self, value: Value) -> datetime | None:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value.strip())
            except ValueError:
                return None
        if isinstance(value, datetime):
            return self.local(value)
        return datetime(value.year, value.month, value.day, tzinfo=self.zone) if isinstance(value, date) else None

    def local(self, value: datetime) -> datetime | None:
        """The same moment in the bot's zone (a time without a zone is the bot's already), in whole seconds."""
        try:
            at_home = value.replace(tzinfo=self.zone) if value.tzinfo is None else value.astimezone(self.zone)
        except (OverflowError, ValueError):  # the first and last days of the calendar
            return None
        return at_home.replace(microsecond=0)

    def moment(self, at_ms: int) -> datetime | None:
        """The time of an event, milliseconds since 1970, in the bot's zone."""
        try:
            return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(self.zone)
        except (OverflowError, ValueError, OSError):
            return None


def _from_json(value: Value) -> Value:
    if isinstance(value, float):
        return number(value)
    return value[:TEXT] if isinstance(value, str) else value


def zone(name: str) -> ZoneInfo:
    """The time zone of that name, UTC if there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # not found, a directory, a path out of the database
        return ZoneInfo("UTC")
