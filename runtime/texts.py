"""How a value is written in a text: by the type where the author says nothing, else by the formats of the language.

    nothing             a number with the language's decimal sign and no grouping, a date, time or datetime as by
                        `|date`, a boolean as the language's yes or no, a duration as by `|duration`, a list with ", "
                        between its items, a location as its name, its address or its coordinates, a contact as its
                        name; a record, media and what has no value as nothing at all
    |date [length]      of a date or datetime; short, medium (the default), long, full, as CLDR has them; a time shows
                        itself, since it has no date
    |time [length]      of a time or datetime; short is the default; medium has seconds, long and full the zone
    |datetime [length]  the date of that length (default medium) and the short time
    |number [n]         grouped; with `n` decimals, else with those it has, at most three
    |percent [n]        0.25 is 25%; with `n` decimals, else none
    |money [currency]   in that currency, else in that of the bot's region
    |upper |lower |title
    |phone              +57 300 1234567: the international form with the spaces of its country
    |duration           2 hours and 30 minutes
    |list               a, b, and c

All spaces are plain spaces: a story is typed on a keyboard. Babel and phonenumbers are imported by the first format
that needs them; a text, an integer and a boolean need neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from runtime.operators import title
from runtime.values import ARITHMETIC, DAY, Duration, Value, number, plain

if TYPE_CHECKING:
    from babel import Locale

Length: TypeAlias = Literal["short", "medium", "long", "full"]

LENGTHS = ("short", "medium", "long", "full")
# Where a short date begins with the month or the year, in the chief language of the region as CLDR has it. Babel would
# load that language only to tell; a test asks it about every region.
_MONTH_FIRST = {"AS", "ER", "GH", "GU", "MH", "MP", "PA", "PH", "PR", "UM", "US", "VI", "ZZ"}
_YEAR_FIRST = {"AF", "AX", "BT", "CA", "CN", "GL", "HU", "IR", "JP", "KP", "KR", "LK", "LS", "LT", "MG", "MN", "NA",
               "NP", "PY", "RW", "SE", "TW", "ZA", "ZW"}
_NO_END = date(9999, 1, 1)                   # a currency that is still tender then has no end


@lru_cache(256)
def locale_of(language: str, region: str | None) -> Locale:
    """CLDR's locale for a language of a bot of that region, English where there is none.

    English in a region that has no English of its own is international English, unless dates start with the month
    there: what is shown as 2/3/2026 must mean what is read from it.
    """
    from babel import Locale, UnknownLocaleError, localedata

    tag = language.replace("-", "_")
    try:
        for name in (tag,) if "_" in tag else (f"{tag}_{region}", tag):
            if name == "en" and region and order_of(region) != "MDY":
                name = "en_001"
            if localedata.exists(name):
                return Locale.parse(name)
        return Locale.parse(tag.split("_")[0])
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


@lru_cache(256)
def order_of(region: str | None, language: str = "en") -> str:
    """In which order a region writes a date, `DMY`, `MDY` or `YMD`; without a region, the language's."""
    if region:
        return "MDY" if region in _MONTH_FIRST else "YMD" if region in _YEAR_FIRST else "DMY"
    pattern = locale_of(language, None).date_formats["short"].pattern.upper()
    return "".join(sorted("DMY", key=pattern.find))


@lru_cache(256)
def formats(language: str, region: str | None, yes: str = "yes", no: str = "no") -> Formats:
    """The formats of a language in a region; `yes` and `no` are the machine's words for them."""
    return Formats(language, region, yes, no)


