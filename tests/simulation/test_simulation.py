"""Seeds that CI plays. `python tests/soak.py` plays more of them, for as long as one likes."""

import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.simulation import seeds
from tests.simulation.loop import Loop
from tests.simulation.seeds import happened, spread
from tests.simulation.world import World

SEEDS, TURNS = 200, 200_000


def test_nothing_is_lost_doubled_or_overtaken_whatever_happens(told: Callable[[str], None]):
    start, total = time.monotonic(), Counter[str]()
    for one in spread(range(SEEDS)):
        total += one
    told(f"simulation, {SEEDS} seeds: {total['turns']} turns, survived {total['crashes']} crashes, "
         f"{total['refusals']} refusals, {total['store down']} failed commits; lost 0, doubled 0 "
         f"({time.monotonic() - start:.0f} s)")
    assert total["turns"] >= TURNS
    assert total["crashes"] > 0.02 * total["turns"]
    assert min(total[f"from {origin}"] for origin in ("timer", "action")) > 10 * SEEDS


@pytest.mark.parametrize("seed", [0, 1], ids=["on SQLite", "in memory"])
def test_a_seed_gives_the_same_run_again(seed: int):
    runs = [seeds.play(seed, users=6) for _ in range(2)]

    assert len({tuple(sorted(run.ledger.happened.items())) for run in runs}) == 1
    assert len({run.loop.time() for run in runs}) == 1


def test_a_seed_that_fails_says_how_to_play_it_again(monkeypatch: pytest.MonkeyPatch):
    def broken(world: World) -> None:
        raise AssertionError("m3 was handled twice")

    monkeypatch.setattr(World, "run", broken)
    with pytest.raises(AssertionError, match=r"m3 was handled twice\nagain: python tests/soak.py --minutes 0 --seed 7"):
        happened(7)


def test_what_waits_in_a_dead_process_is_never_called():
    died: list[bool] = []
    loop = Loop(lambda: 1_000, lambda: died.append(True))
    called: list[str] = []
    loop.call_later(1, called.append, "from outside")
    loop.run(loop.time() + 2, lambda: False)
    assert (called, died) == (["from outside"], [])
