"""Webhooks on their way to the business: gathered, mixed, repeated, lost and tried again, for seven days.

Every draw of chance is made before a POST begins, so that a seed gives the same network however fast the answers come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random

import msgspec

from dsl.limits import data
from runtime.sim.clock import Clock, Schedule
from runtime.sim.ledger import Ledger
from runtime.sim.webhooks import Update, envelope, headers, written
from runtime.sim.world import World

# POST to the business; gives the HTTP status. Raises OSError (TimeoutError is one) if there was no answer.
Post = Callable[[bytes, Mapping[str, str]], Awaitable[int]]

MOST = data()["webhook"]["max_updates_per_post"]
RETRY_MS = data()["webhook"]["retry_days"] * 86_400_000
# Seconds before each retry: at once, then with falling frequency (Meta gives no figures); the last one again and again.
RETRIES_S = (0, 10, 30, 60, 300, 900, 3_600, 10_800, 21_600, 43_200)


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How webhooks travel."""

    batch: int = 100                         # updates in one POST, at most; 1 to 1000
    hold_ms: int = 0                         # how long updates gather before they go
    reorder_ms: int = 0                      # each is late by up to so much, so that the later may come first
    duplicates: float = 0.0                  # POSTs that come again: as they were, or their updates in other ones
    lost_acks: float = 0.0                   # answers of 200 that never arrive: the POST comes again
    concurrency: int = 8                     # POSTs under way at once

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= MOST:
            raise ValueError(f"batch: 1 to {MOST}")
        if self.concurrency < 1 or self.hold_ms < 0 or self.reorder_ms < 0:
            raise ValueError("concurrency: at least 1; hold_ms, reorder_ms: at least 0")
        if not (0 <= self.duplicates < 1 and 0 <= self.lost_acks < 1):
            raise ValueError("duplicates, lost_acks: 0 to less than 1")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One POST, and what was drawn for it."""

    body: bytes
    updates: tuple[Update, ...]
    began: int                               # milliseconds: the first attempt
    attempt: int = 0
    is_lost: bool = False                    # its answer
    again: str = ""                          # "same bytes", "other bytes", or not at all


class Wire:
    """`put` an update; `idle` when nothing is under way."""

    def __init__(self, post: Post, world: World, clock: Clock, schedule: Schedule, ledger: Ledger, chance: Random,
                 secrets: Sequence[str]) -> None:
        self._post, self._world, self._clock, self._schedule = post, world, clock, schedule
        self._ledger, self._chance, self._secrets = ledger, chance, secrets
        self.network = Network()
        self._waiting: list[Update] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._room: list[Parcel] = []        # parcels that wait until fewer are under way

    def put(self, update: Update, late_ms: int = 0) -> None:
        """On its way, after `late_ms` and what the network makes it wait."""
        late = late_ms + self._chance.randint(0, self.network.reorder_ms)
        self._schedule.at(self._clock() + late, lambda: self._arrive(update))

    async def deliver_now(self, update: Update) -> None:
        """On its way alone, at once, and back when it was answered."""
        task = self._send(self._parcel([update]))
        if task is not None:
            await asyncio.wait([task])

    async def idle(self) -> None:
        """Until no POST is under way."""
        while self._tasks:
            done, _ = await asyncio.wait(self._tasks)
            for task in done:
                task.result()                # a fault of who brings webhooks is told here

    def _arrive(self, update: Update) -> None:
        self._waiting.append(update)
        if len(self._waiting) == 1:
            self._schedule.at(self._clock() + self.network.hold_ms, self._flush)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self.network.reorder_ms:
            self._chance.shuffle(waiting)
        for start in range(0, len(waiting), self.network.batch):
            self._send(self._parcel(waiting[start:start + self.network.batch]))

    def _parcel(self, updates: Sequence[Update]) -> Parcel:
        body = written(envelope(updates, self._world.number, self._chance))
        again = self._chance.choice(("same bytes", "other bytes")) if self._draw(self.network.duplicates) else ""
        return Parcel(body, tuple(updates), self._clock(), is_lost=self._draw(self.network.lost_acks), again=again)

    def _draw(self, probability: float) -> bool:
        return self._chance.random() < probability

    def _send(self, parcel: Parcel) -> asyncio.Task[None] | None:
        """Begin, or have it wait its turn."""
        if self._under_way >= self.network.concurrency:
            self._room.append(parcel)
            return None
        self._under_way += 1
        task = asyncio.get_running_loop().create_task(self._deliver(parcel, self._chance.choice(self._secrets)))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way -= 1
        if self._room and not task.cancelled():
            self._send(self._room.pop(0))
        self._tasks.discard(task)

    async def _deliver(self, parcel: Parcel, secret: str) -> None:
        status: int | None = None
        with suppress(OSError):              # without an answer it comes again
            status = await self._post(parcel.body, headers(parcel.body, secret))
        is_lost = parcel.is_lost and status == 200
        ids = [update.id for update in parcel.updates]
        self._ledger.delivered(ids, status, is_lost)
        if status != 200 or is_lost:
            self._retry(parcel, ids)
        elif parcel.again == "same bytes":
            self._later(replace(parcel, again=""), self._chance.randint(0, 5_000))
        elif parcel.again:
            for update in parcel.updates:
                # The same in other words: JSON says nothing about the order of keys.
                self.put(replace(update, item=dict(reversed(update.item.items()))))

    def _retry(self, parcel: Parcel, ids: list[str]) -> None:
        wait_ms = 1000 * RETRIES_S[min(parcel.attempt, len(RETRIES_S) - 1)]
        if self._clock() + wait_ms - parcel.began > RETRY_MS:
            self._ledger.given_up(ids)
            return
        self._later(replace(parcel, attempt=parcel.attempt + 1, is_lost=self._draw(self.network.lost_acks)), wait_ms)

    def _later(self, parcel: Parcel, wait_ms: int) -> None:
        def resend() -> None:
            self._send(parcel)
        self._schedule.at(self._clock() + wait_ms, resend)

    def close(self) -> None:
        """Leave what is under way."""
        for task in self._tasks:
            task.cancel()
