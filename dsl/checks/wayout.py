"""From every question a user can get on: back to a menu, to a person, or to an end."""

from collections.abc import Iterator

from dsl.checks.components import cyclic
from dsl.checks.graph import ASKING, Edge, Graph, anywhere_rows
from dsl.diagnostics import Diagnostic, Fix, Kind, Label, Severity
from dsl.table import Step

NO_WAY_OUT = Kind("F306", Severity.ERROR, "from `{step}` there is no way back to a menu, or to an end",
                  why="Whatever the user answers, the same questions come again.")
TO_ITSELF = Kind("F307", Severity.ERROR, "after too many bad answers `{step}` is asked again",
                 why="A user who cannot answer would be asked the same without end.")
LINEAR = Kind("F308", Severity.WARNING, "a user who cannot answer `{step}` cannot get on",
              why="Every other reply only brings the same question again.")

MANY = -1                                    # more than one place a turn may end at, or a place that is no question


def wayout(graph: Graph) -> Iterator[Diagnostic]:
    yield from _stuck(graph)
    yield from _back_to_itself(graph)
    yield from _linear(graph)


# --- no way out -------------------------------------------------------------------------------------------------


def _stuck(graph: Graph) -> Iterator[Diagnostic]:
    """One question of every ring that nothing leads out of; what leads into a ring is not told again."""
    free = _free(graph)
    stuck = [node for node in range(graph.anywhere) if not free[node] and graph.reached[node]]
    if not stuck:
        return
    after = _after(graph)
    stuck += range(len(graph.out), len(after))
    numbers = {node: number for number, node in enumerate(stuck)}
    inner = [[numbers[target] for target in after[node] if target in numbers] for node in stuck]
    before: list[list[int]] = [[] for _ in stuck]
    for node, targets in enumerate(inner):
        for target in targets:
            before[target].append(node)
    told = bytearray(len(stuck))
    for component in cyclic(len(inner), inner.__getitem__):          # the innermost ring first
        if not told[component[0]]:
            yield from _ring(graph, [stuck[number] for number in component])
            _spread(told, before, component)


def _ring(graph: Graph, ring: list[int]) -> Iterator[Diagnostic]:
    asked = [node for node in ring if graph.kind(node) not in (None, "do")]
    asked.sort(key=lambda node: (graph.place_of(node).file, graph.place_of(node).start))
    spans = [graph.span(graph.place_of(node)) for node in asked]
    if asked:                                # else it is silent, which is told elsewhere
        fix = Fix("lead on to a menu or to `end`, or add `anywhere` with `on \"menu\" -> main`")
        others = tuple(Label(span, "and this again") for span in spans[1:3])
        yield NO_WAY_OUT.at(spans[0], fix, label="no way out", others=others, step=graph.names[asked[0]])


def _after(graph: Graph) -> list[list[int]]:
    """What follows each node; a flow that comes back has a node of its own, between its ends and its callers."""
    after = [[edge.target for edge in edges if graph.called(edge) is None] for edges in graph.out]
    back = {name: node for node, name in enumerate(graph.table.flows, len(after))}
    after += [[] for _ in back]
    for node, step in graph.steps():
        if step.kind == "do" and step.name in back:
            after[back[step.name]] += [edge.target for edge in graph.out[node] if edge.kind == "return"]
    for node, left in graph.returns.items():
        if left.over is None and left.flow in back:
            after[node].append(back[left.flow])
    return after


def _spread(found: bytearray, before: list[list[int]], todo: list[int]) -> None:
    while todo:
        node = todo.pop()
        if not found[node]:
            found[node] = 1
            todo += [other for other in before[node] if not found[other]]


def _free(graph: Graph) -> bytearray:
    """For every node, whether a menu, a person or an end can be reached from there."""
    free = bytearray(len(graph.out))
    ends: dict[str, list[int]] = {}          # of every called flow, the runs at which it comes back
    called = {step.name for _, step in graph.steps() if step.kind == "do"}
    todo = [*graph.opaque, *(node for node, step in graph.steps() if step.kind in ("menu", "handover"))]
    todo += [run for run, ops in enumerate(graph.ops) if ops and ops[-1][0] == "end"]
    for run, left in graph.returns.items():
        if left.over is None and left.flow in called:
            ends.setdefault(left.flow, []).append(run)
        elif left.over is None:
            todo.append(run)                 # it falls off its end, which is told elsewhere
    _free_from(graph, free, ends, todo)
    if any(free[node] for node, step in graph.steps() if step.kind in ASKING):
        # What interrupts a question gets out by it; but that it comes back is no way out of the question.
        interrupting = [run for run, left in graph.returns.items() if left.over == graph.anywhere]
        _free_from(graph, free, ends, interrupting, graph.anywhere)
    return free


