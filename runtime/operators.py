"""Operators and functions of the language on Python values: total, bounded, and by the calendar where dates are.

What has no value is None and goes through every operator. A text meets another type as that type where it can be one
(`unknown` converts at use); a date and a datetime meet as dates, a time and a datetime as times.
"""

import calendar
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from runtime.values import (
    ARITHMETIC,
    DAY,
    ITEMS,
    TEXT,
    Duration,
    Value,
    Values,
    bounded,
    bounded_duration,
    number,
    plain,
    type_of,
)

Operator = Callable[[Value, Value], Value]

_ALIKE = frozenset({int, str, Decimal})      # two of one of these need nothing done to be compared


def is_number(value: Value) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def is_empty(value: Value) -> bool:
    """No value, no characters, no items."""
    return value is None or value == "" or value == [] or value == {}


def holds(value: Value) -> bool:
    """Whether a condition on this value holds: not false, not missing, not empty. Nought is a value."""
    return value is not False and not is_empty(value)


class Operators:
    """The binary operators of one bot: texts that meet times are read in its time zone."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self.by_name: dict[str, Operator] = {
            "+": _total(self.plus), "-": _total(self.minus), "*": _total(times), "/": _total(over),
            "%": _total(remainder), "==": self.equal, "!=": self.unequal, "in": self.within,
            "<": self._ordered(lambda a, b: bool(a < b)), "<=": self._ordered(lambda a, b: bool(a <= b)),
            ">": self._ordered(lambda a, b: bool(a > b)), ">=": self._ordered(lambda a, b: bool(a >= b)),
        }

    def aligned(self, left: Value, right: Value) -> tuple[Value, Value] | None:
        """Both as one type, so that they can be compared; None if they have nothing in common."""
        kind, other = type_of(left), type_of(right)
        if kind == other or (is_number(left) and is_number(right)):
            return (left, right)
        pair = {kind, other}
        for narrower in ("date", "time"):
            if pair == {narrower, "datetime"}:
                return self._values.convert(narrower, left), self._values.convert(narrower, right)
        if "text" not in pair or "unknown" in pair:
            return None
        wanted = other if kind == "text" else kind
        wanted = "number" if wanted == "integer" else wanted
        both = self._values.convert(wanted, left), self._values.convert(wanted, right)
        return None if None in both else both

    def equal(self, left: Value, right: Value) -> bool | None:
        if left is None or right is None:
            return None
        if type(left) is type(right) and type(left) in _ALIKE:
            return bool(left == right)
        both = self.aligned(left, right)
        if both is None:
            return False
        if isinstance(both[0], Duration):
            return bool(both[0].length == both[1].length)
        return bool(both[0] == both[1])

    def unequal(self, left: Value, right: Value) -> bool | None:
        same = self.equal(left, right)
        return None if same is None else not same

    def _ordered(self, test: Callable[[Any, Any], bool]) -> Operator:
        def compare(left: Value, right: Value) -> bool | None:
            if left is None or right is None:
                return None
            both = _as_numbers(left, right) or self.aligned(left, right)
            if both is None or isinstance(both[0], (bool, list, dict)):
                return None
            if isinstance(both[0], Duration):
                both = both[0].length, both[1].length
            return test(*both)

        return compare

    def within(self, item: Value, items: Value) -> bool | None:
        """`item in items`: an item of a list, a part of a text."""
        if item is None or items is None:
            return None
        if isinstance(items, list):
            return any(self.equal(item, other) for other in items)
        if isinstance(items, str):
            return isinstance(item, str) and item in items
        return None

    def plus(self, left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        if isinstance(left, str) and isinstance(right, str):
            return (left + right)[:TEXT]
        if isinstance(left, list) and isinstance(right, list):
            return (left + right)[:ITEMS]
        a, b = number(left), number(right)
        if a is not None and b is not None:
            return bounded(a + b if isinstance(a, int) and isinstance(b, int) else ARITHMETIC.add(a, b))
        if isinstance(left, Duration) and not isinstance(right, Duration):
            left, right = right, left
        if isinstance(right, Duration):
            return self.later(left, right, 1)
        if isinstance(left, time):
            left, right = right, left
        if isinstance(left, date) and isinstance(right, time):
            return self._values.local(datetime.combine(left, right))
        if isinstance(left, str) or isinstance(right, str):
            return _joined(left, right)
        return None

    def minus(self, left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        a, b = number(left), number(right)
        if a is not None and b is not None:
            return bounded(a - b if isinstance(a, int) and isinstance(b, int) else ARITHMETIC.subtract(a, b))
        if isinstance(right, Duration):
            return self.later(left, right, -1)
        if isinstance(left, str) and isinstance(right, str):
            left, right = self._values.convert("datetime", left), self._values.convert("datetime", right)
        both = self.aligned(left, right)
        return None if both is None else _between(*both)

    def later(self, value: Value, by: Duration, sign: int) -> Value:
        """A date, time, datetime or duration moved by a duration, `sign` times."""
        months, seconds = sign * by.months, sign * by.seconds
        if isinstance(value, str):
            read = self._values.convert("date", value) if len(value) <= len("2026-03-01") else None
            value = read or self._values.convert("datetime", value) or self._values.convert("time", value)
        if isinstance(value, Duration):
            return bounded_duration(value.months + months, value.seconds + seconds)
        if isinstance(value, datetime):
            moved = _by_months(value, months)
            if seconds % DAY == 0:
                return self._values.local((moved + timedelta(seconds=seconds)).astimezone(UTC))
            return self._values.local(moved.astimezone(UTC) + timedelta(seconds=seconds))
        if isinstance(value, date):
            return _by_months(value, months) + timedelta(days=int(seconds / DAY))
        if isinstance(value, time):
            second = (value.hour * 3600 + value.minute * 60 + value.second + seconds) % DAY
            return time(second // 3600, second // 60 % 60, second % 60)
        return None


def _total(operator: Operator) -> Operator:
    """Arithmetic that leaves the calendar or the numbers has no value."""

    def run(left: Value, right: Value) -> Value:
        try:
            return operator(left, right)
        except (ArithmeticError, ValueError):
            return None

    return run


def _as_numbers(left: Value, right: Value) -> tuple[Value, Value] | None:
    """Two texts that are numbers: nobody means that 10 comes before 9."""
    if not isinstance(left, str) or not isinstance(right, str):
        return None
    both = number(left), number(right)
    return None if None in both else both


def _by_months(value: Any, months: int) -> Any:
    """The same day so many months later, or the month's last: 31 January and a month is 28 February."""
    month = value.year * 12 + value.month - 1 + months
    year, month = month // 12, month % 12 + 1
    if not 1 <= year <= 9999:
        raise ValueError(year)
    return value.replace(year=year, month=month, day=min(value.day, calendar.monthrange(year, month)[1]))


