"""No turn goes round in circles: every ring of runs holds a question, and no flow calls itself without end."""

from collections.abc import Iterator, Sequence

from dsl.checks.components import cyclic, shortest_cycle
from dsl.checks.graph import Edge, Graph
from dsl.checks.silence import Silence
from dsl.checks.speak import line, listed
from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.table import Place

SILENT_LOOP = Kind("F303", Severity.ERROR, "{flows} without ever asking the user",
                   why="The bot would send messages without end.")
RECURSION = Kind("F309", Severity.WARNING, "{flows}",
                 why="Each call waits for the one it made, and a conversation can hold 16 of them.")


def loops(graph: Graph, silence: Silence) -> Iterator[Diagnostic]:
    after = silence.after if silence.has_rings else []
    silent: set[str] = set()                 # flows that call themselves silently: told already
    for component in cyclic(len(after), after.__getitem__):
        silent |= {graph.flow_of(node) for node in component for edge in silence.edges[node]
                   if edge.kind == "do" and edge.target in component}
        yield _told(graph, _ring(graph, silence, component, after))
    yield from _recursions(graph, silent)


def _ring(graph: Graph, silence: Silence, component: list[int], after: list[list[int]]) -> list[Edge]:
    """The edges of a shortest ring through the part of a component that is written first."""
    leading = [node for node in component if any(edge.kind in ("jump", "do") for edge in silence.edges[node])]
    start = min(leading, key=lambda node: _order(graph, node))
    ring = shortest_cycle(start, set(component), after.__getitem__)
    pairs = zip(ring, [*ring[1:], start], strict=True)
    return [next(edge for edge in silence.edges[source] if edge.target == target) for source, target in pairs]


def _order(graph: Graph, node: int) -> tuple[int, int]:
    place = graph.place_of(node)
    return place.file, place.start


def _told(graph: Graph, ring: list[Edge]) -> Diagnostic:
    leading = [edge for edge in ring if edge.kind in ("jump", "do")]
    flows = list(dict.fromkeys(graph.flow_of(edge.source) for edge in leading))
    places = [graph.place(edge) for edge in leading]
    others = tuple(Label(graph.span(place), "and back" if edge is leading[-1] else _goes(graph, edge, place))
                   for edge, place in zip(leading[1:], places[1:], strict=True))
    says = f"{listed(flows)} lead to each other" if len(flows) > 1 else f"{listed(flows)} leads back to itself"
    return SILENT_LOOP.at(graph.span(places[0]), Fix("put a question in the loop"),
                          label=_goes(graph, leading[0], places[0]), others=others, flows=says)


def _goes(graph: Graph, edge: Edge, beside: Place) -> str:
    return f"goes to {line(graph, graph.flow_place(graph.flow_of(edge.target)), beside)}"


def _recursions(graph: Graph, silent: set[str]) -> Iterator[Diagnostic]:
    """Flows that call each other with a question in between: right as long as it ends."""
    calls = [(node, step) for node, step in graph.steps() if step.kind == "do" and graph.reached[node]]
    if not calls:
        return
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
        yield _recursion(graph, [names[number] for number in ring], [first[pair] for pair in pairs])


def _recursion(graph: Graph, flows: Sequence[str], calls: Sequence[int]) -> Diagnostic:
    spans = [graph.span(graph.place_of(node)) for node in calls]
    says = f"{listed(flows)} call each other" if len(flows) > 1 else f"{listed(flows)} calls itself"
    others = tuple(Label(span, "and back" if span is spans[-1] else "which calls the next") for span in spans[1:])
    fix = Fix(f"go there with `-> {flows[1 % len(flows)]}` if nothing waits for it to come back")
    return RECURSION.at(spans[0], fix, label=f"calls `{flows[1 % len(flows)]}`", others=others, flows=says)
