"""The time of day in an answer, and what is left when it is taken out: `at 5`, `17h30`, `9 p. m.`, `las 9 y media`.

An hour without a half of the day has two readings; which comes first stands in `dates`.
"""

from __future__ import annotations

import re
from datetime import time

from runtime.answers.language import Readings, Setting, only

_half = r"(am|pm)?"
_hour_word = r"(?:h|hs|hrs?|horas?|hours?|o'?clock|uhr|en punto|em ponto)"
_before = r"(?:at|around|about|by|@|a las|a la|las|a eso de las|sobre las|as|pelas|um)"
_part_of_day = re.compile(
    r"\b(?:(?:in|at|de|por|en|da|pela|na|a)\s)?(?:(?:the|la)\s)?"
    r"(morning|madrugada|afternoon|tarde|evening|night|noche|noite)\b|\b(?:de|por|en)\sla\s(manana)\b"
    r"|\b(?:de|da|pela)\s(manha)\b"
)
# Each with an hour, minutes or nothing, a half of the day or nothing; the first that is found counts.
_clocks = (
    re.compile(rf"(?:\b{_before}\s)?(?<![\d/.-])\b(\d{{1,2}})(?::|\s?h\s?)(\d{{2}})(?::\d{{2}})?\s?{_half}"
               rf"(?:\s?{_hour_word})?(?=\s|$)"),
    re.compile(rf"(?:\b{_before}\s)?(?<![\d/.-])\b(\d{{1,2}})()\s?(am|pm)(?=\s|$)"),
    re.compile(rf"(?:\b{_before}\s)?(?<![\d/.-])\b(\d{{1,2}})()()\s?{_hour_word}(?=\s|$)"),
    re.compile(rf"(?:^|\s){_before}\s?(\d{{1,2}})(?:[. ](\d{{2}}))?\s?{_half}(?![\d/:.-])(?=\s|$)"),
    re.compile(r"(?<![\d/.-])\b(\d{1,2})\.(\d{2})\s?(am|pm)(?=\s|$)"),
    re.compile(r"(?<![\d/.-])\b(\d{1,2})()()(?=\s(?:y|e|menos)\s(?:media|meia|cuarto|quarto)\b)"),
)
_after_hour = re.compile(r"\s(y|e|menos)\s(media|meia|cuarto|quarto|\d{1,2})(?=\s|$)")
_past_hour = re.compile(r"(?:\bat\s)?\b(half past|quarter past|quarter to|quarter after)\s(\d{1,2})\b\s?(am|pm)?")
_named_hour = re.compile(
    r"(?:\b(?:at|a|al|ao)\s)?\b(?:the\s|el\s|la\s|o\s)?"
    r"(noon|midday|mediodia|meio[\s-]dia|midnight|medianoche|meia[\s-]noite)\b"
)
_last_number = re.compile(rf"(^|\s)(?:{_before}\s)?(\d{{1,2}})\s*$")
_NIGHT = ("night", "noche", "noite")
_bare_time = re.compile(r"(\d{1,2})(?:[:.h\s]?(\d{2}))?")


def bare_clock(said: str, setting: Setting) -> Readings | None:
    """The time that numbers alone are, where nothing but a time is asked for: `9`, `9.30`, `930`."""
    match = _bare_time.fullmatch(said)
    return _clock(match[1], match[2] or "00", "", "", setting) if match else None


def take_clock(said: str, setting: Setting) -> tuple[Readings, str] | None:
    """The time in an answer, and what is left of it; None if it tells none, or none that a clock shows."""
    if match := _named_hour.search(said):
        return only(time(0 if match[1].endswith(_NIGHT) else 12)), _cut(said, match.span())
    part, rest = _take_part(said)
    if match := _past_hour.search(rest):
        clock = _clock(match[2], "00", match[3] or "", part, setting)
        return (_shifted(clock, _PAST[match[1]]), _cut(rest, match.span())) if clock else None
    match = next((match for pattern in _clocks if (match := pattern.search(rest))), None)
    if match is None:
        return None
    clock, end = _clock(match[1], match[2] or "00", match[3] or "", part, setting, is_bare=not match[2]), match.end()
    more = _after_hour.match(rest, end) if not match[2] else None
    if clock and more:
        minutes = _MINUTES.get(more[2]) or int(more[2])
        clock, end = _shifted(clock, -minutes if more[1] == "menos" else minutes), more.end()
    return (clock, _cut(rest, (match.start(), end))) if clock else None


_PAST = {"half past": 30, "quarter past": 15, "quarter after": 15, "quarter to": -15}
_MINUTES = {"media": 30, "meia": 30, "cuarto": 15, "quarto": 15}


def _take_part(said: str) -> tuple[str, str]:
    """A part of the day (`de la tarde`), and the rest, in which the number before it is known as an hour."""
    match = _part_of_day.search(said)
    if match is None:
        return "", said
    before = _last_number.sub(r"\1at \2 ", said[: match.start()])
    return match[1] or "morning", _cut(before + said[match.start() :], (len(before), len(before) + len(match[0])))


def _cut(said: str, span: tuple[int, int]) -> str:
    return " ".join((said[: span[0]] + " " + said[span[1] :]).split())


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
        return only(time(hour % 12 + (12 if half == "pm" else 0), minute))
    if part and 1 <= hour <= 12:
        return only(time(_in_part(hour, part), minute))
    if hour > 12 or hour == 0 or (hours.startswith("0") and len(hours) == 2):
        return only(time(hour % 24, minute))
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
