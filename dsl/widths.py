"""How wide a language of a region writes dates, times, numbers and money: the longest there is of each."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from dsl.languages import about_language

# Digits before the decimal sign that are counted with: a thousand millions, which is more than prices and counts are.
LARGEST = 999_999_999
ZONE = 30                                    # characters of the name of a time zone
# What no language writes longer: LARGEST without decimals (Toki Pona), a date with its month in letters (Tibetan) and
# with its weekday (Makonde). A test asks them all.
NUMBER, DATES = 13, {"long": 39, "full": 66}


def at_most(type: str, name: str, arg: str, language: str) -> int:
    """What `width` gives at most, whatever the region. Known by heart, which spares Babel's tables."""
    known = about_language(language)
    return _composed(type, name, arg, {**known.dates, **DATES}.__getitem__,
                     lambda length: known.times[_simple(length)] + ZONE * (length not in known.times),
                     lambda name, arg: known.money if name == "money" else NUMBER + _more(name, arg))


@cache
def width(type: str, name: str, arg: str, language: str, region: str) -> int:
    """The longest a date, time or number is written in a language of that region."""
    return max(_width_in(locale, type, name, arg, region) for locale in _locales(language, region))


@cache
def _locales(language: str, region: str) -> tuple[Any, ...]:
    """CLDR's locales for it; English outside of its regions may be either kind. Babel's tables are slow to import."""
    from babel import Locale, UnknownLocaleError

    tag = language.replace("-", "_")
    tags = [f"{tag}_{region}", tag, tag.split("_")[0]] if region else [tag, tag.split("_")[0]]
    for name in tags:
        try:
            found = Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
        return (found, Locale.parse("en_001")) if name == "en" and region else (found,)
    return (Locale.parse("en"),)


def _width_in(locale: Any, type: str, name: str, arg: str, region: str) -> int:
    return _composed(type, name, arg, partial(_date_width, locale), partial(_time_width, locale),
                     partial(_number_width, locale, region))


def _composed(type: str, name: str, arg: str, date: Callable[[str], int], time: Callable[[str], int],
              number: Callable[[str, str], int]) -> int:
    if name in ("number", "money", "percent") or type in ("number", "integer"):
        return number(name, arg)
    date_length = arg if name in ("date", "datetime") and arg else "medium"
    time_length = arg if name == "time" and arg else "short"
    if name == "time" or type == "time":
        return time(time_length)
    if name == "date" or (type == "date" and name != "datetime"):
        return date(date_length)
    return date(date_length) + 4 + time(time_length)


def _date_width(locale: Any, length: str) -> int:
    from datetime import date

    from babel.dates import format_date

    # Every month, of two digits; with every day of the week where it is written.
    days = [date(2028, month, day) for month in range(1, 13) for day in range(20, 27 if length == "full" else 21)]
    return max(len(format_date(day, length, locale)) for day in days)


def _time_width(locale: Any, length: str) -> int:
    from datetime import time

    from babel.dates import format_time

    simple = _simple(length)
    widest = max(len(format_time(time(hour, 44, 44), simple, locale=locale)) for hour in (10, 22))
    return widest if simple == length else widest + ZONE


def _simple(length: str) -> str:
    return length if length in ("short", "medium") else "medium"


def _number_width(locale: Any, region: str, name: str, arg: str) -> int:
    from decimal import Decimal

    from babel.numbers import format_currency, format_decimal, get_territory_currencies

    if name == "money":
        currencies = [arg] if arg else get_territory_currencies(region) if region else []
        if currencies:
            return len(format_currency(Decimal(f"{LARGEST}.99"), str(currencies[-1]), locale=locale))
    return len(format_decimal(LARGEST, locale=locale)) + _more(name, arg)


def _more(name: str, arg: str) -> int:
    """Characters after a whole number: the decimals with their sign, a sign of percent."""
    decimals = 2 if name == "money" else int(arg) if arg.isdigit() else 0 if name == "percent" else 3
    return (decimals + 1 if decimals else 0) + 2 * (name == "percent")
