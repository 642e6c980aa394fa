"""`advance` against the same conversation by hand; what the length of a conversation and the size of a bot cost.

    ./talk python -m benchmarks.bench_machine

Processor time, the least of interleaved rounds: this machine is shared, so only the ratios of one run mean anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.conversation import TURNS, ByHand, table
from dsl.build import build_sources
from dsl.table import Table
from runtime.events import Said
from runtime.machine import advance
from runtime.state import decode_state, encode_state

ROUNDS, LAPS = 9, 60
FLOWS = 500                                  # in one file
EVENTS = [Said(text=text, at=1_767_607_200_000, seed=3) for text in TURNS]


def by_table(compiled: Table, laps: int = LAPS) -> bytes:
    data = encode_state(advance(compiled, decode_state(b"{}"), EVENTS[0]).state)
    for _ in range(laps):
        for event in EVENTS:
            data = encode_state(advance(compiled, decode_state(data), event).state)
    return data


def by_hand(laps: int = LAPS) -> bytes:
    machine = ByHand()
    data, _, _ = machine.turn(b"", EVENTS[0])
    for _ in range(laps):
        for event in EVENTS:
            data, _, _ = machine.turn(data, event)
    return data


def least(*runs: Callable[[], object]) -> list[float]:
    """The least seconds of processor time of each, over interleaved rounds."""
    best = [float("inf")] * len(runs)
    for _ in range(ROUNDS):
        for index, run in enumerate(runs):
            start = time.process_time()
            run()
            best[index] = min(best[index], time.process_time() - start)
    return best


def many_steps(count: int) -> Table:
    """The café with `count` more steps that nobody visits."""
    flows = [f"flow extra_{n}\n  ask x_{n} as text length 1..20 \"Question {n}?\"\n  -> {target}\n\n"
             for n in range(count) for target in [f"extra_{n + 1}" if n + 1 < count else "main"]]
    beside = {f"extra_{at}.flow": "".join(flows[at:at + FLOWS]) for at in range(0, count, FLOWS)}
    from benchmarks.conversation import DOMAIN, FLOW

    flow = FLOW.replace('-> main\n\nmenu', '-> main\n  on "extra" -> extra_0\n\nmenu')
    built = build_sources({"domain.yml": DOMAIN, "main.flow": flow, **beside})
    assert built.table is not None, built.diagnostics[:3]
    return built.table


def main() -> None:
    compiled = table()
    ours, theirs = least(lambda: by_table(compiled), by_hand)
    turns = LAPS * len(TURNS)
    print(f"advance, state from and to JSON   {ours / turns * 1e6:6.1f} µs a turn")
    print(f"the same by hand                  {theirs / turns * 1e6:6.1f} µs a turn")
    print(f"ratio                             {ours / theirs:6.2f}   (at most 3)")

    early, late = by_table(compiled, 1), by_table(compiled, 100)
    print(f"state after 12 turns {len(early)} bytes, after 1,200 turns {len(late)} bytes")

    small, large = many_steps(100), many_steps(10_000)
    in_small, in_large = least(lambda: by_table(small), lambda: by_table(large))
    print(f"a turn in a bot of 10,000 steps costs {in_large / in_small:.2f} times one in a bot of 100")


if __name__ == "__main__":
    main()
