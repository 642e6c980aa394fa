"""Values the compiler has read: their code in the table, their type, and what they show something of."""

from typing import Any, NamedTuple, TypeAlias

from dsl import types
from dsl.syntax import Text
from dsl.table import UNKNOWN as BROKEN
from dsl.types import UNKNOWN

Variable: TypeAlias = tuple[str, ...]        # ("slot", name) or ("local", frame, name)

NOTHING: frozenset[Variable] = frozenset()



class Typed(NamedTuple):
    code: Any
    type: str
    reads: frozenset[Variable] = NOTHING     # what it shows something of, for personal data

    @property
    def is_broken(self) -> bool:
        return bool(self.code == [BROKEN])


BROKEN_VALUE = Typed([BROKEN], UNKNOWN)


def a(type: str) -> str:
    """A type in words.

    >>> a("integer"), a("list of visit"), a("unknown")
    ('an integer', 'a list of visit', 'something unknown')
    """
    if type == UNKNOWN:
        return "something unknown"
    return f"{'an' if type[0] in 'aeio' else 'a'} {type}"


def plain(text: Text) -> str | None:
    """A text that interpolates nothing, as it is read; else None."""
    if not text.parts:
        return ""
    only = text.parts[0]
    return only if len(text.parts) == 1 and isinstance(only, str) else None


def reads_of(*values: Typed) -> frozenset[Variable]:
    """All that these values show something of."""
    return NOTHING.union(*(value.reads for value in values)) if values else NOTHING


def converted(typed: Typed, wanted: str) -> Typed:
    """The value as one of type `wanted`, which it fits."""
    if typed.is_broken or typed.code == ["list"] or not types.needs_conversion(typed.type, wanted):
        return typed._replace(type=wanted) if wanted != UNKNOWN else typed
    return Typed(["as", wanted, typed.code], wanted, typed.reads)
