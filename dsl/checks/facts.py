"""What holds on every way to a place: which slots and locals have a value there, which lists hold something.

A forward must-analysis over the whole program with one bit for each fact, states as ints, joined by `&`, swept in
reverse postorder. Every edge of the graph becomes a `Way`: the facts it keeps and the facts it adds. A flow called
by `do` is summed up once, by two runs side by side (nothing known at its entry, everything known), and the sum
stands for it wherever it is called: what one caller knows never blurs what another does.

What the user may do at any time is part of it: at a question, a pattern of `anywhere` may lead away with whatever
was known there, or come back having forgotten something.
"""

from collections.abc import Iterator
from heapq import heappop, heappush

import msgspec

from dsl.checks.components import postorder
from dsl.checks.graph import ASKING, Graph
from dsl.checks.names import Names
from dsl.checks.ways import OUTSIDE, Program, Way, program

Facts = list[int | None]                     # by node; None: no way leads there


class Sum(msgspec.Struct):
    """What a flow does to the facts on every way through it; None: not known to come back."""

    gen: int | None = None                   # holds whenever it comes back
    keep: int | None = None                  # holds when it comes back if it did before


class Known(msgspec.Struct):
    """The facts of a whole program, by node, with the sums they were made of."""

    graph: Graph
    program: Program
    facts: Facts
    sums: dict[str, Sum]
    outlives: int                            # the facts that a pattern of `anywhere` that comes back leaves alone

    def before(self, node: int) -> int | None:
        """What holds at a node as the user sees it: at a question, after all that may interrupt it."""
        facts = self.facts[node]
        return facts if facts is None or self.graph.kind(node) not in ASKING else facts & self.outlives

    def along(self, way: Way) -> int | None:
        """What holds at the end of a way."""
        facts = self.before(way.edge.source)
        return None if facts is None else follow(way, facts, self.sums, self.program.names)


def solve(graph: Graph) -> Known:
    """The facts of every node that a conversation can come to."""
    made = program(graph)
    sums, outlives = _sum_up(graph, made)
    facts: Facts = [None] * len(graph.out)
    facts[graph.begin] = 0
    _Sweeps(graph, made, sums, outlives, graph.order).settle((facts,), made.ways)
    return Known(graph, made, facts, sums, outlives)


def follow(way: Way, facts: int, sums: dict[str, Sum], names: Names) -> int | None:
    """The facts at the end of a way; None while the flow it waits for is not known to come back."""
    if way.awaited is not None:
        done = sums[way.awaited]
        if done.gen is None or done.keep is None:
            return None
        facts = facts & (done.keep | ~names.of_slots) | done.gen & names.of_slots
    return facts & way.keep | way.gen


def _sum_up(graph: Graph, made: Program) -> tuple[dict[str, Sum], int]:
    """What every flow that some `do` calls does to the facts, and the facts that a question keeps when `anywhere`
    interrupts it. As no fact depends on another, two rounds are enough: one as if nothing interrupted, and one more
    if something does."""
    names = made.names
    called = {step.name for _, step in graph.steps() if step.kind == "do" and step.name in graph.table.flows}
    pushes = [way for way in made.ways[graph.anywhere] if graph.over(way.edge.target) == graph.anywhere]
    sums = {flow: Sum() for flow in (*graph.table.flows, "anywhere")}
    outlives = names.all
    if not called and not pushes:
        return sums, outlives
    order = _callees_first(graph, called)
    inside = [[way for way in ways if way.edge.kind not in OUTSIDE] if node < graph.anywhere else []
              for node, ways in enumerate(made.ways)]
    while True:
        known: Facts = [None] * len(graph.out)   # with nothing known at the entry
        kept: Facts = [None] * len(graph.out)    # with everything known at the entry
        for flow in called:
            start = graph.entry(flow)
            if start is not None:
                known[start], kept[start] = 0, names.all
        for way in pushes:
            _join(known, way.edge.target, way.gen)
            _join(kept, way.edge.target, names.all & way.keep | way.gen)
        _Sweeps(graph, made, sums, outlives, order).settle((known, kept), inside)
        keep = sums["anywhere"].keep
        further = names.all if keep is None else (keep | ~names.of_slots) & names.all
        if further == outlives:
            return sums, outlives
        outlives, sums = further, {flow: Sum() for flow in sums}


