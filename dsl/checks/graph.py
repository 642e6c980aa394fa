"""The graph of a table: its runs and steps as nodes, everything that leads from one to another as edges.

Built once for all checks. Nodes are numbers, runs first, then steps, then three places that stand for many: what
every waiting question takes (`anywhere`), what a menu and an idle conversation take (`starts`), and the beginning.
Without them the edges would be questions times patterns.

A `do` is two edges: `do` into the flow, and the step's own `return` row, which leads on only when the flow can come
back at all. The mistakes of names are left out: what leads to `?` could lead anywhere, so nothing is said of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from dsl.source import Source, Span
from dsl.table import Op, Place, Row, SourceMap, Step, Table

ASKING = frozenset(("menu", "choose", "ask"))    # steps that wait for the user; anywhere patterns are taken there
LEAVES = frozenset(("rest", "again", "jump", "go", "return", "end"))

NO_PLACE = Place(0, 1, 1, 0, 0)              # of what is not in the source map: the start of the first file


class Edge(NamedTuple):
    """`kind`: branch next go jump rest again back (of a run), do failed and the events of rows (of a step),
    anywhere starts begin lost."""

    source: int
    target: int
    kind: str
    at: int                                  # index of the operation in its run, of the row in its step; -1: neither


class Frame(NamedTuple):
    """Whose locals a node uses, and what a `return` there goes back to."""

    flow: str                                # `anywhere` for what belongs to no flow
    over: int | None                         # the step a block was pushed over; None: a flow's own frame


class Graph:
    """A table as nodes and edges; `out[node]` are its edges in the order they are tried."""

    def __init__(self, table: Table, places: SourceMap, sources: Mapping[str, Source]) -> None:
        self.table = table
        self.places = places
        self.sources = sources
        self.names = [*table.runs, *table.steps]
        self.ops: list[list[Op]] = list(table.runs.values())            # by node, of runs
        self.first_step = len(self.ops)
        self.anywhere = len(self.names)
        self.starts = self.anywhere + 1
        self.begin = self.anywhere + 2
        self.out: list[list[Edge]] = [[] for _ in range(self.begin + 1)]
        self.frames: list[Frame | None] = [None] * (self.begin + 1)     # None: not even its own flow leads there
        self.returns: dict[int, Frame] = {}                             # run that ends with `return`: what it leaves
        self.opaque: set[int] = set()                                   # nodes that lead to an unknown name
        self._run = {name: node for node, name in enumerate(table.runs)}
        self._step = {name: node for node, name in enumerate(table.steps, self.first_step)}
        self._steps: list[Step] = list(table.steps.values())
        self._give_frames()

    # --- nodes --------------------------------------------------------------------------------------------------

    def is_run(self, node: int) -> bool:
        return node < self.first_step

    def step(self, node: int) -> Step | None:
        """The step a node is, None for anything else."""
        return self._steps[node - self.first_step] if self.first_step <= node < self.anywhere else None

    def kind(self, node: int) -> str | None:
        step = self.step(node)
        return step.kind if step else None

    def steps(self) -> Iterator[tuple[int, Step]]:
        return enumerate(self._steps, self.first_step)

    def entry(self, flow: str | None) -> int | None:
        """The run a flow or menu starts with, None for a name that is not known."""
        found = self.table.flows.get(flow) if flow else None
        return self._run.get(found.entry) if found else None

    def flow_of(self, node: int) -> str:
        """The flow or menu a node belongs to, as an author would name it."""
        frame = self.frames[node]
        return frame.flow if frame else "anywhere"

    def over(self, node: int) -> int | None:
        """The step, or what stands for many, that a block was pushed over."""
        frame = self.frames[node]
        return frame.over if frame else None

    def rows(self, node: int) -> Sequence[Row]:
        """The rows of a step, or of what stands for many."""
        step = self.step(node)
        if step is not None:
            return step.on
        if node == self.anywhere:
            return anywhere_rows(self.table)
        return self.table.starts if node == self.starts else ()

    def called(self, edge: Edge) -> str | None:
        """The flow that has to come back before this edge leads on, None where nothing known has to."""
        if edge.kind != "return":
            return None
        step = self.step(edge.source)
        return step.name if step and step.name in self.table.flows else None

    # --- what leads where ---------------------------------------------------------------------------------------

    def _give_frames(self) -> None:
        """Follow every flow from its entry, and what stands in `anywhere`, within their frames."""
        self._leave_hubs()
        for seed in self._seeds():
            todo = [seed]
            while todo:
                node, frame = todo.pop()
                if self.frames[node] is None:
                    self.frames[node] = frame
                    if node < self.first_step:
                        self._leave_run(node, frame, todo)
                    else:
                        self._leave_step(node, frame, todo)

    def _seeds(self) -> Iterator[tuple[int, Frame]]:
        """Flows first, as a row may lead straight to one; last what no flow leads to."""
        for name in self.table.flows:
            node = self.entry(name)
            if node is not None:
                yield node, Frame(name, None)
        for hub in (self.anywhere, self.starts):
            for edge in self.out[hub]:
                yield edge.target, Frame("anywhere", hub if is_push(self.rows(hub)[edge.at]) else None)
        for node in range(self.anywhere):
            if self.frames[node] is None:
                step = self.step(node)
                yield node, Frame(step.flow if step else self.names[node].partition("#")[0], None)

    def _leave_run(self, node: int, frame: Frame, todo: list[tuple[int, Frame]]) -> None:
        for at, op in enumerate(self.ops[node]):
            kind = op[0]
            if kind == "leave":
                frame = Frame(frame.flow, None)
            elif kind == "branch":
                test = self.table.exprs[op[1]]
                if test is not False:
                    self._lead(node, self._run.get(op[2]), kind, at, todo, frame)
                if test is True:
                    return
            elif kind == "next":
                self._lead(node, self._run.get(op[3]), kind, at, todo, frame)
            elif kind in LEAVES:
                self._end_run(node, op, at, frame, todo)
                return

    def _end_run(self, node: int, op: Op, at: int, frame: Frame, todo: list[tuple[int, Frame]]) -> None:
        match op[0]:
            case "go":
                self._lead(node, self._run.get(op[1]), "go", at, todo, frame)
            case "rest" | "again":
                self._lead(node, self._step.get(op[1]), op[0], at, todo, frame)
            case "jump":
                self._lead(node, self.entry(op[1]), "jump", at)
            case "return":
                self.returns[node] = frame
                if frame.over is not None and frame.over < self.anywhere:
                    self._lead(node, frame.over, "back", at)

    def _leave_step(self, node: int, frame: Frame, todo: list[tuple[int, Frame]]) -> None:
        here, out = self._steps[node - self.first_step], self.out[node]
        if here.kind == "do":
            self._lead(node, self.entry(here.name), "do", -1)
        for at, row in enumerate(here.on):
            kind = row.event.partition(":")[0]
            if row.target is not None:
                inside = Frame(frame.flow, node) if is_push(row) else frame
                self._lead(node, self._run.get(row.target), kind, at, todo, inside)
            elif not is_push(row):
                out.append(Edge(node, node, "stay", at))
        if here.kind in ASKING:
            out.append(Edge(node, self.anywhere, "anywhere", -1))
        if here.kind == "menu":
            out.append(Edge(node, self.starts, "starts", -1))
        failed = self.entry("system.failed") if here.kind == "call" else None
        if failed is not None and not any(row.event == "failure" for row in here.on):
            out.append(Edge(node, failed, "failed", -1))

    def _leave_hubs(self) -> None:
        self._lead(self.begin, self.entry(self.table.start), "begin", -1)
        self._lead(self.begin, self.starts, "starts", -1)
        self._lead(self.begin, self.anywhere, "anywhere", -1)
        for hub in (self.anywhere, self.starts):
            for at, row in enumerate(self.rows(hub)):
                if row.target is not None:
                    self._lead(hub, self._run.get(row.target), row.event.partition(":")[0], at)
        for flow in self.table.flows.values():
            if flow.lost is not None:
                self._lead(self.begin, self.entry(flow.lost), "lost", -1)

    def _lead(self, source: int, target: int | None, kind: str, at: int,
              todo: list[tuple[int, Frame]] | None = None, frame: Frame | None = None) -> None:
        """An edge; with `todo` one that stays in the flow, so that its target has that frame."""
        if target is None:
            self.opaque.add(source)
            return
        self.out[source].append(Edge(source, target, kind, at))
        if todo is not None and frame is not None:
            todo.append((target, frame))

    @cached_property
    def into(self) -> list[list[Edge]]:
        """The edges that lead to each node."""
        into: list[list[Edge]] = [[] for _ in self.out]
        for edges in self.out:
            for edge in edges:
                into[edge.target].append(edge)
        return into

    @cached_property
    def reached(self) -> bytearray:
        """For every node, whether a conversation can come there."""
        seen = bytearray(len(self.out))
        for node in self.order:
            seen[node] = 1
        return seen

    @cached_property
    def order(self) -> list[int]:
        """The nodes that a conversation can come to, in reverse postorder from the beginning."""
        order: list[int] = []
        seen, back = bytearray(len(self.out)), set[str]()
        waiting: dict[str, list[Edge]] = {}  # flow: what follows a `do` of it, while it has not come back yet
        work: list[tuple[int, Iterator[Edge]]] = [(self.begin, iter(self.out[self.begin]))]
        seen[self.begin] = 1
        while work:
            node, edges = work[-1]
            for edge in edges:
                flow = self.called(edge) if edge.kind == "return" else None
                if flow is not None and flow not in back:
                    waiting.setdefault(flow, []).append(edge)
                elif not seen[edge.target]:
                    seen[edge.target] = 1
                    work.append((edge.target, iter(self.out[edge.target])))
                    break
            else:
                work.pop()
                order.append(node)
                left = self.returns.get(node)
                if left and left.over is None and left.flow not in back:
                    back.add(left.flow)
                    work.append((node, iter(waiting.pop(left.flow, ()))))
                    order.pop()
        return order[::-1]

    # --- where it is written ------------------------------------------------------------------------------------

    def place(self, edge: Edge) -> Place:
        """Where an edge is written: an operation, a row, or a step's first line."""
        if edge.at < 0:
            return self.place_of(edge.source)
        if self.is_run(edge.source):
            return self.op_place(edge.source, edge.at)
        place = self.row_place(edge.source, edge.at)
        return self.place_of(edge.target) if place is NO_PLACE else place

    def op_place(self, run: int, at: int) -> Place:
        return _nth(self.places.ops.get(self.names[run], ()), at)

    def row_place(self, node: int, at: int) -> Place:
        key = {self.anywhere: "anywhere", self.starts: "starts"}.get(node) or self.names[node]
        return _nth(self.places.rows.get(key, ()), at)

    def place_of(self, node: int) -> Place:
        """Where a run or a step begins."""
        if self.is_run(node):
            return self.op_place(node, 0)
        return self.places.steps.get(self.names[node], NO_PLACE) if node < self.anywhere else NO_PLACE

    def flow_place(self, flow: str) -> Place:
        return self.places.flows.get(flow, NO_PLACE)

    def expr_place(self, expr: int) -> Place:
        return _nth(self.places.exprs, expr)

    def text_place(self, text: int) -> Place:
        return _nth(self.places.texts, text)

    def span(self, place: Place) -> Span:
        return Span(self.places.files[place.file], place.start, place.end)


def _nth(places: Sequence[Place], at: int) -> Place:
    return places[at] if 0 <= at < len(places) else NO_PLACE


def anywhere_rows(table: Table) -> list[Row]:
    """The rows every waiting question takes: `anywhere`, then its `otherwise`."""
    return [*table.anywhere, table.otherwise[1]] if table.otherwise else table.anywhere


def is_push(row: Row) -> bool:
    return bool(row.ops) and row.ops[-1][0] == "push"
