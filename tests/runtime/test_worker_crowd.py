"""Who is posted for when more write than there is room for."""

import asyncio

from runtime.outbox import Report
from runtime.store.memory import MemoryStore
from runtime.store.port import OFFERS, Done, Inbound, Run, TakeTurn, Work
from runtime.worker import CROWD, IN_CROWD, IN_FLIGHT
from tests.runtime.test_worker import Broken, Fixed, play, said


def a_crowd(of: int) -> list[Inbound]:
    return [Inbound(f"c{n}", "m", said("hello").event) for n in range(of)]


def test_what_found_no_room_is_offered_when_there_is_some():
    async def story() -> None:
        fixed = Fixed(MemoryStore())
        await fixed.round(*a_crowd(IN_FLIGHT + 1))
        await fixed.round()
        await fixed.round()
        assert len(fixed.texts) == IN_FLIGHT

        fixed.worker.report(Report(ended=frozenset({fixed.done[0].runs[0].conversation})))
        await fixed.round()
        assert len(fixed.texts) == IN_FLIGHT + 1
    play(story)


def test_in_a_crowd_few_are_answered_before_all_are_taken_in():
    async def story() -> None:
        fixed = Fixed(MemoryStore())
        await fixed.round(*a_crowd(CROWD))
        assert (len(fixed.done[0].handled), len(fixed.texts)) == (CROWD, IN_CROWD)
        await fixed.round(said("one more"))
        assert len(fixed.texts) == IN_CROWD + IN_CROWD
        await fixed.round()
        assert len(fixed.texts) == CROWD + 1
    play(story)


def test_of_those_that_wait_as_many_are_offered_as_there_may_be_room_for():
    async def story() -> None:
        store = Broken(lambda work: None)
        fixed = Fixed(store)
        await fixed.round(*a_crowd(CROWD * 20))
        await fixed.round(*a_crowd(CROWD))
        await fixed.round()
        assert [len(work.offer) for work in store.ticks] == [0, OFFERS * IN_CROWD, OFFERS * IN_CROWD]
        assert [work.waiting for work in store.ticks] == [0, CROWD * 20 - IN_CROWD, CROWD * 20 - 2 * IN_CROWD]
    play(story)


def test_who_waits_is_found_at_once_behind_those_who_do_not_wait_any_more():
    class Stale(MemoryStore):
        """Another process has posted for all who found no room, but for one."""

        def tick(self, work: Work, turn: TakeTurn) -> Done:
            if work.inbound:
                return Done(left=(*(f"stale {n}" for n in range(100 * IN_FLIGHT)), "real"))
            return Done(runs=(Run("real", "", ()),) if "real" in work.offer else ())

    async def story() -> None:
        fixed = Fixed(Stale())
        fixed.worker.start()
        await fixed.worker.accept((said("hello"),))
        async with asyncio.timeout(10):                      # with the usual half a second between two looks: 25
            while not any(done.runs for done in fixed.done):
                await asyncio.sleep(0)
        await asyncio.to_thread(fixed.worker.stop)
    play(story)
