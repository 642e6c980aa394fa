"""The processor time of one piece of work, without that of looking through what other tests have left behind."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """What is asked inside, and afterwards, is the processor time since the beginning, seconds."""
    gc.collect()
    gc.freeze()                              # a process of its own has nothing of thousands of tests to look through
    began = time.process_time()
    try:
        yield lambda: time.process_time() - began
    finally:
        gc.unfreeze()
