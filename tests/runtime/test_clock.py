"""A clock that follows the system's, whatever is done to that."""

import asyncio
import time
from pathlib import Path

import pytest
from loguru import logger

from runtime.clock import FAR_MS, SteadyClock, elapsed_ms, system_clock
from tests.runtime.test_delivery import rows
from tests.runtime.toy import Client, Graph, graph, running

HOUR = 3_600_000


class Machine:
    """A machine whose clock can be set, and a steady clock on it."""

    def __init__(self) -> None:
        self.passed, self.set_by = 0, 0
        self.steady = SteadyClock(lambda: 1_000 * HOUR + self.passed + self.set_by, lambda: self.passed)

    def after(self, ms: int, steps: int = 1) -> int:
        """What the clock says then, asked every so often; in milliseconds since it began."""
        for _ in range(steps):
            self.passed += ms // steps
            told = self.steady()
        return told - 1_000 * HOUR


def test_left_alone_it_says_what_the_system_says():
    machine = Machine()
    assert [machine.after(ms) for ms in (1, 500, HOUR)] == [1, 501, HOUR + 501]


@pytest.mark.parametrize("steps", [1, 60_000])
@pytest.mark.parametrize(("hours", "told"), [(-1, 54_000), (1, 66_000)])
def test_set_by_an_hour_a_minute_is_a_minute_but_for_a_tenth(hours: int, told: int, steps: int):
    machine = Machine()
    machine.set_by = hours * HOUR
    assert abs(machine.after(60_000, steps) - told) <= 1


@pytest.mark.parametrize("hours", [-1, 1])
def test_after_ten_hours_and_a_bit_it_is_with_the_system_again(hours: int):
    machine = Machine()
    machine.set_by = hours * HOUR
    assert machine.after(12 * HOUR, 12_000) == (12 + hours) * HOUR


def test_however_far_the_system_goes_back_it_goes_on():
    machine = Machine()
    machine.set_by = -900 * HOUR
    assert machine.after(1_000) == 900


def test_a_machine_that_slept_for_long_is_followed_at_once():
    machine = Machine()
    machine.set_by = FAR_MS + 1
    assert machine.after(1) == FAR_MS + 2


def test_it_says_once_that_the_clock_was_set():
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), format="{extra} {message}")
    machine = Machine()
    machine.after(1_000)
    machine.set_by = -HOUR
    machine.after(1_000, 10)
    logger.remove(sink)
    assert lines == ["{'by_s': -3600} the system's clock was set\n"]


def test_where_the_system_does_not_count_its_sleep_it_is_not_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    assert 0 <= elapsed_ms() - time.monotonic_ns() // 1_000_000 < 1_000


def test_time_passes_here_too():
    steady = SteadyClock()
    assert abs(steady() - system_clock()) < 1_000
    assert elapsed_ms() <= elapsed_ms()


@pytest.mark.parametrize("hours", [-1, 1])
def test_where_the_clock_is_set_nothing_is_lost_doubled_or_late(tmp_path: Path, hours: int):
    skipped, set_by = 0, 0

    def elapsed() -> int:
        return time.monotonic_ns() // 1_000_000 + skipped

    async def story(client: Client, api: Graph) -> None:
        nonlocal skipped, set_by
        await client.say("wait 1800")
        api.answers = [(500, '{"error": {"code": 131000}}')]
        await client.say("hello")
        assert await api.text() == "2: hello"                # refused for now: it waits for a second at most
        while [status for status, *_ in rows(tmp_path)] != [0]:
            await client.get("/readyz")

        set_by = hours * HOUR
        skipped += 2_000
        assert await api.text() == "2: hello"
        await client.say("are you there?")
        assert await api.text() == "3: are you there?"
        await client.get("/readyz")
        assert api.posts.empty()

        skipped += 1_800_000 * (100 - 10 * hours) // 99      # half an hour, on a clock that goes a tenth wrong
        await client.get("/readyz")
        assert await api.text() == "4: timed out main.word"
        skipped += 2 * HOUR
        await client.get("/readyz")

    async def run() -> None:
        clock = SteadyClock(lambda: 1_757_100_000_000 + elapsed() + set_by, elapsed)
        async with asyncio.timeout(60), graph() as api, running(api, tmp_path, clock=clock) as client:
            await story(client, api)
            assert api.posts.empty()

    asyncio.run(run())
    assert [(status, attempts) for status, _, attempts in rows(tmp_path)] == [(1, 1), (1, 0), (1, 0)]
