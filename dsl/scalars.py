"""Words and numbers that have a form of their own in domain.yml and in stories: names, types, durations, languages."""

import re
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from dsl.diagnostics import Kind, Severity
from dsl.languages import regions, tags
from dsl.shape import Value

_TAKES = "`{name}` takes {wanted}, not `{value}`"
NOT_A_NUMBER = Kind("F064", Severity.ERROR, _TAKES, fix="write {wanted}")
NOT_A_DURATION = Kind("F065", Severity.ERROR, _TAKES, fix="write {wanted}")
NOT_A_TYPE = Kind("F066", Severity.ERROR, _TAKES, fix="write {wanted}")
NOT_A_NAME = Kind("F067", Severity.ERROR, "`{value}` cannot be a name here: this takes {wanted}", fix="write {wanted}")
NO_LANGUAGE = Kind("F068", Severity.ERROR, _TAKES, fix="write {wanted}")
NO_TIMEZONE = Kind("F069", Severity.ERROR, _TAKES, fix="write {wanted}")
NO_REGION = Kind("F070", Severity.ERROR, _TAKES, fix="write {wanted}")
NOT_A_URL = Kind("F071", Severity.ERROR, _TAKES,
                 why="What users told the bot would cross the internet unencrypted, or the call could never be made.",
                 fix="write {wanted}")
NOT_A_FUNCTION = Kind("F072", Severity.ERROR, _TAKES, fix="write {wanted}")

_NAME = r"[^\W\d]\w*"
_JSON_NAME = r"[\p{L}_][\p{L}\p{M}\p{N}_]*"    # the same, as editors' JSON Schemas write it
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def _matching(pattern: str, value: str) -> str | None:
    return value if re.fullmatch(pattern, value) else None


NAME = Value("a word of letters, digits and `_`", lambda value: _matching(_NAME, value), NOT_A_NAME,
             {"pattern": f"^{_JSON_NAME}$"})
DOTTED_NAME = Value("a word of letters, digits and `_`, or two with a dot between",
                    lambda value: _matching(rf"{_NAME}(\.{_NAME})*", value), NOT_A_NAME,
                    {"pattern": rf"^{_JSON_NAME}(\.{_JSON_NAME})*$"})
HEADER = Value("a header's name", lambda value: _matching(r"[A-Za-z0-9-]+", value), NOT_A_NAME,
               {"pattern": "^[A-Za-z0-9-]+$"})
BOT_NAME = Value("small letters, digits, `-` and `_`", lambda value: _matching(r"[a-z][a-z0-9_-]*", value), NOT_A_NAME,
                 {"pattern": "^[a-z][a-z0-9_-]*$"})


def _type(value: str) -> str | None:
    spaced = " ".join(value.split())
    return spaced if re.fullmatch(rf"(list of ){{0,3}}{_NAME}", spaced) else None


TYPE = Value("a type such as `text` or `list of visit`", _type, NOT_A_TYPE,
             {"pattern": rf"^\s*(list\s+of\s+){{0,3}}{_JSON_NAME}\s*$"})


def whole(low: int, high: int) -> Value:
    """A whole number between two bounds, both included."""

    def parse(value: str) -> int | None:
        number = int(value) if re.fullmatch(r"-?[0-9]{1,12}", value) else None
        return number if number is not None and low <= number <= high else None

    return Value(f"a whole number from {low:,} to {high:,}", parse, NOT_A_NUMBER,
                 {"type": "integer", "minimum": low, "maximum": high})


_DURATION = re.compile(r"([0-9]{1,6})(?:([smhdw])| +(second|minute|hour|day|week)s?)")


def seconds(value: str) -> int | None:
    """How long `30s`, `5m`, `2 hours` is; None for what is no duration.

    >>> seconds("5m"), seconds("2 days"), seconds("soon")
    (300, 172800, None)
    """
    found = _DURATION.fullmatch(value)
    return int(found[1]) * SECONDS[(found[2] or found[3])[0]] if found else None


def duration(least: int = 0, most: int = 31_536_000) -> Value:
    """A length of time in seconds, by default up to a year."""

    def parse(value: str) -> int | None:
        long = seconds(value)
        return long if long is not None and least <= long <= most else None

    bounds = f", {least} s or more" if least else ""
    if most < SECONDS["d"]:
        bounds = f", from {least} s to {most} s"
    return Value(f"a duration such as `30s`, `5m`, `2h`, `1d`{bounds}", parse, NOT_A_DURATION,
                 {"pattern": f"^{_DURATION.pattern}$"})


# A little longer than the machine's clock may be wrong, and at most a hundred years.
_SHORTEST, _LONGEST = SECONDS["h"], 36_500 * SECONDS["d"]


def _kept(value: str) -> int | None:
    long = seconds(value)
    return 0 if value == "forever" else long if long is not None and _SHORTEST <= long <= _LONGEST else None


KEPT = Value("a duration of an hour or more, such as `30d` or `12w`, or `forever`", _kept, NOT_A_DURATION,
             {"pattern": f"^(forever|{_DURATION.pattern})$"}, lambda: ("forever",))


@cache
def _language(value: str) -> str | None:
    if value in tags():
        return value
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", value):
        return None
    from babel import Locale, UnknownLocaleError

    try:
        tag = str(Locale.parse(value, sep="-")).replace("_", "-")
    except (UnknownLocaleError, ValueError):
        return None
    return tag if tag.split("-")[0] == value.split("-")[0].lower() else None   # `eng` and `root` are other names


LANGUAGE = Value("a language such as `en`, `es` or `pt-BR`", _language, NO_LANGUAGE,
                 {"pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"}, tags)


@cache
def _timezone(value: str) -> str | None:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # unknown, outside the database, a folder of it
        return None
    return value


TIMEZONE = Value("a time zone such as `America/Bogota`", _timezone, NO_TIMEZONE, {}, available_timezones)


REGION = Value("a country such as `CO` or `GB`", lambda value: value if value in regions() else None, NO_REGION,
               {"pattern": "^[A-Z]{2}$"}, regions)

_URL = r"(https://[^\s/]|\$\{\w+\})\S*"
URL = Value("an address that begins with `https://` or `${NAME}`", lambda value: _matching(_URL, value), NOT_A_URL,
            {"pattern": f"^{_URL}$"})
FUNCTION = Value("a module and a function, such as `actions.book`",
                 lambda value: _matching(rf"{_NAME}(\.{_NAME})+", value), NOT_A_FUNCTION,
                 {"pattern": rf"^{_JSON_NAME}(\.{_JSON_NAME})+$"})
