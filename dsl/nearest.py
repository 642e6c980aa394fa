"""The names an author may have meant: equal but for case first, then by edit distance."""

from collections.abc import Iterable

from dsl.diagnostics import Edit, Fix
from dsl.source import Span

SHOWN = 3                                    # more than three guesses help nobody


def nearest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """At most three of `names` within an edit distance of max(1, len/3), the nearest first.

    >>> nearest("Langauges", ["languages", "region", "slots"])
    ('languages',)
    """
    folded = name.casefold()
    farthest = max(1, len(name) // 3)
    found = []
    for candidate in sorted(set(names)):
        if abs(len(candidate) - len(name)) <= farthest:
            apart = _distance(folded, candidate.casefold(), farthest)
            if apart <= farthest:
                found.append((apart, candidate))
    return tuple(candidate for _, candidate in sorted(found)[:SHOWN])


def did_you_mean(span: Span, name: str, names: Iterable[str]) -> tuple[Fix, ...]:
    """One fix for each of the nearest names, which replaces what stands at `span`."""
    return tuple(Fix(f"did you mean `{near}`?", (Edit(span, near),)) for near in nearest(name, names))


def _distance(a: str, b: str, farthest: int) -> int:
    """Optimal string alignment distance; anything beyond `farthest` comes back as `farthest + 1`."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > farthest:
            return farthest + 1
    return row[-1]
