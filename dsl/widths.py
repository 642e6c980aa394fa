"""How wide a language of a region writes dates, times, numbers and money: the longest there is of each."""

from functools import cache
from typing import Any

# Digits before the decimal sign that are counted with: a thousand millions, which is more than prices and counts are.
LARGEST = 999_999_999


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
    if name in ("number", "money", "percent") or type in ("number", "integer"):
        return _number_width(name, arg, locale, region)
    date_length = arg if name in ("date", "datetime") and arg else "medium"
    time_length = arg if name == "time" and arg else "short"
    if name == "time" or type == "time":
        return _time_width(time_length, locale)
    if name == "date" or (type == "date" and name != "datetime"):
        return _date_width(date_length, locale)
    return _date_width(date_length, locale) + 4 + _time_width(time_length, locale)


def _date_width(length: str, locale: Any) -> int:
    from datetime import date

    from babel.dates import format_date

    # Every month with every day of the week, of two digits.
    days = [date(2028, month, day) for month in range(1, 13) for day in range(20, 27)]
    return max(len(format_date(day, length, locale)) for day in days)


def _time_width(length: str, locale: Any) -> int:
    from datetime import time

    from babel.dates import format_time

    simple = length if length in ("short", "medium") else "medium"
    widest = max(len(format_time(time(hour, 44, 44), simple, locale=locale)) for hour in (10, 22))
    return widest if simple == length else widest + 30       # with the name of the zone


def _number_width(name: str, arg: str, locale: Any, region: str) -> int:
    from decimal import Decimal

    from babel.numbers import format_currency, format_decimal, get_territory_currencies

    decimals = int(arg) if arg.isdigit() else 0 if name == "percent" else 3
    if name == "money":
        currencies = [arg] if arg else get_territory_currencies(region) if region else []
        if currencies:
            return len(format_currency(Decimal(f"{LARGEST}.99"), str(currencies[-1]), locale=locale))
        decimals = 2
    return len(format_decimal(LARGEST, locale=locale)) + (decimals + 1 if decimals else 0) + 2 * (name == "percent")
