"""Every value is set before it is used, on every way; and what is set is used somewhere."""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.json import encode

from dsl.checks.facts import Known
from dsl.checks.graph import NO_PLACE, Edge, Graph
from dsl.checks.names import scope
from dsl.checks.speak import line, mention, path, way
from dsl.checks.ways import Read, Setter
from dsl.diagnostics import Diagnostic, Edit, Fix, Kind, Label, Severity
from dsl.nearest import nearest
from dsl.source import Span
from dsl.table import UNKNOWN, Expr, Place, Table

UNSET = Kind("F401", Severity.ERROR, "`{name}` may have no value here", why="{way}")
UNREAD = Kind("F402", Severity.WARNING, "`{name}` is set but never read",
              why="What it holds is never shown, tested, or given to anything.")

_VARIABLE = re.compile(rb'\["(slot|local)","([^"\\]+)"')
WAYS = 20                                    # names for which a way is looked up; the rest is told without one


def known(graph: Graph, facts: Known) -> Iterator[Diagnostic]:
    if _is_misspelt(graph, facts):
        return
    unread = dict(_unread(graph, facts))
    unset = list(_unset(graph, facts, unread))
    meant = {span for _, span in unset}
    yield from (one for one, _ in unset)
    for span, name in unread.items():
        if span not in meant:
            yield UNREAD.at(span, Fix("use it, or leave it out"), label="set here", name=name)


def _is_misspelt(graph: Graph, facts: Known) -> bool:
    """Whether something is set whose name is none: any other may have been meant."""
    return any(step.kind == "ask" and step.type == "unknown" and step.items is None for _, step in graph.steps()) or \
        any(name == UNKNOWN for _, _, name in facts.program.setters)


# --- set before use ---------------------------------------------------------------------------------------------


def _unset(graph: Graph, facts: Known, unread: Mapping[Span, str]) -> Iterator[tuple[Diagnostic, Span | None]]:
    """What is read without a value, and where one of nearly its name is set in vain, if nothing else sets it."""
    optional: set[tuple[str, str, str]] | None = None
    told: set[tuple[str, Any]] = set()
    for read in facts.program.reads:
        before = facts.before(read.node)
        if before is None or (before & read.keep | read.gen) & read.fact:
            continue
        home = scope(list(read.variable), graph.flow_of(read.node)), *read.variable
        if read.passed:
            optional = _optional(graph) if optional is None else optional
            if home in optional:
                continue
        place = _place(graph, read)
        span = mention(graph, read.variable[1], *_places(graph, read), inside_text=read.text)
        if (read.variable[1], span) in told:
            continue
        told.add((read.variable[1], span))
        name = read.variable[1]
        says = _way(graph, facts, read, place) if len(told) <= WAYS else "It is not set on every way to this line."
        setters = facts.program.setters.get(home, [])
        meant = None if setters else next((each for each, other in unread.items() if nearest(name, (other,))), None)
        others = tuple(_setter(graph, setters, name, place))
        fix = _fix(read, path(graph, name, span))
        if meant is not None:
            others = (Label(meant, "set here, and never read"),)
            fix = Fix(f"did you mean `{name}` where `{unread[meant]}` is set?", (Edit(meant, name),))
        yield UNSET.at(span, fix, label="read here", others=others, name=name, way=says), meant


def _places(graph: Graph, read: Read) -> list[Place]:
    """Where a read may be written: its text or expression, unless that is in another file, and the line it is for."""
    at = _place(graph, read)
    own = graph.text_place(read.number) if read.text else graph.expr_place(read.number)
    is_response = own.file != at.file and at is not NO_PLACE             # which is said from many places
    return [at] if is_response else [own, at]


def _place(graph: Graph, read: Read | Setter) -> Place:
    """The operation, row or step of a read or a setter."""
    if read.at < 0:
        return graph.place_of(read.node)
    return graph.op_place(read.node, read.at) if graph.is_run(read.node) else graph.row_place(read.node, read.at)


def _fix(read: Read, written: str) -> Fix:
    name = read.variable[1]
    if read.text:
        return Fix(f"ask for it first, or write `{{{written} or '…'}}`")
    return Fix(f"ask for it first, write `{written} or …`, or guard this with `if {name} is known`")


def _setter(graph: Graph, setters: list[Setter], name: str, beside: Place) -> Iterator[Label]:
    """The one place that sets a name, or the first of several."""
    if setters:
        first = min((_place(graph, setter) for setter in setters),
                    key=lambda place: (place.file != beside.file, place.file, place.start))
        says = "set only here" if len(setters) == 1 else "set here, but not on that way"
        yield Label(mention(graph, name, first), says)


def _way(graph: Graph, facts: Known, read: Read, place: Place) -> str:
    """One way to a read on which nothing sets it."""
    name = read.variable[1]
    if not facts.program.setters.get((scope(list(read.variable), graph.flow_of(read.node)), *read.variable)):
        return "No line of the bot gives it a value."
    if not read.keep & read.fact:
        return f"What `{name}` held is gone when this line is reached."
    edges = _unset_edges(facts, read)
    chain = way(graph, edges, place) if read.variable[0] == "slot" else graph.flow_of(read.node)
    if not chain:
        return "It has no value when a conversation begins."
    turn = _turn(graph, facts, read, edges, place)
    return f"One way to this line does not set it: {chain}{turn}."


