"""What an answer is read in: the language, the region and the time of the conversation; what it may mean; its words.

`spoken` is gentler than `dsl.words.normalise`: dates and numbers need their signs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from runtime.texts import Formats, locale_of, order_of
from runtime.values import Value

LONGEST = 160                                # characters of an answer that is to be a number, a date, a phone …


class Setting(NamedTuple):
    """How one answer is read."""

    language: str
    region: str | None
    now: datetime                            # in the bot's time zone
    formats: Formats
    asked: Callable[[], str] = str           # the question, as the user was shown it

    @property
    def tongue(self) -> str:
        """The language without its region: `pt` of `pt-BR`."""
        return self.language.replace("_", "-").split("-")[0].lower()

    @property
    def order(self) -> str:
        """In which order a date stands: DMY, MDY or YMD."""
        return order_of(self.region, self.language)

    @property
    def has_24_hours(self) -> bool:
        """Whether the clock of the language in that region goes to 24."""
        return "H" in str(locale_of(self.language, self.region).time_formats["short"].pattern)


class Readings(NamedTuple):
    """What an answer may mean: `likely` in the order in which the rule is asked, `default` where it decides nothing."""

    default: Value
    likely: tuple[Value, ...]


def only(value: Value) -> Readings:
    return Readings(value, (value,))


_halves = re.compile(r"\b([ap])\s?\.?\s?m\b\.?")


def spoken(text: str) -> str:
    """Lower case, without accents and control characters, ASCII digits, one space between words.

    >>> spoken("  Mañana, a las ９ p. m.!")
    'manana, a las 9 pm'
    """
    signs = unicodedata.normalize("NFKD", text[:LONGEST])
    kept = "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else " " if sign.isspace() else sign
        for sign in signs if unicodedata.category(sign) not in ("Mn", "Cf", "Cs") and (sign.isspace() or sign >= " ")
    )
    kept = _halves.sub(r"\1m", " ".join(kept.casefold().replace("’", "'").split()))
    return kept.strip(" ¡¿").rstrip(" ,;.!?…")
