"""`\\b` and `\\B` written without them, because RE2's know only ASCII.

A boundary compares the classes (word character or not) of the characters beside it. So a part with boundaries in it
is cut into pieces by those classes: of the character before and after the part, and of its own first and last. Parts
then fit together where the classes agree, and no boundary is left. `\\bvisit\\b` becomes "the start or no word
character, `visit`, the end or no word character": the neighbours are taken too, which is all the same because a
pattern is only ever found, never measured.

Most pieces cannot be; what is left is nearly as short as what the author wrote. Where it is not, the pattern is
refused (`Tangled`).
"""

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import groupby, product
from typing import TypeAlias

import msgspec

from dsl.characters import IS_WORD, Chars
from dsl.characters import is_word as is_word_character
from dsl.regular import NOTHING, Edge, Either, Node, Repeat, Seq, boundaries, depth, either, has_boundary, seq, weight

SAY = "say what may stand beside the word, for example `(^| )` or `[ ,.]`"
HEAVIEST = 2_000                             # parts of what a pattern becomes
DEEPEST = 100                                # parts inside one another
MOST = 20                                    # boundaries in a pattern
COPIES = 10                                  # of a repeated part that has a boundary in it

Piece: TypeAlias = Node | None               # None: no text at all
SIDES = (False, True)                        # no word character (or the text's edge), a word character
CLASS = {True: IS_WORD, False: IS_WORD.others()}


class Tangled(Exception):
    """A boundary that cannot be written out in reasonable length, or that no text has."""


def without_boundaries(tree: Node) -> Node:
    """A pattern found in the same texts, with no boundary in it; the tree itself if it has none."""
    if not has_boundary(tree):
        return tree
    if boundaries(tree) > MOST:
        raise Tangled(f"there are more than {MOST} of them", "use fewer")
    part = _part(tree)
    items = tree.items if isinstance(tree, Seq) else (tree,)
    begins, ends = items[0] == Edge("start"), items[-1] == Edge("end")
    befores = {False: NOTHING} if begins else {False: either(Edge("start"), CLASS[False]), True: CLASS[True]}
    afters = {False: NOTHING} if ends else {False: either(Edge("end"), CLASS[False]), True: CLASS[True]}
    found = {(p, q): part.all(p, q) for p in befores for q in afters}
    if all(found[False, q] == found[True, q] for q in afters if True in befores):
        befores = {False: NOTHING}
    if all(found[p, False] == found[p, True] for p in befores if True in afters):
        afters = {False: NOTHING}
    whole = _any(_then(befores[p], found[p, q], afters[q]) for p in befores for q in afters)
    if whole is None:
        raise Tangled("no text has a boundary there", "leave `\\b` out, or put a space or a sign beside it")
    return whole


class _Part(msgspec.Struct, frozen=True):
    """The pieces of a part: `empty(p, q)` between classes p and q, `body(p, q, f, e)` from class f to class e there."""

    empty: Callable[[bool, bool], Piece]
    body: Callable[[bool, bool, bool, bool], Piece]

    def all(self, p: bool, q: bool) -> Piece:
        return _any([self.empty(p, q), *(self.body(p, q, f, e) for f, e in product(SIDES, SIDES))])


def _part(node: Node) -> _Part:
    if not has_boundary(node):
        return _plain_part(node)
    match node:
        case Edge(kind):
            differs = kind == "boundary"
            return _Part(lambda p, q: NOTHING if (p != q) == differs else None, lambda p, q, f, e: None)
        case Either(ways):
            parts = [_part(way) for way in ways]
            return _part_of(lambda p, q: _any(part.empty(p, q) for part in parts),
                            lambda p, q, f, e: _any(part.body(p, q, f, e) for part in parts))
        case Seq(items):
            # Neighbours without a boundary stay together, as they were written.
            runs = [(plain, list(run)) for plain, run in groupby(items, key=lambda item: not has_boundary(item))]
            parts = [part for plain, run in runs
                     for part in ([_plain_part(seq(*run))] if plain else map(_part, run))]
            found = parts[0]
            for part in parts[1:]:
                found = _after(found, part)
            return found
        case Repeat(of, least, most):
            return _repeated(_part(of), least, most)
    raise TypeError(node)


def _part_of(empty: Callable[[bool, bool], Piece], body: Callable[[bool, bool, bool, bool], Piece]) -> _Part:
    """With each piece worked out once."""
    return _Part(cache(empty), cache(body))


def _plain_part(node: Node) -> _Part:
    nothing, cut = _empty(node), cache(lambda f, e: _cut(node, f, e))
    return _Part(lambda p, q: nothing, lambda p, q, f, e: cut(f, e))


def _after(one: _Part, two: _Part) -> _Part:
    def body(p: bool, q: bool, f: bool, e: bool) -> Iterator[Piece]:
        # What comes second is worked out only where there is a first.
        if (nothing := one.empty(p, f)) is not None:
            yield _then(nothing, two.body(p, q, f, e))
        if (first := one.body(p, q, f, e)) is not None:
            yield _then(first, two.empty(e, q))
        for end, start in product(SIDES, SIDES):
            if (first := one.body(p, start, f, end)) is not None:
                yield _then(first, two.body(end, q, start, e))

    return _part_of(lambda p, q: _then(one.empty(p, q), two.empty(p, q)), lambda p, q, f, e: _any(body(p, q, f, e)))


