"""No message waits until WhatsApp's window has closed: 24 hours after the user last wrote, only templates go out.

Waits add up along a way. What takes an unknown time, an action or a person, counts as none, so that what is said
here holds however quick they are.
"""

from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush

from dsl.checks.graph import Edge, Graph
from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.table import Op, Place

CLOSED = Kind("F230", Severity.ERROR, "a message would go out {hours} hours after the user last wrote",
              why="After 24 hours WhatsApp takes templates only, so the user would see nothing.")

# WhatsApp, "Customer service windows": 24 hours from the user's last message.
WINDOW_S = 86_400
MESSAGES = frozenset(("say", "media", "location", "contact", "list"))
# Rows that a reply takes, and those of events whose time is not known.
FRESH = frozenset(("answer", "option", "reply", "pattern", "kind", "reaction", "skip", "tries", "otherwise", "anywhere",
                   "starts", "begin", "lost", "event", "resume"))


def window(graph: Graph) -> Iterator[Diagnostic]:
    waits, last, closing = _waits(graph)
    messages = _messages(graph) if closing else {}
    told: set[tuple[int, int]] = set()
    for edge, wait in closing:
        found = messages.get(edge.target)
        if found is not None and (found[0] in waits or found not in told):
            told.add(found)
            yield _told(graph, found, found[0] in waits, wait, _timers(graph, last, edge))


def _seconds(graph: Graph, edge: Edge) -> int:
    """How long a timer waits."""
    return int(graph.rows(edge.source)[edge.at].event.partition(":")[2])


def _waits(graph: Graph) -> tuple[dict[int, int], dict[int, Edge], list[tuple[Edge, int]]]:
    """How long it is at least since the user last wrote, in seconds, by node; the edges that come there so soon;
    and the timers that go off when the window has closed, each with the whole wait."""
    waits: dict[int, int] = {}
    if not any(edge.kind == "after" for edges in graph.out for edge in edges):
        return waits, {}, []                 # nothing waits but for the user
    best = {graph.begin: 0}
    last: dict[int, Edge] = {}
    closing = []
    now, queue = [graph.begin], list[tuple[int, int]]()
    while now or queue:
        wait, node = (0, now.pop()) if now else heappop(queue)       # nearly all are reached without any wait
        if node in waits:
            continue
        waits[node] = wait
        for edge in graph.out[node]:
            further = wait if edge.kind not in FRESH else 0
            if edge.kind == "after":
                further += _seconds(graph, edge)
            if further >= WINDOW_S:
                closing.append((edge, further))
            elif edge.target not in waits and further < best.get(edge.target, WINDOW_S):
                best[edge.target] = further
                last[edge.target] = edge
                if further:
                    heappush(queue, (further, edge.target))
                else:
                    now.append(edge.target)
    return waits, last, closing


def _messages(graph: Graph) -> dict[int, tuple[int, int]]:
    """For every node the nearest message that goes out, before the user writes, if a conversation comes there."""
    found: dict[int, tuple[int, int]] = {}
    todo: deque[int] = deque()
    for run in range(graph.first_step):
        at = next((at for at, op in enumerate(graph.ops[run]) if _is_message(graph, op)), None)
        if at is not None:
            found[run] = run, at
            todo.append(run)
    while todo:
        node = todo.popleft()
        for edge in graph.into[node]:
            if edge.source not in found and edge.kind not in FRESH and edge.kind != "return":
                found[edge.source] = found[node]
                todo.append(edge.source)
    return found


def _is_message(graph: Graph, op: Op) -> bool:
    if op[0] in ("rest", "again"):
        step = graph.table.steps.get(op[1])
        return step is not None and step.message is not None
    return op[0] in MESSAGES


def _timers(graph: Graph, last: dict[int, Edge], closing: Edge) -> list[tuple[Place, int]]:
    """The timers of a way that waits too long, in the order they go off."""
    timers = []
    edge: Edge | None = closing
    while edge is not None and edge.kind not in FRESH and edge.source < graph.anywhere:
        if edge.kind == "after":
            timers.append((graph.place(edge), _seconds(graph, edge)))
        edge = last.get(edge.source)
    return timers[::-1]


def _told(graph: Graph, message: tuple[int, int], elsewhere: bool, wait: int,
          timers: list[tuple[Place, int]]) -> Diagnostic:
    """At the message, if no other way leads to it, else at the timer."""
    says = graph.span(graph.op_place(*message))
    labels = [Label(graph.span(place), f"waits {_long(seconds)}") for place, seconds in timers]
    fix = Fix("send a template first (`send template …`), or wait less")
    if elsewhere:
        others = (*labels[:-1], Label(says, "cannot go out then"))
        return CLOSED.at(labels[-1].span, fix, label=labels[-1].text, others=others, hours=wait // 3600)
    return CLOSED.at(says, fix, label="the window is closed", others=tuple(labels), hours=wait // 3600)


def _long(seconds: int) -> str:
    """
    >>> _long(5400), _long(43200)
    ('90 minutes', '12 hours')
    """
    return f"{seconds // 3600} hours" if seconds % 3600 == 0 else f"{seconds // 60} minutes"
