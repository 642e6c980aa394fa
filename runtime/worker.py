"""One thread that owns the store: it gathers what waits, ticks, and only then lets webhooks be answered.

While one commit is on its way to the disk the next batch gathers, so that all that waits shares one flush. What a
tick could not store stays here and is given to the next; webhooks are told to come again.
"""

from __future__ import annotations

import asyncio
import heapq
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from types import MappingProxyType
from typing import TypeAlias

from loguru import logger
from msgspec.structs import replace as changed

from runtime.clock import Clock
from runtime.gathering import COMPANY_S, GATHER_S, Gathered, Gathering, Waiter
from runtime.outbox import NOTHING, Report
from runtime.store.port import OFFERS, Done, Inbound, Receipt, Store, StoreDown, TakeTurn, Work
from runtime.telemetry import turns_taken

IN_FLIGHT = 128                              # conversations this process posts for at the same time
# When so many events come in two ticks, answering webhooks comes first: beside them only a few begin to post. What is
# to be sent is on disk, and leaves when there are fewer; webhooks that wait too long come again, and make more.
CROWD, IN_CROWD = 16, 8
FIRE_MS, SCAN_MS = 500, 5_000                # due timers twice a second; what nobody remembers, every five seconds
HELD_S = 0.003                               # look again at a conversation that another process held
PAUSE_S = 0.2                                # after a tick that could not commit
TIDY_MS, TIDY_LATEST_MS = 100, 5_000         # a little cleaning: in a quiet moment, or else after this long


Committed: TypeAlias = Callable[[Done, int, Callable[[Report], None]], None]


