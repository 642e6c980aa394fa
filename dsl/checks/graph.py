"""The graph of a table: its runs and steps as nodes, everything that leads from one to another as edges.

Built once for all checks. Nodes are numbers, runs first, then steps, then three places that stand for many: what
every waiting question takes (`anywhere`), what a menu and an idle conversation take (`starts`), and the beginning.
Without them the edges would be questions times patterns.

A `do` is two edges: `do` into the flow, and the step's own `return` row, which leads on only when the flow can come
back at all. The mistakes of names are left out: what leads to `?` could lead anywhere, so nothing is said of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from dsl.source import Source, Span
from dsl.table import UNKNOWN, Op, Place, Row, SourceMap, Step, Table

ASKING = ("menu", "choose", "ask")           # kinds of steps that wait for the user; anywhere patterns are taken there
LEAVES = frozenset(("rest", "again", "jump", "go", "return", "end"))


class Edge(NamedTuple):
    """`kind`: branch next go jump rest again (of a run), do back and the events of rows (of a step), lost begin."""

    source: int
    target: int
    kind: str
    at: int                                  # index of the operation in its run, or of the row in its step


class Frame(NamedTuple):
    """Whose locals a node uses, and what a `return` there goes back to."""

    flow: str                                # `anywhere` for what belongs to no flow
    over: int | None                         # the step a block was pushed over; None: a flow's own frame


@dataclass(frozen=True)
class Graph:
    """A table as nodes and edges; `out[node]` are its edges in the order they are tried."""

    table: Table
    places: SourceMap
    sources: Mapping[str, Source]
    names: list[str]                         # of runs and steps by node
    run: dict[str, int]
    step: dict[str, int]
    out: list[list[Edge]]
    frames: list[Frame | None]               # None: no way leads there, not even from its own flow
    opaque: set[int] = field(default_factory=set)   # nodes from which something leads to an unknown name

    @property
    def first_step(self) -> int:
        return len(self.run)

    @property
    def anywhere(self) -> int:
        return len(self.names)

    @property
    def starts(self) -> int:
        return len(self.names) + 1

    @property
    def begin(self) -> int:
        return len(self.names) + 2

    def is_run(self, node: int) -> bool:
        return node < len(self.run)

    def is_step(self, node: int) -> bool:
        return len(self.run) <= node < len(self.names)

    def steps(self) -> Iterator[tuple[int, Step]]:
        return zip(range(self.first_step, self.anywhere), self.table.steps.values(), strict=True)

    def ops(self, run: int) -> list[Op]:
        return self.table.runs[self.names[run]]

    def rows(self, node: int) -> Sequence[Row]:
        if self.is_step(node):
            return self.table.steps[self.names[node]].on
        if node == self.anywhere:
            return anywhere_rows(self.table)
        return self.table.starts if node == self.starts else ()

    @cached_property
    def returning(self) -> set[str]:
        """Flows that can come back to a `do`."""
        return self._reach[1]

    @cached_property
    def reached(self) -> bytearray:
        """For every node, whether a conversation can come there."""
        return self._reach[0]

    @cached_property
    def _reach(self) -> tuple[bytearray, set[str]]:
        seen, returning = bytearray(len(self.out)), set[str]()
        waiting: dict[str, list[int]] = {}   # flow: nodes behind a `do` of it that has not come back yet
        todo = [self.begin]
        while todo:
            node = todo.pop()
            if seen[node]:
                continue
            seen[node] = 1
            for edge in self.out[node]:
                flow = self.awaited(edge)
                if flow is not None and flow not in returning:
                    waiting.setdefault(flow, []).append(edge.target)
                else:
                    todo.append(edge.target)
            frame = self.left_by_return(node)
            if frame and frame.over is None and frame.flow not in returning:
                returning.add(frame.flow)
                todo += waiting.pop(frame.flow, [])
        return seen, returning

    def awaited(self, edge: Edge) -> str | None:
        """The flow that has to come back before this edge leads on, None where nothing has to."""
        if edge.kind != "return" or not self.is_step(edge.source):
            return None
        flow = self.table.steps[self.names[edge.source]].name
        return flow if flow in self.table.flows else None

    def left_by_return(self, node: int) -> Frame | None:
        """The frame that a run leaves by the `return` it ends with, None for any other node."""
        frame = self.frames[node]
        last = last_op(self.table, self.ops(node)) if frame and self.is_run(node) else None
        if frame is None or last is None or last[1][0] != "return":
            return None
        return Frame(frame.flow, None) if any(op[0] == "leave" for op in self.ops(node)) else frame

    @cached_property
    def into(self) -> list[list[Edge]]:
        """The edges that lead to each node."""
        into: list[list[Edge]] = [[] for _ in self.out]
        for edges in self.out:
            for edge in edges:
                into[edge.target].append(edge)
        return into

    # --- where it is written ------------------------------------------------------------------------------------

    def place(self, edge: Edge) -> Place | None:
        """Where an edge is written: an operation, a row, or a step's first line."""
        if self.is_run(edge.source):
            return self.op_place(edge.source, edge.at)
        if edge.kind == "do":
            return self.places.steps.get(self.names[edge.source])
        return self.row_place(edge.source, edge.at)

    def op_place(self, run: int, at: int) -> Place | None:
        return _nth(self.places.ops.get(self.names[run], ()), at)

    def row_place(self, node: int, at: int) -> Place | None:
        key = {self.anywhere: "anywhere", self.starts: "starts"}.get(node)
        return _nth(self.places.rows.get(key or self.names[node], ()), at) if node != self.begin else None

    def place_of(self, node: int) -> Place | None:
        """Where a run or a step begins."""
        if self.is_run(node):
            return self.op_place(node, 0)
        return self.places.steps.get(self.names[node]) if self.is_step(node) else None

    def span(self, place: Place | None) -> Span | None:
        return Span(self.places.files[place.file], place.start, place.end) if place else None

    def frame_over(self, node: int) -> int | None:
        """The step that a block was pushed over, for what runs in such a block."""
        frame = self.frames[node]
        return frame.over if frame else None

    def flow_of(self, node: int) -> str:
        """The flow or menu a node belongs to, as an author would name it."""
        frame = self.frames[node] if node < len(self.names) else None
        return frame.flow if frame else "anywhere"


