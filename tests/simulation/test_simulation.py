"""Seeds that CI plays. `python tests/soak.py` plays more of them, for as long as one likes."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from dsl.table import Table
from tests.simulation.loop import Loop
from tests.simulation.world import InFile, InMemory, Stored, kiosk, played

SEEDS, IN_FILE = 200, 3                          # the second many of them on SQLite, whose commits cost time


@pytest.fixture(scope="module")
def table() -> Table:
    return kiosk()


def stored(seed: int, folder: Path) -> "Callable[..., Stored]":
    return partial(InFile, folder / f"{seed}.db") if seed < IN_FILE else InMemory


def test_nothing_is_lost_doubled_or_overtaken_whatever_happens(
        table: Table, tmp_path: Path, told: Callable[[str], None]):
    happened: Counter[str] = Counter()
    for seed in range(SEEDS):
        happened += played(table, stored(seed, tmp_path), seed).ledger.happened
    told(f"{SEEDS} seeds ({IN_FILE} on SQLite): {happened['turns']} turns, survived {happened['crashes']} crashes, "
         f"{happened['refusals']} refusals, {happened['store down']} failed commits; lost 0, doubled 0")
    assert happened["turns"] > 200 * SEEDS
    assert happened["crashes"] > 0.02 * happened["turns"]
    assert min(happened[f"from {origin}"] for origin in ("timer", "action")) > 2 * SEEDS


@pytest.mark.parametrize("seed", [2, 900])
def test_a_seed_gives_the_same_run_again(table: Table, tmp_path: Path, seed: int):
    runs = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        runs.append(played(table, stored(seed, tmp_path / name), seed))

    assert len({tuple(sorted(run.ledger.happened.items())) for run in runs}) == 1
    assert len({run.loop.time() for run in runs}) == 1


def test_what_waits_in_a_dead_process_is_never_called():
    died: list[bool] = []
    loop = Loop(lambda: False, lambda: died.append(True))
    called: list[str] = []
    loop.call_later(1, called.append, "from outside")
    loop.run(loop.time() + 2, lambda: False)
    assert (called, died) == (["from outside"], [])