def _callees_first(graph: Graph, called: set[str]) -> list[int]:
    """The nodes of flows that are called and of `anywhere`: those of a flow after those of the flows it calls."""
    calls: dict[str, list[str]] = {"anywhere": []}
    for node, step in graph.steps():
        if step.kind == "do" and step.name in called:
            calls.setdefault(graph.flow_of(node), []).append(step.name)
    flows = postorder(calls, lambda flow: calls.get(flow, ()))
    nodes: dict[str, list[int]] = {flow: [] for flow in flows}
    for node in graph.order:
        flow = graph.flow_of(node)
        if node < graph.anywhere and flow in nodes:
            nodes[flow].append(node)
    return [node for flow in flows for node in nodes[flow]]


class _Sweeps:
    """Carries facts along ways until nothing changes, in sweeps through `order`; only what changed is looked at."""

    def __init__(self, graph: Graph, made: Program, sums: dict[str, Sum], outlives: int, order: list[int]) -> None:
        self.graph = graph
        self.made = made
        self.sums = sums
        self.outlives = outlives
        self.order = order
        self.asks = bytearray(graph.kind(node) in ASKING for node in range(len(graph.out)))
        self.callers: dict[str, list[int]] = {}
        for node, step in graph.steps():
            if step.kind == "do" and step.name:
                self.callers.setdefault(step.name, []).append(node)

    def settle(self, states: tuple[Facts, ...], ways: list[list[Way]]) -> None:
        """
        Args:
            states: facts by node, changed in place; two sum up flows on the way, one takes the sums as they are.
        """
        rank = [-1] * len(self.graph.out)
        for place, node in enumerate(self.order):
            rank[node] = place
        now = [rank[node] for node in self.order if states[0][node] is not None]
        later: list[int] = []
        waiting = bytearray(facts is not None for facts in states[0])
        while now:
            place = heappop(now)
            node = self.order[place]
            waiting[node] = 0
            changed = [target for facts in states for target in self._carry(facts, node, ways[node])]
            if len(states) == 2:
                changed += self._returned(node, *states)
            for target in changed:
                if not waiting[target] and rank[target] >= 0:
                    waiting[target] = 1
                    if rank[target] > place:
                        heappush(now, rank[target])
                    else:
                        later.append(rank[target])
            if not now:
                now, later = sorted(later), []

    def _carry(self, facts: Facts, node: int, ways: list[Way]) -> Iterator[int]:
        """The nodes at which something does not hold any more, or that are new."""
        here = facts[node] or 0
        if self.asks[node]:
            here &= self.outlives
        for way in ways:
            edge, keep, gen, awaited = way
            there = here & keep | gen if awaited is None else follow(way, here, self.sums, self.made.names)
            if there is not None and _join(facts, edge.target, there):
                yield edge.target

    def _returned(self, node: int, known: Facts, kept: Facts) -> list[int]:
        """The callers of a flow that comes back here, if that changes what it does."""
        left = self.graph.returns.get(node)
        if left is None or left.over not in (None, self.graph.anywhere) or node not in self.made.returns:
            return []
        keep, gen = self.made.returns[node]
        done = self.sums[left.flow]
        before = done.gen, done.keep
        known_here, kept_here = (known[node] or 0) & keep | gen, (kept[node] or 0) & keep | gen
        done.gen = known_here if done.gen is None else done.gen & known_here
        done.keep = kept_here if done.keep is None else done.keep & kept_here
        return [] if before == (done.gen, done.keep) else self.callers.get(left.flow, [])


def _join(facts: Facts, node: int, more: int) -> bool:
    """Let `more` come to a node too; whether that changed what holds there."""
    before = facts[node]
    facts[node] = more if before is None else before & more
    return before != facts[node]
