"""Every flow, step and option is reached, and every way through a flow ends somewhere."""

from collections.abc import Iterator

from dsl.checks.graph import Edge, Graph, last_op
from dsl.checks.speak import written
from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.table import Place

UNREACHABLE = Kind("F301", Severity.WARNING, "{what} can never be reached")
FALLS_OFF = Kind("F302", Severity.ERROR, "`{flow}` ends here without saying where the conversation goes",
                 why="The conversation would stop in the middle: the user's next message begins it anew.")
NOWHERE = Kind("F305", Severity.ERROR, "the option `{option}` leads nowhere",
               why="The user would tap it and get no answer.")


def ends(graph: Graph) -> Iterator[Diagnostic]:
    yield from _unreachable(graph)
    yield from _falling_off(graph)
    yield from _options_to_nowhere(graph)


# --- unreachable ------------------------------------------------------------------------------------------------


def _unreachable(graph: Graph) -> Iterator[Diagnostic]:
    """The roots of what is never reached: what follows from them is not told again."""
    lost = sorted((node for node in range(graph.anywhere) if not graph.reached[node] and _is_written(graph, node)),
                  key=lambda node: _order(graph, node))
    told = bytearray(len(graph.out))
    roots = [node for node in lost if not any(edge.source != node and edge.source < graph.anywhere
                                              and not graph.reached[edge.source] for edge in graph.into[node])]
    for node in [*roots, *lost]:             # then one of each ring that nothing leads into
        if not told[node]:
            _tell(graph, node, told)
            yield from _never(graph, node)
    for run in range(graph.first_step):
        if graph.reached[run]:
            yield from _behind_the_end(graph, run)


def _tell(graph: Graph, root: int, told: bytearray) -> None:
    todo = [root]
    while todo:
        node = todo.pop()
        if not told[node] and node < graph.anywhere and not graph.reached[node]:
            told[node] = 1
            todo += [edge.target for edge in graph.out[node]]


def _is_written(graph: Graph, node: int) -> bool:
    """Whether an author wrote something there: a `return` that only closes a flow is the compiler's."""
    if graph.is_step(node):
        return True
    return any(op[0] not in ("go", "return") or _is_return(graph, graph.op_place(node, at))
               for at, op in enumerate(graph.ops(node)))


def _is_return(graph: Graph, place: Place | None) -> bool:
    """Whether an author wrote it: the `return` that closes a flow has the place of what stands last there."""
    return written(graph, place).startswith("return")


def _order(graph: Graph, node: int) -> tuple[int, int, int]:
    place = graph.place_of(node)
    return (place.file, place.start, node) if place else (-1, -1, node)


def _never(graph: Graph, node: int) -> Iterator[Diagnostic]:
    flow = graph.flow_of(node)
    found = graph.table.flows.get(flow)
    if found and found.entry in graph.run and not graph.reached[graph.run[found.entry]]:
        span = graph.span(graph.places.flows.get(flow))
        if span:
            what = "menu" if found.menu else "flow"
            yield UNREACHABLE.at(span, Fix(f"lead to it with `-> {flow}`, or remove it"), label="nothing leads here",
                                 what=f"the {what} `{flow}`")
        return
    span = graph.span(graph.place_of(node))
    if span:
        what = f"the question `{graph.names[node]}`" if graph.is_step(node) else "this"
        yield UNREACHABLE.at(span, Fix("remove it, or move it before what leaves"), label="never done", what=what)


def _behind_the_end(graph: Graph, run: int) -> Iterator[Diagnostic]:
    last = last_op(graph.table, graph.ops(run))
    if last is None or last[0] + 1 >= len(graph.ops(run)):
        return
    place, left = graph.op_place(run, last[0] + 1), graph.op_place(run, last[0])
    span, leaves = graph.span(place), graph.span(left)
    if span and (graph.ops(run)[last[0] + 1][0] != "return" or _is_return(graph, place)):
        others = (Label(leaves, "leaves here"),) if leaves else ()
        yield UNREACHABLE.at(span, Fix("remove it, or move it before what leaves"), label="never done",
                             others=others, what="this")


# --- falling off ------------------------------------------------------------------------------------------------


def _falling_off(graph: Graph) -> Iterator[Diagnostic]:
    """Ways that end at the end of a flow, where nothing waits for the flow to come back."""
    uses = _uses(graph)
    told: set[tuple[int, int]] = set()
    for node in range(graph.first_step):
        frame = graph.left_by_return(node) if graph.reached[node] else None
        if frame is None or frame.over is not None:
            continue
        place = graph.op_place(node, len(graph.ops(node)) - 1)
        use = uses.get(frame.flow)
        if place is None or use is None or _is_return(graph, place) or (place.file, place.start) in told:
            continue
        told.add((place.file, place.start))
        span = graph.span(place)
        comes = graph.span(graph.place(use))
        if span:
            yield FALLS_OFF.at(span, Fix("say where it goes: `-> menu`, or `end`"), label="nothing follows",
                               others=(Label(comes, "comes here, and not by `do`"),) if comes else (), flow=frame.flow)


def _uses(graph: Graph) -> dict[str, Edge]:
    """For every flow that is entered other than by `do`, one of the edges that do."""
    uses: dict[str, Edge] = {}
    for flow, found in graph.table.flows.items():
        for edge in graph.into[graph.run[found.entry]] if found.entry in graph.run else ():
            if edge.kind not in ("do", "branch", "go", "next") and graph.reached[edge.source]:
                uses.setdefault(flow, edge)
    return uses


def _options_to_nowhere(graph: Graph) -> Iterator[Diagnostic]:
    """Options of a menu without a target or a block: after a menu there is nothing to go on with."""
    for node, step in graph.steps():
        led = {row.event.partition(":")[2]: row for row in step.on if row.event.startswith("option:")}
        for at, option in enumerate(step.options):
            row = led.get(option.id)
            if row is not None and row.target is not None:
                continue
            places = graph.places.options.get(graph.names[node], ())
            span = graph.span(places[at] if at < len(places) else graph.place_of(node))
            if span and not (row and row.ops):
                title = graph.table.texts[option.title].get(graph.table.languages[0], [])
                name = title[0] if title and isinstance(title[0], str) else option.id
                yield NOWHERE.at(span, Fix("give it a target: `-> flow`"), label="no target", option=name)