def _between(left: Value, right: Value) -> Duration | None:
    if isinstance(left, datetime):
        return Duration(seconds=int((left.astimezone(UTC) - right.astimezone(UTC)).total_seconds()))
    if isinstance(left, date):
        return Duration(seconds=(left - right).days * DAY)
    if isinstance(left, time):
        return Duration(seconds=_second_of(left) - _second_of(right))
    return None


def _second_of(value: time) -> int:
    return value.hour * 3600 + value.minute * 60 + value.second


def _joined(left: Value, right: Value) -> str | None:
    parts = [item if isinstance(item, str) else plain(item) for item in (left, right)]
    if any(isinstance(part, (dict, list, bool)) or part is None for part in parts):
        return None
    return "".join(map(str, parts))[:TEXT]


def times(left: Value, right: Value) -> Value:
    if isinstance(right, Duration):
        left, right = right, left
    b = number(right)
    if b is None:
        return None
    if isinstance(left, Duration):
        return _scaled(left, b)
    a = number(left)
    if a is None:
        return None
    return bounded(a * b if isinstance(a, int) and isinstance(b, int) else ARITHMETIC.multiply(a, b))


def _scaled(value: Duration, by: int | Decimal) -> Duration | None:
    if isinstance(by, int):
        return bounded_duration(value.months * by, value.seconds * by)
    return bounded_duration(0, int(ARITHMETIC.multiply(Decimal(value.length), by)))


