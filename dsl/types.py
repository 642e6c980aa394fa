"""Types: what a value can be, what converts into what, and what operators, functions and formats make of it.

A type is its name as authors write it: `text`, `visit` (a record), `list of visit`, `unknown`. Everything here is a
question about names with a name for an answer; where things are written, and what is said about them, is
`expressions.py`.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

import msgspec

UNKNOWN = "unknown"
LIST = "list of "

TEXTUAL = frozenset({"text", "phone", "email", "url", "choice", "language"})
NUMERIC = frozenset({"integer", "number"})
DAYS = frozenset({"date", "datetime"})
MEDIA = frozenset({"image", "video", "audio", "document", "sticker"})
PLAIN = TEXTUAL | NUMERIC | DAYS | {"boolean", "time", "duration"}
BUILT_IN = PLAIN | MEDIA | {"location", "contact", UNKNOWN}
SHOWN = PLAIN | {"location", "contact", UNKNOWN}                 # as a text: places by name or address
ORDERED = TEXTUAL | NUMERIC | DAYS | {"time", "duration"}

# What the values that a channel delivers are made of; the plain forms are those of `runtime/events.py`.
FIELDS: dict[str, dict[str, str]] = {
    "location": {"latitude": "number", "longitude": "number", "name": "text", "address": "text"},
    "contact": {"name": "text", "phones": "list of phone"},
    **{kind: {"id": "text", "mime": "text", "caption": "text", "filename": "text"} for kind in MEDIA},
}
_OF_DAYS, _OF_HOURS = ("year", "month", "day", "weekday"), ("hour", "minute")
# Parts of a moment: whole numbers; Monday is weekday 1, Sunday 7.
PARTS: dict[str, tuple[str, ...]] = {"date": _OF_DAYS, "time": _OF_HOURS, "datetime": (*_OF_DAYS, *_OF_HOURS)}

_CONVERSIONS = {("integer", "number"), ("date", "datetime"), ("datetime", "date"), ("datetime", "time")}
_SAME_FORM = {("integer", "number")}


def item_of(type: str) -> str | None:
    """What a list holds; None if `type` is no list.

    >>> item_of("list of list of text"), item_of("text")
    ('list of text', None)
    """
    return type[len(LIST):] if type.startswith(LIST) else None


def base_of(type: str) -> str:
    """`type` without any `list of`."""
    while type.startswith(LIST):
        type = type[len(LIST):]
    return type


def fits(type: str, wanted: str) -> bool:
    """Whether a value of `type` can be used where `wanted` is, converted if need be.

    Nothing is lost on the way: a number is no integer, a text no date. Plain values all become text; a text becomes
    what is kept as text (a phone, a choice), where the value itself may turn out not to be one.
    """
    if type == wanted or UNKNOWN in (type, wanted) or (type, wanted) in _CONVERSIONS:
        return True
    item, wanted_item = item_of(type), item_of(wanted)
    if item is not None and wanted_item is not None:
        return fits(item, wanted_item)
    return (type in PLAIN and wanted == "text") or (type == "text" and wanted in TEXTUAL)


def needs_conversion(type: str, wanted: str) -> bool:
    """Whether the plain form of a value of `type` is not yet one of `wanted`."""
    if type == wanted or wanted == UNKNOWN or (type, wanted) in _SAME_FORM:
        return False
    item, wanted_item = item_of(type), item_of(wanted)
    if item is not None and wanted_item is not None:
        return needs_conversion(item, wanted_item)
    return not (type in TEXTUAL and wanted in ("text", "choice"))


def common(left: str, right: str) -> str | None:
    """The type of a value that is one or the other; None if there is none.

    >>> common("integer", "number"), common("date", "datetime"), common("text", "date")
    ('number', 'datetime', None)
    """
    if left == right or right == UNKNOWN:
        return left
    if left == UNKNOWN:
        return right
    for family, widest in ((NUMERIC, "number"), (DAYS, "datetime"), (TEXTUAL, "text")):
        if left in family and right in family:
            return widest
    left_item, right_item = item_of(left), item_of(right)
    if left_item is None or right_item is None:
        return None
    item = common(left_item, right_item)
    return None if item is None else LIST + item


# --- operators ----------------------------------------------------------------------------------------------


def comparable(left: str, right: str) -> str | None:
    """The type as which two values are compared: as `common`, and a moment with a time of day as times.

    >>> comparable("datetime", "time"), comparable("date", "time")
    ('time', None)
    """
    return "time" if {left, right} == {"datetime", "time"} else common(left, right)


def operator(op: str, left: str, right: str) -> str | None:
    """Type of `left op right` for the operators of arithmetic, comparison and `in`; None if they do not go together."""
    if op in ("==", "!="):
        return "boolean" if comparable(left, right) else None
    if op == "in":
        return _membership(left, right)
    if op in ("<", "<=", ">", ">="):
        both = comparable(left, right)
        return "boolean" if both in ORDERED or both == UNKNOWN else None
    if UNKNOWN in (left, right):
        return _with_unknown(op, left, right)
    return _ARITHMETIC[op](left, right)


def _membership(item: str, items: str) -> str | None:
    holds = item_of(items)
    if items == UNKNOWN or (holds is not None and common(item, holds)) or (item in TEXTUAL and items in TEXTUAL):
        return "boolean"
    return None


def _with_unknown(op: str, left: str, right: str) -> str:
    known = right if left == UNKNOWN else left
    if op == "+" and (item_of(known) is not None or known in TEXTUAL):
        return known
    return "number" if op in ("*", "/", "%") and known in NUMERIC else UNKNOWN


def _numbers(left: str, right: str) -> str | None:
    return common(left, right) if left in NUMERIC and right in NUMERIC else None


def _plus(left: str, right: str) -> str | None:
    if right == "duration" and left in (*DAYS, "time", "duration"):
        return left
    if left == "duration" and right in (*DAYS, "time"):
        return right
    if {left, right} == {"date", "time"}:
        return "datetime"
    if left in TEXTUAL and right in TEXTUAL:
        return "text"
    return common(left, right) if item_of(left) is not None else _numbers(left, right)


def _minus(left: str, right: str) -> str | None:
    if right == "duration" and left in (*DAYS, "time", "duration"):
        return left
    if (left in DAYS and right in DAYS) or left == right == "time":
        return "duration"
    return _numbers(left, right)


def _times(left: str, right: str) -> str | None:
    if {left, right} in ({"duration", "integer"}, {"duration", "number"}):
        return "duration"
    return _numbers(left, right)


def _over(left: str, right: str) -> str | None:
    if left == "duration":
        return "number" if right == "duration" else "duration" if right in NUMERIC else None
    return "number" if _numbers(left, right) else None


_ARITHMETIC: dict[str, Callable[[str, str], str | None]] = {
    "+": _plus, "-": _minus, "*": _times, "/": _over, "%": _numbers,
}

# --- functions ----------------------------------------------------------------------------------------------


class Function(msgspec.Struct, frozen=True):
    """A function of the language: what it takes, in words for authors, and the type it makes (None: not of these)."""

    takes: str
    least: int
    most: int
    result: Callable[[Sequence[str]], str | None]


def _of_text(result: str) -> Callable[[Sequence[str]], str | None]:
    return lambda args: result if all(arg in TEXTUAL or arg == UNKNOWN for arg in args) else None


def _length(args: Sequence[str]) -> str | None:
    return "integer" if args[0] in TEXTUAL or args[0] == UNKNOWN or item_of(args[0]) else None


def _round(args: Sequence[str]) -> str | None:
    if any(arg not in NUMERIC and arg != UNKNOWN for arg in args):
        return None
    return "integer" if len(args) == 1 else "number"


def _extreme(args: Sequence[str]) -> str | None:
    kinds = [item_of(args[0]) or args[0]] if len(args) == 1 else list(args)
    best: str | None = kinds[0]
    for kind in kinds[1:]:
        best = best and common(best, kind)
    if len(args) == 1 and item_of(args[0]) is None and args[0] != UNKNOWN:
        return None
    return best if best in ORDERED or best == UNKNOWN else None


def _sum(args: Sequence[str]) -> str | None:
    item = item_of(args[0]) or args[0]
    if item_of(args[0]) is None and args[0] != UNKNOWN:
        return None
    return "number" if item == UNKNOWN else item if item in NUMERIC or item == "duration" else None


def _item(args: Sequence[str]) -> str | None:
    return UNKNOWN if args[0] == UNKNOWN else item_of(args[0])


def _join(args: Sequence[str]) -> str | None:
    item = item_of(args[0])
    holds_text = args[0] == UNKNOWN or (item is not None and (item in PLAIN or item == UNKNOWN))
    return "text" if holds_text and fits(args[1], "text") else None


def _contains(args: Sequence[str]) -> str | None:
    return _membership(args[1], args[0])


FUNCTIONS: dict[str, Function] = {
    "len": Function("a text or a list", 1, 1, _length),
    "lower": Function("a text", 1, 1, _of_text("text")),
    "upper": Function("a text", 1, 1, _of_text("text")),
    "title": Function("a text", 1, 1, _of_text("text")),
    "round": Function("a number and, if wanted, how many decimals", 1, 2, _round),
    "min": Function("values that can be compared, or a list of them", 1, 99, _extreme),
    "max": Function("values that can be compared, or a list of them", 1, 99, _extreme),
    "sum": Function("a list of numbers", 1, 1, _sum),
    "first": Function("a list", 1, 1, _item),
    "last": Function("a list", 1, 1, _item),
    "join": Function("a list and the text between its items", 2, 2, _join),
    "split": Function("a text and the text to split it at", 2, 2, _of_text("list of text")),
    "contains": Function("a list and an item, or a text and a part of it", 2, 2, _contains),
}

# How a value of each type is written out, for those that can be.
EXAMPLES = {"integer": "3", "number": "1.5", "boolean": "true", "date": "2026-12-31", "time": "9:00",
            "datetime": "2026-12-31T09:00", "duration": "30m", "url": "https://example.com", "phone": '"+351912345678"',
            "text": '"…"', "email": '"ana@example.com"'}

# Checks of `it is …`; those that depend on a country take its two letters.
CHECKS = {"iban": False, "card": False, "national_id": True, "postcode": True}

# --- formats ------------------------------------------------------------------------------------------------

LENGTHS = ("short", "medium", "long", "full")                    # of dates and times, by CLDR


class FormatOf(msgspec.Struct, frozen=True):
    """A format of `{…|name args}`: the types it shows, its arguments in words, and whether these are right."""

    types: frozenset[str]
    takes: str
    accepts: Callable[[Sequence[str]], bool]


def _nothing(args: Sequence[str]) -> bool:
    return not args


def _length_name(args: Sequence[str]) -> bool:
    return len(args) <= 1 and all(arg in LENGTHS for arg in args)


def _decimals(args: Sequence[str]) -> bool:
    return len(args) <= 1 and all(re.fullmatch(r"[0-9]", arg) for arg in args)


def _currency(args: Sequence[str]) -> bool:
    return len(args) <= 1 and all(re.fullmatch(r"[A-Z]{3}", arg) for arg in args)


def _words(args: Sequence[str]) -> bool:
    return 1 <= len(args) <= 6


FORMATS: dict[str, FormatOf] = {
    "upper": FormatOf(TEXTUAL, "nothing", _nothing),
    "lower": FormatOf(TEXTUAL, "nothing", _nothing),
    "title": FormatOf(TEXTUAL, "nothing", _nothing),
    "number": FormatOf(NUMERIC, "how many decimals, from 0 to 9", _decimals),
    "percent": FormatOf(NUMERIC, "how many decimals, from 0 to 9", _decimals),
    "money": FormatOf(NUMERIC, "a currency like `USD`", _currency),
    "date": FormatOf(DAYS, "short, medium, long or full", _length_name),
    "time": FormatOf(frozenset({"time", "datetime"}), "short, medium, long or full", _length_name),
    "datetime": FormatOf(DAYS, "short, medium, long or full", _length_name),
    "phone": FormatOf(frozenset({"phone"}), "nothing", _nothing),
    "duration": FormatOf(frozenset({"duration"}), "nothing", _nothing),
    "plural": FormatOf(NUMERIC, "the word for one and the word for more", _words),
}

# --- values -------------------------------------------------------------------------------------------------


def askable(type: str) -> bool:
    """Whether an answer can become a value of `type` without a list to choose from."""
    return type in BUILT_IN and type != UNKNOWN


def literal(text: str, type: str) -> Any:
    """Plain value of a text written where `type` is wanted: `"2026-03-01"` for a date; None if it is none.

    >>> literal("2026-03-01", "date"), literal("tomorrow", "date"), literal("12", "integer"), literal("9:30", "time")
    ('2026-03-01', None, 12, '09:30:00')
    """
    try:
        if type == "date":
            return date.fromisoformat(text).isoformat()
        if type == "time":
            return time.fromisoformat(f"0{text}" if text[1:2] == ":" else text).isoformat()
        if type == "datetime":
            return datetime.fromisoformat(text).isoformat()
        if type == "integer":
            return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None
    except ValueError:
        return None
    if type == "number":
        return text if re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text) else None
    return text if type in TEXTUAL or type == UNKNOWN else None
