"""Many seeds, spread over the processors: each is a world of its own."""

import os
import tempfile
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.stores import InFile, InMemory
from tests.simulation.world import World, kiosk, played

IN_FILE = 100                                    # one seed of so many is played on SQLite, whose ticks cost ten others
SHARED = Path("/dev/shm")                        # memory as a disk: what a power cut does to a file is not played here

_table = cache(kiosk)


def play(seed: int, users: int = 52) -> World:
    """One seed, to its end. Raises like `played`."""
    with tempfile.TemporaryDirectory(dir=SHARED if SHARED.is_dir() else None) as folder:
        stored = InMemory if seed % IN_FILE else partial(InFile, Path(folder) / "talk.db")
        return played(_table(), stored, seed, users)


def happened(seed: int) -> Counter[str]:
    """What happened in this seed, counted.

    Raises:
        AssertionError: something was not as it must be; the message ends with the command that plays it again.
    """
    try:
        return play(seed).ledger.happened
    except AssertionError as fault:
        raise AssertionError(f"{fault}\nagain: python tests/soak.py --minutes 0 --seed {seed}") from fault


def spread(seeds: Iterable[int]) -> Iterator[Counter[str]]:
    """`happened` of each, in their order, on all processors. Raises like it, and then plays no more."""
    cores = len(os.sched_getaffinity(0))
    pool, ahead = ProcessPoolExecutor(cores, get_context("spawn")), deque[Future[Counter[str]]]()
    try:
        for seed in seeds:
            ahead.append(pool.submit(happened, seed))
            if len(ahead) > 2 * cores:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