def over(left: Value, right: Value) -> Value:
    if isinstance(left, Duration) and isinstance(right, Duration):
        return _quotient(left.length, right.length)
    b = number(right)
    if not b:
        return None
    if isinstance(left, Duration):
        return bounded_duration(0, int(ARITHMETIC.divide(Decimal(left.length), b)))
    a = number(left)
    return None if a is None else _quotient(a, b)


def _quotient(a: int | Decimal, b: int | Decimal) -> int | Decimal | None:
    return None if not b else bounded(ARITHMETIC.divide(Decimal(a), Decimal(b)))


def remainder(left: Value, right: Value) -> Value:
    """What is left of dividing to the whole number below: between 0 and `right`, as a clock or a calendar wants it."""
    a, b = number(left), number(right)
    if a is None or not b:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    rest = ARITHMETIC.remainder(Decimal(a), Decimal(b))
    return bounded(ARITHMETIC.add(rest, b) if rest and (rest < 0) != (b < 0) else rest)


def negative(value: Value) -> Value:
    if isinstance(value, Duration):
        return Duration(-value.months, -value.seconds)
    known = number(value)
    return None if known is None else -known


def rounded(value: Value, decimals: Value = 0) -> Value:
    """To so many decimals, halves away from zero."""
    known, places = number(value), number(decimals)
    if known is None or not isinstance(places, int) or abs(places) > 15:
        return None
    return bounded(Decimal(known).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=ARITHMETIC))


def part_of(moment: Value, name: str) -> int | None:
    """A part of a date, a time or both, by its name; None of anything else."""
    if name == "weekday":
        return moment.isoweekday() if isinstance(moment, date) else None
    is_known = (name in ("year", "month", "day") and isinstance(moment, date)) or (
        name in ("hour", "minute") and isinstance(moment, (time, datetime)))
    return getattr(moment, name) if is_known else None


def title(value: str) -> str:
    """Every word with a capital; the letters after it as they are: `o'brien mcGee` is `O'brien McGee`."""
    return " ".join(word[:1].upper() + word[1:] for word in value.split(" "))


def items_of(args: Sequence[Value]) -> Sequence[Value] | None:
    """The values of `min(a, b)` or `min(list)`; None where one has no value."""
    if len(args) == 1:
        return [item for item in args[0] if item is not None] if isinstance(args[0], list) else None
    return None if any(arg is None for arg in args) else args


def extreme(better: Operator) -> Callable[..., Value]:
    """`min` or `max`: the first item that no other is better than; None where two cannot be compared."""

    def best_of(*args: Value) -> Value:
        items = items_of(args)
        if not items:
            return None
        best = items[0]
        for item in items[1:]:
            is_better = better(item, best)
            if is_better is None:
                return None
            best = item if is_better else best
        return best

    return best_of


def total_of(operators: Operators) -> Callable[[Value], Value]:
    """`sum` of a list: numbers or durations; 0 for an empty one."""
    add = operators.by_name["+"]

    def total(items: Value) -> Value:
        known = items_of([items])
        if known is None:
            return None
        amounts = [item if isinstance(item, Duration) else number(item) for item in known]
        result: Value = amounts[0] if amounts else 0
        for amount in amounts[1:]:
            result = add(result, amount)
        return result

    return total


def length(value: Value) -> int | None:
    return len(value) if isinstance(value, (str, list)) else None


def item_at(value: Value, index: Value) -> Value:
    """The item at an index from 0, from the end if it is negative; None beyond."""
    if not isinstance(value, list) or not is_number(index) or not isinstance(index, int):
        return None
    return value[index] if -len(value) <= index < len(value) else None


def split(value: Value, at: Value) -> Value:
    """The parts of a text between the separators, trimmed; an empty separator splits at white space."""
    if not isinstance(value, str) or not isinstance(at, str):
        return None
    return [part.strip() for part in (value.split(at, ITEMS - 1) if at else value.split(None, ITEMS - 1))]