def _free_from(graph: Graph, free: bytearray, ends: dict[str, list[int]], todo: list[int], but: int = -1) -> None:
    """Mark all nodes from which one of `todo` can be reached, though not by way of the node `but`."""
    while todo:
        node = todo.pop()
        if free[node] or node == but:
            continue
        free[node] = 1
        for edge in graph.into[node]:
            flow = graph.called(edge) if edge.kind == "return" else None
            if flow is not None:
                todo += ends.pop(flow, ())   # what comes back there gets on
            elif not free[edge.source]:
                todo.append(edge.source)


# --- too many bad answers ---------------------------------------------------------------------------------------


def _back_to_itself(graph: Graph) -> Iterator[Diagnostic]:
    """`tries` and `otherwise` that lead, whatever happens, to the very question that was not answered."""
    given_up = list(_given_up(graph))
    outcomes = _outcomes(graph, [edge.target for edge in given_up])
    for edge in given_up:
        node = outcomes[edge.target]
        asks = edge.source == graph.anywhere and graph.kind(node) in ("ask", "choose")
        if node != MANY and (node == edge.source or asks):
            asked = Label(graph.span(graph.place_of(node)), "asked again")
            fix = Fix("lead somewhere else: to a menu, to a person, to an end")
            yield TO_ITSELF.at(graph.span(graph.place(edge)), fix, label="leads back", others=(asked,),
                               step=graph.names[node])


def _given_up(graph: Graph) -> Iterator[Edge]:
    for node, _ in graph.steps():
        if graph.reached[node]:
            yield from (edge for edge in graph.out[node] if edge.kind == "tries")
    yield from (edge for edge in graph.out[graph.anywhere] if edge.kind == "otherwise")


def _outcomes(graph: Graph, runs: list[int]) -> list[int]:
    """For the runs that are asked for the one step at which a turn that goes through it can end, else `MANY`."""
    outcomes = [MANY] * len(graph.out)
    state = bytearray(len(graph.out))        # 1: under way, 2: done
    for root in runs:
        todo = [root]
        while todo:
            node = todo[-1]
            if state[node] == 0:
                state[node] = 1
                todo += [edge.target for edge in graph.out[node]
                         if graph.is_run(edge.target) and not state[edge.target]]
                continue
            todo.pop()
            if state[node] == 1:
                state[node] = 2
                outcomes[node] = _outcome(graph, node, outcomes)
    return outcomes


def _outcome(graph: Graph, run: int, outcomes: list[int]) -> int:
    if run in graph.opaque or any(op[0] in ("return", "end") for op in graph.ops[run]):
        return MANY
    ends = {outcomes[edge.target] if graph.is_run(edge.target) else edge.target for edge in graph.out[run]}
    return ends.pop() if len(ends) == 1 else MANY


# --- a linear question ------------------------------------------------------------------------------------------


def _linear(graph: Graph) -> Iterator[Diagnostic]:
    """Questions that may refuse every reply a user can think of, and know nothing else."""
    if anywhere_rows(graph.table):
        return
    for node, step in graph.steps():
        if graph.reached[node] and _can_refuse(graph, step) and all(row.event == "answer" for row in step.on):
            fix = Fix("say where to go after some bad answers: `tries 3 -> …`, or what is understood `anywhere`")
            yield LINEAR.at(graph.span(graph.place_of(node)), fix, label="the only way on is an answer",
                            step=graph.names[node])


def _can_refuse(graph: Graph, step: Step) -> bool:
    """Whether an answer may be refused that the user cannot simply choose from what is shown."""
    if step.kind != "ask" or step.items is not None or step.suggest or step.type in ("choice", "boolean", "language"):
        return False
    return step.type not in ("text", "unknown") or bool(step.checks or step.rule)
