"""Words as people type them: one normal form, one distance, one way to make a name of a title.

The compiler (two options with the same words) and the machine (which option a reply names) must agree to the
letter, so both use what is here.

The normal form
---------------
Case, accents, variation selectors, skin tones and invisible characters do not count; digits of any script are ASCII
digits, keycaps too; white space is one space. An apostrophe vanishes (`don't` is `dont`), a sign between two digits is
`.` whichever it was (`9:00` is `9.00`, `1,5` is `1.5`, so that 15 and 1.5 stay apart), every other sign separates words
(`yes,please`, `segunda-feira`). Symbols and emoji count. A text of nothing but signs keeps them: `?` and `#` can be
commands. Vowel signs, viramas and voicing marks are letters of their scripts and stay.
"""

import re
import unicodedata
from functools import lru_cache

LONGEST = 4096                               # characters that count; table.md, "Bounds"

_LETTER_MARKS = frozenset({0, 7, 8, 9})      # combining classes of vowel signs, nuktas, kana voicing marks, viramas
_APOSTROPHES = frozenset("'‘’‛ʼʻ´`")
_REMEMBERED = 20_000                         # code points; a hostile text must not fill the memory


class _Signs(dict[int, str | None]):
    """What `str.translate` makes of each code point: itself, a space, `.` for a sign, or nothing."""

    def __missing__(self, code: int) -> str | None:
        kept = _replacement(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = kept
        return kept


def _replacement(character: str) -> str | None:
    if character in _APOSTROPHES:
        return None
    if character.isspace():
        return " "
    if _is_unseen(character):
        return None
    digit = unicodedata.digit(character, -1)
    if digit >= 0:
        return str(digit)
    category = unicodedata.category(character)
    if category == "Sk":
        return None
    return "." if category[0] == "P" else character


def _is_unseen(character: str) -> bool:
    """Accents, variation selectors, skin tones, enclosing keycaps, control and format characters, lone surrogates."""
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Me"):
        return True
    if category in ("Mn", "Mc"):
        return unicodedata.combining(character) not in _LETTER_MARKS or "VARIATION SELECTOR" in unicodedata.name(
            character, ""
        )
    return "\U0001f3fb" <= character <= "\U0001f3ff"


_signs = _Signs()
_sign_alone = re.compile(r"(?<!\d)\.|\.(?!\d)")


def normalise(text: str) -> str:
    """The words of a text without what does not matter; only its first 4,096 characters count.

    >>> normalise("  ¡Sí,   RESERVAR! "), normalise("Don't"), normalise("9:00"), normalise("２")
    ('si reservar', 'dont', '9.00', '2')
    >>> normalise("👍🏽"), normalise("#")
    ('👍', '#')
    """
    text = text[:LONGEST]
    if text.isascii():
        words = text.lower().translate(_signs)
    else:
        # Accents go before NFKD as well as after: ordering a long run of them takes quadratic time.
        words = unicodedata.normalize("NFKD", text.translate(_signs)).translate(_signs).casefold()
        words = unicodedata.normalize("NFC", words)
    if "." in words:
        words = _sign_alone.sub(" ", words)
    return " ".join(words.split()) or _signs_only(text)


def _signs_only(text: str) -> str:
    seen = unicodedata.normalize("NFKC", "".join(sign for sign in text if not _is_unseen(sign)))
    return " ".join("".join(sign for sign in seen if not _is_unseen(sign)).split())


_number = re.compile(r"\d+(?:\.\d+)*")


@lru_cache(4096)
def numbers(words: str) -> frozenset[str]:
    """The numbers that a normalised title holds, without leading zeros.

    >>> sorted(numbers("size 038 or 1.5 kg"))
    ['1.5', '38']
    """
    return frozenset(number.lstrip("0") or "0" for number in _number.findall(words))


def bare_number(words: str) -> str | None:
    """The number that a normalised reply is and nothing else, without leading zeros."""
    return (words.lstrip("0") or "0") if _number.fullmatch(words) else None


def osa(left: str, right: str, limit: int) -> int:
    """Optimal string alignment distance (insert, delete, replace, swap neighbours), or `limit + 1` if it is more.

    >>> osa("appointment", "apointmnet", 2), osa("book", "boko", 1), osa("book", "visit", 2)
    (2, 1, 3)
    """
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    above: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, above, row = above, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def slug(title: str) -> str:
    """A name made of a title, stable under case, accents and punctuation.

    >>> slug("Talk to a nurse"), slug("Sí, ¡reservar!"), slug("👍")
    ('talk_to_a_nurse', 'si_reservar', 'u1f44d')
    """
    words = normalise(title)
    name = "".join(sign if sign.isalnum() or unicodedata.category(sign)[0] == "M" else "_" for sign in words)
    name = re.sub("_+", "_", name).strip("_")
    return name or "_".join(f"u{ord(sign):x}" for sign in words if sign != " ") or "option"
