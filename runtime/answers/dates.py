"""Dates, times and both, as people write them, relative to the time of the conversation.

    24 March 1990    March 24th    24 de marzo    3/4/26    1990-03-24    24031990    monday    next friday    el 24
    today    pasado mañana    in two weeks    hace 3 días    at 5    17h30    9 p. m.    las 9 y media    noon
    tomorrow at 9    lunes 10:00    in 2 hours    5 pm

An answer may leave something open: which Monday, which year, morning or evening. Then there are several readings, the
likeliest first; the first that passes the question's rule is taken, `default` where there is no rule or none passes.

- A weekday: the nearest, eight weeks either way; the default is the next one that, at that time, is still to come.
  `next` and `last` say which side.
- A day without a year: the nearest; the default is the next one.
- Two digits of a year: the century that is at most twenty years ahead, then the other, but for the years about now.
- An hour without a half of the day: 1 to 6 are afternoon first, 7 to 12 as written first; with minutes and a clock of
  24 hours, and with a leading zero, as written.
- A time without a day, where both are asked for: today, then tomorrow; the default is the next time it is that late.

What these forms do not cover is left to `dateparser`, in the user's language, with day and month required.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from runtime.answers.calendar_words import OWN, may_name_a_day
from runtime.answers.clock import bare_clock, take_clock
from runtime.answers.days import read_day
from runtime.answers.durations import from_now
from runtime.answers.language import LONGEST, Readings, Setting, only, spoken
from runtime.answers.phrases import prepared

WEEK = timedelta(days=7)
_NOW = frozenset({"now", "right now", "ahora", "ahora mismo", "ya", "agora", "agora mesmo", "ja"})


def read_date(text: str, setting: Setting) -> Readings | None:
    """The day that the answer names; None if it names none, or one that no calendar has."""
    said = prepared(text, setting)
    if said is None:
        return None
    found = read_day(said, setting)
    if found is None and (clock := take_clock(said, setting)):
        found = read_day(clock[1], setting)      # a time as well: it is not needed
    if found is None and (moment := _parsed(text, said, setting)):
        return only(moment[0].date())
    return found


def read_time(text: str, setting: Setting) -> Readings | None:
    """The time of day that the answer names; None if it names none, or a day beside it."""
    said = prepared(text, setting)
    if said is None:
        return None
    if clock := bare_clock(said, setting):
        return clock
    found = take_clock(said, setting)
    return found[0] if found and not found[1] else None


def read_datetime(text: str, setting: Setting) -> Readings | None:
    """The day and time that the answer names; None if either is missing. A time alone is the next of that name."""
    said = prepared(text, setting)
    if said is None:
        return None
    if said in _NOW:
        return only(setting.now)
    if moment := from_now(said, setting):
        return only(moment)
    found = take_clock(said, setting)
    if found is not None:
        clock, rest = found
        both = _next_time(clock, setting) if not rest else _both(read_day(rest, setting), clock, setting)
        if both is not None:
            return both
    parsed = _parsed(text, said, setting)
    return only(parsed[0]) if parsed and parsed[1] else None


def _both(days: Readings | None, clock: Readings, setting: Setting) -> Readings | None:
    if days is None:
        return None
    moments = tuple(_at(day, hour, setting) for day in days.likely for hour in clock.likely)
    default = _at(days.default, clock.default, setting)
    if default <= setting.now:               # `sunday at 10` on a Sunday evening is not ten hours ago
        following = _at(days.default + WEEK, clock.default, setting)
        default = following if following in moments else default
    return Readings(default, moments)


def _next_time(clock: Readings, setting: Setting) -> Readings:
    today = setting.now.date()
    moments = tuple(_at(today + timedelta(days=ahead), hour, setting) for ahead in (0, 1) for hour in clock.likely)
    hour = clock.default
    default = _at(today, hour, setting)
    return Readings(default if default > setting.now else _at(today + timedelta(days=1), hour, setting), moments)


def _at(day: date, hour: time, setting: Setting) -> datetime:
    return datetime.combine(day, hour, tzinfo=setting.now.tzinfo)


def _parsed(text: str, said: str, setting: Setting) -> tuple[datetime, bool] | None:
    """What dateparser reads, and whether it read a time. Its import and first text take a quarter of a second, so that
    it is not asked where there is nothing to read: numbers alone have been tried, and words that are not of time."""
    if setting.tongue in OWN and not (any(map(str.isalpha, text)) and may_name_a_day(said)):
        return None
    read = _parser(setting.tongue, setting.order, setting.now.replace(tzinfo=None))
    found = read(spoken(text) if setting.tongue in OWN else text[:LONGEST]) if read else None
    if found is None:
        return None
    moment, has_time = found
    return _at(moment.date(), moment.time().replace(microsecond=0), setting), has_time


def _parser(tongue: str, order: str, now: datetime) -> Callable[[str], tuple[datetime, bool] | None] | None:
    from dateparser.date import DateDataParser

    settings = {
        "RELATIVE_BASE": now, "DATE_ORDER": order, "RETURN_TIME_AS_PERIOD": True, "REQUIRE_PARTS": ["day", "month"],
        "PREFER_DATES_FROM": "future", "RETURN_AS_TIMEZONE_AWARE": False,
    }
    try:
        parser = DateDataParser(languages=[tongue], settings=settings)
    except ValueError:                       # a language it does not know
        return None

    def read(text: str) -> tuple[datetime, bool] | None:
        try:
            found = parser.get_date_data(text)
        except (ValueError, OverflowError):  # a number too large for its calendar
            return None
        return (found.date_obj, found.period == "time") if found.date_obj else None

    return read
