"""The thread that owns the store, one round at a time and with a clock of its own."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from loguru import logger

from runtime.events import Said
from runtime.outbox import Report
from runtime.store.memory import MemoryStore
from runtime.store.port import (
    Conversation,
    Dead,
    Done,
    Gone,
    Inbound,
    Outcome,
    Receipt,
    Sent,
    Store,
    StoreDown,
    TakeTurn,
    Unsent,
    Work,
)
from runtime.turns import Turns
from runtime.worker import SCAN_MS, TIDY_LATEST_MS, TIDY_MS, Worker
from tests.runtime.toy import advance, table


def said(text: str, id: str = "", at: int = 0) -> Inbound:
    return Inbound("c", id or text, msgspec.json.encode(Said(text, at=at)).decode(), address="+1", at=at)


class Fixed:
    """A worker on a store, a clock that stands still, and what was announced."""

    def __init__(self, store: Store) -> None:
        self.now = 1_000_000
        self.done: list[Done] = []
        turns = Turns(table(), advance)
        self.tidied: list[int] = []
        self.worker = Worker(store, turns, turns.failed, lambda: self.now, self.committed, 60_000, pause_s=0,
                             tidy=self.tidied.append)

    def committed(self, done: Done, until: int, report: Callable[[Report], None]) -> None:
        self.done.append(done)

    async def round(self, *inbound: Inbound) -> list[asyncio.Task[None]]:
        """One cycle with a webhook for each of these; their answers."""
        waiting = [asyncio.create_task(self.worker.accept((one,))) for one in inbound]
        await asyncio.sleep(0)
        assert self.worker.cycle(0)
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0)
        return waiting

    @property
    def texts(self) -> list[str]:
        return [posting.payload for done in self.done for run in done.runs for posting in run.postings]


class Broken(MemoryStore):
    """A store that does not take everything: `refuses` says what is raised for some work."""

    def __init__(self, refuses: Callable[[Work], Exception | None]) -> None:
        super().__init__()
        self.refuses = refuses
        self.ticks: list[Work] = []

    def tick(self, work: Work, turn: TakeTurn) -> Done:
        self.ticks.append(work)
        if fault := self.refuses(work):
            raise fault
        return super().tick(work, turn)


def play(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(story())  # type: ignore[arg-type]


def test_all_that_waits_shares_one_commit():
    async def story() -> None:
        store = Broken(lambda work: None)
        fixed = Fixed(store)
        await fixed.round(said("a"), said("b"), said("c"))
        assert len(store.ticks) == 1
        assert len(fixed.done[0].handled) == 3
    play(story)


def test_webhooks_are_put_into_the_order_of_their_times():
    async def story() -> None:
        fixed = Fixed(MemoryStore())
        await fixed.round(said("late", at=30), said("early", at=10), said("too", at=10))
        assert [handled.inbound.id for handled in fixed.done[0].handled] == ["early", "too", "late"]
    play(story)


def test_a_store_that_is_down_says_so_to_every_webhook_and_keeps_the_marks():
    async def story() -> None:
        store = Broken(lambda work: StoreDown("disk full"))
        fixed = Fixed(store)
        fixed.worker.report(Report(sent=(Sent(1, "w"),), inbound=(said("result"),)))
        (answer,) = await fixed.round(said("a"))
        assert isinstance(answer.exception(), StoreDown)
        assert not fixed.worker.healthy

        store.refuses = lambda work: None
        await fixed.round()
        assert fixed.worker.healthy
        assert store.ticks[-1].sent == (Sent(1, "w"),)
        assert [handled.inbound.id for handled in fixed.done[-1].handled] == ["result"]
    play(story)


def test_that_a_store_is_down_is_said_once_and_that_it_is_back():
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(line.record["message"]))

    async def story() -> None:
        store = Broken(lambda work: StoreDown("disk full"))
        fixed = Fixed(store)
        for _ in range(3):
            await fixed.round()
        store.refuses = lambda work: None
        for _ in range(3):
            await fixed.round()
    play(story)
    logger.remove(sink)
    assert lines == ["the store is down", "the store is back"]


def test_an_event_that_spoils_the_batch_costs_only_itself():
    def refuses(work: Work) -> Exception | None:
        return ValueError() if any(inbound.id == "bad" for inbound in work.inbound) else None

    async def story() -> None:
        fixed = Fixed(Broken(refuses))
        answers = await fixed.round(said("a"), said("bad"), said("b"))
        assert [answer.exception() for answer in answers] == [None, None, None]
        assert [handled.inbound.id for done in fixed.done for handled in done.handled] == ["a", "b"]
    play(story)


def test_an_event_whose_turn_cannot_be_stored_is_answered_all_the_same():
    class Picky(MemoryStore):
        def tick(self, work: Work, turn: TakeTurn) -> Done:
            def picky(before: Conversation, inbound: Inbound) -> Outcome:
                outcome = turn(before, inbound)
                if "bad" in outcome.state + outcome.postings[0][1]:
                    raise ValueError
                return outcome
            return super().tick(work, picky)

    async def story() -> None:
        fixed = Fixed(Picky())
        await fixed.round(said("bad"), said("good"))
        assert [handled.outcome.entry.error for done in fixed.done for handled in done.handled] == ["NotStored", None]
    play(story)


def test_when_the_store_goes_down_in_the_middle_only_what_is_not_stored_is_to_come_again():
    def refuses(work: Work) -> Exception | None:
        ids = {inbound.id for inbound in work.inbound}
        return ValueError() if len(ids) > 1 else StoreDown("away") if ids == {"b"} else None

    async def story() -> None:
        fixed = Fixed(Broken(refuses))
        fixed.worker.report(Report(sent=(Sent(1),)))
        answers = await fixed.round(said("a"), said("b"))
        assert [type(answer.exception()) for answer in answers] == [type(None), StoreDown]
        assert fixed.worker._unmarked.sent == (Sent(1),)
    play(story)


def test_a_failed_posting_is_offered_again_when_its_time_has_come():
    async def story() -> None:
        fixed = Fixed(MemoryStore())
        await fixed.round(said("hello"))
        posting = fixed.done[0].runs[0].postings[0]
        fixed.worker.report(Report(unsent=(Unsent(posting.id, "c", 2_000, "400"),), ended=frozenset({"c"})))
        await fixed.round()
        fixed.now += 1_999
        await fixed.round()
        assert len(fixed.texts) == 1

        fixed.now += 1
        await fixed.round()
        assert len(fixed.texts) == 2
    play(story)


def test_timers_are_fired_twice_a_second_and_forgotten_rows_looked_for_every_five():
    async def story() -> None:
        store = Broken(lambda work: None)
        fixed = Fixed(store)
        for _ in range(SCAN_MS // 250 + 1):
            await fixed.round()
            fixed.now += 250
        assert [work.fire for work in store.ticks[:4]] == [True, False, True, False]
        assert [n for n, work in enumerate(store.ticks) if work.scan] == [0, 20]
    play(story)


def test_a_conversation_held_elsewhere_is_looked_at_again():
    class Held(MemoryStore):
        def tick(self, work: Work, turn: TakeTurn) -> Done:
            looked.append(work.look)
            super().tick(work, turn)
            return Done(held=frozenset({"c"}) if not work.look else frozenset())

    looked: list[frozenset[str]] = []

    async def story() -> None:
        fixed = Fixed(Held())
        await fixed.round(said("hello"))
        assert fixed.worker._wait_s() < 0.01
        await fixed.round()
        await fixed.round()
        assert looked == [frozenset(), frozenset({"c"}), frozenset()]
    play(story)


def test_the_thread_ends_after_it_did_what_waits():
    async def story() -> None:
        fixed = Fixed(MemoryStore())
        fixed.worker.start()
        waiting = asyncio.create_task(fixed.worker.accept((said("hello"),)))
        await asyncio.sleep(0)
        await asyncio.to_thread(fixed.worker.stop)
        await waiting
        assert len(fixed.texts) == 1
    play(story)


def test_a_fault_of_ours_outside_the_transaction_does_not_end_the_thread():
    async def story() -> None:
        fixed = Fixed(MemoryStore())
        worker: Any = fixed.worker
        tell = worker._tell

        happened = threading.Event()

        def broken(*told: Any) -> None:
            worker._tell = tell
            happened.set()
            raise ZeroDivisionError

        worker._tell = broken
        fixed.worker.report(Report())
        fixed.worker.start()
        await asyncio.to_thread(happened.wait)
        await fixed.worker.accept((said("a", "1"),))
        assert fixed.worker.healthy
        await asyncio.to_thread(fixed.worker.stop)
    play(story)


def test_a_webhook_whose_connection_has_gone_disturbs_nobody():
    async def story() -> None:
        fixed = Fixed(MemoryStore())
        gone = asyncio.create_task(fixed.worker.accept((said("a"),)))
        await asyncio.sleep(0)
        gone.cancel()
        (answer,) = await fixed.round(said("b"))
        assert answer.exception() is None
    play(story)


@pytest.mark.parametrize("fault", [StoreDown("away")])
def test_an_empty_wait_is_told_the_truth_too(fault: StoreDown):
    async def story() -> None:
        fixed = Fixed(Broken(lambda work: fault))
        waiting = asyncio.create_task(fixed.worker.accept(()))
        await asyncio.sleep(0)
        fixed.worker.cycle(0)
        with pytest.raises(StoreDown):
            await waiting
    play(story)


RECEIPT = Receipt(provider_id="w1", key="9f2c:0:0", status="sent")


def test_statuses_are_stored_before_their_webhook_is_answered():
    async def story() -> None:
        store = Broken(lambda work: None)
        fixed = Fixed(store)
        waiting = asyncio.create_task(fixed.worker.accept((), (RECEIPT,)))
        await asyncio.sleep(0)
        fixed.worker.cycle(0)
        await waiting
        assert store.ticks[-1].receipts == (RECEIPT,)
    play(story)


@pytest.mark.parametrize(("fault", "told"), [(StoreDown("away"), StoreDown), (ValueError(), type(None))])
def test_statuses_that_cannot_be_stored_come_again_only_if_that_may_help(fault: Exception, told: type):
    def refuses(work: Work) -> Exception | None:
        return ValueError() if work.inbound and work.receipts else fault if work.receipts else None

    async def story() -> None:
        fixed = Fixed(Broken(refuses))
        waiting = asyncio.create_task(fixed.worker.accept((said("a"),), (RECEIPT,)))
        await asyncio.sleep(0)
        fixed.worker.cycle(0)
        await asyncio.wait([waiting])
        assert type(waiting.exception()) is told
        assert [handled.inbound.id for done in fixed.done for handled in done.handled] == ["a"]
    play(story)


def test_who_is_gone_is_closed_in_the_next_round():
    async def story() -> None:
        fixed = Fixed(MemoryStore())
        await fixed.round(said("hello"))
        posting = fixed.done[0].runs[0].postings[0]
        fixed.worker.report(Report(gone=(Gone(posting.id, "c", "131026"),), ended=frozenset({"c"})))
        await fixed.round()
        await fixed.round()
        assert [handled.outcome.entry.kind for done in fixed.done for handled in done.handled] == ["said", "gone"]
    play(story)


def test_a_dead_letter_is_not_offered_again():
    async def story() -> None:
        fixed = Fixed(MemoryStore())
        await fixed.round(said("hello"))
        posting = fixed.done[0].runs[0].postings[0]
        fixed.worker.report(Report(dead=(Dead(posting.id, "c", "400"),), ended=frozenset({"c"})))
        await fixed.round()
        fixed.now += 100_000
        await fixed.round()
        assert len(fixed.texts) == 1
    play(story)


def test_a_quiet_moment_is_used_for_cleaning_but_not_every_one():
    async def story() -> None:
        fixed = Fixed(MemoryStore())
        await fixed.round(said("a"))
        await fixed.round()
        fixed.now += TIDY_MS
        await fixed.round()
        assert fixed.tidied == [1_000_000, 1_000_000 + TIDY_MS]
    play(story)


def test_without_a_quiet_moment_it_is_cleaned_all_the_same_now_and_then():
    async def story() -> None:
        fixed = Fixed(MemoryStore())
        await fixed.round()
        for passed in (TIDY_MS, TIDY_LATEST_MS):
            fixed.now = 1_000_000 + passed
            # More than one tick takes: something waits after it.
            waiting = [asyncio.create_task(fixed.worker.accept([said(f"{passed} {n} {m}") for m in range(1_000)]))
                       for n in range(2)]
            await asyncio.sleep(0)
            fixed.worker.cycle(0)
            assert fixed.tidied[1:] == ([] if passed == TIDY_MS else [1_000_000 + TIDY_LATEST_MS])
            fixed.tidied[1:] = []
            fixed.now -= passed
            fixed.worker.cycle(0)
            await asyncio.wait(waiting)
    play(story)


def test_a_store_that_is_down_is_not_cleaned():
    async def story() -> None:
        fixed = Fixed(Broken(lambda work: StoreDown("away")))
        await fixed.round(said("a"))
        assert fixed.tidied == []
    play(story)
