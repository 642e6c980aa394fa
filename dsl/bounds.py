"""How long a text can become: what is written in it, and at most what the values in it can hold.

A value is bounded by its slot's or field's `max`, by the rule or `length` it was asked with, by every place that sets
it, or by its type (a date of that language, a yes or no). What has no such bound has none here either; the machine
then guards the message at run time. A list is as long as its longest item.

Lengths are characters (code points). Shortest is what is certain to be there: a value may be missing or empty.
"""

from collections.abc import Callable, Iterator
from functools import cached_property, partial, reduce
from typing import Any, NamedTuple

import msgspec

from dsl.table import UNKNOWN, Expr, Part, Step, Table, Var
from dsl.types import item_of
from dsl.widths import at_most, width

# The longest shown of types whose length nobody declares. A phone number is E.164 (15 digits and `+`) with the spaces
# of its country; an address of electronic mail at most 254 characters (RFC 5321); a duration in words as `2 hours and
# 30 minutes`.
WIDTHS = {"phone": 22, "email": 254, "language": 12, "duration": 40, "time": 5, "integer": 10, "number": 14}


class Bounds(NamedTuple):
    """At least and at most this many characters; `most` None: any number, because of the value `loose`."""

    least: int
    most: int | None
    loose: str = ""

    def then(self, other: "Bounds") -> "Bounds":
        most = None if self.most is None or other.most is None else self.most + other.most
        return Bounds(self.least + other.least, most, self.loose or other.loose)

    def either(self, other: "Bounds") -> "Bounds":
        most = None if self.most is None or other.most is None else max(self.most, other.most)
        return Bounds(min(self.least, other.least), most, self.loose or other.loose)


NOTHING = Bounds(0, 0)
Key = tuple[str, str]                        # ("", slot) or (flow, local)


def up_to(most: int) -> Bounds:
    return Bounds(0, most)


def shown(code: Expr) -> str:
    """A value as an author would point to it: `name`, `it.address`."""
    match code:
        case ["slot" | "local" | "given", name, *_]:
            return str(name)
        case ["it", *_]:
            return "it"
        case ["get", of, name, *_]:
            return f"{shown(of)}.{name}"
        case [_, inner, *_] if isinstance(inner, list):
            return shown(inner)
    return "a value"


def flow_of(run: str) -> str:
    """The flow a run belongs to: runs are named `flow`, `flow#2`."""
    return run.partition("#")[0]


class _Writers(msgspec.Struct):
    """Where the variables of a table get their values: each a way to measure what is put there."""

    known: dict[Key, list[Callable[[], Bounds]]] = {}

    def add(self, key: Key, measure: Callable[[], Bounds]) -> None:
        self.known.setdefault(key, []).append(measure)