class Formats:
    """Every way to write a value in one language of one bot."""

    def __init__(self, language: str, region: str | None, yes: str, no: str) -> None:
        self._language, self._region = language, region
        self._truth = (no, yes)
        self._by_name: dict[str, Callable[[Value, Sequence[str]], str | None]] = {
            "date": self._date, "time": self._time, "datetime": self._datetime, "number": self._number,
            "percent": self._percent, "money": self._money, "phone": _phone, "duration": self._duration,
            "list": self._list, "upper": self._cased(str.upper), "lower": self._cased(str.lower),
            "title": self._cased(title),
        }

    @cached_property
    def locale(self) -> Locale:
        return locale_of(self._language, self._region)

    @cached_property
    def decimal_sign(self) -> str:
        return str(self.locale.number_symbols["latn"]["decimal"])

    def show(self, value: Value) -> str:
        """A value as it is written where the author names no format."""
        if isinstance(value, str):
            return value
        if value is None:
            return ""
        if isinstance(value, bool):
            return self._truth[value]
        if isinstance(value, int):
            return str(value)
        if isinstance(value, Decimal):
            return str(plain(value)).replace(".", self.decimal_sign)
        if isinstance(value, list):
            return ", ".join(map(self.show, value))
        if isinstance(value, dict):
            return self._object(value)
        by = "date" if isinstance(value, date) else "duration" if isinstance(value, Duration) else "time"
        return self._by_name[by](value, ()) or ""

    def format(self, value: Value, name: str, args: Sequence[str]) -> str:
        """A value as `|name args` writes it; as without a format where it cannot."""
        by_name = self._by_name.get(name)
        shown = by_name(value, args) if by_name and value is not None else None
        return self.show(value) if shown is None else _plain_spaces(shown)

    def plural(self, count: Value) -> str:
        """CLDR's category of a count: zero one two few many other."""
        known = number(count)
        return "other" if known is None else str(self.locale.plural_form(abs(Decimal(known))))

    def language_name(self, tag: str) -> str:
        """A language's name in this one, `Spanish`; the tag where there is none."""
        return str(self.locale.languages.get(tag.replace("-", "_")) or tag)

    def _object(self, value: dict[str, Value]) -> str:
        name = value.get("name") or value.get("address")
        if isinstance(name, str):
            return name
        latitude, longitude = number(value.get("latitude")), number(value.get("longitude"))
        return "" if latitude is None or longitude is None else f"{plain(latitude)}, {plain(longitude)}"

    def _cased(self, change: Callable[[str], str]) -> Callable[[Value, Sequence[str]], str]:
        return lambda value, args: change(self.show(value))

    def _date(self, value: Value, args: Sequence[str]) -> str | None:
        from babel.dates import format_date

        if not isinstance(value, date):
            return self._time(value, ())
        return _plain_spaces(format_date(value, _length(args, "medium"), self.locale))

    def _time(self, value: Value, args: Sequence[str]) -> str | None:
        from babel.dates import get_time_format

        length = _length(args, "short")
        if isinstance(value, time):
            value, length = datetime.combine(date(2000, 1, 1), value), _without_zone(length)
        if not isinstance(value, datetime):
            return None
        return _plain_spaces(get_time_format(length, self.locale).apply(value, self.locale))

    def _datetime(self, value: Value, args: Sequence[str]) -> str | None:
        from babel.dates import get_datetime_format

        if not isinstance(value, datetime):
            return self._date(value, args)
        length = _length(args, "medium")
        both = str(get_datetime_format(length, self.locale)).replace("'", "")
        return both.replace("{0}", self._time(value, ()) or "").replace("{1}", self._date(value, (length,)) or "")

    def _number(self, value: Value, args: Sequence[str]) -> str | None:
        if type(value) is int and not args and 0 <= value < 1000:
            return str(value)                # nothing to group
        return self._decimal(number(value), self.locale.decimal_formats[None].pattern, _decimals(args), (0, 3))

    def _percent(self, value: Value, args: Sequence[str]) -> str | None:
        return self._decimal(number(value), self.locale.percent_formats[None].pattern, _decimals(args), (0, 0), 2)

    def _decimal(
        self, value: int | Decimal | None, written: str, decimals: int | None, usual: tuple[int, int], shift: int = 0,
    ) -> str | None:
        from babel.numbers import parse_pattern

        if value is None:
            return None
        pattern = parse_pattern(written)
        pattern.frac_prec = usual if decimals is None else (decimals, decimals)
        places = Decimal(1).scaleb(-pattern.frac_prec[1] - shift)
        exact = Decimal(value).quantize(places, rounding=ROUND_HALF_UP, context=ARITHMETIC)
        return _plain_spaces(pattern.apply(exact, self.locale))

    def _money(self, value: Value, args: Sequence[str]) -> str | None:
        from babel.numbers import format_currency

        amount, currency = number(value), args[0] if args else currency_of(self._region)
        if amount is None:
            return None
        if currency is None:
            return self._number(amount, ("2",))
        return _plain_spaces(format_currency(amount, currency, locale=self.locale))

    def _duration(self, value: Value, args: Sequence[str]) -> str | None:
        from babel.lists import format_list
        from babel.units import format_unit

        if not isinstance(value, Duration):
            return None
        amounts = [amount for amount in _amounts(value) if amount[0]] or [(0, "second")]
        parts = [format_unit(amount, f"duration-{unit}", "long", locale=self.locale) for amount, unit in amounts]
        return _plain_spaces(format_list(parts, locale=self.locale))

    def _list(self, value: Value, args: Sequence[str]) -> str | None:
        from babel.lists import format_list

        return format_list([self.show(item) for item in value], locale=self.locale) if isinstance(value, list) else None


@lru_cache(256)
def currency_of(region: str | None) -> str | None:
    """The currency people pay with in a region, `COP`; None without a region."""
    from babel.numbers import get_territory_currencies

    currencies = get_territory_currencies(region, start_date=_NO_END) if region else []
    return str(currencies[-1]) if currencies else None


def _phone(value: Value, args: Sequence[str]) -> str | None:
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

    try:
        return str(format_number(parse(str(value)[:40]), PhoneNumberFormat.INTERNATIONAL))
    except NumberParseException:
        return None


def _amounts(value: Duration) -> list[tuple[int, str]]:
    months, seconds = abs(value.months), abs(value.seconds)
    amounts = [
        (months // 12, "year"), (months % 12, "month"), (seconds // DAY, "day"), (seconds // 3600 % 24, "hour"),
        (seconds // 60 % 60, "minute"), (seconds % 60, "second"),
    ]
    sign = -1 if value.length < 0 else 1
    return [(sign * amount, unit) for amount, unit in amounts]


def _length(args: Sequence[str], default: Length) -> Length:
    return cast(Length, args[0]) if args and args[0] in LENGTHS else default


def _without_zone(length: Length) -> Length:
    return "medium" if length in ("long", "full") else length


def _decimals(args: Sequence[str]) -> int | None:
    return int(args[0]) if args and args[0] in set("0123456789") else None


def _plain_spaces(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("\u2009", " ")
