"""No turn sends more messages than a user would read, or the machine would send: ten."""

from collections.abc import Iterator

from dsl.checks.graph import Edge, Graph
from dsl.checks.loops import Silence
from dsl.checks.window import MESSAGES
from dsl.diagnostics import Diagnostic, Fix, Kind, Severity
from dsl.table import Op

TOO_MANY = Kind("F310", Severity.WARNING, "this is message {count} of one turn: at most {most} go out",
                why="Between two answers the user would get more messages than anyone reads, and the rest is dropped.")

MOST = 10                                    # bound of the machine, outgoing messages a turn


def turns(graph: Graph, silence: Silence) -> Iterator[Diagnostic]:
    """The first message too many on the longest way of a turn; what a `for` sends counts once."""
    if sum(_sends(graph, op) for node in range(graph.first_step) for op in graph.ops(node)) <= MOST:
        return
    order = _order(graph, silence)
    back = _to_return(graph, silence, order)
    sent = [0] * len(graph.out)              # before a node, on the longest way of a turn to it
    for node in order:
        edges = {edge.at: edge for edge in silence.edges[node]} if graph.is_run(node) else {}
        count = sent[node]
        for at, op in enumerate(graph.ops(node) if graph.is_run(node) else ()):
            more = _sends(graph, op)
            if count <= MOST < count + more and (span := graph.span(graph.op_place(node, at))):
                fix = Fix("say it in fewer messages, or ask something in between")
                yield TOO_MANY.at(span, fix, label=f"message {count + more}", count=count + more, most=MOST)
            count += more
            if at in edges:
                sent[edges[at].target] = max(sent[edges[at].target], count)
        for edge in silence.edges[node] if graph.is_step(node) else ():
            more = max(0, back.get(graph.awaited(edge) or "", 0))
            sent[edge.target] = max(sent[edge.target], sent[node] + more)


def _sends(graph: Graph, op: Op) -> int:
    if op[0] in ("rest", "again"):
        step = graph.table.steps.get(op[1])
        return int(step is not None and step.message is not None)
    return int(op[0] in MESSAGES or op[0] == "template")


def _order(graph: Graph, silence: Silence) -> list[int]:
    """Nodes so that what comes before in a turn stands before (rings, which are told elsewhere, anyhow)."""
    order: list[int] = []
    seen = bytearray(len(graph.out))
    for root in range(graph.anywhere):
        work: list[tuple[int, Iterator[Edge]]] = []
        if not seen[root]:
            seen[root] = 1
            work.append((root, iter(silence.edges[root])))
        while work:
            node, edges = work[-1]
            for edge in edges:
                if not seen[edge.target]:
                    seen[edge.target] = 1
                    work.append((edge.target, iter(silence.edges[edge.target])))
                    break
            else:
                work.pop()
                order.append(node)
    return order[::-1]


def _to_return(graph: Graph, silence: Silence, order: list[int]) -> dict[str, int]:
    """For every flow the most messages it can send in one turn before it comes back to a `do`."""
    most: dict[int, int] = {}                # node: messages from there to a `return`; absent where there is none
    flows: dict[str, int] = {}
    entries = {graph.run[flow.entry]: name for name, flow in graph.table.flows.items() if flow.entry in graph.run}
    for node in reversed(order):
        found = []
        if graph.is_run(node):
            edges = {edge.at: edge for edge in silence.edges[node] if edge.kind != "jump"}
            count = 0
            for at, op in enumerate(graph.ops(node)):
                count += _sends(graph, op)
                if at in edges and edges[at].target in most:
                    found.append(count + most[edges[at].target])
            frame = graph.left_by_return(node)
            if frame and frame.over is None:
                found.append(count)
        else:
            found = [flows.get(graph.awaited(edge) or "", 0) + most[edge.target]
                     for edge in silence.edges[node] if edge.kind == "return" and edge.target in most]
        if found:
            most[node] = max(found)
            if node in entries:
                flows[entries[node]] = most[node]
    return flows
