"""What time it is: the system's clock, without its leaps.

Leases, back-off, paces and timers compare times that were taken minutes apart. Were the system's clock set back by an
hour in between, all that waits would wait an hour longer; were it set forward, a message whose answer was lost would
be sent again before a status could tell of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

from loguru import logger

Clock: TypeAlias = Callable[[], int]         # milliseconds since 1970, UTC

RATE = 0.1                                   # how much faster or slower than time itself it may go
FAR_MS = 2 * 3_600_000                       # so far ahead is no mistake of an hour: a machine that stood still
TOLD_MS = 60_000                             # a difference worth a line in the log


def system_clock() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def elapsed_ms() -> int:
    """Milliseconds that only go on; where the system can tell, also while the machine sleeps."""
    if boottime := getattr(time, "CLOCK_BOOTTIME", None):
        return time.clock_gettime_ns(boottime) // 1_000_000
    return time.monotonic_ns() // 1_000_000


class SteadyClock:
    """Follows the system's clock without ever going back, and forward by leaps only if that is far ahead.

    What is between the two is made up for by going a tenth faster or slower, so that no wait is wrong by more than
    that. For any thread: where two ask at once, either's reckoning will do for the next.
    """

    def __init__(self, system: Clock = system_clock, elapsed: Clock = elapsed_ms) -> None:
        self._system, self._elapsed = system, elapsed
        self._known: tuple[int, float] = (elapsed(), float(system()))      # what was told when
        self._is_off = False

    def __call__(self) -> int:
        (then, told), now = self._known, self._elapsed()
        passed = max(0, now - then)
        behind = self._system() - told - passed
        most = behind if behind > FAR_MS else RATE * passed
        told += passed + min(max(behind, -most), most)
        self._known = (now, told)
        self._tell(behind)
        return int(told)

    def _tell(self, behind: float) -> None:
        is_off = abs(behind) > TOLD_MS
        if is_off and not self._is_off:
            logger.bind(by_s=round(behind / 1_000)).warning("the system's clock was set")
        self._is_off = is_off
