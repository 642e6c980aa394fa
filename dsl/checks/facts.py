"""What holds on every way to a place: which slots and locals have a value there, which lists hold something.

A forward must-analysis over the whole program with one bit for each fact, states as ints, joined by `&`, swept in
reverse postorder. Every edge of the graph becomes a `Way`: the facts it keeps and the facts it adds. A flow called
by `do` is summed up once, by two runs side by side (nothing known at its entry, everything known), and the sum
stands for it wherever it is called: what one caller knows never blurs what another does.

What the user may do at any time is part of it: at a question, a pattern of `anywhere` may lead away with whatever
was known there, or come back having forgotten something.
"""

from dataclasses import dataclass
from functools import cached_property

from dsl.checks.graph import ASKING, Graph
from dsl.checks.names import RETURNED
from dsl.checks.ways import OUTSIDE, Program, Way, program

Facts = list[int | None]                     # by node; None: no way leads there


@dataclass(slots=True)
class Sum:
    """What a flow does to the facts on every way through it; None: not known to come back."""

    gen: int | None = None                   # holds whenever it comes back
    keep: int | None = None                  # holds when it comes back if it did before


@dataclass
class Known:
    """The facts of a whole program, by node, with the sums they were made of."""

    graph: Graph
    program: Program
    facts: Facts
    sums: dict[str, Sum]

    @cached_property
    def _interrupted(self) -> int:
        return interrupted(self.sums, self.program)

    def before(self, node: int) -> int | None:
        """What holds at a node as the user sees it: at a question, after all that may interrupt it."""
        facts = self.facts[node]
        return facts if facts is None or self.graph.kind(node) not in ASKING else facts & self._interrupted

    def along(self, way: Way) -> int | None:
        """What holds at the end of a way."""
        facts = self.before(way.edge.source)
        return None if facts is None else follow(way, facts, self.sums, self.program)


def solve(graph: Graph) -> Known:
    """The facts of every node that a conversation can come to."""
    made = program(graph)
    sweep = _Sweep(graph, made)
    sweep.sum_up()
    return Known(graph, made, sweep.whole(), sweep.sums)


def follow(way: Way, facts: int, sums: dict[str, Sum], made: Program) -> int | None:
    """The facts at the end of a way; None while the flow it waits for is not known to come back."""
    if way.awaited is not None:
        done = sums[way.awaited]
        if done.gen is None or done.keep is None:
            return None
        facts = facts & (done.keep | ~made.names.of_slots) | done.gen & made.names.of_slots
        if way.into:
            facts = facts | way.into if done.gen & RETURNED else facts & ~way.into
    return facts & way.keep | way.gen


def interrupted(sums: dict[str, Sum], made: Program) -> int:
    """The facts that outlive a pattern of `anywhere` that comes back."""
    keep = sums["anywhere"].keep
    return made.names.all if keep is None else keep | ~made.names.of_slots & made.names.all


class _Sweep:
    def __init__(self, graph: Graph, made: Program) -> None:
        self.graph = graph
        self.made = made
        self.sums = {flow: Sum() for flow in (*graph.table.flows, "anywhere")}
        self.asks = bytearray(graph.kind(node) in ASKING for node in range(len(graph.out)))

    @cached_property
    def order(self) -> list[int]:
        """All nodes that are reached, in reverse postorder from the beginning."""
        order: list[int] = []
        seen = bytearray(len(self.graph.out))
        seen[self.graph.begin] = 1
        work = [(self.graph.begin, iter(self.made.ways[self.graph.begin]))]
        while work:
            node, ways = work[-1]
            for way in ways:
                target = way.edge.target
                if not seen[target]:
                    seen[target] = 1
                    work.append((target, iter(self.made.ways[target])))
                    break
            else:
                work.pop()
                order.append(node)
        return order[::-1]

    def sum_up(self) -> None:
        """Sum up every flow that some `do` calls, and what `anywhere` may do to a question."""
        graph, made = self.graph, self.made
        called = {step.name for step in graph.table.steps.values() if step.kind == "do" and step.name}
        pushes = [way for way in made.ways[graph.anywhere] if _over(graph, way.edge.target) == graph.anywhere]
        if not called and not pushes:
            return
        known: Facts = [None] * len(graph.out)   # with nothing known at the entry
        kept: Facts = [None] * len(graph.out)    # with everything known at the entry
        for flow in called:
            start = graph.entry(flow)
            if start is not None:
                known[start], kept[start] = made.params(flow), made.names.all & ~RETURNED
        for way in pushes:
            _join(known, way.edge.target, way.gen)
            _join(kept, way.edge.target, (made.names.all & ~RETURNED) & way.keep | way.gen)
        inside = [[way for way in made.ways[node] if way.edge.kind not in OUTSIDE] if node < graph.anywhere else []
                  for node in range(len(graph.out))]
        changed = True
        while changed:
            changed = False
            for node in self.order:
                if known[node] is None:
                    continue
                changed |= self._pass(node, inside[node], known) | self._pass(node, inside[node], kept)
                changed |= self._returned(node, known, kept)

    def _pass(self, node: int, ways: list[Way], facts: Facts) -> bool:
        """Carry the facts at a node along its ways; whether anything became known to hold less often."""
        here = facts[node] or 0
        if self.asks[node]:
            here &= interrupted(self.sums, self.made)
        changed = False
        for way in ways:
            there = follow(way, here, self.sums, self.made)
            if there is not None:
                changed |= _join(facts, way.edge.target, there)
        return changed

    def _returned(self, node: int, known: Facts, kept: Facts) -> bool:
        gives = self.made.returns.get(node)
        frame = self.graph.returns.get(node)
        if gives is None or frame is None or frame.over not in (None, self.graph.anywhere):
            return False
        keep, gen = gives
        done = self.sums[frame.flow]
        before = done.gen, done.keep
        known_here, kept_here = (known[node] or 0) & keep | gen, (kept[node] or 0) & keep | gen
        done.gen = known_here if done.gen is None else done.gen & known_here
        done.keep = kept_here if done.keep is None else done.keep & kept_here
        return before != (done.gen, done.keep)

    def whole(self) -> Facts:
        """The facts of the whole program, from its beginning."""
        facts: Facts = [None] * len(self.graph.out)
        facts[self.graph.begin] = 0
        dirty = bytearray(len(self.graph.out))
        dirty[self.graph.begin] = 1
        changed = True
        while changed:
            changed = False
            for node in self.order:
                if dirty[node]:
                    dirty[node] = 0
                    here = facts[node] or 0
                    if self.asks[node]:
                        here &= interrupted(self.sums, self.made)
                    for way in self.made.ways[node]:
                        edge, keep, gen, awaited, _ = way
                        there = here & keep | gen if awaited is None else follow(way, here, self.sums, self.made)
                        if there is not None and _join(facts, edge.target, there):
                            changed = True
                            dirty[edge.target] = 1
        return facts


def _join(facts: Facts, node: int, more: int) -> bool:
    """Let `more` come to a node too; whether that changed what holds there."""
    before = facts[node]
    facts[node] = more if before is None else before & more
    return before != facts[node]


def _over(graph: Graph, node: int) -> int | None:
    frame = graph.frames[node]
    return frame.over if frame else None
