"""What happens within one turn: the edges of the graph that wait neither for the user nor for an action or a person."""

from functools import cached_property

from dsl.checks.components import postorder
from dsl.checks.graph import Edge, Graph


class Silence:
    """The silent edges by node; those on the way back of a `for`, which ends with its list, are left out."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        heads: dict[int, set[str]] = {}      # run: the loops it is the head of
        for run, ops in enumerate(graph.ops):
            for op in ops:
                if op[0] == "next":
                    heads.setdefault(run, set()).add(op[1])
        self._heads = heads
        self._calls = {node for node, step in graph.steps() if step.kind == "do"}
        self.edges = [[edge for edge in edges if self._is_silent(edge)] if graph.reached[node] else []
                      for node, edges in enumerate(graph.out)]

    def _is_silent(self, edge: Edge) -> bool:
        source, target, kind, _ = edge
        if source < self.graph.first_step:
            if kind == "rest" or kind == "again":
                return target in self._calls
            return kind != "back" and not (target in self._heads and self._goes_round(edge))
        return kind == "do" or (kind == "return" and (self.graph.called(edge) or "") in self.returning)

    def _goes_round(self, edge: Edge) -> bool:
        keys = self._heads[edge.target]
        return not any(op[0] == "each" and op[1] in keys for op in self.graph.ops[edge.source])

    @cached_property
    def returning(self) -> set[str]:
        """Flows that can come back to a `do` within the turn that called them."""
        graph, returning, marked = self.graph, set[str](), bytearray(len(self.graph.out))
        waiting: dict[str, list[int]] = {}   # flow: calls of it that could go on silently if it came back
        todo = [node for node, left in graph.returns.items() if graph.reached[node] and left.over is None]
        entries = {graph.entry(name): name for name in graph.table.flows}
        while todo:
            node = todo.pop()
            if marked[node]:
                continue
            marked[node] = 1
            if node in entries:
                returning.add(entries[node])
                todo += waiting.pop(entries[node], [])
            for edge in graph.into[node]:
                flow = graph.called(edge)
                if flow is not None and flow not in returning:
                    waiting.setdefault(flow, []).append(edge.source)
                elif flow is not None or (edge.source < graph.first_step and edge.kind not in ("jump", "back")
                                          and (edge.kind not in ("rest", "again") or node in self._calls)):
                    todo.append(edge.source)
        return returning

    @cached_property
    def after(self) -> list[list[int]]:
        return [[edge.target for edge in edges] for edges in self.edges]

    @cached_property
    def order(self) -> list[int]:
        """The reached nodes, each after all that may come before it in a turn; a ring stands anyhow."""
        roots = (node for node in self.graph.order if node < self.graph.anywhere)
        return postorder(roots, self.after.__getitem__)[::-1]

    @cached_property
    def has_rings(self) -> bool:
        place = {node: at for at, node in enumerate(self.order)}
        return any(place[target] <= place[node] for node in self.order for target in self.after[node])
