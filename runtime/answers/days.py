"""The day in an answer: by its numbers, its name, its weekday, its distance from today. The forms stand in `dates`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from runtime.answers.calendar_words import NEAR_DAYS, months, weekdays
from runtime.answers.durations import days_away
from runtime.answers.language import Readings, Setting, only

_WEEKS = 8                                   # how far a weekday is looked for, either way
_AHEAD = 20                                  # years that two digits may lie ahead


def read_day(said: str, setting: Setting) -> Readings | None:
    for read in (_day_of_month, days_away):
        found = read(said, setting)
        if found is not None:
            return found
    said = _lead.sub("", said)
    for read in (_near_day, _numeric_day, _named_day, _weekday):
        found = read(said, setting)
        if found is not None:
            return found
    return None


_lead = re.compile(r"^(?:(?:on|for|el|em|no|na|para|the|o|a|dia|del|de|do|da|le|am|den|um)\s)+")


def _near_day(said: str, setting: Setting) -> Readings | None:
    ahead = NEAR_DAYS.get(said)
    return None if ahead is None else only(setting.now.date() + timedelta(days=ahead))


_three_numbers = re.compile(r"(\d{1,4})\s?[-/. ]\s?(\d{1,2})\s?[-/. ]\s?(\d{4}|\d{1,2})")
_two_numbers = re.compile(r"(\d{1,2})\s?[-/.]\s?(\d{1,2})")
_eight_digits = re.compile(r"\d{8}")


def _numeric_day(said: str, setting: Setting) -> Readings | None:
    if match := _three_numbers.fullmatch(said):
        return _by_numbers((match[1], match[2], match[3]), setting)
    if match := _two_numbers.fullmatch(said):
        month, day = (match[1], match[2]) if setting.order != "DMY" else (match[2], match[1])
        return _any_year(int(month), int(day), setting) or _any_year(int(day), int(month), setting)
    if _eight_digits.fullmatch(said):
        year_last = _by_numbers((said[:2], said[2:4], said[4:]), setting) if said[4:6] in ("19", "20") else None
        return year_last or _by_numbers((said[:4], said[4:6], said[6:]), setting)
    return None


def _by_numbers(parts: tuple[str, str, str], setting: Setting) -> Readings | None:
    order = "YMD" if len(parts[0]) == 4 else setting.order
    if order == "YMD" and len(parts[2]) == 4:
        order = "DMY"
    if len(parts[0]) == 3:
        return None
    by_letter = dict(zip(order, parts, strict=True))
    year, month, day = by_letter["Y"], int(by_letter["M"]), int(by_letter["D"])
    return _of_year(year, month, day, setting) or (_of_year(year, day, month, setting) if order != "YMD" else None)


def _of_year(year: str, month: int, day: int, setting: Setting) -> Readings | None:
    if len(year) == 4:
        known = _calendar_day(int(year), month, day)
        return only(known) if known else None
    century = setting.now.year // 100 * 100
    years = [century + int(year), century - 100 + int(year)]
    if years[0] > setting.now.year + _AHEAD:
        years.reverse()
    elif abs(years[0] - setting.now.year) <= 1:
        years.pop()                          # who writes this year's number means this year
    return readings(_calendar_day(year, month, day) for year in years)


def _any_year(month: int, day: int, setting: Setting) -> Readings | None:
    today = setting.now.date()
    years = range(today.year - 4, today.year + 5) if (month, day) == (2, 29) else range(today.year - 1, today.year + 2)
    return nearest((_calendar_day(year, month, day) for year in years), today)


def readings(days: Iterable[date | None]) -> Readings | None:
    known = tuple(day for day in days if day is not None)
    return Readings(known[0], known) if known else None


def nearest(days: Iterable[date | None], today: date) -> Readings | None:
    """Days by their distance from today, the coming one of two that are equally far; the default is the next."""
    known = sorted((day for day in days if day is not None), key=lambda day: (abs(day - today), day < today))
    if not known:
        return None
    return Readings(min((day for day in known if day >= today), default=known[0]), tuple(known))


def _calendar_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


_ordinal = r"(\d{1,2})(?:st|nd|rd|th|o|a|ro|er)?"
_year = r"(?:,?\s(?:of\s|de\s|del\s|do\s)?'?(\d{4}|\d{2}))?"


@lru_cache(64)
def _named_patterns(tongue: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    month, weekday = ("|".join(sorted(map(re.escape, words), key=len, reverse=True))
                      for words in (months(tongue), weekdays(tongue)))
    before = rf"(?:(?:{weekday})(?:[\s-]feira)?\.?,?\s(?:the\s|dia\s|el\s)?)?"
    return (
        re.compile(rf"{before}{_ordinal}\.?[\s-]?(?:of\s|de\s|do\s)?({month})\.?[-]?{_year}"),
        re.compile(rf"{before}({month})\.?\s(?:the\s)?{_ordinal}{_year}"),
    )


def _named_day(said: str, setting: Setting) -> Readings | None:
    """`24 March 1990`, `monday 24 march`, `March 24th`, `24 de marzo de 1990`."""
    said = said.replace("/", " ") if re.search("[a-z]", said) else said
    for pattern, (day, month) in zip(_named_patterns(setting.tongue), ((1, 2), (2, 1)), strict=True):
        if match := pattern.fullmatch(said):
            number = months(setting.tongue)[match[month]]
            if match[3]:
                return _of_year(match[3], number, int(match[day]), setting)
            return _any_year(number, int(match[day]), setting)
    return None


_weekday_side = re.compile(
    r"(?:(this|next|coming|proximo|proxima|este|esta|nesta|neste|last|past|ultimo|ultima)\s)?(.+?)(?:[\s-]feira)?"
    r"(?:\s(que viene|que vem|next|proximo|proxima|passado|passada|pasado))?"
)
_PAST = frozenset({"last", "past", "ultimo", "ultima", "passado", "passada", "pasado"})
_COMING = frozenset({"next", "coming", "proximo", "proxima", "que viene", "que vem"})


def _weekday(said: str, setting: Setting) -> Readings | None:
    match = _weekday_side.fullmatch(said)
    number = weekdays(setting.tongue).get(match[2].rstrip(".")) if match else None
    if match is None or number is None:
        return None
    today, sides = setting.now.date(), {match[1], match[3]}
    first = today + timedelta(days=(number - today.isoweekday()) % 7)
    if sides & _PAST:
        days = [first - timedelta(weeks=week) for week in range(1, _WEEKS + 1)]
        return Readings(days[0], tuple(days))
    if sides & _COMING:
        days = [first + timedelta(weeks=week) for week in range(_WEEKS + 1)]
        return readings(day for day in days if day > today)
    return nearest((first + timedelta(weeks=week) for week in range(-_WEEKS, _WEEKS + 1)), today)


_of_month = re.compile(r"(\d{1,2})(?:st|nd|rd|th)|(?:the |el |o |dia |day )(\d{1,2})(?:st|nd|rd|th)?")


def _day_of_month(said: str, setting: Setting) -> Readings | None:
    """`the 24th`, `dia 24`: of the nearest months. A bare number is no day."""
    match = _of_month.fullmatch(said.removeprefix("on ").removeprefix("para "))
    if match is None:
        return None
    today, day = setting.now.date(), int(match[1] or match[2])
    first = today.year * 12 + today.month - 1
    return nearest((_calendar_day(month // 12, month % 12 + 1, day) for month in range(first - 2, first + 3)), today)
