"""The tree of a regular expression, and how it is written for RE2.

Elsewhere: reading one from text (`patterns`), what single characters it takes (`characters`), whether two of them
take the same text (`automata`).
"""

from functools import cached_property
from typing import TypeAlias

import msgspec

from dsl.characters import Chars, Exact


class _Made(msgspec.Struct, frozen=True, dict=True):
    """A node made of nodes. Parts are shared, so that walking one may take far longer than it took to make it: what
    is asked of every part is worked out once."""

    def parts(self) -> tuple["Node", ...]:
        raise NotImplementedError

    @cached_property
    def weight(self) -> int:
        return 1 + sum(map(weight, self.parts()))

    @cached_property
    def depth(self) -> int:
        return 1 + max(map(depth, self.parts()), default=0)

    @cached_property
    def boundaries(self) -> int:
        return sum(map(boundaries, self.parts()))

    @cached_property
    def key(self) -> int:
        return hash((type(self), self.parts()))


class Seq(_Made, frozen=True):
    items: tuple["Node", ...]

    def parts(self) -> tuple["Node", ...]:
        return self.items

    def __hash__(self) -> int:
        return self.key


class Either(_Made, frozen=True):
    ways: tuple["Node", ...]

    def parts(self) -> tuple["Node", ...]:
        return self.ways

    def __hash__(self) -> int:
        return self.key


class Repeat(_Made, frozen=True):
    of: "Node"
    least: int
    most: int | None                         # None: any number

    def parts(self) -> tuple["Node", ...]:
        return (self.of,)

    def __hash__(self) -> int:
        return self.key


class Edge(msgspec.Struct, frozen=True):
    """A place between two characters."""

    kind: str                                # start end line_start line_end boundary inside


Node: TypeAlias = Chars | Exact | Seq | Either | Repeat | Edge

NOTHING = Seq(())
EDGES = {"start": r"\A", "end": r"\z", "line_start": "(?m:^)", "line_end": "(?m:$)"}


def seq(*items: Node) -> Node:
    """These one after the other, sequences in it unfolded."""
    flat = tuple(inner for item in items for inner in (item.items if isinstance(item, Seq) else (item,)))
    return flat[0] if len(flat) == 1 else Seq(flat)


def either(*ways: Node) -> Node:
    """One of these, each once, in order."""
    kept = tuple(dict.fromkeys(inner for way in ways for inner in (way.ways if isinstance(way, Either) else (way,))))
    return kept[0] if len(kept) == 1 else Either(kept)


def write(node: Node, fold: bool) -> str:
    """Source for RE2 where `(?i)` is as `fold` says; no boundary may be in it."""
    match node:
        case Chars():
            source = node.source()
            if source is None:
                raise ValueError("a set that cannot be written is refused when it is read")
            return source if node.fold == fold else f"(?{'i' if node.fold else '-i'}:{source})"
        case Exact():
            return node.source()
        case Seq(items):
            return "".join(_wrapped(item, fold, Either) for item in items)
        case Either(ways):
            return "|".join(write(way, fold) for way in ways)
        case Repeat(of, least, most):
            return _wrapped(of, fold, Either, Seq, Repeat, Edge) + _times(least, most)
        case Edge(kind):
            return EDGES[kind]


def _wrapped(node: Node, fold: bool, *loose: type) -> str:
    source = write(node, fold)
    return f"(?:{source})" if isinstance(node, loose) else source


def _times(least: int, most: int | None) -> str:
    match least, most:
        case 0, None:
            return "*"
        case 1, None:
            return "+"
        case 0, 1:
            return "?"
        case _, None:
            return f"{{{least},}}"
    return f"{{{least}}}" if least == most else f"{{{least},{most}}}"


def mostly_folded(node: Node) -> bool:
    """Whether `(?i)` in front saves more than it costs."""
    folds, waiting = 0, [node]
    while waiting:
        match waiting.pop():
            case Chars() as chars:
                folds += 1 if chars.fold else -1
            case Seq(items) | Either(items):
                waiting += items
            case Repeat(of):
                waiting.append(of)
    return folds > 0


def cost(node: Node) -> int:
    """About how many instructions RE2 makes of it."""
    match node:
        case Chars() | Exact():
            return node.cost
        case Seq(items) | Either(items):
            return sum(map(cost, items)) + len(items)
        case Repeat(of, least, most):
            return (cost(of) + 1) * max(least + (most is None), most or 0)
    return 1


def boundaries(node: Node) -> int:
    """How many `\\b` and `\\B` are in it."""
    return node.boundaries if isinstance(node, _Made) else int(isinstance(node, Edge) and node.kind not in EDGES)


def has_boundary(node: Node) -> bool:
    return boundaries(node) > 0


def weight(node: Node) -> int:
    """How many parts it is written with."""
    return node.weight if isinstance(node, _Made) else 1


def depth(node: Node) -> int:
    """How many parts stand inside one another."""
    return node.depth if isinstance(node, _Made) else 0
