"""Answers of actions that may be used again: `cache: 10m` in the domain. Each process has its own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from dsl.table import Json

LARGEST = 16 * 1_048_576                     # bytes of all answers together
ENTRY = 256                                  # bytes that an answer costs besides its own, about


class _Kept(NamedTuple):
    until: float
    answer: bytes


class Cache:
    """The answers used last, by action and arguments, each for its time.

    Args:
        clock: seconds that only go on.
    """

    def __init__(self, clock: Callable[[], float], largest: int = LARGEST) -> None:
        self._clock, self._largest = clock, largest
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._size = 0

    def get(self, action: str, args: Mapping[str, Json]) -> tuple[Json] | None:
        """The answer, in a tuple since it may be null."""
        key = _key(action, args)
        kept = self._kept.get(key)
        if kept is None:
            return None
        if self._clock() >= kept.until:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return (msgspec.json.decode(kept.answer),)

    def put(self, action: str, args: Mapping[str, Json], answer: Json, for_s: float) -> None:
        key = _key(action, args)
        self._drop(key)
        kept = _Kept(self._clock() + for_s, msgspec.json.encode(answer))
        if len(kept.answer) + ENTRY > self._largest:
            return
        self._kept[key] = kept
        self._size += len(kept.answer) + ENTRY
        while self._size > self._largest:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: bytes) -> None:
        if kept := self._kept.pop(key, None):
            self._size -= len(kept.answer) + ENTRY


def _key(action: str, args: Mapping[str, Json]) -> bytes:
    """Equal for equal arguments, in whatever order."""
    return blake2b(msgspec.json.encode((action, args), order="deterministic"), digest_size=16).digest()
