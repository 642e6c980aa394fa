"""A bot as it is lowered: what all its flows share, the runs they become, and what happens where a block ends."""

from typing import Any

import msgspec

from dsl.expressions import Expressions
from dsl.lower_texts import Texts
from dsl.patterns import MOST
from dsl.pools import Places, Pools
from dsl.privacy import Privacy
from dsl.resolve import Names
from dsl.table import Limits, Op, Place, Step


class Continuation(msgspec.Struct, frozen=True):
    """What happens when a block falls through: operations, the last of which ends the run."""

    ops: tuple[tuple[Any, ...], ...]


def goes(run: str) -> Continuation:
    return Continuation((("go", run),))


RETURNS = Continuation((("return", None),))


class Run(msgspec.Struct, frozen=True):
    name: str
    ops: list[Op]
    places: list[Place]


class Bot(msgspec.Struct):
    """What all flows of a bot are lowered with, and what they become."""

    names: Names
    expressions: Expressions
    texts: Texts
    pools: Pools
    places: Places
    privacy: Privacy
    limits: Limits
    responses: dict[str, list[int]] = {}                 # T of their variants
    steps: dict[str, Step] = {}
    step_places: dict[str, Place] = {}
    rows: dict[str, list[Place]] = {}
    options: dict[str, list[Place]] = {}
    runs: dict[str, Run] = {}
    media: dict[str, str] = {}                           # of files beside it that it sends: their types
    private: set[tuple[str, ...]] = set()                # variables that some `ask` fills in private
    pattern_room: int = MOST                             # characters that are left for patterns
    titles: dict[tuple[str, ...], list[list[Any]]] = {}  # of a choose's values: [value, T]
