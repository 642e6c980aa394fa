"""`python tests/soak.py --minutes 10 --seed 0`: the simulation, one seed after another, for as long as one likes.

Every tenth seed runs on SQLite, the others in memory. One that fails is named; `--seed N --minutes 0` plays it again.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from itertools import count
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.simulation.world import InFile, InMemory, kiosk, played

EVERY_S = 10.0


def soak(minutes: float, seed: int) -> Counter[str]:
    """Play seeds from `seed` on, at least one; what happened in all of them.

    Raises:
        AssertionError: one failed; the message says which.
    """
    table, happened = kiosk(), Counter[str]()
    over, told = time.monotonic() + 60 * minutes, time.monotonic()
    for number in count(seed):
        with tempfile.TemporaryDirectory() as folder:
            stored = partial(InFile, Path(folder) / "talk.db") if number % 10 == 0 else InMemory
            happened += played(table, stored, number).ledger.happened
        happened["seeds"] += 1
        now = time.monotonic()
        if now >= min(over, told + EVERY_S):
            told = now
            print(line(happened), flush=True)
        if now >= over:
            return happened
    raise AssertionError("seeds never end")


def line(happened: Counter[str]) -> str:
    """
    >>> line(Counter(seeds=2, turns=800, crashes=40))
    '2 seeds, 800 turns, 40 crashes, 0 messages sent, lost 0, doubled 0'
    """
    return (f"{happened['seeds']} seeds, {happened['turns']} turns, {happened['crashes']} crashes, "
            f"{happened['messages']} messages sent, lost 0, doubled 0")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The simulation, for as long as one likes.")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    asked = parser.parse_args()
    try:
        soak(asked.minutes, asked.seed)
    except AssertionError as fault:
        sys.exit(str(fault))
