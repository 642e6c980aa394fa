"""What waits for the next tick, and when it is enough.

The event loop puts things in, the thread that owns the store takes them out. Both run one interpreter: what they do
at the same time takes each of them twice as long as one after the other. So the thread waits until the loop has
nothing more at hand, and has all of it in one commit.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from runtime.outbox import NOTHING, Report, merged
from runtime.store.port import Inbound, Receipt

BATCH = 1_000                                # events of one tick, unless a single webhook holds more
GATHER_S = 0.004                             # reports wait that long for company: they ride on a commit that happens
COMPANY_S = 0.016                            # webhooks at most so long, while the loop brings more and more of them
AGAIN_S = 0.002                              # who was answered in a crowd has written again by then
ROUND_S, QUIET = 0.0001, 2                   # so short is a round of the loop with nothing to do; so many in a row


@dataclass(frozen=True, slots=True)
class Waiter:
    """A webhook that waits for its commit."""

    inbound: tuple[Inbound, ...]
    receipts: tuple[Receipt, ...]
    future: asyncio.Future[None]


class Stop:
    """Asks the thread to end."""


@dataclass(slots=True)
class Gathered:
    """What the next tick is to do, and who waits for it."""

    waiters: list[Waiter] = field(default_factory=list)
    report: Report = NOTHING
    stop: bool = False

    @property
    def inbound(self) -> tuple[Inbound, ...]:
        """In the order in which they happened: webhooks come in none."""
        told = [one for waiter in self.waiters for one in waiter.inbound]
        return tuple(sorted([*told, *self.report.inbound], key=attrgetter("at")))

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        return tuple(one for waiter in self.waiters for one in waiter.receipts)


class Gathering:
    """`put` and `answered` on the event loop; `gather` in the thread, and nowhere else."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float] = time.monotonic) -> None:
        self._loop, self._clock = loop, clock                # seconds; the loop's own may stand still for a round
        self._items: deque[Waiter | Report | Stop] = deque()
        self._bell = threading.Event()                       # wakes the thread
        self._is_soon = self._is_later = False               # it is going to ring: for webhooks, for reports
        self._is_watching = False
        self._webhooks = 0                                   # ever put in
        self._not_before = 0.0

    @property
    def is_empty(self) -> bool:
        return not self._items

    def put(self, item: Waiter | Report) -> None:
        self._items.append(item)
        if isinstance(item, Waiter):
            self._webhooks += 1
            self._is_soon = True
            self._watch_soon()
        elif not self._is_later:
            self._is_later = True
            self._loop.call_later(GATHER_S, self._ring)

    def crowded(self) -> None:
        """Many are about to be `answered`, and will write again: what there is then is to wait for them. Any thread."""
        self._is_soon = True

    def answered(self) -> None:
        self._not_before = self._clock() + AGAIN_S
        self._watch_soon()

    def stop(self) -> None:
        """Any thread."""
        self._items.append(Stop())
        self._bell.set()

    def _watch_soon(self) -> None:
        if not self._is_watching:                            # once for all that this round of the loop brings
            self._is_watching = True
            self._loop.call_soon(self._watch, self._webhooks, self._clock(), 0, self._clock() + COMPANY_S)

    def _watch(self, known: int, before: float, quiet: int, until: float) -> None:
        """Ring when so many rounds in a row brought nothing and had next to nothing to do."""
        now = self._clock()
        quiet = quiet + 1 if self._webhooks == known and now - before < ROUND_S else 0
        if now >= until or (quiet >= QUIET and now >= self._not_before):
            self._is_watching = self._is_soon = False
            self._bell.set()
        elif quiet >= QUIET:
            self._loop.call_later(self._not_before - now, self._watch, self._webhooks, self._not_before, 0, until)
        else:
            self._loop.call_soon(self._watch, self._webhooks, now, quiet, until)

    def _ring(self) -> None:
        self._is_later = False
        self._bell.set()

    def gather(self, wait_s: float, before: Iterable[Report] = ()) -> Gathered:
        """What there is, after at most `wait_s` without anything; `before` are reports of a tick that failed."""
        gathered, reports, events = Gathered(), [*before], 0
        kept = len(reports)
        until, latest = self._clock() + wait_s, 0.0
        while True:
            self._bell.clear()
            while self._items and events < BATCH:
                match item := self._items.popleft():
                    case Stop():
                        gathered.stop = True
                    case Waiter():
                        gathered.waiters.append(item)
                        events += len(item.inbound) + len(item.receipts)
                    case Report():
                        reports.append(item)
                        events += len(item.inbound)
                        until = min(until, self._clock() + GATHER_S)
            if gathered.stop or events >= BATCH:
                break
            now = self._clock()
            latest = latest or now + COMPANY_S * self._is_soon
            is_all = bool(gathered.waiters) or (len(reports) > kept and not self._is_later)
            left = latest - now if self._is_soon else 0.0 if is_all else until - now
            if left <= 0:
                break
            self._bell.wait(left)
        gathered.report = merged(reports)
        return gathered
