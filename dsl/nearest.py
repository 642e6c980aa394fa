"""The names an author may have meant: equal but for case first, then by edit distance."""

from collections.abc import Iterable

from dsl.diagnostics import Edit, Fix
from dsl.source import Span
from dsl.words import osa

SHOWN = 3                                    # more than three guesses help nobody


def nearest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """At most three of `names` within an edit distance of max(1, len/3), the nearest first; of one letter only in case.

    >>> nearest("Langauges", ["languages", "region", "slots"])
    ('languages',)
    """
    folded = name.casefold()
    farthest = max(1, len(name) // 3) if len(name) > 1 else 0
    found = []
    for candidate in sorted(set(names)):
        apart = osa(folded, candidate.casefold(), farthest)
        if apart <= farthest:
            found.append((apart, candidate))
    return tuple(candidate for _, candidate in sorted(found)[:SHOWN])


def did_you_mean(span: Span, name: str, names: Iterable[str]) -> tuple[Fix, ...]:
    """One fix for each of the nearest names, which replaces what stands at `span`."""
    return tuple(Fix(f"did you mean `{near}`?", (Edit(span, near),)) for near in nearest(name, names))
