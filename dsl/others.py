"""What other languages call the values, types and functions of this one, and what is said to an author who does.

Elsewhere: lines that other languages write in another way (`habits`), their statements (`expected`).
"""

import re
from collections.abc import Mapping

from dsl import types
from dsl.diagnostics import Certainty, Edit, Fix
from dsl.source import Span
from dsl.syntax import Apply, Binary, Is, Name, Number, SetSlot

MOST_TURNS = 20                              # numbers of a `range` that are written out


def _by_other(ours: Mapping[str, str]) -> dict[str, str]:
    return {other: name for name, others in ours.items() for other in others.split()}


TYPES = _by_other({
    "text": "string str varchar char any word sentence", "integer": "int long count int32 int64",
    "number": "float double decimal numeric real money amount price currency", "boolean": "bool yesno flag",
    "date": "day birthday", "datetime": "timestamp date_time moment", "time": "hour clock",
    "duration": "interval timedelta period", "phone": "tel telephone mobile phone_number cell",
    "email": "mail e_mail email_address", "url": "uri href link website", "image": "photo picture img foto",
    "audio": "voice sound voicenote", "document": "file pdf doc attachment", "location": "place geo position gps",
    "language": "lang locale", "choice": "enum categorical option select",
})
VALUES = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "tomorrow": "today + 1 day",
          "yesterday": "today - 1 day"}
FUNCTIONS = _by_other({
    "len": "length size count strlen", "lower": "lowercase lcase tolower", "upper": "uppercase ucase toupper",
    "title": "capitalize titlecase", "contains": "includes has", "join": "implode concat", "round": "int floor ceil",
})
FORMATS = _by_other({
    "money": "currency price amount", "upper": "uppercase upcase", "lower": "lowercase downcase",
    "title": "capitalize titlecase", "number": "decimal round integer", "percent": "percentage", "plural": "pluralize",
    "date": "day format", "time": "hour clock", "datetime": "timestamp", "phone": "tel",
})
NOTHING = frozenset({"null", "none", "nil", "undefined", "nothing"})


def compared_with_nothing(expr: Binary) -> Fix:
    """`name == null`"""
    return _is_known(expr.left.span, expr.span, known=expr.op == "!=")


def called_nothing(expr: Is) -> tuple[Fix, ...]:
    """`name is None`"""
    is_meant = expr.what.text.lower() in NOTHING
    return (_is_known(expr.of.span, expr.span, known=expr.negated),) if is_meant else ()


def _is_known(of: Span, whole: Span, *, known: bool) -> Fix:
    test = "is known" if known else "is not known"
    return Fix(f"write `{test}`", (Edit(Span(of.file, of.end, whole.end), f" {test}"),), Certainty.SAFE)


def set_to_nothing(statement: SetSlot) -> Fix:
    """`set name = null`"""
    whole, name, value = statement.span, statement.slot.span, statement.value.span
    edits = (Edit(Span(name.file, whole.start, name.start), "clear "), Edit(Span(name.file, name.end, value.end), ""))
    return Fix("write `clear`", edits, Certainty.SAFE)


def called_on(of: Span, type: str, name: Name) -> tuple[Fix, ...]:
    """`items.length`, `items.first`: a function of this one value."""
    function = FUNCTIONS.get(name.text, name.text)
    known = types.FUNCTIONS.get(function)
    if known is None or known.least > 1 or known.result([type]) is None:
        return ()
    start = Span(of.file, of.start, of.start)
    edits = (Edit(start, f"{function}("), Edit(Span(of.file, of.end, name.span.end), ")"))
    return (Fix(f"write `{function}(…)`", edits, Certainty.SAFE),)


def set_to_call(statement: SetSlot, value: Apply, word: str) -> Fix:
    """`set visit = book(at)`"""
    before, end = Span(value.span.file, statement.span.start, value.span.start), value.span.end
    edits = (Edit(before, f"{word} "), Edit(Span(before.file, end, end), f" into {statement.slot.text}"))
    return Fix(f"write `{word} {value.function.text}(…) into {statement.slot.text}`", edits, Certainty.SAFE)


def ranged(expr: Apply) -> tuple[Fix, ...]:
    """`range(3)`: the numbers, written out."""
    given = [int(arg.value) for arg in expr.args if isinstance(arg, Number) and re.fullmatch(r"\d{1,8}", arg.value)]
    if expr.function.text != "range" or len(given) != len(expr.args) or not 1 <= len(given) <= 2:
        return ()
    numbers = range(*given)
    if not 0 < len(numbers) <= MOST_TURNS:
        return ()
    written = f"[{', '.join(map(str, numbers))}]"
    return (Fix(f"write the numbers: `{written}`", (Edit(expr.span, written),), Certainty.SAFE),)
