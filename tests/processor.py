"""The processor time of one piece of work, without what is not its own: what went before, busy neighbours."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from itertools import count
from typing import TypeVar

T = TypeVar("T")

CALLS, SELDOM = count(), 25                  # to look through everything takes half a second
TRIES = 3                                    # on a shared machine the same work takes twice as long now and then


def least_s(work: Callable[[], T], enough: float) -> tuple[T, float]:
    """What it makes, and the processor time it took, seconds: the least of several times, until it is `enough`."""
    least = float("inf")
    for _ in range(TRIES):
        if next(CALLS) % SELDOM == 0:
            gc.collect()
        gc.freeze()                          # a process of its own has nothing of thousands of tests to look through
        began = time.process_time()
        made = work()
        least = min(least, time.process_time() - began)
        gc.unfreeze()
        if least < enough:
            break
    return made, least