def _nth(places: Sequence[Place], at: int) -> Place | None:
    return places[at] if 0 <= at < len(places) else None


def anywhere_rows(table: Table) -> list[Row]:
    """The rows every waiting question takes: `anywhere`, then its `otherwise`."""
    return [*table.anywhere, table.otherwise[1]] if table.otherwise else table.anywhere


def last_op(table: Table, ops: list[Op]) -> tuple[int, Op] | None:
    """The operation that ends a run, with its index; None where a name is missing and the run just stops."""
    for at, op in enumerate(ops):
        if op[0] in LEAVES or (op[0] == "branch" and table.exprs[op[1]] is True):
            return at, op
    return None


def build(table: Table, places: SourceMap, sources: Mapping[str, Source]) -> Graph:
    """The graph of a table."""
    run = {name: node for node, name in enumerate(table.runs)}
    step = {name: node for node, name in enumerate(table.steps, len(run))}
    names = [*run, *step]
    graph = Graph(table, places, sources, names, run, step, [[] for _ in range(len(names) + 3)],
                  [None] * (len(names) + 3))
    for node, name in enumerate(table.runs):
        _leave_run(graph, node, table.runs[name])
    for node, here in graph.steps():
        _leave_step(graph, node, here)
    _leave_hubs(graph)
    _give_frames(graph)
    return graph


def _leave_run(graph: Graph, node: int, ops: list[Op]) -> None:
    for at, op in enumerate(ops):
        match op[0]:
            case "branch":
                test = graph.table.exprs[op[1]]
                if test is not False:
                    _edge(graph, node, graph.run.get(op[2]), "branch", at)
                if test is True:
                    return
            case "next":
                _edge(graph, node, graph.run.get(op[3]), "next", at)
            case "go":
                _edge(graph, node, graph.run.get(op[1]), "go", at)
            case "jump":
                _edge(graph, node, entry(graph, op[1]), "jump", at)
            case "rest" | "again":
                _edge(graph, node, graph.step.get(op[1]), op[0], at)
        if op[0] in LEAVES:
            return


