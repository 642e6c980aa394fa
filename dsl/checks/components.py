"""Orders and cycles: postorder, the strongly connected components of a graph, one shortest cycle of a component."""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from typing import TypeVar

Next = Callable[[int], Iterable[int]]
_Node = TypeVar("_Node", bound=Hashable)


def postorder(roots: Iterable[_Node], after: Callable[[_Node], Iterable[_Node]]) -> list[_Node]:
    """Everything that can be reached from `roots`, each node after those it leads to but for the ways back of cycles.

    >>> postorder([1], {1: [2, 3], 2: [3], 3: [1]}.__getitem__)
    [3, 2, 1]
    """
    order: list[_Node] = []
    seen: set[_Node] = set()
    for root in roots:
        work = [] if root in seen else [(root, iter(after(root)))]
        seen.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in seen:
                    seen.add(target)
                    work.append((target, iter(after(target))))
                    break
            else:
                work.pop()
                order.append(node)
    return order


def cyclic(count: int, after: Next) -> Iterator[list[int]]:
    """The components of nodes `0..count-1` that hold a cycle, each in node order (Tarjan, without recursion)."""
    index, low = [0] * count, [0] * count    # index 0: not seen yet
    on_stack = bytearray(count)
    stack: list[int] = []
    seen = 0
    for root in range(count):
        if index[root]:
            continue
        work: list[tuple[int, Iterator[int]]] = [(root, iter(after(root)))]
        while work:
            node, targets = work[-1]
            if not index[node]:
                seen += 1
                index[node] = low[node] = seen
                stack.append(node)
                on_stack[node] = 1
            for target in targets:
                if not index[target]:
                    work.append((target, iter(after(target))))
                    break
                if on_stack[target]:
                    low[node] = min(low[node], low[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component: list[int] = []
                    while not component or component[-1] != node:
                        component.append(stack.pop())
                        on_stack[component[-1]] = 0
                    if len(component) > 1 or node in after(node):
                        yield sorted(component)


def shortest_cycle(start: int, members: Collection[int], after: Next) -> list[int]:
    """The nodes of a shortest cycle through `start` that stays within `members`."""
    before: dict[int, int] = {}
    ring = [start]
    while ring:
        further = []
        for node in ring:
            for target in after(node):
                if target == start:
                    path = [node]
                    while path[-1] != start:
                        path.append(before[path[-1]])
                    return path[::-1]
                if target in members and target not in before:
                    before[target] = node
                    further.append(target)
        ring = further
    raise ValueError(f"no cycle through {start}")
