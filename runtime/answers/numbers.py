"""Numbers as people write them: in digits with the signs of their language, or in words.

    1,234.50    1.234,50    1 234,50    1'234.50    $1.234    5 mil    twenty-three    dos millones    about 20 kg

Two different signs leave no doubt which is the decimal one. One sign before exactly three digits is what the language
says it is; before any other number of digits it can only be the decimal one.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from runtime.answers.language import LONGEST, Setting, spoken
from runtime.values import bounded

_money = re.compile(r"\b(?:usd|eur|gbp|cop|mxn|brl|ars|clp|pen|uyu|r|us|dolares|dollars?|euros?|pesos?|reais|soles)\b")
_digits = re.compile(r"([+-]?)([.,]?\d[\d.,' ]{0,60})")
_grouped = re.compile(r"[1-9]\d{0,2}(?:[.,' ]\d{2,3})*[.,' ]\d{3}")


def read_number(text: str, setting: Setting) -> int | Decimal | None:
    """The number that the answer is; None if it is none or beyond 10^15."""
    if text.isdecimal() and len(text) <= 15:             # most are: no sign to read, and within the bound
        return int(text)
    if len(text) > LONGEST:
        return None
    said = "".join(" " if unicodedata.category(sign) == "Sc" else sign for sign in spoken(text))
    said = _money.sub(" ", said.replace("−", "-")).strip()
    found = _read(said, setting)
    if found is None and said:
        from runtime.answers.units import without_words  # most answers are a number and nothing else

        bare = without_words(said, frozenset(WORDS.get(setting.tongue, ())), setting.asked())
        found = _read(bare, setting) if bare and bare != said else None
    return found


def _read(said: str, setting: Setting) -> int | Decimal | None:
    match = _digits.fullmatch(said)
    if match is None:
        return number_in_words(said, setting.tongue)
    amount = _amount(match[2].strip(), setting)
    return None if amount is None else bounded(-amount if match[1] == "-" else amount)


def read_integer(text: str, setting: Setting) -> int | None:
    """The whole number that the answer is."""
    known = read_number(text, setting)
    return known if isinstance(known, int) else None


def _amount(written: str, setting: Setting) -> Decimal | None:
    signs = {sign for sign in written if sign in ".,"}
    last = max(written.rfind("."), written.rfind(","))
    if not signs:
        return _whole(written)
    if len(signs) == 1 and written.count(written[last]) > 1:
        return _whole(written)
    if len(signs) == 1 and _is_grouping(written, last, setting):
        return _whole(written)
    whole, decimals = _whole(written[:last]), written[last + 1 :]
    if whole is None or not decimals.isdecimal() or written.count(written[last]) > 1:
        return None
    return Decimal(f"{whole}.{decimals}")


def _is_grouping(written: str, at: int, setting: Setting) -> bool:
    """Whether a single sign stands between thousands: three digits after it, and it is not the decimal sign."""
    return _grouped.fullmatch(written) is not None and written[at] != setting.formats.decimal_sign


def _whole(written: str) -> Decimal | None:
    """Digits alone, or in groups by one sign."""
    if written.isdecimal() or not written:
        return Decimal(written or 0)
    groups = {sign for sign in written if not sign.isdecimal()}
    if len(groups) != 1 or not _grouped.fullmatch(written):
        return None
    return Decimal(written.replace(groups.pop(), ""))


# --- words


def number_in_words(said: str, tongue: str) -> int | None:
    """The number in words of a language, digits among them (`5 mil`); None if there is a word that counts nothing.

    >>> number_in_words("two hundred and thirty-five", "en"), number_in_words("cinco mil veintidos", "es")
    (235, 5022)
    >>> number_in_words("two three", "en"), number_in_words("once", "en"), number_in_words("once", "es")
    (None, None, 11)
    """
    known = WORDS.get(tongue)
    words = [word for word in _between_words.split(said) if word not in _JOINING]
    if known is None or not words or len(words) > 12:
        return None
    total, current = 0, 0
    for word in words:
        value = int(word) if word.isdecimal() and len(word) < 10 else known.get(word, -1)
        if value < 0:
            return None
        if value in _SCALES and not word.isdecimal():
            if value == 100:
                current = (current or 1) * 100
            else:
                total, current = total + (current or 1) * value, 0
        elif current and value >= 10 ** (len(str(current)) - len(str(current).rstrip("0"))):
            return None                      # `two three` is not five
        else:
            current += value
    return total + current


_between_words = re.compile(r"[\s-]+|(?<=\d)(?=[a-z])")
_JOINING = frozenset({"a", "and", "y", "e", "de", ""})
_SCALES = frozenset({100, 1000, 1_000_000})


def _counted(words: str, *, start: int = 0, step: int = 1) -> dict[str, int]:
    return {word: start + place * step for place, group in enumerate(words.split()) for word in group.split("/")}


WORDS: dict[str, dict[str, int]] = {
    "en": {
        **_counted("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
                   "sixteen seventeen eighteen nineteen"),
        **_counted("twenty thirty forty/fourty fifty sixty seventy eighty ninety hundred", start=20, step=10),
        "none": 0, "hundred": 100, "hundreds": 100, "thousand": 1000, "million": 1_000_000, "k": 1000,
    },
    "es": {
        **_counted("cero uno/una/un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
                   "dieciseis diecisiete dieciocho diecinueve veinte veintiuno/veintiun/veintiuna veintidos veintitres "
                   "veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"),
        **_counted("treinta cuarenta cincuenta sesenta setenta ochenta noventa", start=30, step=10),
        **_counted("doscientos/doscientas trescientos/trescientas cuatrocientos/cuatrocientas quinientos/quinientas "
                   "seiscientos/seiscientas setecientos/setecientas ochocientos/ochocientas novecientos/novecientas",
                   start=200, step=100),
        "ninguno": 0, "ninguna": 0, "cien": 100, "ciento": 100, "mil": 1000, "millon": 1_000_000,
        "millones": 1_000_000, "k": 1000,
    },
    "pt": {
        **_counted("zero um/uma dois/duas tres quatro cinco seis sete oito nove dez onze doze treze "
                   "quatorze/catorze quinze dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove"),
        **_counted("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa", start=20, step=10),
        **_counted("duzentos/duzentas trezentos/trezentas quatrocentos/quatrocentas quinhentos/quinhentas "
                   "seiscentos/seiscentas setecentos/setecentas oitocentos/oitocentas novecentos/novecentas",
                   start=200, step=100),
        "nenhum": 0, "nenhuma": 0, "cem": 100, "cento": 100, "mil": 1000, "milhao": 1_000_000, "milhoes": 1_000_000,
        "k": 1000,
    },
}
