"""When the thread of the store has enough: both sides of the gathering, with a clock that stands still."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from runtime.gathering import AGAIN_S, BATCH, COMPANY_S, Gathered, Gathering, Waiter
from runtime.outbox import Report
from runtime.store.port import Inbound, Sent

LONG_S = 60.0                                # nobody waits that long


class Fixed:
    """A gathering, and its time."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.gathering = Gathering(asyncio.get_running_loop(), lambda: self.now)
        self.count = 0

    def webhook(self, events: int = 1) -> None:
        self.count += 1
        inbound = tuple(Inbound("c", f"{self.count}.{n}", "") for n in range(events))
        self.gathering.put(Waiter(inbound, (), asyncio.get_running_loop().create_future()))

    def gather(self, wait_s: float = LONG_S) -> "asyncio.Future[Gathered]":
        """The thread's side."""
        return asyncio.ensure_future(asyncio.to_thread(self.gathering.gather, wait_s))


def play(story: Callable[[Fixed], Awaitable[None]]) -> None:
    async def played() -> None:
        await story(Fixed())
    asyncio.run(played())


async def rounds(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_all_that_one_round_after_another_brings_is_taken_together():
    async def story(fixed: Fixed) -> None:
        gathered = fixed.gather()
        for _ in range(20):
            fixed.webhook()
            await rounds(1)
        assert len((await gathered).waiters) == 20
    play(story)


def test_what_came_before_the_thread_looked_is_taken_when_the_loop_is_quiet():
    async def story(fixed: Fixed) -> None:
        fixed.webhook()
        await rounds(10)
        gathered = await asyncio.to_thread(fixed.gathering.gather, 0.0)
        assert len(gathered.waiters) == 1
    play(story)


def test_a_round_that_takes_long_is_not_quiet():
    async def story(fixed: Fixed) -> None:
        fixed.webhook()
        gathered = fixed.gather()
        for _ in range(10):
            fixed.now += COMPANY_S / 100
            await rounds(1)
        assert not gathered.done()
        await gathered
    play(story)


def test_nobody_waits_longer_than_a_moment_for_company():
    async def story(fixed: Fixed) -> None:
        fixed.webhook()
        gathered = fixed.gather()
        fixed.now += COMPANY_S
        fixed.webhook()
        assert (await gathered).waiters
    play(story)


def test_in_a_crowd_who_is_answered_is_waited_for():
    async def story(fixed: Fixed) -> None:
        fixed.gathering.crowded()
        fixed.webhook()
        fixed.gathering.answered()
        gathered = fixed.gather()
        await rounds(10)
        fixed.webhook()
        await rounds(10)
        assert not gathered.done()
        fixed.now += AGAIN_S
        assert len((await gathered).waiters) == 2
    play(story)


def test_a_crowd_that_does_not_come_again_keeps_nobody():
    async def story(fixed: Fixed) -> None:
        fixed.gathering.crowded()
        gathered = fixed.gather(0.0)
        fixed.gathering.answered()
        fixed.now += AGAIN_S
        assert (await gathered).waiters == []
    play(story)


def test_reports_travel_together_and_with_those_that_were_kept():
    async def story(fixed: Fixed) -> None:
        gathered = asyncio.ensure_future(asyncio.to_thread(
            fixed.gathering.gather, LONG_S, [Report(sent=(Sent(1),))]))
        for posting in (2, 3):
            fixed.gathering.put(Report(sent=(Sent(posting),)))
        assert [one.posting for one in (await gathered).report.sent] == [1, 2, 3]
    play(story)


def test_a_batch_has_a_bound_and_what_is_over_comes_next():
    async def story(fixed: Fixed) -> None:
        for _ in range(3):
            fixed.webhook(events=BATCH // 2)
        await rounds(10)
        assert len((await fixed.gather()).inbound) == BATCH
        assert not fixed.gathering.is_empty
        assert len((await fixed.gather()).inbound) == BATCH // 2
    play(story)


@pytest.mark.parametrize("waiting", [0, 1])
def test_it_ends_with_what_there_is(waiting: int):
    async def story(fixed: Fixed) -> None:
        gathered = fixed.gather()
        for _ in range(waiting):
            fixed.webhook()
        fixed.gathering.stop()
        told = await gathered
        assert (told.stop, len(told.waiters)) == (True, waiting)
    play(story)
