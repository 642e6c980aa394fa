"""Dates, times and both, as people write them, relative to the time of the conversation.

    24 March 1990    March 24th    24 de marzo    3/4/26    1990-03-24    24031990    monday    next friday    el 24
    today    pasado mañana    in two weeks    hace 3 días    at 5    17h30    9 p. m.    las 9 y media    noon
    tomorrow at 9    lunes 10:00    in 2 hours    5 pm

An answer may leave something open: which Monday, which year, morning or evening. Then there are several readings, the
likeliest first; the first that passes the question's rule is taken, `default` where there is no rule or none passes.

- A weekday: the nearest, eight weeks either way; the default is the next one. `next` and `last` say which side.
- A day without a year: the nearest; the default is the next one.
- Two digits of a year: the century that is at most twenty years ahead, then the other, but for the years about now.
- An hour without a half of the day: 1 to 6 are afternoon first, 7 to 12 as written first; with minutes and a clock of
  24 hours, and with a leading zero, as written.
- A time without a day, where both are asked for: today, then tomorrow; the default is the next time it is that late.

What these forms do not cover is left to `dateparser`, in the user's language, with day and month required.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from runtime.answers.calendar_words import NEAR_DAYS, OWN, UNITS, months, small_numbers, weekdays
from runtime.answers.language import LONGEST, Setting, spoken
from runtime.operators import Operators
from runtime.values import Duration, Value, Values, duration

_WEEKS = 8                                   # how far a weekday is looked for, either way
_AHEAD = 20                                  # years that two digits may lie ahead


class Readings(NamedTuple):
    """What an answer may mean: `likely` in the order in which the rule is asked, `default` where it decides nothing."""

    default: Value
    likely: tuple[Value, ...]


def _only(value: Value) -> Readings:
    return Readings(value, (value,))


def read_date(text: str, setting: Setting) -> Readings | None:
    """The day that the answer names; None if it names none, or one that no calendar has."""
    said = _prepared(text, setting)
    if said is None:
        return None
    found = _day(said, setting)
    if found is None and (clock := _take_clock(said, setting)):
        found = _day(clock[1], setting)      # a time as well: it is not needed
    if found is None and (moment := _parsed(text, setting)):
        return _only(moment[0].date())
    return found


def read_time(text: str, setting: Setting) -> Readings | None:
    """The time of day that the answer names; None if it names none, or a day beside it."""
    said = _prepared(text, setting)
    if said is None:
        return None
    if match := _bare_time.fullmatch(said):
        return _clock(match[1], match[2] or "00", "", "", setting)
    found = _take_clock(said, setting)
    return found[0] if found and not found[1] else None


def read_datetime(text: str, setting: Setting) -> Readings | None:
    """The day and time that the answer names; None if either is missing. A time alone is the next of that name."""
    said = _prepared(text, setting)
    if said is None:
        return None
    if said in _NOW:
        return _only(setting.now)
    if moment := _from_now(said, setting):
        return _only(moment)
    found = _take_clock(said, setting)
    if found is not None:
        clock, rest = found
        both = _next_time(clock, setting) if not rest else _both(_day(rest, setting), clock, setting)
        if both is not None:
            return both
    parsed = _parsed(text, setting)
    return _only(parsed[0]) if parsed and parsed[1] else None


def _both(days: Readings | None, clock: Readings, setting: Setting) -> Readings | None:
    if days is None:
        return None
    moments = tuple(_at(day, hour, setting) for day in days.likely for hour in clock.likely)
    return Readings(_at(days.default, clock.default, setting), moments)


def _next_time(clock: Readings, setting: Setting) -> Readings:
    today = setting.now.date()
    moments = tuple(_at(today + timedelta(days=ahead), hour, setting) for ahead in (0, 1) for hour in clock.likely)
    hour = clock.default
    default = _at(today, hour, setting)
    return Readings(default if default > setting.now else _at(today + timedelta(days=1), hour, setting), moments)


def _at(day: date, hour: time, setting: Setting) -> datetime:
    return datetime.combine(day, hour, tzinfo=setting.now.tzinfo)


# --- what is said, in one form


_shortened = (
    (re.compile(r"\btonight\b|\besta noche\b|\bhoje a noite\b"), "today night"),
    (re.compile(r"\bthis (morning|afternoon|evening)\b"), r"today \1"),
    (re.compile(r"\besta (manana|tarde)\b"), r"today de la \1"),
    (re.compile(r"(?<=\d)t(?=\d)|[,;]"), " "),
)
_NOW = frozenset({"now", "right now", "ahora", "ahora mismo", "ya", "agora", "agora mesmo", "ja"})


def _prepared(text: str, setting: Setting) -> str | None:
    """The answer as it is read: short, spoken, with small numbers in digits."""
    if len(text) > LONGEST:
        return None
    said = spoken(text)
    for pattern, instead in _shortened:
        said = pattern.sub(instead, said)
    known = small_numbers(setting.tongue)
    if known:
        said = _tens(setting.tongue).sub(lambda match: str(known[match[1]] + known[match[2]]), said)
        said = re.sub(r"[a-z]+", lambda match: str(known.get(match[0], match[0])), said)
    return " ".join(said.split())


@lru_cache(8)
def _tens(tongue: str) -> re.Pattern[str]:
    known = small_numbers(tongue)
    tens = "|".join(word for word, number in known.items() if number >= 20 and number % 10 == 0)
    units = "|".join(word for word, number in known.items() if number < 10)
    return re.compile(rf"\b({tens})(?:-| y | e | )({units})\b")


# --- days


def _day(said: str, setting: Setting) -> Readings | None:
    for read in (_day_of_month, _days_away):
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
    return None if ahead is None else _only(setting.now.date() + timedelta(days=ahead))


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
        return _only(known) if known else None
    century = setting.now.year // 100 * 100
    years = [century + int(year), century - 100 + int(year)]
    if years[0] > setting.now.year + _AHEAD:
        years.reverse()
    elif abs(years[0] - setting.now.year) <= 1:
        years.pop()                          # who writes this year's number means this year
    return _readings(_calendar_day(year, month, day) for year in years)


def _any_year(month: int, day: int, setting: Setting) -> Readings | None:
    today = setting.now.date()
    years = range(today.year - 4, today.year + 5) if (month, day) == (2, 29) else range(today.year - 1, today.year + 2)
    return _nearest((_calendar_day(year, month, day) for year in years), today)


def _readings(days: Iterable[date | None]) -> Readings | None:
    known = tuple(day for day in days if day is not None)
    return Readings(known[0], known) if known else None


def _nearest(days: Iterable[date | None], today: date) -> Readings | None:
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
        return _readings(day for day in days if day > today)
    return _nearest((first + timedelta(weeks=week) for week in range(-_WEEKS, _WEEKS + 1)), today)


_of_month = re.compile(r"(\d{1,2})(?:st|nd|rd|th)|(?:the |el |o |dia |day )(\d{1,2})(?:st|nd|rd|th)?")


def _day_of_month(said: str, setting: Setting) -> Readings | None:
    """`the 24th`, `dia 24`: of the nearest months. A bare number is no day."""
    match = _of_month.fullmatch(said.removeprefix("on ").removeprefix("para "))
    if match is None:
        return None
    today, day = setting.now.date(), int(match[1] or match[2])
    first = today.year * 12 + today.month - 1
    return _nearest((_calendar_day(month // 12, month % 12 + 1, day) for month in range(first - 2, first + 3)), today)


# --- so long from now


_ahead = re.compile(r"(?:in|en|dentro de|em|daqui a|within|dans) (.+)|(.+) (?:from now|from today)")
_back = re.compile(r"(.+) (?:ago|atras)|(?:hace|ha|faz) (.+)")


def _away(said: str) -> tuple[Duration, int] | None:
    for pattern, sign in ((_ahead, 1), (_back, -1)):
        match = pattern.fullmatch(said)
        known = length_of(match[1] or match[2]) if match else None
        if known is not None:
            return known, sign
    return None


def _days_away(said: str, setting: Setting) -> Readings | None:
    away = _away(said)
    if away is None or away[0].seconds % 86_400:
        return None
    moved = _moved(setting.now.date(), away)
    return None if moved is None else _only(moved)


def _from_now(said: str, setting: Setting) -> datetime | None:
    """`in 2 hours`; days and more say nothing of the time."""
    away = _away(said)
    if away is None or away[0].months or away[0].seconds % 86_400 == 0:
        return None
    moved: datetime | None = _moved(setting.now, away)
    return moved


def _moved(start: Value, away: tuple[Duration, int]) -> Value:
    zone = getattr(start, "tzinfo", None)
    move = Operators(Values(str(zone or "UTC"), {})).by_name["+" if away[1] > 0 else "-"]
    return move(start, away[0])


_amount = re.compile(
    r"halfmore|(?:(\d{1,6}(?:[.,]\d{1,3})?|half an?|an?|una?|uma?|media|meia|meio)\s?)?([a-z]+)(?:\s(?:and|y|e)\s)?"
)
_HALVES = frozenset({"half an", "half a", "media", "meia", "meio"})


def length_of(said: str) -> Duration | None:
    """The duration that spoken words are: `1 hour and 30 minutes`, `1h30`, `hora y media`, `half an hour`."""
    said = re.sub(r"(\d)\s?h\s?(\d{1,2})(?!\d)(?:\s?(?:m|min|mins))?$", r"\1 h \2 min", said.strip())
    said = re.sub(r"\b(?:and a half|y media|e meia|y medio|e meio)\b", "halfmore", said)
    known, place, unit = Duration(), 0, ""
    for match in _amount.finditer(said):
        is_half = match[0] == "halfmore"
        unit = unit if is_half else match[2]
        alone = "1" if said[match.end() :].strip() == "halfmore" else ""     # `hora y media`
        part = _part("half a" if is_half else match[1] or alone, unit)
        if part is None or said[place : match.start()].strip():
            return None
        known, place = Duration(known.months + part.months, known.seconds + part.seconds), match.end()
    return None if said[place:].strip() or not unit else known


def _part(amount: str, word: str) -> Duration | None:
    unit = UNITS.get(word)
    one = duration(1, unit) if unit else None
    if one is None:
        return None
    if amount in _HALVES or "." in amount or "," in amount:
        share = 0.5 if amount in _HALVES else float(amount.replace(",", "."))
        if (one.months * share) % 1:
            return None
        return Duration(int(one.months * share), round(one.seconds * share))
    return duration(int(amount) if amount.isdecimal() else 1, str(unit)) if amount else None


def read_duration(text: str, setting: Setting) -> Readings | None:
    """How long the answer says; None if it is a bare number, or none."""
    said = _prepared(text, setting)
    known = length_of(said) if said else None
    return None if known is None or not known.length else _only(known)


# --- the clock


_half = r"(am|pm)?"
_hour_word = r"(?:h|hs|hrs?|horas?|hours?|o'?clock|uhr|en punto|em ponto)"
_before = r"(?:at|around|about|by|@|a las|a la|las|a eso de las|sobre las|as|pelas|um)"
_part_of_day = re.compile(
    r"\b(?:(?:in|at|de|por|en|da|pela|na|a)\s)?(?:(?:the|la)\s)?"
    r"(morning|madrugada|afternoon|tarde|evening|night|noche|noite)\b|\b(?:de|por|en)\sla\s(manana)\b"
    r"|\b(?:de|da|pela)\s(manha)\b"
)
_clocks = (
    re.compile(rf"(?:\b{_before}\s)?(?<![\d/.-])\b(\d{{1,2}})(?::|\s?h\s?)(\d{{2}})(?::\d{{2}})?\s?{_half}"
               rf"(?:\s?{_hour_word})?(?=\s|$)"),
    re.compile(rf"(?:\b{_before}\s)?(?<![\d/.-])\b(\d{{1,2}})()\s?(am|pm)(?=\s|$)"),
    re.compile(rf"(?:\b{_before}\s)?(?<![\d/.-])\b(\d{{1,2}})()()\s?{_hour_word}(?=\s|$)"),
    re.compile(rf"(?:^|\s){_before}\s?(\d{{1,2}})(?:[. ](\d{{2}}))?\s?{_half}(?![\d/:.-])(?=\s|$)"),
    re.compile(r"(?<![\d/.-])\b(\d{1,2})\.(\d{2})\s?(am|pm)(?=\s|$)"),
    re.compile(r"(?<![\d/.-])\b(\d{1,2})()()(?=\s(?:y|e|menos)\s(?:media|meia|cuarto|quarto)\b)"),
)
_after_hour = re.compile(r"\s(y|e|menos)\s(media|meia|cuarto|1/4|quarto|\d{1,2})(?=\s|$)")
_past_hour = re.compile(r"(?:\bat\s)?\b(half past|quarter past|quarter to|quarter after)\s(\d{1,2})\b\s?(am|pm)?")
_named_hour = re.compile(
    r"(?:\b(?:at|a|al|ao)\s)?\b(?:the\s|el\s|la\s|o\s)?"
    r"(noon|midday|mediodia|meio[\s-]dia|midnight|medianoche|meia[\s-]noite)\b"
)
_last_number = re.compile(rf"(^|\s)(?:{_before}\s)?(\d{{1,2}})\s*$")
_NIGHT = ("night", "noche", "noite")
_bare_time = re.compile(r"(\d{1,2})(?:[:.h\s]?(\d{2}))?")


def _take_clock(said: str, setting: Setting) -> tuple[Readings, str] | None:
    """The time in an answer, and what is left of it; None if it tells none, or none that a clock shows."""
    if match := _named_hour.search(said):
        return _only(time(0 if match[1].endswith(_NIGHT) else 12)), _cut(said, match.span())
    part, rest = _take_part(said)
    if match := _past_hour.search(rest):
        minutes = {"half past": 30, "quarter past": 15, "quarter after": 15, "quarter to": -15}[match[1]]
        clock = _clock(match[2], "00", match[3] or "", part, setting)
        return (_shifted(clock, minutes), _cut(rest, match.span())) if clock else None
    for pattern in _clocks:
        match = pattern.search(rest)
        if match is None:
            continue
        start, end = match.span()
        clock = _clock(match[1], match[2] or "00", match[3] or "", part, setting, is_bare=not match[2])
        more = _after_hour.match(rest, end) if not match[2] else None
        if more and clock:
            clock, end = _shifted(clock, _minutes(more[2]) * (-1 if more[1] == "menos" else 1)), more.end()
        return (clock, _cut(rest, (start, end))) if clock else None
    return None


def _take_part(said: str) -> tuple[str, str]:
    """A part of the day (`de la tarde`), and the rest, in which the number before it is known as an hour."""
    match = _part_of_day.search(said)
    if match is None:
        return "", said
    before = _last_number.sub(r"\1at \2 ", said[: match.start()])
    return match[1] or "morning", _cut(before + said[match.start() :], (len(before), len(before) + len(match[0])))


def _cut(said: str, span: tuple[int, int]) -> str:
    return " ".join((said[: span[0]] + " " + said[span[1] :]).split())


def _minutes(word: str) -> int:
    return {"media": 30, "meia": 30, "cuarto": 15, "quarto": 15}.get(word) or int(word)


def _shifted(clock: Readings, minutes: int) -> Readings:
    def shift(hour: time) -> time:
        minute = (hour.hour * 60 + hour.minute + minutes) % 1440
        return time(minute // 60, minute % 60)

    return Readings(shift(clock.default), tuple(map(shift, clock.likely)))


def _clock(
    hours: str, minutes: str, half: str, part: str, setting: Setting, *, is_bare: bool = False,
) -> Readings | None:
    hour, minute = int(hours), int(minutes)
    if hour > 24 or minute > 59 or (hour == 24 and minute) or (half and not 1 <= hour <= 12):
        return None
    if half:
        return _only(time(hour % 12 + (12 if half == "pm" else 0), minute))
    if part and 1 <= hour <= 12:
        return _only(time(_in_part(hour, part), minute))
    if hour > 12 or hour == 0 or (hours.startswith("0") and len(hours) == 2):
        return _only(time(hour % 24, minute))
    other = (hour + 12) % 24
    is_daytime = hour >= 7 or (not is_bare and setting.has_24_hours)
    first, second = (hour, other) if is_daytime else (other, hour)
    return Readings(time(first, minute), (time(first, minute), time(second, minute)))


def _in_part(hour: int, part: str) -> int:
    if part in ("morning", "madrugada"):
        return 0 if hour == 12 and part == "madrugada" else hour
    if part in ("afternoon", "tarde"):
        return hour if hour == 12 else hour + 12
    return 0 if hour == 12 else hour + 12 if hour >= 5 else hour


# --- what is left


def _parsed(text: str, setting: Setting) -> tuple[datetime, bool] | None:
    """What dateparser reads, and whether it read a time."""
    if not any(map(str.isalpha, text)) and setting.tongue in OWN:
        return None                          # numbers alone have been tried
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
        except (ValueError, OverflowError, TypeError, AttributeError):   # what it raises on some texts it half reads
            return None
        return (found.date_obj, found.period == "time") if found.date_obj else None

    return read
