"""A table as ways and wants: what every edge of the graph does to the facts, and every place that wants one.

A read counts as a guard for what follows: whoever reads a name twice is told once.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from dsl.checks.graph import Edge, Graph
from dsl.checks.names import Names, Reader, names, scope
from dsl.table import Expr, Op, Option, Row, Step, Variable

OUTSIDE = frozenset(("jump", "do", "failed", "anywhere", "starts", "begin", "lost"))   # edges that leave the frame

_LEADS = frozenset(("go", "jump", "rest", "again"))


class Way(NamedTuple):
    """What becomes of the facts along an edge: `facts & keep | gen`, after what the awaited flow did to them."""

    edge: Edge
    keep: int
    gen: int
    awaited: str | None = None               # the flow that came back


class Read(NamedTuple):
    """A place that wants a fact: it holds if `facts & keep | gen` has it, with the facts at the node."""

    node: int
    at: int                                  # index of the operation or row; -1: the step itself
    fact: int
    keep: int
    gen: int
    variable: tuple[str, str]                # "slot" or "local", name
    text: bool                               # whether it is read in a text or in an expression
    number: int                              # T or E
    passed: bool                             # an argument of a call that is nothing but this variable


class Setter(NamedTuple):
    """A place that gives a variable its value."""

    node: int
    at: int                                  # index of the operation or row; -1: the step itself


class Program(msgspec.Struct, dict=True):
    """The facts of a table and all that is done to them."""

    graph: Graph
    names: Names
    ways: list[list[Way]]                    # by node, in the order of the graph's edges
    reads: list[Read] = []
    returns: dict[int, tuple[int, int]] = {}                # run: kept, added where it returns
    setters: dict[tuple[str, str, str], list[Setter]] = {}  # by `scope`, kind and name

    @cached_property
    def into(self) -> list[list[Way]]:
        """The ways that lead to each node."""
        into: list[list[Way]] = [[] for _ in self.ways]
        for ways in self.ways:
            for way in ways:
                into[way.edge.target].append(way)
        return into

    def sets(self, variable: Variable, flow: str, setter: Setter) -> None:
        self.setters.setdefault((scope(variable, flow), variable[0], variable[1]), []).append(setter)


def program(graph: Graph) -> Program:
    """The ways and reads of a graph, of the nodes that a conversation can come to."""
    made = Program(graph, names(graph.table), [[] for _ in graph.out])
    reader = Reader(graph.table, made.names)
    for node in graph.order:
        step = graph.step(node)
        if step is not None:
            _Walk(made, reader, node).step(step)
        elif not graph.is_run(node):
            _Walk(made, reader, node).hub()
        elif len(graph.ops[node]) == 1 and graph.ops[node][0][0] in _LEADS:
            made.ways[node] = [_plain(made.names, edge) for edge in graph.out[node]]
        else:
            _Walk(made, reader, node).run(graph.ops[node])
    return made


def _plain(names: Names, edge: Edge) -> Way:
    """The way along an edge before which nothing happens."""
    return Way(edge, names.of_slots if edge.kind in OUTSIDE else names.all, 0)


class _Walk:
    """One pass along operations: the facts kept and added so far."""

    def __init__(self, made: Program, reader: Reader, node: int) -> None:
        self.made = made
        self.reader = reader
        self.names = made.names
        self.node = node
        self.flow = made.graph.flow_of(node)
        self.keep = made.names.all
        self.gen = 0

    def way(self, edge: Edge, awaited: str | None = None) -> None:
        """The way along an edge, with the facts as they are now; those of locals stay behind with their frame."""
        keep, gen = self.keep, self.gen
        if edge.kind in OUTSIDE:
            keep, gen = keep & self.names.of_slots, gen & self.names.of_slots
        self.made.ways[self.node].append(Way(edge, keep, gen, awaited))

    # --- what is read and set -----------------------------------------------------------------------------------

    def set(self, variable: Variable, at: int) -> None:
        """A variable has a new value: nothing else is known of it."""
        self.unset(variable)
        self.gen |= self.names.known(variable, self.flow)
        self.made.sets(variable, self.flow, Setter(self.node, at))

    def unset(self, variable: Variable) -> None:
        void = self.names.about(variable, self.flow)
        self.keep &= ~void
        self.gen &= ~void

    def learn(self, index: int | None, holds: bool) -> None:
        if index is not None:
            self.gen |= self.follows(index, holds)

    def follows(self, index: int | None, holds: bool) -> int:
        return 0 if index is None else self.reader.follows(self.made.graph.table.exprs[index], self.flow, holds)

    def expr(self, index: int | None, at: int, passed: bool = False) -> None:
        if index is not None:
            code = self.made.graph.table.exprs[index]
            bare = passed and isinstance(code, list) and code[0] in ("slot", "local")
            self._want(self.reader.wants(code, self.flow, self.gen), at, False, index, bare)

    def test(self, index: int | None, at: int) -> None:
        if index is not None:
            code = self.made.graph.table.exprs[index]
            self._want(self.reader.tests(code, self.flow, self.gen), at, False, index)

    def text(self, index: int | None, at: int, given: int = 0) -> None:
        if index is not None and index in self.reader.shown:
            self._want(self.reader.of_text(index, self.flow, self.gen | given), at, True, index)

    def _want(self, wants: Iterable[tuple[int, tuple[str, str]]], at: int, text: bool, index: int,
              passed: bool = False) -> None:
        for fact, variable in wants:
            if not self.gen & fact:
                self.made.reads.append(Read(self.node, at, fact, self.keep, self.gen, variable, text, index, passed))
                self.gen |= fact

    def message(self, at: int, text: int | list[int], header: int | None, image: int | None, footer: int | None,
                link: list[int] | None) -> None:
        for variant in text if isinstance(text, list) else (text,):
            self.text(variant, at)
        if header is not None:
            self.text(header, at)
        if image is not None:
            self.expr(image, at)
        if footer is not None:
            self.text(footer, at)
        if link:
            self.text(link[0], at)
            self.expr(link[1], at)

    # --- operations ---------------------------------------------------------------------------------------------

    def run(self, ops: Sequence[Op]) -> None:
        """Operations of a run, with the ways that leave from them."""
        edges = iter(self.made.graph.out[self.node])
        following = next(edges, None)
        for at, op in enumerate(ops):
            kind, edge = op[0], None
            if following is not None and following.at == at:
                edge, following = following, next(edges, None)
            if kind == "branch":
                self.test(op[1], at)
                self._branch(op, edge)
            elif kind == "next":
                if edge:
                    self.way(edge)
                self.set(op[2], at)
            elif kind in _LEADS:
                if edge:
                    self.way(edge)
            else:
                self.op(op, at)
                if kind == "return":
                    self.made.returns[self.node] = self.keep, self.gen
                    if edge:
                        self.way(edge)

    def _branch(self, op: Op, edge: Edge | None) -> None:
        gen = self.gen
        if edge:
            self.learn(op[1], True)
            self.way(edge)
        self.gen = gen
        self.learn(op[1], False)

    def op(self, op: Op, at: int) -> None:
        """What one operation reads and sets."""
        match op:
            case ["say", message]:
                say = message.get
                self.message(at, message["text"], say("header"), say("image"), say("footer"), say("link"))
            case ["media", _, url, caption]:
                self.expr(url, at)
                self.text(caption, at)
            case ["location" | "contact", *parts]:
                for part in parts:
                    self.expr(part, at)
            case ["template", _, args]:
                for arg in args:
                    self.expr(arg, at)
            case ["list", items, text, title, detail]:
                self.text(text, at)
                for part in (items, title, detail):
                    self.expr(part, at)
            case ["set", variable, value]:
                self.expr(value, at)
                filled = self._is_filled(self.made.graph.table.exprs[value])
                self.set(variable, at)
                if filled:
                    self.gen |= self.names.list_filled(variable, self.flow)
            case ["clear", variable]:
                self.unset(variable)
            case ["return", value] | ["each", _, value]:
                self.expr(value, at)
            case ["track", _, args]:
                for _, arg in args:
                    self.expr(arg, at)

    def _is_filled(self, code: Expr) -> bool:
        """Whether a list surely holds something, as far as it can be seen here."""
        match code:
            case ["list", _, *_]:
                return True
            case ["+", left, right]:
                return self._is_filled(left) or self._is_filled(right)
            case ["or", _, right]:
                return self._is_filled(right)
        return False

    # --- steps --------------------------------------------------------------------------------------------------

    def step(self, step: Step) -> None:
        """What a step shows and asks whenever it is asked, then its rows."""
        self._shown(step)
        keep, gen = self.keep, self.gen
        for edge in self.made.graph.out[self.node]:
            if edge.at < 0:
                self.way(edge)
            else:
                self._row(step, step.on[edge.at], edge)
                self.keep, self.gen = keep, gen

    def _shown(self, step: Step) -> None:
        if step.message:
            said = step.message
            self.message(-1, said.text, said.header, said.image, said.footer, said.link)
        for _, value in step.args:
            self.expr(value, -1, passed=step.kind == "call")
        if step.items is not None:
            for index in (step.items, step.title, step.detail, step.value):
                self.expr(index, -1)
        for text in (step.team, step.hint, step.invalid, step.skip, *step.suggest):
            self.text(text, -1)
        for option in step.options:
            self._option(option)
        for kind, *values in step.constraints:
            for value in values if kind != "length" else ():
                self.expr(value, -1)
        for test, text in step.checks:
            self.test(test, -1)
            self.text(text, -1)
        if step.rule in self.made.graph.table.rules:
            self._rule(self.made.graph.table.rules[step.rule].lines)

    def _option(self, option: Option) -> None:
        gen = self.gen
        self.test(option.when, -1)
        given = self.follows(option.when, True)
        self.text(option.title, -1, given)
        self.text(option.description, -1, given)
        self.gen = gen                       # an option that is not shown reads nothing

    def _rule(self, lines: Iterable[list[Any]]) -> None:
        for kind, args, text in lines:
            for arg in args if kind in ("from", "one_of", "check") else ():
                self.expr(arg, -1)
            self.text(text, -1)

    def _row(self, step: Step, row: Row, edge: Edge) -> None:
        """What a row of a step does before its target."""
        match edge.kind:
            case "answer" if step.slot:
                self.set(step.slot, -1)
            case "option":
                name = row.event.partition(":")[2]
                self.learn(next((option.when for option in step.options if option.id == name), None), True)
            case "result" if step.into:
                self.set(step.into, -1)
            case "return":
                self._return(step, row, edge)
                return
        self.finish(row, edge)

    def _return(self, step: Step, row: Row, edge: Edge) -> None:
        """What was known at the `do` is known after it as far as the called flow lets it."""
        called = self.made.graph.called(edge)
        self.keep, self.gen = self.names.all, 0 if called else self.names.all    # an unknown flow may do anything
        if step.into:
            self.set(step.into, -1)          # that a flow comes back without what it promised is told there
        self.finish(row, edge, called)

    def finish(self, row: Row, edge: Edge, awaited: str | None = None) -> None:
        """What every row may have: a guard, operations, the parameters of an event."""
        if row.guard is not None:
            self.test(row.guard, edge.at)
            self.learn(row.guard, True)
        for op in row.ops:
            self.op(op, edge.at)
        if edge.kind == "event":
            flow = self.made.graph.flow_of(edge.target)
            for param in self.made.graph.table.events.get(row.event.partition(":")[2], ()):
                self.gen |= self.names.known(["local", param], flow)
        self.way(edge, awaited)

    # --- what stands for many -----------------------------------------------------------------------------------

    def hub(self) -> None:
        """The rows of what stands for many; their locals are those of the frame they push."""
        graph = self.made.graph
        for texts in graph.table.system.values() if self.node == graph.anywhere else ():
            for text in texts if isinstance(texts, list) else (texts,):
                self.text(text, -1)          # what the machine says by itself it may say at any question
        rows = graph.rows(self.node)
        for edge in graph.out[self.node]:
            self.keep, self.gen = self.names.all, 0
            if edge.at < 0:
                self.way(edge)
            else:
                self.finish(rows[edge.at], edge)
