"""Layered drawing of one panel: nodes get a place, edges a path; top to bottom, few crossings, nothing overlaps.

The method is Sugiyama's: turn cycles round, put every node on a layer below all that lead to it, order the layers by
the mean place of their neighbours, then set places. Long edges run through points of their own on every layer between.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

SWEEPS = 8                                   # over the layers, to order and to place; more changed nothing visible
GAP_X, GAP_Y = 22.0, 28.0                    # pixels between neighbours, between layers
BEND = 10.0                                  # width a passing edge is given, pixels

Size = tuple[float, float]                   # width, height
Point = tuple[float, float]


class Layout(msgspec.Struct, frozen=True):
    """`at` are the centres of the nodes; `paths` the points of each edge, in the order given, ends included."""

    width: float
    height: float
    at: dict[str, Point]
    paths: tuple[tuple[Point, ...], ...]


def layout(sizes: Mapping[str, Size], edges: Sequence[tuple[str, str]]) -> Layout:
    """Places for the nodes in `sizes` (the first is on top) and paths for `edges` between them."""
    forward = _acyclic(list(sizes), edges)
    layer = _layers(list(sizes), forward)
    rows, chains = _with_bends(list(sizes), forward, layer)
    width = {node: sizes[node][0] if node in sizes else BEND for row in rows for node in row}
    links = _links(chains)
    _order(rows, links)
    x = _across(rows, links, width)
    tall = [max((sizes[node][1] for node in row if node in sizes), default=0.0) for row in rows]
    y, top = [], 0.0
    for height in tall:
        y.append(top + height / 2)
        top += height + GAP_Y
    left = min((x[node] - width[node] / 2 for node in x), default=0.0)
    right = max((x[node] + width[node] / 2 for node in x), default=0.0)
    centre = {node: (x[node] - left, y[level]) for level, row in enumerate(rows) for node in row}
    paths = tuple(_path(chain, centre, sizes, (source, target))
                  for chain, (source, target) in zip(chains, edges, strict=True))
    return Layout(right - left, max(top - GAP_Y, 0.0), {node: centre[node] for node in sizes}, paths)


def _acyclic(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The edges with those that close a cycle turned round, found depth-first from the first node on."""
    out: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        out[source].append(target)
    state: dict[str, int] = {}               # 1 on the way, 2 done
    back = set()
    for root in nodes:
        stack = [(root, iter(out[root]))] if root not in state else []
        state.setdefault(root, 1)
        while stack:
            node, rest = stack[-1]
            for target in rest:
                if state.get(target) == 1:
                    back.add((node, target))
                elif target not in state:
                    state[target] = 1
                    stack.append((target, iter(out[target])))
                    break
            else:
                state[node] = 2
                stack.pop()
    return [(target, source) if (source, target) in back else (source, target) for source, target in edges]


def _layers(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Each node one layer below the lowest that leads to it."""
    waits = dict.fromkeys(nodes, 0)
    out: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        if source != target:
            out[source].append(target)
            waits[target] += 1
    layer = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not waits[node]]
    for node in ready:
        for target in out[node]:
            layer[target] = max(layer[target], layer[node] + 1)
            waits[target] -= 1
            if not waits[target]:
                ready.append(target)
    return layer


def _with_bends(nodes: Sequence[str], edges: Sequence[tuple[str, str]], layer: Mapping[str, int],
                ) -> tuple[list[list[str]], list[list[str]]]:
    """The layers with a bend wherever an edge passes one, and every edge as the chain of nodes it runs through."""
    rows: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node in nodes:
        rows[layer[node]].append(node)
    chains = []
    for number, (source, target) in enumerate(edges):
        chain = [source]
        for level in range(layer[source] + 1, layer[target]):
            bend = f"\0{number}.{level}"
            rows[level].append(bend)
            chain.append(bend)
        chains.append([*chain, target])
    return rows, chains


def _links(chains: Sequence[Sequence[str]]) -> dict[str, tuple[list[str], list[str]]]:
    """For each node those above and those below."""
    links: dict[str, tuple[list[str], list[str]]] = {}
    for chain in chains:
        for above, below in pairwise(chain):
            links.setdefault(above, ([], []))[1].append(below)
            links.setdefault(below, ([], []))[0].append(above)
    return links


def _order(rows: list[list[str]], links: Mapping[str, tuple[list[str], list[str]]]) -> None:
    """Each layer by the mean position of its neighbours, downwards and upwards in turn."""
    for sweep in range(SWEEPS):
        side = sweep % 2
        position = {node: place for row in rows for place, node in enumerate(row)}
        for row in rows if side == 0 else reversed(rows):
            mean = {node: _mean([position[other] for other in links.get(node, ([], []))[side]], position[node])
                    for node in row}
            row.sort(key=mean.__getitem__)
            position.update({node: place for place, node in enumerate(row)})


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _across(rows: Sequence[Sequence[str]], links: Mapping[str, tuple[list[str], list[str]]],
            width: Mapping[str, float]) -> dict[str, float]:
    """Places from left to right: near the neighbours, never closer than the gap, the order kept."""
    x: dict[str, float] = {}
    for row in rows:
        at = 0.0
        for node in row:
            x[node] = at + width[node] / 2
            at += width[node] + GAP_X
    for sweep in range(SWEEPS * 2):
        side = sweep % 2
        for row in rows if side == 0 else reversed(rows):
            wanted = [_mean([x[other] for other in links.get(node, ([], []))[side]], x[node]) for node in row]
            x.update(zip(row, _spread(row, wanted, width), strict=True))
    return x


def _spread(row: Sequence[str], wanted: Sequence[float], width: Mapping[str, float]) -> list[float]:
    """The places nearest to `wanted` (least squares) that keep order and gaps: pool adjacent violators."""
    blocks: list[tuple[float, int]] = []     # sum of what is wanted of each node's left-aligned place, count
    offset, offsets = 0.0, []
    for index, node in enumerate(row):
        if index:
            offset += (width[row[index - 1]] + width[node]) / 2 + GAP_X
        offsets.append(offset)
        blocks.append((wanted[index] - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = (blocks[-1][0] + total, blocks[-1][1] + count)
    places = [total / count for total, count in blocks for _ in range(count)]
    return [place + shift for place, shift in zip(places, offsets, strict=True)]


def _path(chain: Sequence[str], centre: Mapping[str, Point], sizes: Mapping[str, Size], edge: tuple[str, str],
          ) -> tuple[Point, ...]:
    """From border to border through the bends, in the direction of the edge as it was given."""
    (x, y), half = centre[chain[0]], sizes[chain[0]][1] / 2
    if edge[0] == edge[1]:
        side = x + sizes[edge[0]][0] / 2
        return ((side, y - half / 2), (side + 18, y), (side, y + half / 2))
    points = [(x, y + half), *(centre[bend] for bend in chain[1:-1])]
    (x, y), half = centre[chain[-1]], sizes[chain[-1]][1] / 2
    points.append((x, y - half))
    return tuple(points if chain[0] == edge[0] else reversed(points))
