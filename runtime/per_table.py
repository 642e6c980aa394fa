"""What is worked out of a table once, and kept with that very table object."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from dsl.table import Table

T = TypeVar("T")

KEPT = 64                                    # tables: every version that some conversation rests on, of a few bots


def per_table(make: Callable[[Table], T]) -> Callable[[Table], T]:
    """`make`, cheap to call again for the same table object: the machine does every turn. Those made last are kept."""
    made: dict[int, tuple[Table, T]] = {}

    def of(table: Table) -> T:
        known = made.get(id(table))
        if known is not None:                # the table is held with it, so no other can have that id
            return known[1]
        new = make(table)
        while len(made) >= KEPT:
            made.pop(next(iter(made)), None)
        made[id(table)] = table, new
        return new

    return of
