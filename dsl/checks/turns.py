"""No turn sends more messages than a user would read, or the machine would send: ten."""

from bisect import bisect_left
from collections.abc import Iterator

from dsl.checks.graph import Edge, Graph
from dsl.checks.silence import Silence
from dsl.checks.window import MESSAGES
from dsl.diagnostics import Diagnostic, Fix, Kind, Severity

TOO_MANY = Kind("F310", Severity.WARNING, "this is message {count} of one turn: at most {most} go out",
                why="Between two answers the user would get more messages than anyone reads, and the rest is dropped.")

MOST = 10                                    # bound of the machine, outgoing messages a turn
SENT = MESSAGES | {"template"}
ASKED = frozenset(("rest", "again"))


def turns(graph: Graph, silence: Silence) -> Iterator[Diagnostic]:
    """The first message too many on the longest way of a turn; what a `for` sends counts once."""
    asking = {name for name, step in graph.table.steps.items() if step.message is not None}
    sends = {run: found for run, ops in enumerate(graph.ops)
             if (found := [at for at, op in enumerate(ops) if op[0] in SENT or (op[0] in ASKED and op[1] in asking)])}
    if sum(map(len, sends.values())) <= MOST:
        return
    most = _to_return(silence, sends)
    sent = [0] * len(graph.out)              # before a node, on the longest way of a turn to it
    for node in silence.order:
        before, messages = sent[node], sends.get(node, [])
        if before <= MOST < before + len(messages):
            span = graph.span(graph.op_place(node, messages[MOST - before]))
            fix = Fix("say it in fewer messages, or ask something in between")
            yield TOO_MANY.at(span, fix, label=f"message {MOST + 1}", count=MOST + 1, most=MOST)
        for edge in silence.edges[node]:
            after = before + _until(messages, edge) + most.get(graph.called(edge) or "", 0)
            if after > sent[edge.target]:
                sent[edge.target] = after


def _until(messages: list[int], edge: Edge) -> int:
    """How many of a run's messages go out before an edge leaves it."""
    return bisect_left(messages, edge.at) if messages else 0


def _to_return(silence: Silence, sends: dict[int, list[int]]) -> dict[str, int]:
    """For every flow the most messages it can send in one turn before it comes back to a `do`."""
    graph = silence.graph
    flows: dict[str, int] = {}
    if not silence.returning:
        return flows
    most: dict[int, int] = {}                # node: messages from there to a `return`; absent where there is none
    entries = {graph.entry(name): name for name in graph.table.flows}
    for node in reversed(silence.order):
        messages = sends.get(node, [])
        found = [_until(messages, edge) + most[edge.target] + flows.get(graph.called(edge) or "", 0)
                 for edge in silence.edges[node] if edge.kind not in ("jump", "do") and edge.target in most]
        left = graph.returns.get(node)
        if left and left.over is None:
            found.append(len(messages))
        if found:
            most[node] = max(found)
            if node in entries:
                flows[entries[node]] = most[node]
    return flows
