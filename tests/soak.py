"""`python tests/soak.py --minutes 10 --seed 0`: the simulation, seed after seed, for as long as one likes.

On all processors. One that fails is named, with the command that plays it again.
"""

import argparse
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.simulation.seeds import spread

EVERY_S = 10.0


def soak(minutes: float, seed: int) -> Counter[str]:
    """Play seeds from `seed` on, at least one; what happened in all of them.

    Raises:
        AssertionError: one failed; the message says which.
    """
    total, over, told = Counter[str](), time.monotonic() + 60 * minutes, time.monotonic()
    for one in spread(count(seed) if minutes else [seed]):
        total += Counter(one, seeds=1)
        now = time.monotonic()
        if now >= min(over, told + EVERY_S):
            told = now
            print(line(total), flush=True)
        if now >= over:
            break
    return total


def line(total: Counter[str]) -> str:
    """
    >>> line(Counter(seeds=2, turns=800, crashes=40))
    '2 seeds, 800 turns, 40 crashes, 0 messages sent, lost 0, doubled 0'
    """
    return (f"{total['seeds']} seeds, {total['turns']} turns, {total['crashes']} crashes, "
            f"{total['messages']} messages sent, lost 0, doubled 0")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The simulation, for as long as one likes.")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    asked = parser.parse_args()
    try:
        soak(asked.minutes, asked.seed)
    except AssertionError as fault:
        sys.exit(str(fault))