def _repeated(part: _Part, least: int, most: int | None) -> _Part:
    """`least` copies, then any number (a loop) or as many more as there may be."""
    if max(least, most or 0) > COPIES:
        raise Tangled(f"it is repeated more than {COPIES} times", "repeat it with `*` or `+`, or take it out")
    rest = _looped(part) if most is None else _NONE
    for _ in range((most or least) - least):
        rest = _maybe(_after(part, rest))
    for _ in range(least):
        rest = _after(part, rest)
    return rest


_NONE = _Part(lambda p, q: NOTHING, lambda p, q, f, e: None)


def _maybe(part: _Part) -> _Part:
    return _part_of(lambda p, q: _any([NOTHING, part.empty(p, q)]), part.body)


def _looped(part: _Part) -> _Part:
    """Kleene's construction: a place is (class before, class of what comes), one copy leads from place to place."""
    places = list(product(SIDES, SIDES))
    ways: dict[tuple[tuple[bool, bool], tuple[bool, bool]], Piece] = {
        ((p, f), (e, q)): part.body(p, q, f, e) for p, f in places for e, q in places}
    for middle in places:
        again = ways[middle, middle]
        loop: Node = NOTHING if again is None else Repeat(again, 0, None)
        into = {place: loop if place == middle else _then(ways[place, middle], loop) for place in places}
        ways = {(a, b): _then(into[a], ways[middle, b]) if a == middle else
                        into[a] if b == middle else _any([way, _then(into[a], ways[middle, b])])
                for (a, b), way in ways.items()} | {(middle, middle): None if again is None else Repeat(again, 1, None)}
    return _Part(lambda p, q: NOTHING, lambda p, q, f, e: ways[(p, f), (e, q)])


# --- parts without a boundary, cut by the classes of their first and last characters --------------------------


def _empty(node: Node) -> Piece:
    """What of it takes no character: edges of the text at most."""
    match node:
        case Edge():
            return node
        case Seq(items):
            return _then(*map(_empty, items))
        case Either(ways):
            return _any(map(_empty, ways))
        case Repeat(of, least, _):
            return NOTHING if least == 0 else _empty(of)
    return None


def _cut(node: Node, first: bool | None, last: bool | None) -> Piece:
    """What of it takes at least one character, the first and last of these classes (None: of any)."""
    match node:
        case Chars():
            if first is not None and last is not None and first != last:
                return None
            return _of_class(node, first if first is not None else last)
        case Either(ways):
            return _any(_cut(way, first, last) for way in ways)
        case Seq(items):
            return _cut_seq(items, first, last)
        case Repeat(of, least, most):
            return _cut_repeat(of, least, most, first, last)
    return None


def _cut_seq(items: tuple[Node, ...], first: bool | None, last: bool | None) -> Piece:
    """Its first character is in the first item that is not empty, its last in the last one that is not."""
    ways: list[Piece] = []
    if first is None:
        for at in range(len(items) - 1, -1, -1):
            if (cut := _cut(items[at], None, last)) is not None:
                ways.append(_then(seq(*items[:at]), cut, *map(_empty, items[at + 1:])))
            if _empty(items[at]) is None:
                break
        return _any(ways)
    for at, item in enumerate(items):
        before, rest = [_empty(other) for other in items[:at]], items[at + 1:]
        if (cut := _cut(item, first, None)) is not None:
            ways.append(_then(*before, cut, seq(*rest) if last is None else _cut_seq(rest, None, last)))
        if last is not None and (cut := _cut(item, first, last)) is not None:
            ways.append(_then(*before, cut, *map(_empty, rest)))
        if _empty(item) is None:
            break
    return _any(ways)


def _cut_repeat(of: Node, least: int, most: int | None, first: bool | None, last: bool | None) -> Piece:
    if most == 0:
        return None
    if (nothing := _empty(of)) is not None:
        if nothing != NOTHING:
            raise Tangled("an edge of the text is repeated beside it", SAY)
        of, least = _cut(of, None, None) or NOTHING, 0
    rest = Repeat(of, max(least - 1, 0), None if most is None else most - 1)
    if last is None:
        return _then(_cut(of, first, None), rest)
    if first is None:
        return _then(rest, _cut(of, None, last))
    several = None if most == 1 else _then(
        _cut(of, first, None), Repeat(of, max(least - 2, 0), None if most is None else most - 2), _cut(of, None, last))
    return _any([_cut(of, first, last) if least <= 1 else None, several])


def _of_class(chars: Chars, is_word: bool | None) -> Piece:
    if is_word is None:
        return chars
    if chars.single is not None:
        return chars if is_word_character(chars.single) == is_word else None
    return _part_of_set(chars, is_word)


@lru_cache(1000)
def _part_of_set(chars: Chars, is_word: bool) -> Piece:
    exact = chars.exact
    if exact is None:
        raise Tangled("what stands beside it cannot be told apart into words and the rest", SAY)
    kept = exact & CLASS[is_word]
    return chars if kept == exact else None if kept.is_empty() else kept


# --- pieces ---------------------------------------------------------------------------------------------------


def _any(pieces: "Iterator[Piece] | list[Piece]") -> Piece:
    kept = [piece for piece in pieces if piece is not None]
    return _light(either(*kept)) if kept else None


def _then(*pieces: Piece) -> Piece:
    kept = [piece for piece in pieces if piece is not None]
    return _light(seq(*kept)) if len(kept) == len(pieces) else None


def _light(node: Node) -> Node:
    if weight(node) > HEAVIEST or depth(node) > DEEPEST:
        raise Tangled("there are too many ways to read it", SAY)
    return node
