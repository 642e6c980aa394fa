"""How long: `30 minutes`, `1h30`, `hora y media`; and so long from now: `in two weeks`, `hace 3 días`."""

from __future__ import annotations

import re
from datetime import datetime

from runtime.answers.calendar_words import UNITS
from runtime.answers.language import Readings, Setting, only
from runtime.answers.phrases import prepared
from runtime.operators import Operators
from runtime.values import DAY, Duration, Value, Values, duration

_ahead = re.compile(r"(?:in|en|dentro de|em|daqui a|within|dans) (.+)|(.+) (?:from now|from today)")
_back = re.compile(r"(.+) (?:ago|atras)|(?:hace|ha|faz) (.+)")


def _away(said: str) -> tuple[Duration, int] | None:
    for pattern, sign in ((_ahead, 1), (_back, -1)):
        match = pattern.fullmatch(said)
        known = length_of(match[1] or match[2]) if match else None
        if known is not None:
            return known, sign
    return None


def days_away(said: str, setting: Setting) -> Readings | None:
    known = _away(said)
    if known is None or known[0].seconds % DAY:
        return None
    moved = _moved(setting.now.date(), known)
    return None if moved is None else only(moved)


def from_now(said: str, setting: Setting) -> datetime | None:
    """`in 2 hours`; days and more say nothing of the time."""
    known = _away(said)
    if known is None or known[0].months or known[0].seconds % DAY == 0:
        return None
    moved: datetime | None = _moved(setting.now, known)
    return moved


def _moved(start: Value, by: tuple[Duration, int]) -> Value:
    zone = getattr(start, "tzinfo", None)
    move = Operators(Values(str(zone or "UTC"), {})).by_name["+" if by[1] > 0 else "-"]
    return move(start, by[0])


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
    said = prepared(text, setting)
    known = length_of(said) if said else None
    return None if known is None or not known.length else only(known)
