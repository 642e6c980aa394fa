"""No turn goes round in circles: every ring of runs holds a question, and no flow calls itself without end."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from dsl.checks.components import cyclic, shortest_cycle
from dsl.checks.graph import Edge, Graph
from dsl.checks.speak import line, listed
from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.table import Place

SILENT_LOOP = Kind("F303", Severity.ERROR, "{flows} without ever asking the user",
                   why="The bot would send messages without end.")
RECURSION = Kind("F309", Severity.WARNING, "{flows}",
                 why="Each call waits for the one it made, and a conversation can hold 16 of them.")


class Silence:
    """The graph of what happens within one turn: no edge of it waits for the user, an action or a person."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def edges(self) -> list[list[Edge]]:
        """By node; without the way back of a `for`, which ends with its list."""
        return [[edge for edge in edges if self._is_silent(edge)] if self.graph.reached[node] else []
                for node, edges in enumerate(self.graph.out)]

    def _is_silent(self, edge: Edge) -> bool:
        graph = self.graph
        if graph.is_run(edge.source):
            if edge.kind in ("rest", "again"):
                return self._is_do(edge.target)
            return edge.kind != "back" and not self._goes_round(edge)
        if not self._is_do(edge.source):
            return False
        return edge.kind == "do" or (edge.kind == "return" and (graph.awaited(edge) or "") in self.returning)

    def _is_do(self, node: int) -> bool:
        return self.graph.is_step(node) and self.graph.table.steps[self.graph.names[node]].kind == "do"

    def _goes_round(self, edge: Edge) -> bool:
        if not self.graph.is_run(edge.target):
            return False
        keys = {op[1] for op in self.graph.ops(edge.target) if op[0] == "next"}
        return bool(keys) and not any(op[0] == "each" and op[1] in keys for op in self.graph.ops(edge.source))

    @cached_property
    def returning(self) -> set[str]:
        """Flows that can come back to a `do` within the turn that called them."""
        graph, returning, marked = self.graph, set[str](), bytearray(len(self.graph.out))
        waiting: dict[str, list[int]] = {}   # flow: calls of it that could go on silently if it came back
        todo = [node for node in range(graph.first_step)
                if graph.reached[node] and (frame := graph.left_by_return(node)) and frame.over is None]
        starts = {graph.run[flow.entry]: name for name, flow in graph.table.flows.items() if flow.entry in graph.run}
        while todo:
            node = todo.pop()
            if marked[node]:
                continue
            marked[node] = 1
            if node in starts:
                returning.add(starts[node])
                todo += waiting.pop(starts[node], [])
            for edge in graph.into[node]:
                flow = graph.awaited(edge)
                if flow is not None and flow not in returning:
                    waiting.setdefault(flow, []).append(edge.source)
                elif flow is not None or (graph.is_run(edge.source) and edge.kind not in ("jump", "back")
                                          and (edge.kind not in ("rest", "again") or self._is_do(node))):
                    todo.append(edge.source)
        return returning


def loops(graph: Graph, silence: Silence) -> Iterator[Diagnostic]:
    after = [[edge.target for edge in edges] for edges in silence.edges]
    silent: set[str] = set()                 # flows that call themselves silently: told already
    for component in cyclic(len(after), after.__getitem__):
        members = set(component)
        edges = _ring(graph, silence, component, after)
        silent |= {graph.flow_of(edge.source) for node in component for edge in silence.edges[node]
                   if edge.kind == "do" and edge.target in members}
        yield from _told(graph, edges)
    yield from _recursions(graph, silent)


def _ring(graph: Graph, silence: Silence, component: list[int], after: list[list[int]]) -> list[Edge]:
    """The edges of a shortest ring through the part of a component that is written first."""
    written = [node for node in component if any(edge.kind in ("jump", "do") for edge in silence.edges[node])]
    start = min(written or component, key=lambda node: _order(graph, node))
    ring = shortest_cycle(start, set(component), after.__getitem__)
    pairs = zip(ring, [*ring[1:], start], strict=True)
    return [next(edge for edge in silence.edges[source] if edge.target == target) for source, target in pairs]


def _order(graph: Graph, node: int) -> tuple[int, int]:
    place = graph.place_of(node)
    return (place.file, place.start) if place else (-1, node)


def _told(graph: Graph, ring: list[Edge]) -> Iterator[Diagnostic]:
    leading = [edge for edge in ring if edge.kind in ("jump", "do")] or ring
    flows = list(dict.fromkeys(graph.flow_of(edge.source) for edge in leading))
    places = [graph.place(edge) for edge in leading]
    span = graph.span(places[0])
    if span is None:
        return
    others = tuple(Label(there, "and back" if edge is leading[-1] else _goes(graph, edge, place))
                   for edge, place in zip(leading[1:], places[1:], strict=True) if (there := graph.span(place)))
    says = f"{listed(flows)} lead to each other" if len(flows) > 1 else f"{listed(flows)} leads back to itself"
    yield SILENT_LOOP.at(span, Fix("put a question in the loop"), label=_goes(graph, leading[0], places[0]),
                         others=others, flows=says)


def _goes(graph: Graph, edge: Edge, beside: Place | None) -> str:
    place = graph.places.flows.get(graph.flow_of(edge.target))
    return f"goes to {line(graph, place, beside)}" if place else f"goes to `{graph.flow_of(edge.target)}`"


def _recursions(graph: Graph, silent: set[str]) -> Iterator[Diagnostic]:
    """Flows that call each other with a question in between: right as long as it ends."""
    calls = [(node, step) for node, step in graph.steps() if step.kind == "do" and graph.reached[node]]
    flows = {name: number for number, name in enumerate([*graph.table.flows, "anywhere"])}
    after: list[list[int]] = [[] for _ in flows]
    first: dict[tuple[int, int], int] = {}
    for node, step in calls:
        if step.name in flows:
            pair = flows[graph.flow_of(node)], flows[step.name]
            if pair not in first:
                first[pair] = node
                after[pair[0]].append(pair[1])
    names = list(flows)
    for component in cyclic(len(after), after.__getitem__):
        ring = shortest_cycle(component[0], set(component), after.__getitem__)
        if not silent.isdisjoint(names[number] for number in component):
            continue
        pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
        yield from _recursion(graph, [names[number] for number in ring], [first[pair] for pair in pairs])


def _recursion(graph: Graph, flows: Sequence[str], calls: Sequence[int]) -> Iterator[Diagnostic]:
    spans = [graph.span(graph.place_of(node)) for node in calls]
    if spans[0]:
        says = f"{listed(flows)} call each other" if len(flows) > 1 else f"{listed(flows)} calls itself"
        others = tuple(Label(span, "and back" if span is spans[-1] else "which calls the next")
                       for span in spans[1:] if span)
        fix = Fix(f"go there with `-> {flows[1 % len(flows)]}` if nothing waits for it to come back")
        yield RECURSION.at(spans[0], fix, label=f"calls `{flows[1 % len(flows)]}`", others=others, flows=says)
