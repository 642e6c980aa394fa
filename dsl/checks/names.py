"""What can be known of a value: the facts there are, and what expressions and texts want of them and say about them.

A fact is a bit: a slot or local has a value, a list that a question is asked from holds something.
"""

from collections.abc import Iterator

import msgspec

from dsl.table import Expr, Flow, Table, Text, Variable


class Names(msgspec.Struct):
    """The facts there are: a bit for each variable, and for each list that a question is asked from.

    Variables that always have a value have none: slots with a default, the language, parameters.
    """

    slots: dict[str, int] = {}
    locals: dict[str, dict[str, int]] = {}       # by flow; flows share the bits
    filled: dict[tuple[str, bytes], int] = {}    # flow ("" for slots), list: holds something
    lists: dict[tuple[str, str, str], int] = {}  # flow, kind, name: its `filled` facts
    of_slots: int = 0                        # all facts that outlive a frame
    all: int = 0

    def known(self, variable: Variable, flow: str) -> int:
        """The fact that a variable has a value; 0 where it always has, or nothing is known of it."""
        kind, name = variable[0], variable[1]
        return self.slots.get(name, 0) if kind == "slot" else self.locals.get(flow, {}).get(name, 0)

    def list_filled(self, code: Expr, flow: str) -> int:
        root = root_of(code) if self.filled else None
        return self.filled.get((scope(root, flow), _key(code)), 0) if root else 0

    def about(self, variable: Variable, flow: str) -> int:
        """All facts that are void once the variable has another value."""
        lists = self.lists.get((scope(variable, flow), variable[0], variable[1]), 0) if self.lists else 0
        return self.known(variable, flow) | lists


def scope(variable: Variable, flow: str) -> str:
    """Where a variable is at home: its flow, or nowhere in particular for a slot."""
    return "" if variable[0] == "slot" else flow


_key = msgspec.json.Encoder(order="deterministic").encode


def root_of(code: Expr) -> Variable | None:
    """The slot or local that a value is taken from: `order` of `order.lines`."""
    while isinstance(code, list) and code and code[0] == "get":
        code = code[1]
    return code[:2] if isinstance(code, list) and code and code[0] in ("slot", "local") else None


def names(table: Table) -> Names:
    """The facts of a table."""
    found = Names()
    bit = 1                                  # stands for nothing; the bit before the first fact
    for name, slot in table.slots.items():
        if slot.default is None and name != "language":
            bit <<= 1
            found.slots[name] = bit
    top = bit
    for flow, local_names in [*((name, _locals(flow)) for name, flow in table.flows.items()),
                              ("anywhere", list(table.anywhere_locals))]:
        found.locals[flow] = {name: bit << number for number, name in enumerate(local_names, 1)}
        top = max(top, bit << len(local_names))
    slots_mask = (bit << 1) - 2
    for step in table.steps.values():
        code = table.exprs[step.items] if step.items is not None else None
        root = root_of(code)
        if root is None or (scope(root, step.flow), _key(code)) in found.filled:
            continue
        top <<= 1
        home = scope(root, step.flow)
        found.filled[home, _key(code)] = top
        owner = (home, root[0], root[1])
        found.lists[owner] = found.lists.get(owner, 0) | top
        if root[0] == "slot":
            slots_mask |= top
    found.of_slots = slots_mask
    found.all = (top << 1) - 1
    return found


def _locals(flow: Flow) -> list[str]:
    params = {name for name, _ in flow.params}
    return [name for name in flow.locals if name not in params]


