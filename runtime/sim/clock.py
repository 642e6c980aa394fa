"""Time that only moves when told, and what is to happen at a time.

The same clock runs on the machine's own time: then it moves by itself, and can still be moved ahead by a day.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable

START = 1_767_225_600_000                    # 2026-01-01T00:00Z in milliseconds since 1970


class Clock:
    """Milliseconds since 1970, UTC: those of `source` and by how much it was moved ahead."""

    def __init__(self, source: Callable[[], int] = lambda: START) -> None:
        self._source, self._ahead = source, 0

    def __call__(self) -> int:
        return self._source() + self._ahead

    def move_to(self, at: int) -> None:
        """Move ahead to `at`; time never goes back."""
        self._ahead += max(0, at - self())


def real() -> int:
    return time.time_ns() // 1_000_000


class Schedule:
    """Acts and their times, in order; two of the same time in the order in which they were planned."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self.changed = asyncio.Event()       # something was planned: for who waits for the next act

    def at(self, when: int, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (when, self._count, act))
        self.changed.set()

    @property
    def next_at(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def run(self, now: int) -> None:
        """Every act whose time has come, and those of this time that they plan."""
        while self._heap and self._heap[0][0] <= now:
            heapq.heappop(self._heap)[2]()
