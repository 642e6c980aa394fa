"""Every flow, step and option is reached, and every way through a flow ends somewhere."""

from collections.abc import Iterator

from dsl.checks.graph import Edge, Graph
from dsl.checks.speak import written
from dsl.diagnostics import Diagnostic, Edit, Fix, Kind, Label, Severity
from dsl.table import Place, Step

UNREACHABLE = Kind("F301", Severity.WARNING, "{what} can never be reached")
FALLS_OFF = Kind("F302", Severity.ERROR, "`{flow}` ends here without {what}", why="{why}")
CALLED_BY_NONE = Kind("F311", Severity.WARNING, "nothing calls `{flow}` with `do`, so there is nowhere to return to",
                      why="The conversation would begin anew, at the `start` of the bot.")
NOWHERE = Kind("F305", Severity.ERROR, "the option `{option}` leads nowhere",
               why="The user would tap it and get no answer.")


def ends(graph: Graph) -> Iterator[Diagnostic]:
    yield from _unreachable(graph)
    yield from _falling_off(graph)
    yield from _options_to_nowhere(graph)


# --- unreachable ------------------------------------------------------------------------------------------------


def _unreachable(graph: Graph) -> Iterator[Diagnostic]:
    """The roots of what is never reached: what follows from them is not told again."""
    if graph.opaque:
        return                               # what leads to an unknown name may have been meant to lead here
    lost = sorted((node for node in range(graph.anywhere) if not graph.reached[node] and _is_written(graph, node)),
                  key=lambda node: _order(graph, node))
    told = bytearray(len(graph.out))
    roots = [node for node in lost if not any(edge.source != node and edge.source < graph.anywhere
                                              and not graph.reached[edge.source] for edge in graph.into[node])]
    for node in [*roots, *lost]:             # then one of each ring that nothing leads into
        if not told[node]:
            _tell(graph, node, told)
            yield _never(graph, node)


def _tell(graph: Graph, root: int, told: bytearray) -> None:
    todo = [root]
    while todo:
        node = todo.pop()
        if not told[node] and node < graph.anywhere and not graph.reached[node]:
            told[node] = 1
            todo += [edge.target for edge in graph.out[node]]


def _is_written(graph: Graph, node: int) -> bool:
    """Whether an author wrote something there: a `return` that only closes a flow is the compiler's."""
    if not graph.is_run(node):
        return True
    return any(op[0] not in ("go", "return") or _is_return(graph, graph.op_place(node, at))
               for at, op in enumerate(graph.ops[node]))


def _is_return(graph: Graph, place: Place) -> bool:
    """Whether an author wrote it: the `return` that closes a flow has the place of what stands last there."""
    return written(graph, place).startswith("return")


def _order(graph: Graph, node: int) -> tuple[int, int, int]:
    place = graph.place_of(node)
    return place.file, place.start, node


def _never(graph: Graph, node: int) -> Diagnostic:
    flow = graph.flow_of(node)
    entry = graph.entry(flow)
    if entry is not None and not graph.reached[entry]:
        what = f"the {'menu' if graph.table.flows[flow].menu else 'flow'} `{flow}`"
        fix = Fix(f"lead to it with `-> {flow}`, or remove it")
        return UNREACHABLE.at(graph.span(graph.flow_place(flow)), fix, label="nothing leads here", what=what)
    what = f"the question `{graph.names[node]}`" if graph.step(node) else "this"
    fix = Fix("remove it, or move it before what leaves")
    return UNREACHABLE.at(graph.span(graph.place_of(node)), fix, label="never done", what=what)


# --- falling off ------------------------------------------------------------------------------------------------


def _falling_off(graph: Graph) -> Iterator[Diagnostic]:
    """Ways that end at the end of a flow, where something else was wanted: told once a flow, at the last of them."""
    uses = _uses(graph)
    falls: dict[str, dict[Place, None]] = {}
    for node, left in graph.returns.items():
        found = graph.table.flows.get(left.flow)
        if left.over is None and graph.reached[node] and found and (left.flow in uses or found.returns is not None):
            place = graph.op_place(node, len(graph.ops[node]) - 1)
            if not _is_return(graph, place):
                falls.setdefault(left.flow, {})[place] = None
            elif left.flow in uses and not _is_called(graph, left.flow):
                span = graph.span(place)
                fix = Fix("write `end`, or say where it goes", (Edit(span, "end"),) if found.returns is None else ())
                yield CALLED_BY_NONE.at(span, fix, label="to nobody", flow=left.flow)
    for flow, at in falls.items():
        *before, last = sorted(at, key=lambda place: (place.file, place.start))
        also = tuple(Label(graph.span(place), "and here") for place in before)
        yield _falls_off(graph, flow, last, also, uses.get(flow))


def _falls_off(graph: Graph, flow: str, last: Place, also: tuple[Label, ...], use: Edge | None) -> Diagnostic:
    if use is None:
        returns = graph.table.flows[flow].returns
        return FALLS_OFF.at(graph.span(last), Fix("return a value: `return …`"), label="nothing is returned",
                            others=also, flow=flow, what=f"returning the {returns} it promises",
                            why="Whoever called it would go on with a value that is missing.")
    comes = () if use.kind == "begin" else (Label(graph.span(graph.place(use)), "comes here, and not by `do`"),)
    return FALLS_OFF.at(graph.span(last), Fix("say where it goes: `-> menu`, or `end`"), label="nothing follows",
                        others=(*also, *comes), flow=flow, what="saying where the conversation goes",
                        why="The conversation would stop in the middle: the user's next message begins it anew.")


def _uses(graph: Graph) -> dict[str, Edge]:
    """For every flow that is entered other than by `do`, one of the edges that do."""
    entries = {graph.entry(flow): flow for flow in {left.flow for left in graph.returns.values()}}
    uses: dict[str, Edge] = {}
    for entry, flow in entries.items():
        for edge in graph.into[entry] if entry is not None else ():
            if edge.kind not in ("do", "failed", "lost") and graph.reached[edge.source]:
                uses.setdefault(flow, edge)
    return uses


def _is_called(graph: Graph, flow: str) -> bool:
    entry = graph.entry(flow)
    return any(edge.kind == "do" for edge in (graph.into[entry] if entry is not None else ()))


def _options_to_nowhere(graph: Graph) -> Iterator[Diagnostic]:
    """Options of a menu without a target or a block: all that follows is the menu again."""
    for node, step in graph.steps():
        for edge in graph.out[node] if step.kind == "menu" else ():
            ops = graph.ops[edge.target] if graph.is_run(edge.target) else []
            if edge.kind != "option" or ops != [["rest", graph.names[node]]]:
                continue
            place = graph.place(edge)
            if place == graph.place_of(edge.target):                 # no block: the line is the option's own
                id = step.on[edge.at].event.partition(":")[2]
                fix = Fix("say where it leads: `-> flow`")
                yield NOWHERE.at(graph.span(place), fix, label="no target", option=_title(graph, step, id))


def _title(graph: Graph, step: Step, id: str) -> str:
    title = next(option.title for option in step.options if option.id == id)
    parts = graph.table.texts[title].get(graph.table.languages[0], [])
    return parts[0] if parts and isinstance(parts[0], str) else id