def _leave_step(graph: Graph, node: int, here: Step) -> None:
    out = graph.out[node]
    if here.kind == "do":
        _edge(graph, node, entry(graph, here.name or UNKNOWN), "do", -1)
    for at, row in enumerate(here.on):
        kind = row.event.partition(":")[0]
        if row.target is not None:
            _edge(graph, node, graph.run.get(row.target), kind, at)
        elif not is_push(row):
            out.append(Edge(node, node, "stay", at))
    if here.kind in ASKING:
        out.append(Edge(node, graph.anywhere, "anywhere", -1))
        if here.kind == "menu":
            out.append(Edge(node, graph.starts, "starts", -1))
    failed = entry(graph, "system.failed")
    if here.kind == "call" and failed is not None and not any(row.event == "failure" for row in here.on):
        out.append(Edge(node, failed, "failed", -1))


def _leave_hubs(graph: Graph) -> None:
    table, begin = graph.table, graph.begin
    _edge(graph, begin, entry(graph, table.start), "begin", -1)
    graph.out[begin] += [Edge(begin, graph.starts, "starts", -1), Edge(begin, graph.anywhere, "anywhere", -1)]
    for hub in (graph.anywhere, graph.starts):
        for at, row in enumerate(graph.rows(hub)):
            if row.target is not None:
                _edge(graph, hub, graph.run.get(row.target), row.event.partition(":")[0], at)
    for flow in table.flows.values():
        if flow.lost is not None:
            _edge(graph, begin, entry(graph, flow.lost), "lost", -1)


def _edge(graph: Graph, source: int, target: int | None, kind: str, at: int) -> None:
    if target is None:
        graph.opaque.add(source)
    else:
        graph.out[source].append(Edge(source, target, kind, at))


def entry(graph: Graph, flow: str) -> int | None:
    """The run a flow or menu starts with, None for a name that is not known."""
    found = graph.table.flows.get(flow)
    return graph.run.get(found.entry) if found else None


def is_push(row: Row) -> bool:
    return any(op[0] == "push" for op in row.ops)


def _give_frames(graph: Graph) -> None:
    """Follow every flow from its entry, and what stands in `anywhere`, within their frames."""
    for seed in _seeds(graph):
        todo = [seed]
        while todo:
            node, frame = todo.pop()
            if graph.frames[node] is None:
                graph.frames[node] = frame
                todo += _within(graph, node, frame)


def _seeds(graph: Graph) -> Iterator[tuple[int, Frame]]:
    """Flows first, as a row of `anywhere` may lead straight to one; last the steps no flow leads to."""
    for name, flow in graph.table.flows.items():
        if flow.entry in graph.run:
            yield graph.run[flow.entry], Frame(name, None)
    for edge in graph.out[graph.anywhere]:
        yield edge.target, Frame("anywhere", graph.anywhere if is_push(graph.rows(graph.anywhere)[edge.at]) else None)
    for node, step in graph.steps():
        yield node, Frame(step.flow, None)


def _within(graph: Graph, node: int, frame: Frame) -> Iterator[tuple[int, Frame]]:
    """The nodes an edge leads to without leaving the flow, each with its frame; adds the `back` edge of a block."""
    left = None
    if graph.is_run(node):
        left = next((at for at, op in enumerate(graph.ops(node)) if op[0] == "leave"), None)
        returned = graph.left_by_return(node)
        if returned and returned.over is not None and graph.is_step(returned.over):
            graph.out[node].append(Edge(node, returned.over, "back", len(graph.ops(node)) - 1))
    for edge in graph.out[node]:
        if graph.is_run(node):
            if edge.kind not in ("jump", "back"):
                yield edge.target, Frame(frame.flow, None) if left is not None and edge.at > left else frame
        elif graph.is_run(edge.target) and edge.kind not in ("do", "failed"):
            row = graph.rows(node)[edge.at]
            yield edge.target, Frame(frame.flow, node) if is_push(row) else frame