def _unset_edges(facts: Known, read: Read) -> list[Edge]:
    """The edges of a shortest way to a read, from the beginning or from where it was cleared, without the fact."""
    before: dict[int, Edge] = {}
    seen, todo = {read.node}, deque([read.node])
    while todo:
        node = todo.popleft()
        for step in facts.program.into[node]:
            source, along = step.edge.source, facts.along(step)
            held = facts.before(source)
            if along is None or along & read.fact or held is None or source in seen:
                continue
            seen.add(source)
            before[source] = step.edge
            if source == facts.graph.begin or held & read.fact or (
                    read.variable[0] == "local" and facts.graph.flow_of(source) != facts.graph.flow_of(node)):
                return _edges(before, source, read.node)
            todo.append(source)
    return []


def _edges(before: dict[int, Edge], source: int, target: int) -> list[Edge]:
    edges = []
    while source != target:
        edges.append(before[source])
        source = edges[-1].target
    return edges


def _turn(graph: Graph, facts: Known, read: Read, edges: list[Edge], beside: Place) -> str:
    """Where the way leaves those that set it: where another way would have, or else where it last turned."""
    for edge in reversed(edges):
        held = facts.before(edge.source)
        if held is not None and held & read.fact and edge.kind in _OF_RUNS:
            return f", after it was cleared before {line(graph, graph.place(edge), beside)}"
        if any((facts.along(other) or 0) & read.fact for other in facts.program.ways[edge.source]
               if other.edge != edge) and edge.kind in _TURNS:
            return f", {_TURNS[edge.kind].format(line(graph, graph.place(edge), beside))}"
    flow = graph.flow_of(read.node)
    for edge in reversed(edges):
        if edge.kind in _TURNS and flow == graph.flow_of(edge.source) == graph.flow_of(edge.target):
            return f", {_TURNS[edge.kind].format(line(graph, graph.place(edge), beside))}"
    return ""


_OF_RUNS = ("branch", "go", "next", "rest", "again")
_TURNS = {
    "skip": "when the question in {} is skipped", "tries": "after too many bad answers in {}",
    "reason": "when the call fails in {}", "timeout": "when the call fails in {}",
    "failure": "when the call fails in {}", "option": "by the option in {}", "branch": "when the test in {} holds",
    "reply": "by the reply in {}", "pattern": "by the reply in {}", "kind": "by the reply in {}",
    "event": "by the event in {}", "after": "when nobody answers, in {}",
}


def _optional(graph: Graph) -> set[tuple[str, str, str]]:
    """Variables that the bot itself expects to be empty at times: it tests them, or their question may be skipped."""
    table = graph.table
    found: set[tuple[str, str, str]] = set()
    for node, step in graph.steps():
        if step.skip is not None and step.slot:
            found.add((scope(step.slot, step.flow), step.slot[0], step.slot[1]))
        for option in step.options:
            if option.when is not None:
                found |= _tested(table.exprs[option.when], graph.flow_of(node))
    for node in range(graph.first_step):
        ops = graph.ops[node]
        for op, after in zip(ops, [*ops[1:], ["end"]], strict=True):
            if op[0] == "branch" and not _is_need(table, after):
                found |= _tested(table.exprs[op[1]], graph.flow_of(node))
    return found


def _is_need(table: Table, after: list[Any]) -> bool:
    """Whether a branch is that of a `need`, which asks unless there is a value."""
    return after[0] == "rest" and after[1] in table.steps and table.steps[after[1]].kind == "ask"


def _tested(code: Expr, flow: str) -> set[tuple[str, str, str]]:
    match code:
        case ["known" | "empty" | "not", of]:
            return _tested(of, flow)
        case ["and" | "or", left, right]:
            return _tested(left, flow) | _tested(right, flow)
        case ["slot" | "local" as kind, name, *_]:
            return {(scope([kind, name], flow), kind, name)}
    return set()


# --- set but never read -----------------------------------------------------------------------------------------


def _unread(graph: Graph, facts: Known) -> Iterator[tuple[Span, str]]:
    """Variables that are set where nothing anywhere reads them; what is kept for the user is for others to read."""
    table = graph.table
    read = _mentioned(table)
    if read is None:
        return
    for (_, kind, name), setters in facts.program.setters.items():
        slot = table.slots.get(name) if kind == "slot" else None
        if (kind, name) in read or name == "language" or (slot and slot.keep) or (kind == "slot" and slot is None):
            continue
        first = next((setter for setter in setters if not _is_loop(graph, setter)), None)
        if first is not None:
            yield mention(graph, name, _place(graph, first)), name


def _is_loop(graph: Graph, setter: Setter) -> bool:
    return graph.is_run(setter.node) and graph.ops[setter.node][setter.at][0] == "next"


def _mentioned(table: Table) -> set[tuple[str, str]] | None:
    """All variables that stand in expressions and texts; None where some could not be read, and may hold any.

    They are found in the JSON, where a quote within a text is never bare.
    """
    written = encode(table.exprs) + encode(table.texts)
    if b'["?"]' in written:
        return None
    return {(kind.decode(), name.decode()) for kind, name in _VARIABLE.findall(written)}
