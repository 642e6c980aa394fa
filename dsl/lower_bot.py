"""A bot as it is lowered: what all its flows share, the runs they become, and what happens where a block ends."""

from dataclasses import dataclass, field
from typing import Any

from dsl.expressions import Expressions
from dsl.lower_texts import Texts
from dsl.pools import Places, Pools
from dsl.privacy import Privacy
from dsl.resolve import Names
from dsl.table import Limits, Op, Place, Step


@dataclass(frozen=True, slots=True)
class Continuation:
    """What happens when a block falls through: operations, the last of which ends the run."""

    ops: tuple[tuple[Any, ...], ...]


def goes(run: str) -> Continuation:
    return Continuation((("go", run),))


RETURNS = Continuation((("return", None),))


@dataclass(frozen=True, slots=True)
class Run:
    name: str
    ops: list[Op]
    places: list[Place]


@dataclass(slots=True)
class Bot:
    """What all flows of a bot are lowered with, and what they become."""

    names: Names
    expressions: Expressions
    texts: Texts
    pools: Pools
    places: Places
    privacy: Privacy
    limits: Limits
    responses: dict[str, list[int]] = field(default_factory=dict)   # T of their variants
    steps: dict[str, Step] = field(default_factory=dict)
    step_places: dict[str, Place] = field(default_factory=dict)
    rows: dict[str, list[Place]] = field(default_factory=dict)
    options: dict[str, list[Place]] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    private: set[tuple[str, ...]] = field(default_factory=set)      # variables that some `ask` fills in private
    titles: dict[tuple[str, ...], list[list[Any]]] = field(default_factory=dict)    # of a choose's values: [value, T]
