"""One life of the server, joined as `serve` joins it: only its worker has no thread, and its time is told.

Where a real one waits for the disk, the network or a thread, this one goes on with the next callback of the loop; so
that when `rest` returns, all that can happen now has happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Protocol

from runtime.channels.port import Channel
from runtime.clock import Clock
from runtime.outbox import SETTLE_MS, Caller, Outbox, Report
from runtime.rehearsal.line import post
from runtime.store.port import Done, Inbound, Receipt, Store
from runtime.turns import Turns
from runtime.web.app import application
from runtime.web.webhook import Webhook
from runtime.worker import Worker

ROUTE = "/webhooks/whatsapp"
EVEN = 0.5                                   # in the place of chance


class Witness(Protocol):
    """Who sees what a process does."""

    def committed(self, done: Done) -> None: ...

    def reported(self, report: Report) -> None: ...

    def is_waiting(self) -> bool:
        """Whether what is being posted now waits for something that the story is yet to tell."""


class Process:
    """Born on a prepared store, on the running loop."""

    def __init__(self, store: Store, turns: Turns, channel: Channel, actions: Caller, clock: Clock, webhook: Webhook,
                 sets_aside: bool, witness: Witness) -> None:
        self._store, self._witness = store, witness
        self._outbox = Outbox(channel, actions, clock, sets_aside=sets_aside, chance=lambda: EVEN)
        self._worker = Worker(store, turns, turns.failed, clock, self._committed, self._outbox.lease_ms, SETTLE_MS)
        self._app = application(webhook, lambda app: nullcontext({"worker": self}))
        self._posting: set[str] = set()      # conversations
        self._is_due = self._is_committing = self._is_dying = False

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """A webhook comes in; the status of the answer."""
        return await post(self._app, ROUTE, body, headers, {"worker": self})

    async def accept(self, inbound: Sequence[Inbound], receipts: Sequence[Receipt] = ()) -> None:
        self._round_soon()
        await self._worker.accept(inbound, receipts)

    async def round(self) -> None:
        """One of the worker's rounds, as there is one in every half second."""
        self._round_soon()
        while self._is_due or self._is_committing:
            await asyncio.sleep(0)

    async def rest(self) -> None:
        """Return when nothing moves any more until something is told."""
        while self._is_due or self._is_committing or (self._posting and not self._witness.is_waiting()):
            await asyncio.sleep(0)

    def commit_no_more(self) -> None:
        self._is_dying = True

    async def die(self) -> None:
        """Its posts break off, and nobody hears of them."""
        self.commit_no_more()
        await self._outbox.drain(0.0)
        self._store.close()

    def _round_soon(self) -> None:
        if not self._is_due and not self._is_dying:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._round)

    def _round(self) -> None:
        self._is_due = False
        if not self._is_dying:
            self._worker.cycle(0.0)
            self._is_committing = self._worker.healthy

    def _committed(self, done: Done, until: int, report: Callable[[Report], None]) -> None:
        self._is_committing = False
        self._witness.committed(done)
        self._posting |= {run.conversation for run in done.runs}
        self._outbox.committed(done, until, self._report)
        if done.held:
            self._round_soon()

    def _report(self, report: Report) -> None:
        self._posting -= report.ended
        if not self._is_dying:
            self._witness.reported(report)
            self._worker.report(report)
            self._round_soon()