class Measure:
    """Lengths of the texts and values of one table, each variable worked out once.

    `rough`: dates, times and numbers count as what no region writes longer, which mostly is enough to know that a text
    fits, and spares the import of Babel's tables.
    """

    def __init__(self, table: Table, *, rough: bool = False) -> None:
        self.table = table
        self.rough = rough
        self.items: Expr = None              # the list that `it` is an item of
        self._variables: dict[Key, Bounds] = {}

    def over(self, items: Expr) -> "Measure":
        """The same, where `it` is an item of this list."""
        inside = Measure(self.table, rough=self.rough)
        inside.items, inside._variables, inside._writers = items, self._variables, self._writers
        return inside

    def text(self, index: int, language: str, flow: str) -> Bounds:
        """Of text `index` in a language, inside a flow (whose locals it may show)."""
        text = self.table.texts[index]
        found = NOTHING
        for part in text.get(language, text.get(self.table.languages[0], [])):
            one = Bounds(len(part), len(part)) if isinstance(part, str) else self._value(part, language, flow)
            found = one if found is NOTHING else found.then(one)
        return found

    def part(self, part: Part, language: str, flow: str) -> Bounds:
        return Bounds(len(part), len(part)) if isinstance(part, str) else self._value(part, language, flow)

    def _value(self, part: Part, language: str, flow: str) -> Bounds:
        match part:
            case ["plural", _, dict(words)]:
                lengths = [len(word) for word in words.values()] or [0]
                return Bounds(min(lengths), max(lengths))
            case ["show", str(type), list(formats), code]:
                return self._shown(type, formats, code, language, flow)
        return Bounds(0, None, "a value")

    def value(self, code: Expr, type: str, language: str, flow: str) -> Bounds:
        """Of a value shown as its type is."""
        return self._shown(type, [], code, language, flow)

    def _shown(self, type: str, formats: list[list[str]], code: Expr, language: str, flow: str) -> Bounds:
        name, *args = formats[-1] if formats else [""]
        if isinstance(code, str) and type == "text":
            return Bounds(len(code), len(code))
        match code:
            case ["or", one, other] | ["if", _, one, other] if not formats:
                return self._shown(type, [], one, language, flow).either(self._shown(type, [], other, language, flow))
            case None:
                return NOTHING
        if type == "boolean":
            return self._truth(language, flow)
        if type in ("date", "datetime", "time") or name in ("number", "money", "percent", "date", "time", "datetime"):
            arg = args[0] if args else ""
            if self.rough:
                return up_to(at_most(type, name, arg, language))
            return up_to(width(type, name, arg, language, self.table.region or ""))
        if type in WIDTHS:
            return up_to(WIDTHS[type])
        if type in ("text", "choice"):
            return self.words(code, language, flow)
        return Bounds(0, None, shown(code))

    def _truth(self, language: str, flow: str) -> Bounds:
        words = [self.table.system.get(name) for name in ("yes", "no")]
        lengths = [self.text(word, language, flow) for word in words if isinstance(word, int)]
        return up_to(max((bounds.most or 0 for bounds in lengths), default=5))

    # --- values that are texts ------------------------------------------------------------------------------

    def words(self, code: Expr, language: str, flow: str) -> Bounds:
        """Of a value that is a text."""
        match code:
            case str():
                return Bounds(len(code), len(code))
            case ["text", int(index)]:
                return self.text(index, language, flow)
            case ["+", one, other] if self._is_list(one, flow) or self._is_list(other, flow):
                return self.words(one, language, flow).either(self.words(other, language, flow))
            case ["+", one, other]:
                return self.words(one, language, flow).then(self.words(other, language, flow))
            case ["list", *items]:
                return reduce(Bounds.either, (self.words(item, language, flow) for item in items), NOTHING)
            case ["split" | "index" | "first" | "last", of, *_]:
                found = self.words(of, language, flow)
                return Bounds(0, found.most, found.loose)
            case ["it", _] if self.items is not None:
                return self.words(self.items, language, flow)
            case ["or", one, other] | ["if", _, one, other]:
                return self.words(one, language, flow).either(self.words(other, language, flow))
            case ["upper" | "lower" | "title", of]:
                return self.words(of, language, flow)
            case ["as", "text", of] if self.type_of(of, flow) not in ("", "text", "unknown"):
                return self.value(of, self.type_of(of, flow), language, flow)
            case ["as", _, of]:
                return self.words(of, language, flow)
            case ["slot", str(name)]:
                return self._variable(("", name), self.table.slots.get(name), name)
            case ["local", str(name), *_]:
                return self._variable((flow, name), self._local(flow, name), name)
            case ["get", of, str(name), *_]:
                var = self.table.records.get(self.type_of(of, flow), {}).get(name)
                if var is not None and var.max is not None:
                    return up_to(var.max)
        return Bounds(0, None, shown(code))

    def type_of(self, code: Expr, flow: str) -> str:
        """The type of what a field is taken from or a text made of; empty where it does not matter."""
        match code:
            case ["slot", name]:
                return self.table.slots[name].type if name in self.table.slots else ""
            case ["local", _, type] | ["it", type] | ["get", _, _, type]:
                return str(type)
            case ["as", type, _]:
                return str(type)
            case ["index" | "first" | "last", of, *_]:
                return item_of(self.type_of(of, flow)) or ""
            case ["or" | "+", one, _]:
                return self.type_of(one, flow)
            case ["if", _, one, _]:
                return self.type_of(one, flow)
        return ""

    def _is_list(self, code: Expr, flow: str) -> bool:
        match code:
            case ["list" | "split", *_]:
                return True
            case ["+", one, other]:
                return self._is_list(one, flow) or self._is_list(other, flow)
        return item_of(self.type_of(code, flow)) is not None

    def _local(self, flow: str, name: str) -> Var | None:
        if flow == "anywhere":
            return self.table.anywhere_locals.get(name)
        found = self.table.flows.get(flow)
        return found.locals.get(name) if found else None

    def _variable(self, key: Key, var: Var | None, name: str) -> Bounds:
        if var is None:
            return Bounds(0, None, name)
        if var.max is not None:
            return up_to(var.max)
        if key not in self._variables:
            self._variables[key] = Bounds(0, None, name)     # while it is worked out: what needs itself has no bound
            self._variables[key] = self._titled(key, var) if var.values else self._written(key, var, name)
        return self._variables[key]

    def _titled(self, key: Key, var: Var) -> Bounds:
        """Of a choice: of its values, and of the titles that they are shown by."""
        found = up_to(max(len(value) for value, _ in var.values or ()))
        for _, title in var.values or ():
            for language in self.table.texts[title]:
                found = found.either(self.text(title, language, key[0]))
        return Bounds(0, found.most, found.loose)

    def _written(self, key: Key, var: Var, name: str) -> Bounds:
        """The longest of all that is ever put into a variable."""
        writers = self._writers.known.get(key, [])
        if not writers and var.default is None:
            return Bounds(0, None, name)
        defaults = var.default if isinstance(var.default, list) else [var.default]
        found = up_to(max((len(text) for text in defaults if isinstance(text, str)), default=0))
        for measure in writers:
            found = found.either(measure())
            if found.most is None:
                return Bounds(0, None, name)
        return found

    # --- where variables get their values -------------------------------------------------------------------

    @cached_property
    def _writers(self) -> _Writers:
        found = _Writers()
        for step in self.table.steps.values():
            if step.slot is not None:
                found.add(_key(step.slot, step.flow), partial(self._answer, step))
            if step.into is not None:
                given = partial(self._returned, step.name or "") if step.kind == "do" else _endless
                found.add(_key(step.into, step.flow), given)
            if step.kind == "do" and step.name in self.table.flows:
                for name, code in step.args:
                    found.add((step.name, name), partial(self._longest, code, step.flow))
        loops: dict[tuple[str, str], int] = {}
        for flow, op in operations(self.table):
            match op:
                case ["set", variable, code]:
                    found.add(_key(variable, flow), partial(self._put, variable, code, flow))
                case ["each", key, code]:
                    loops[flow, key] = code
                case ["next", key, variable, _]:
                    found.add(_key(variable, flow), partial(self._item, loops, (flow, key)))
        for row in (*self.table.starts, *self.table.anywhere):
            kind, _, event = row.event.partition(":")
            for name in self.table.events.get(event, ()) if kind == "event" else ():
                found.add((flow_of(row.target or UNKNOWN), name), _endless)
        return found

    @cached_property
    def _returns(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for flow, op in operations(self.table):
            if op[0] == "return" and op[1] is not None:
                found.setdefault(flow, []).append(op[1])
        return found

    def _returned(self, flow: str) -> Bounds:
        """Of what a flow gives back."""
        found = NOTHING
        for expr in self._returns.get(flow, ()):
            found = found.either(self._longest(expr, flow))
        return found

    def _longest(self, expr: int, flow: str) -> Bounds:
        """Of an expression of the pool, in the language where it is longest."""
        return self._widest(self.table.exprs[expr], flow)

    def _widest(self, code: Expr, flow: str) -> Bounds:
        return reduce(Bounds.either, (self.words(code, language, flow) for language in self.table.languages), NOTHING)

    def _put(self, variable: list[str], expr: int, flow: str) -> Bounds:
        """Of what is set; a list that something is added to is as long as before, or as that."""
        match self.table.exprs[expr]:
            case ["+", [*of], more] if of[:2] == variable and self._is_list(more, flow):
                return self._widest(more, flow)
        return self._longest(expr, flow)

    def _item(self, loops: dict[tuple[str, str], int], loop: tuple[str, str]) -> Bounds:
        return self._longest(loops[loop], loop[0]) if loop in loops else _endless()

    def _answer(self, step: Step) -> Bounds:
        """What an answer to this question can be."""
        if step.kind != "ask":
            return NOTHING                   # an option's value is set by its row
        if step.items is not None:
            inside = self.over(self.table.exprs[step.items])
            return inside._widest(["it", ""] if step.value is None else self.table.exprs[step.value], step.flow)
        lengths = [constraint[2] for constraint in step.constraints if constraint[0] == "length"]
        rule = self.table.rules.get(step.rule or "")
        for kind, args, *_ in rule.lines if rule else ():
            if kind == "length":
                lengths.append(args[1])
        numbers = [length for length in lengths if isinstance(length, int)]
        return up_to(min(numbers)) if numbers else Bounds(0, None)


def _endless() -> Bounds:
    return Bounds(0, None)


def _key(variable: list[str], flow: str) -> Key:
    return ("", variable[1]) if variable[0] == "slot" else (flow, variable[1])


def operations(table: Table) -> Iterator[tuple[str, list[Any]]]:
    """Every operation of a table with the flow it runs in: of the runs, then of the rows."""
    for name, run in table.runs.items():
        for op in run:
            yield flow_of(name), op
    for step in table.steps.values():
        for row in step.on:
            for op in row.ops:
                yield step.flow, op
    for row in (*table.anywhere, *table.starts):
        for op in row.ops:
            yield "anywhere", op
