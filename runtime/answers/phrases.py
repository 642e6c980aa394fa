"""An answer in the one form that dates, times and durations are read in."""

from __future__ import annotations

import re
from functools import lru_cache

from runtime.answers.calendar_words import small_numbers
from runtime.answers.language import LONGEST, Setting, spoken

_shortened = (
    (re.compile(r"\btonight\b|\besta noche\b|\bhoje a noite\b"), "today night"),
    (re.compile(r"\bthis (morning|afternoon|evening)\b"), r"today \1"),
    (re.compile(r"\besta (manana|tarde)\b"), r"today de la \1"),
    (re.compile(r"(?<=\d)t(?=\d)|(?<!\d),|,(?!\d)|;"), " "),
)


def prepared(text: str, setting: Setting) -> str | None:
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
