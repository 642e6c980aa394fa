"""Files made at random from the grammar itself, so that tests meet every rule of it; trees without their places."""

import random
from collections.abc import Iterator
from functools import cache

from dsl.grammar import grammar_text
from dsl.kinds import BLOCK, DECIMAL, DEDENT, DURATION, INDENT, INT, MOMENT, NAME, NEW_LINE, REGEX, TEXT, URL
from dsl.lark_tables import kinds_of, understood
from dsl.source import Span
from dsl.syntax import Node

SAMPLES = {
    NAME: ("city", "born", "visits", "clinic", "año", "x1", "_y", "row_2"),
    TEXT: ('"Hello."', '"Hi {name}"', '"{at|date long}, {n|plural \'a\' \'b\'}"', '""', '"# no"',
           r'"a \"b\" \{c\} \\ \n"'),
    BLOCK: ('"""One line."""', '"""\n      Two\n        lines\n      """'),
    REGEX: ("/a|b/", r"/\b(x|y)\/z/"), URL: ("https://example.com/a?b=c#d",),
    MOMENT: ("9:00", "2026-12-31", "2026-12-31T09:00"), DURATION: ("30s", "5m", "2h", "1d"),
    DECIMAL: ("1.5",), INT: ("1", "18", "200"),
}
FLAT = 6                                     # from there on it is taken more often than not
DEEP = 16                                    # rules in each other; from there on only the shortest way out is taken
TIGHT = {")", "]", ",", ".", ":", ".."}


@cache
def ways() -> dict[str, tuple[tuple[str, ...], ...]]:
    """By rule: the ways it may be written."""
    lark = understood(grammar_text())
    kinds = kinds_of(lark)
    found: dict[str, list[tuple[str, ...]]] = {}
    for rule in lark.rules:
        symbols = tuple(f"<<{kinds[one.name]}" if one.is_term else str(one.name) for one in rule.expansion)
        found.setdefault(str(rule.origin.name), []).append(symbols)
    return {rule: tuple(sorted(written)) for rule, written in found.items()}


@cache
def heights() -> dict[str, int]:
    """By rule: how many rules stand in each other at the least."""
    found: dict[str, int] = {}
    while len(found) < len(ways()):
        for rule, written in ways().items():
            known = [height for way in written if (height := _height(way, found)) is not None]
            if known and rule not in found:
                found[rule] = 1 + min(known)
    return found


def _height(way: tuple[str, ...], known: dict[str, int]) -> int | None:
    heights = [0 if symbol.startswith("<<") else known.get(symbol) for symbol in way]
    return None if None in heights else max((height for height in heights if height is not None), default=0)


def sentence(seed: int) -> str:
    """A file that the grammar allows."""
    chance = random.Random(seed)
    tokens = ["flow", "start", NEW_LINE, INDENT, "end", NEW_LINE, DEDENT]
    for _ in range(chance.randrange(1, 4)):
        tokens += _expanded(chance, "_item", 0)
    return _written(chance, tokens)


def _expanded(chance: random.Random, symbol: str, depth: int) -> Iterator[str]:
    if symbol.startswith("<<"):
        yield symbol[2:]
        return
    written = ways()[symbol]
    if depth > DEEP or (depth > FLAT and chance.random() < 0.6):
        least = min(_height(way, heights()) or 0 for way in written)
        written = tuple(way for way in written if (_height(way, heights()) or 0) == least)
    for part in chance.choice(written):
        yield from _expanded(chance, part, depth + 1)


def _written(chance: random.Random, tokens: list[str]) -> str:
    """Tokens as an author may have typed them: any blanks between, any comments, two or four spaces for a block."""
    step = chance.choice([2, 2, 4])
    level, out, fresh = 0, [], True
    for token in tokens:
        if token == INDENT:
            level += 1
        elif token == DEDENT:
            level -= 1
        elif token == NEW_LINE:
            out.append(chance.choice(["\n", "\n", "\n", "  # a note\n", "\n\n", "\n\n\n", "\n  # a remark\n", "   \n"]))
            fresh = True
        else:
            if fresh:
                out.append(" " * step * level)
            elif token not in TIGHT or out[-1].startswith("http") or chance.random() < 0.2:
                out.append(" " * chance.choice([1, 1, 1, 3]))
            out.append(chance.choice(SAMPLES[token]) if token in SAMPLES else token)
            fresh = False
    return "".join(out)


def without_places(tree: object) -> object:
    """A tree as plain tuples, for comparing what two files say and not where."""
    if isinstance(tree, Span):
        return None
    if isinstance(tree, tuple):
        return tuple(without_places(part) for part in tree)
    if isinstance(tree, Node):
        return type(tree).__name__, *(without_places(getattr(tree, name)) for name in tree.__struct_fields__)
    return tree
