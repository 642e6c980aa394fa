"""Expressions and texts of a table as closures, made once: no tree is walked twice, nothing becomes Python source.

`Builder` turns the prefix lists of `dsl/table.py` into functions of a `Scope`. It trusts nothing: an expression it
does not know, one that is nested too deep, or one whose parts do not go together has no value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from dsl.table import Expr, Json, Part, Table, Text, Var
from runtime import titles
from runtime.operators import (
    Operators,
    extreme,
    holds,
    is_empty,
    item_at,
    length,
    negative,
    part_of,
    rounded,
    split,
    title,
    total_of,
)
from runtime.texts import Formats, formats
from runtime.values import ITEMS, TEXT, Value, Values, duration, number

DEEPEST = 100                                # levels of one expression; an author writes a handful


class Scope(msgspec.Struct, frozen=True):
    """What an expression may read: plain values, a time and a language."""

    slots: Mapping[str, Json] = {}           # a slot that is not set is not here, or None
    locals: Mapping[str, Json] = {}
    at: int = 0                              # milliseconds since 1970, UTC
    language: str = ""
    it: Json = None
    given: Mapping[str, Json] = {}           # what the machine supplies to a system text or a template
    flow: str = ""                           # whose locals they are


Closure: TypeAlias = Callable[[Scope], Value]
Shown: TypeAlias = Callable[[Scope], str]
Titled: TypeAlias = Callable[[Scope], str | None]
Maker: TypeAlias = Callable[[list[Any], int], Closure]


def _nothing(scope: Scope) -> Value:
    return None


class Builder:
    """Makes the closures of one table."""

    def __init__(self, table: Table, values: Values, checks: Mapping[str, Callable[[str, str | None], bool]]) -> None:
        self._table, self._values, self._checks = table, values, checks
        self._language = table.languages[0] if table.languages else ""
        self._formats: dict[str, Formats] = {}
        self.operators = Operators(values)
        self._operators = self.operators.by_name
        self._functions = _functions(self.operators)
        self._makers: dict[str, Maker] = {
            "num": self._num, "slot": self._slot, "local": self._local, "it": self._it, "given": self._given,
            "today": self._today, "now": self._now, "list": self._list, "duration": self._duration, "get": self._get,
            "index": self._index, "as": self._as, "or": self._or, "and": self._and, "not": self._not,
            "neg": self._neg, "if": self._if, "empty": self._empty, "known": self._known, "is": self._is,
            "join": self._join, "text": self._text,
            **dict.fromkeys(self._operators, self._operator), **dict.fromkeys(self._functions, self._function),
        }

    def expression(self, expr: Expr, depth: int = 0) -> Closure:
        if not isinstance(expr, list):
            literal = number(expr) if isinstance(expr, float) else None if isinstance(expr, dict) else expr
            return lambda scope: literal
        make = self._makers.get(expr[0]) if expr and isinstance(expr[0], str) else None
        if make is None or depth > DEEPEST:
            return _nothing
        try:
            return make(expr, depth + 1)
        except (IndexError, ValueError, TypeError):   # too few parts, or parts of another kind
            return _nothing

    def holds(self, expr: Expr, depth: int = 0) -> Callable[[Scope], bool]:
        value = self.expression(expr, depth)
        return lambda scope: holds(value(scope))

    # --- what is there

    def _num(self, expr: list[Any], depth: int) -> Closure:
        value = number(expr[1])
        return lambda scope: value

    def _slot(self, expr: list[Any], depth: int) -> Closure:
        name: str = expr[1]
        var = self._table.slots.get(name, Var("unknown"))
        if name == "language":
            default = self._language
            return lambda scope: scope.slots.get(name) or scope.language or default
        return self._stored(lambda scope: scope.slots.get(name), var.type, var.default)

    def _local(self, expr: list[Any], depth: int) -> Closure:
        name, type = expr[1], expr[2]
        return self._stored(lambda scope: scope.locals.get(name), type)

    def _it(self, expr: list[Any], depth: int) -> Closure:
        return self._stored(lambda scope: scope.it, expr[1])

    def _given(self, expr: list[Any], depth: int) -> Closure:
        name = expr[1]
        return self._stored(lambda scope: scope.given.get(name), "unknown")

    def _stored(self, read: Closure, type: str, default: Json = None) -> Closure:
        convert = self._values.converter(type)
        fallback = None if default is None else convert(default)

        def stored(scope: Scope) -> Value:
            value = read(scope)
            return fallback if value is None else convert(value)

        return stored

    def _today(self, expr: list[Any], depth: int) -> Closure:
        moment = self._values.moment

        def today(scope: Scope) -> Value:
            now = moment(scope.at)
            return None if now is None else now.date()

        return today

    def _now(self, expr: list[Any], depth: int) -> Closure:
        moment = self._values.moment
        return lambda scope: moment(scope.at)

    def _list(self, expr: list[Any], depth: int) -> Closure:
        items = [self.expression(item, depth) for item in expr[1 : ITEMS + 1]]
        return lambda scope: [item(scope) for item in items]

    def _duration(self, expr: list[Any], depth: int) -> Closure:
        value = duration(int(expr[1]), expr[2])
        return lambda scope: value

    def _get(self, expr: list[Any], depth: int) -> Closure:
        of, field, convert = self.expression(expr[1], depth), expr[2], self._values.converter(expr[3])

        def get(scope: Scope) -> Value:
            value = of(scope)
            if not isinstance(value, dict):
                return part_of(value, field)
            known = value.get(field)
            return None if known is None else convert(known)

        return get

    def _index(self, expr: list[Any], depth: int) -> Closure:
        of, at = self.expression(expr[1], depth), self.expression(expr[2], depth)
        return lambda scope: item_at(of(scope), at(scope))

    def _as(self, expr: list[Any], depth: int) -> Closure:
        type, of = expr[1], self.expression(expr[2], depth)
        convert = self._values.convert
        return lambda scope: convert(type, of(scope))

    # --- what becomes of it

    def _operator(self, expr: list[Any], depth: int) -> Closure:
        apply = self._operators[expr[0]]
        left, right = self.expression(expr[1], depth), self.expression(expr[2], depth)
        return lambda scope: apply(left(scope), right(scope))

    def _function(self, expr: list[Any], depth: int) -> Closure:
        apply = self._functions[expr[0]]
        args = [self.expression(arg, depth) for arg in expr[1:]]

        def function(scope: Scope) -> Value:
            try:
                return apply(*[arg(scope) for arg in args])
            except (ArithmeticError, TypeError, ValueError):   # TypeError: more or fewer arguments than it takes
                return None

        return function

    def _or(self, expr: list[Any], depth: int) -> Closure:
        first, second = self.expression(expr[1], depth), self.expression(expr[2], depth)

        def either(scope: Scope) -> Value:
            value = first(scope)
            return value if holds(value) else second(scope)

        return either

    def _and(self, expr: list[Any], depth: int) -> Closure:
        first, second = self.holds(expr[1], depth), self.holds(expr[2], depth)
        return lambda scope: first(scope) and second(scope)

    def _not(self, expr: list[Any], depth: int) -> Closure:
        test = self.holds(expr[1], depth)
        return lambda scope: not test(scope)

    def _neg(self, expr: list[Any], depth: int) -> Closure:
        of = self.expression(expr[1], depth)
        return lambda scope: negative(of(scope))

    def _if(self, expr: list[Any], depth: int) -> Closure:
        test = self.holds(expr[1], depth)
        then, otherwise = self.expression(expr[2], depth), self.expression(expr[3], depth)
        return lambda scope: then(scope) if test(scope) else otherwise(scope)

    def _empty(self, expr: list[Any], depth: int) -> Closure:
        of = self.expression(expr[1], depth)
        return lambda scope: is_empty(of(scope))

    def _known(self, expr: list[Any], depth: int) -> Closure:
        of = self.expression(expr[1], depth)
        return lambda scope: of(scope) is not None

    def _is(self, expr: list[Any], depth: int) -> Closure:
        check = self._checks.get(expr[1])
        of, arg = self.expression(expr[2], depth), self.expression(expr[3] if len(expr) > 3 else None, depth)

        def passes(scope: Scope) -> Value:
            value, country = self._values.convert("text", of(scope)), arg(scope)
            if value is None or check is None:
                return None
            return check(value, country if isinstance(country, str) else None)

        return passes

    # --- texts

    def _join(self, expr: list[Any], depth: int) -> Closure:
        items, between = self.expression(expr[1], depth), self.expression(expr[2], depth)

        def join(scope: Scope) -> Value:
            values, sign = items(scope), between(scope)
            if not isinstance(values, list) or not isinstance(sign, str):
                return None
            show = self.formats(scope.language).show
            return sign.join([show(value) for value in values if value is not None])[:TEXT]

        return join

    def _text(self, expr: list[Any], depth: int) -> Closure:
        fill = self.text(self._table.texts[expr[1]], depth)
        return lambda scope: fill(scope)[:TEXT]

    def formats(self, language: str) -> Formats:
        """How values are written in a language of the bot, or in any other."""
        known = self._formats.get(language)
        if known is None:
            yes, no = (self._word(name, language) for name in ("yes", "no"))
            known = formats(language or self._language, self._table.region, yes, no)
            if language in self._table.languages:
                self._formats[language] = known
        return known

    def _word(self, name: str, language: str) -> str:
        text = self._table.system.get(name)
        if text is None:
            return name
        by_language = self._table.texts[text if isinstance(text, int) else text[0]]
        parts = by_language.get(language) or by_language.get(self._language, [])
        return "".join(part for part in parts if isinstance(part, str))

    def text(self, text: Text, depth: int = 0) -> Shown:
        """A text as a function of a scope, in the scope's language, in the bot's first where it is not translated."""
        by_language: dict[str, Shown] = {}

        def fill(scope: Scope) -> str:
            language = scope.language if scope.language in text else self._language
            filled = by_language.get(language)
            if filled is None:
                filled = by_language[language] = self._filled(text.get(language, []), language, depth)
            return filled(scope)

        return fill

    def _filled(self, parts: list[Part], language: str, depth: int) -> Shown:
        shown = [part if isinstance(part, str) else self._part(part, language, depth + 1) for part in parts]
        if not any(callable(part) for part in shown):
            constant = "".join(part for part in shown if isinstance(part, str))
            return lambda scope: constant
        return lambda scope: "".join([part if isinstance(part, str) else part(scope) for part in shown])

    def _part(self, part: Part, language: str, depth: int) -> Shown:
        if depth <= DEEPEST and isinstance(part, list):
            if part[:1] == ["plural"] and len(part) == 3:
                return self._plural(part, language, depth)
            if part[:1] == ["show"] and len(part) == 4:
                return self._show(part, language, depth)
        return lambda scope: ""

    def _plural(self, part: list[Any], language: str, depth: int) -> Shown:
        count, forms = self.expression(part[1], depth), part[2]
        written = self.formats(language)

        def plural(scope: Scope) -> str:
            return str(forms.get(written.plural(count(scope))) or forms.get("other") or "")

        return plural

    def _show(self, part: list[Any], language: str, depth: int) -> Shown:
        _, type, wanted, expr = part
        value, convert = self.expression(expr, depth), self._values.converter(type)
        written = self.formats(language)
        titled = titles.titled(self, self._table, expr, depth) if type in ("choice", "text") else None
        if not wanted:
            return self._shown(value, type, written, titled)

        def formatted(scope: Scope) -> str:
            title = None if titled is None else titled(scope)
            known = value(scope) if title is None else title
            result = known if known is None else convert(known)
            if result is None:
                result = known
            for name, *args in wanted:
                result = written.format(result, name, args)
            return str(result)

        return formatted

    def _shown(self, value: Closure, type: str, written: Formats, titled: Titled | None) -> Shown:
        convert = self._values.converter(type)

        def shown(scope: Scope) -> str:
            known = value(scope)
            if known is None:
                return ""
            title = None if titled is None else titled(scope)
            if title is not None:
                return title
            if type == "language":
                return written.language_name(str(known))
            result = convert(known)
            return written.show(known if result is None else result)

        return shown


def _functions(operators: Operators) -> dict[str, Callable[..., Value]]:
    def contains(whole: Value, part: Value) -> Value:
        return operators.within(part, whole)

    def of_text(change: Callable[[str], str]) -> Callable[[Value], Value]:
        return lambda value: change(value)[:TEXT] if isinstance(value, str) else None

    return {
        "len": length, "lower": of_text(str.lower), "upper": of_text(str.upper), "title": of_text(title),
        "round": rounded, "min": extreme(operators.by_name["<"]), "max": extreme(operators.by_name[">"]),
        "sum": total_of(operators), "first": lambda items: item_at(items, 0), "last": lambda items: item_at(items, -1),
        "split": split, "contains": contains,
    }
