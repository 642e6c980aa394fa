"""`it is iban`, `card`, `national_id("CO")`, `postcode("GB")`: shapes and check digits, no look-up.

Spaces, dots and hyphens between the characters do not count. A country that is not listed here is not checked beyond
being plausible: refusing a correct number is worse than taking a wrong one.
"""

import re
from collections.abc import Callable, Mapping

# Length of an IBAN by country: SWIFT, "IBAN Registry", release 99.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC",
        32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}

_joiners = re.compile(r"[\s.\-‐‑–/]+")


def _compact(text: str) -> str:
    return _joiners.sub("", text[:64]).upper()


def is_iban(text: str, country: str | None = None) -> bool:
    """ISO 13616: the length of its country and a remainder of 1 by 97.

    >>> is_iban("GB82 WEST 1234 5698 7654 32"), is_iban("GB82 WEST 1234 5698 7654 33")
    (True, False)
    """
    iban = _compact(text)
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]+", iban, re.ASCII) or len(iban) != _IBAN_LENGTHS.get(iban[:2]):
        return False
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1


def is_card(text: str, country: str | None = None) -> bool:
    """ISO/IEC 7812: 12 to 19 digits whose last is right by Luhn.

    >>> is_card("4111 1111 1111 1111"), is_card("4111 1111 1111 1112")
    (True, False)
    """
    card = _compact(text)
    if not re.fullmatch(r"\d{12,19}", card, re.ASCII):
        return False
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in card[-2::-2])
    return (doubled + sum(map(int, card[-1::-2]))) % 10 == 0


def is_national_id(text: str, country: str | None) -> bool:
    """The number on a citizen's identity card (or for taxes, where that is what people are known by)."""
    number = _compact(text)
    check = _NATIONAL_IDS.get((country or "").upper())
    return check(number) if check else bool(re.fullmatch(r"[A-Z0-9]{4,20}", number, re.ASCII))


def is_postcode(text: str, country: str | None) -> bool:
    """A postal code in the form of its country; spaces and hyphens are forgiven.

    >>> is_postcode("SW1A 1AA", "GB"), is_postcode("sw1a1aa", "GB"), is_postcode("28001", "GB")
    (True, True, False)
    """
    form = _POSTCODES.get((country or "").upper(), r"[A-Z0-9]{3,10}")
    return bool(re.fullmatch(form, _compact(text), re.ASCII))


def _is_digits(shortest: int, longest: int) -> Callable[[str], bool]:
    return lambda number: bool(re.fullmatch(rf"\d{{{shortest},{longest}}}", number, re.ASCII))


def _weighted(digits: str, weights: tuple[int, ...] | range) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _is_cpf(number: str) -> bool:
    """Brazil, Receita Federal: two check digits by 11; eleven equal digits are none."""
    if not re.fullmatch(r"\d{11}", number, re.ASCII) or len(set(number)) == 1:
        return False
    first = _weighted(number, range(10, 1, -1)) * 10 % 11 % 10
    second = _weighted(number, range(11, 1, -1)) * 10 % 11 % 10
    return number[9:] == f"{first}{second}"


def _is_dni(number: str) -> bool:
    """Spain, DNI and NIE: the letter is the number by 23; X, Y, Z of a NIE stand for 0, 1, 2."""
    if not re.fullmatch(r"[XYZ\d]\d{7}[A-Z]", number, re.ASCII):
        return False
    digits = number[:8].translate(str.maketrans("XYZ", "012"))
    return number[8] == "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23]


def _is_rut(number: str) -> bool:
    """Chile: a check digit by 11 with weights 2 to 7 from the right, K for 10."""
    if not re.fullmatch(r"\d{7,8}[\dK]", number, re.ASCII):
        return False
    rest = -sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(number[:-1]))) % 11
    return number[-1] == ("K" if rest == 10 else str(rest))


def _is_cedula_ec(number: str) -> bool:
    """Ecuador: province 01 to 24 or 30, third digit below 6, check digit by Luhn."""
    if not re.fullmatch(r"(?:0[1-9]|1\d|2[0-4]|30)[0-5]\d{7}", number, re.ASCII):
        return False
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in number[0:9:2])
    return (doubled + sum(map(int, number[1:9:2])) + int(number[9])) % 10 == 0


def _is_cedula_uy(number: str) -> bool:
    """Uruguay: check digit by 10 with the weights 2987634."""
    if not re.fullmatch(r"\d{7,8}", number, re.ASCII):
        return False
    digits = number.zfill(8)
    return -_weighted(digits, (2, 9, 8, 7, 6, 3, 4)) % 10 == int(digits[7])


def _is_curp(number: str) -> bool:
    """Mexico: 18 characters, the last by 10 over the values of the others."""
    if not re.fullmatch(r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d", number, re.ASCII):
        return False
    signs = "0123456789ABCDEFGHIJKLMN\0OPQRSTUVWXYZ"              # \0 is the Ñ, which has the value 24
    total = sum(signs.index(sign) * (18 - place) for place, sign in enumerate(number[:17]))
    return int(number[17]) == -total % 10


def _is_nif_pt(number: str) -> bool:
    """Portugal: nine digits, the last by 11."""
    if not re.fullmatch(r"[1-9]\d{8}", number, re.ASCII):
        return False
    rest = 11 - _weighted(number, range(9, 1, -1)) % 11
    return int(number[8]) == (0 if rest >= 10 else rest)


def _is_ssn(number: str) -> bool:
    """United States, Social Security Administration: no group is all zeros, no area 666 or from 900."""
    return bool(re.fullmatch(r"(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}", number, re.ASCII))


_NATIONAL_IDS: dict[str, Callable[[str], bool]] = {
    "AR": _is_digits(7, 8), "BR": _is_cpf, "CL": _is_rut, "CO": _is_digits(6, 10), "EC": _is_cedula_ec,
    "ES": _is_dni, "MX": _is_curp, "PE": _is_digits(8, 8), "PT": _is_nif_pt, "US": _is_ssn, "UY": _is_cedula_uy,
}

# Universal Postal Union, "Postal addressing systems", without spaces and hyphens.
_BY_DIGITS = {
    4: "AT AU BE BG BO CH DK HU LU NO NZ PH PY TN VE ZA",
    5: "CR CZ DE DO EE ES FI FR GR GT HR IT KR KW MX MA MY NI PE PL SA SE SK TH TR UA UY",
    6: "CN CO EC IN RO RU SG VN",
    7: "CL JP",
    8: "BR",
}
_POSTCODES = {
    **{country: rf"\d{{{digits}}}" for digits, countries in _BY_DIGITS.items() for country in countries.split()},
    "AR": r"[A-Z]?\d{4}(?:[A-Z]{3})?", "CA": r"[A-Z]\d[A-Z]\d[A-Z]\d",
    "GB": r"GIR0AA|[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}", "IE": r"[A-Z]\d[\dW][A-Z\d]{4}", "IL": r"\d{5}|\d{7}",
    "NL": r"\d{4}[A-Z]{2}", "PT": r"\d{4}|\d{7}",
    "US": r"\d{5}(?:\d{4})?",
}

CHECKS: Mapping[str, Callable[[str, str | None], bool]] = {
    "iban": is_iban, "card": is_card, "national_id": is_national_id, "postcode": is_postcode,
}