class Reader:
    """What an expression or a text wants to know, and what follows from a condition."""

    def __init__(self, table: Table, names: Names) -> None:
        self.table = table
        self.names = names
        self.shown = {number: shown for number, text in enumerate(table.texts) if (shown := _shown(text))}   # by T

    def follows(self, code: Expr, flow: str, holds: bool) -> int:
        """The facts that follow from a condition that holds, or that does not."""
        if not isinstance(code, list) or not code:
            return 0
        match code[0]:
            case "slot" | "local":
                return self.names.known(code, flow) | self.names.list_filled(code, flow) if holds else 0
            case "get":
                return self.names.list_filled(code, flow) if holds else 0
            case "known":
                return self.follows_known(code[1], flow) if holds else 0
            case "empty":
                return 0 if holds else self.follows_known(code[1], flow) | self.names.list_filled(code[1], flow)
            case "not":
                return self.follows(code[1], flow, not holds)
            case "and" | "or" if (code[0] == "and") == holds:
                return self.follows(code[1], flow, holds) | self.follows(code[2], flow, holds)
            case "and" | "or":
                return self.follows(code[1], flow, holds) & self.follows(code[2], flow, holds)
            case "==" | "!=" | "<" | "<=" | ">" | ">=":
                return self._follows_length(code, flow, holds)
        return 0

    def follows_known(self, code: Expr, flow: str) -> int:
        """What `x.y is known` says: the variable it is taken from is known too."""
        root = root_of(code)
        return self.names.known(root, flow) if root else 0

    def _follows_length(self, code: Expr, flow: str, holds: bool) -> int:
        op, left, right = code
        if not (isinstance(left, list) and left[:1] == ["len"] and _whole(right) is not None):
            return 0
        if not holds:
            op = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}[op]
        count = _whole(right) or 0
        least = {"==": count, ">": count + 1, ">=": count, "!=": 1 if count == 0 else 0}.get(op, 0)
        return self.names.list_filled(left[1], flow) if least > 0 else 0

    def wants(self, code: Expr, flow: str, given: int = 0) -> Iterator[tuple[int, tuple[str, str]]]:
        """The variables that must have a value for this to have one, but for those that `given` says have."""
        if not isinstance(code, list) or not code:
            return
        match code[0]:
            case "slot" | "local":
                fact = self.names.known(code, flow)
                if fact & ~given:
                    yield fact, (code[0], code[1])
            case "known" | "empty" | "num" | "it" | "given" | "today" | "now" | "duration":
                return
            case "or":
                yield from self.wants(code[2], flow, given | self.follows(code[1], flow, False))
            case "and" | "not":
                yield from self.tests(code, flow, given)
            case "if":
                yield from self.tests(code[1], flow, given)
                yield from self.wants(code[2], flow, given | self.follows(code[1], flow, True))
                yield from self.wants(code[3], flow, given | self.follows(code[1], flow, False))
            case "text":
                yield from self.of_text(code[1], flow, given)
            case _:
                for part in code[1:]:
                    yield from self.wants(part, flow, given)

    def tests(self, code: Expr, flow: str, given: int = 0) -> Iterator[tuple[int, tuple[str, str]]]:
        """The same of a condition, where a bare variable asks whether it has a value."""
        match code:
            case ["slot" | "local", *_]:
                return
            case ["not", of]:
                yield from self.tests(of, flow, given)
            case ["and" as op, left, right] | ["or" as op, left, right]:
                yield from self.tests(left, flow, given)
                yield from self.tests(right, flow, given | self.follows(left, flow, op == "and"))
            case _:
                yield from self.wants(code, flow, given)

    def of_text(self, text: int, flow: str, given: int = 0) -> Iterator[tuple[int, tuple[str, str]]]:
        """What a text wants, in any language."""
        return (want for code in self.shown.get(text, ()) for want in self.wants(code, flow, given))


def _shown(text: Text) -> list[Expr]:
    return [part[3] if part[0] == "show" else part[1]
            for parts in text.values() for part in parts if not isinstance(part, str)]


def _whole(code: Expr) -> int | None:
    """The value of a literal whole number."""
    if isinstance(code, list) and code[:1] == ["num"]:
        code = int(code[1]) if str(code[1]).isdecimal() else None
    return code if isinstance(code, int) else None