class Worker:
    """`accept` and `report` on the event loop; `cycle` is one round of the thread."""

    def __init__(self, store: Store, turn: TakeTurn, failed: TakeTurn, clock: Clock,
                 committed: Committed, lease_ms: int, settle_ms: int = 0, pause_s: float = PAUSE_S,
                 tidy: Callable[[int], None] = lambda now: None) -> None:
        self._store, self._turn, self._failed, self._clock = store, turn, failed, clock
        self._committed, self._pause_s = committed, pause_s
        self._lease_ms, self._settle_ms, self._tidy = lease_ms, settle_ms, tidy
        self._unmarked = NOTHING                            # reports whose tick did not commit
        self._busy: set[str] = set()
        self._offer: dict[str, None] = {}                   # conversations that may have something to post
        self._waiting: OrderedDict[str, None] = OrderedDict()          # those that found no room, the first first
        self._held: frozenset[str] = frozenset()
        self._lately, self._is_crowd = 0, False              # events of the last tick; whether these and those are many
        self._later: list[tuple[int, str]] = []              # when to offer a conversation again: a heap
        self._fired = self._scanned = self._tidied = 0
        self._thread = threading.Thread(target=self._live, name="store", daemon=True)
        self._loop = asyncio.get_running_loop()
        self._gathering = Gathering(self._loop)
        self.healthy = True

    def start(self) -> None:
        self._thread.start()

    async def accept(self, inbound: Sequence[Inbound], receipts: Sequence[Receipt] = ()) -> None:
        """Return when these are committed, and with them all that their turns made.

        Raises:
            StoreDown: not all of them are.
        """
        future = self._loop.create_future()
        self._gathering.put(Waiter(tuple(inbound), tuple(receipts), future))
        await future

    def report(self, report: Report) -> None:
        self._gathering.put(report)

    def stop(self) -> None:
        """End the thread when everything that waits now has been ticked. Blocks."""
        self._gathering.stop()
        self._thread.join()

    def _live(self) -> None:
        lives = True
        while lives:
            try:
                lives = self.cycle(self._wait_s())
            except Exception as fault:                       # webhooks wait: never leave them without a thread
                self.healthy = False
                logger.opt(exception=fault).critical("a tick failed outside its transaction")
            if not self.healthy:
                time.sleep(self._pause_s)

    def cycle(self, wait_s: float) -> bool:
        """Gather for at most `wait_s`, tick, tell; False when asked to stop."""
        gathered = self._gathering.gather(wait_s, [self._unmarked])
        work = self._work(gathered)
        try:
            done = self._store.tick(work, self._turn)
        except StoreDown as fault:
            self._not_now(gathered, fault)
        except Exception as fault:
            logger.opt(exception=fault).error("a batch could not be stored")
            self._one_by_one(gathered, work)
        else:
            self._tell(done, work, gathered.waiters)
            self._tidy_up(work.now)
        return not gathered.stop

    def _tidy_up(self, now: int) -> None:
        """A little cleaning, after those who waited for the tick were told."""
        is_quiet = self._gathering.is_empty and not self._held
        if now - self._tidied >= (TIDY_MS if is_quiet else TIDY_LATEST_MS):
            self._tidied = now
            self._tidy(now)

    def _work(self, gathered: Gathered) -> Work:
        now, report = self._clock(), gathered.report
        self._busy -= report.ended
        self._offer |= dict.fromkeys(sorted(report.ended))
        for unsent in report.unsent:
            heapq.heappush(self._later, (now + unsent.wait_ms, unsent.conversation))
        while self._later and self._later[0][0] <= now:
            self._offer[heapq.heappop(self._later)[1]] = None
        inbound, room = gathered.inbound, IN_FLIGHT - len(self._busy)
        self._is_crowd = len(inbound) + self._lately >= CROWD
        self._lately = len(inbound)
        if self._is_crowd:
            room = min(room, IN_CROWD)
        return Work(now=now, inbound=inbound, sent=report.sent, unsent=report.unsent, dead=report.dead,
                    gone=report.gone, receipts=gathered.receipts, settle_ms=self._settle_ms, look=self._held,
                    offer=(*islice(self._waiting, OFFERS * max(room, 0)), *self._offer), waiting=len(self._waiting),
                    busy=frozenset(self._busy), room=room,
                    fire=now - self._fired >= FIRE_MS, scan=now - self._scanned >= SCAN_MS, lease_ms=self._lease_ms)

    def _wait_s(self) -> float:
        if self._held:
            return HELD_S
        if self._waiting and len(self._busy) < IN_FLIGHT:
            return COMPANY_S if self._is_crowd else GATHER_S
        soonest = self._later[0][0] - self._clock() if self._later else FIRE_MS
        return min(max(soonest, 0), FIRE_MS) / 1000

    def _tell(self, done: Done, work: Work, waiters: Sequence[Waiter] = ()) -> None:
        if not self.healthy:
            logger.info("the store is back")
        self.healthy = True
        self._unmarked = NOTHING
        self._held = done.held
        left = dict.fromkeys(done.left)
        for name in work.offer:
            self._offer.pop(name, None)
            if name not in left:
                self._waiting.pop(name, None)
        self._waiting.update(left)                           # who waited before keeps his place
        self._busy |= {run.conversation for run in done.runs}
        self._fired = work.now if work.fire else self._fired
        self._scanned = work.now if work.scan else self._scanned
        if self._is_crowd:
            self._gathering.crowded()
        # One call for the whole batch: each of them wakes the event loop through a socket.
        self._loop.call_soon_threadsafe(self._announce, done, work.now + work.lease_ms, waiters, self._is_crowd)
        turns_taken(done.handled)

    def _announce(self, done: Done, until: int, waiters: Sequence[Waiter], is_crowd: bool) -> None:
        _settle(waiters, None)
        if is_crowd:
            self._gathering.answered()
        self._committed(done, until, self.report)

    def _not_now(self, gathered: Gathered, fault: StoreDown) -> None:
        if self.healthy:                                     # once: it is tried again several times a second
            logger.bind(error=str(fault)).error("the store is down")
        self.healthy = False
        self._unmarked = gathered.report
        self._loop.call_soon_threadsafe(_settle, gathered.waiters, fault)

    def _one_by_one(self, gathered: Gathered, work: Work) -> None:
        """One event spoils the batch: give each a transaction of its own, so that it costs only itself."""
        alone = replace(work, inbound=(), sent=(), unsent=(), dead=(), gone=(), receipts=(), offer=frozenset(),
                        look=frozenset(), fire=False, scan=False)
        down: StoreDown | None = None
        if work.receipts:
            try:
                self._alone(replace(alone, receipts=work.receipts))
            except StoreDown as fault:
                down = fault
        faults: dict[Inbound, StoreDown] = {}
        for inbound in gathered.inbound:
            try:
                self._alone(replace(alone, inbound=(inbound,)))
            except StoreDown as fault:
                faults[inbound] = fault
        self._unmarked = changed(gathered.report, inbound=tuple(
            inbound for inbound in gathered.report.inbound if inbound in faults))
        self._loop.call_soon_threadsafe(_settle, gathered.waiters, down, faults)

    def _alone(self, work: Work) -> None:
        for turn in (self._turn, self._failed):
            try:
                self._tell(self._store.tick(work, turn), work)
            except StoreDown:
                raise
            except Exception as fault:
                logger.opt(exception=fault).error("an event could not be stored")
            else:
                return


def _settle(waiters: Sequence[Waiter], fault: StoreDown | None,
            faults: Mapping[Inbound, StoreDown] = MappingProxyType({})) -> None:
    """Answer the webhooks: each with the first of `faults` among its events, or else with `fault`."""
    for waiter in waiters:
        why = next((faults[inbound] for inbound in waiter.inbound if inbound in faults), fault) if faults else fault
        if waiter.future.done():                             # its connection has gone
            continue
        if why is None:
            waiter.future.set_result(None)
        else:
            waiter.future.set_exception(why)
