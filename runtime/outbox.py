"""Deliver what was committed: messages to the channel, calls to actions, in order within a conversation.

A run of postings is one task: the next is posted when the one before was answered. What became of each is reported
to the worker, which marks it in a tick that happens anyway. Who may post, and when, the store has decided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol
from zlib import crc32

import msgspec
from loguru import logger

from runtime.channels.port import Accepted, Channel, decode_contact
from runtime.effects import Call, Contact, Location, Media, Offer, Say, Template
from runtime.events import Answered, Failed
from runtime.store.port import Done, Inbound, Posting, Run, Sent, Unsent

BASE_MS = 1_000                              # the first wait after a failure; doubled by each further one

Clock = Callable[[], int]                    # milliseconds since 1970, UTC

_decode_message = msgspec.json.Decoder(Say | Offer | Media | Location | Contact | Template).decode
_decode_call = msgspec.json.Decoder(Call).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of postings, for the next tick."""

    sent: tuple[Sent, ...] = ()
    unsent: tuple[Unsent, ...] = ()
    ended: frozenset[str] = frozenset()      # conversations whose run is over
    inbound: tuple[Inbound, ...] = ()        # results of actions


class Caller(Protocol):
    """Runs actions."""

    async def run(self, call: Call, key: str, attempts: int) -> Answered | Failed | None:
        """The result; none: it failed, and its domain says to try again. Never raises."""

    @property
    def timeout_s(self) -> float: ...


class Outbox:
    """`committed` begins to post; what became of each posting goes to the `report` it was given."""

    def __init__(self, channel: Channel, actions: Caller, clock: Clock) -> None:
        self._channel, self._actions, self._clock = channel, actions, clock
        self._tasks: set[asyncio.Task[None]] = set()         # the loop itself holds tasks only weakly
        self._stopping = False

    @property
    def lease_ms(self) -> int:
        """How long a run may be held: a posting is only begun if it can end in that time."""
        return int(2_000 * max(self._channel.timeout_s, self._actions.timeout_s))

    def committed(self, done: Done, until: int, report: Callable[[Report], None]) -> None:
        """Begin to post; runs of `done` are leased until `until`. On the event loop's thread."""
        seen = {one.before.id: one.inbound.id for one in done.handled if one.inbound.origin == "channel"}
        for run in done.runs:
            self._start(self._deliver(run, until, seen.pop(run.conversation, None), report))
        for message in seen.values():
            self._start(self._channel.seen(message, typing=False))

    async def drain(self, within_s: float) -> None:
        """Let posts that are on their way end; begin no other. What is left stays in the store."""
        self._stopping = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _start(self, work: asyncio._CoroutineLike[None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, run: Run, until: int, seen: str | None, report: Callable[[Report], None]) -> None:
        try:
            if seen and not self._stopping:
                # Before the answer, never beside it: a typing bubble that comes after it stays for 25 seconds.
                await self._channel.seen(seen, typing=True)
            to = decode_contact(run.contact).to if run.contact else ""
            for posting in run.postings:
                became = await self._post(run.conversation, to, posting, until)
                report(became)
                if became.unsent:
                    break
        finally:
            report(Report(ended=frozenset({run.conversation})))

    async def _post(self, conversation: str, to: str, posting: Posting, until: int) -> Report:
        is_message = posting.kind == "message"
        timeout_s = self._channel.timeout_s if is_message else self._actions.timeout_s
        might_outlast = self._clock() + timeout_s * 1_000 > until              # and the posting be somebody else's then
        if self._stopping or might_outlast:
            return Report(unsent=(Unsent(posting.id, conversation, 0),))
        try:
            became = await (self._message(to, posting) if is_message else self._call(conversation, posting))
        except Exception as fault:
            logger.bind(key=posting.key).opt(exception=fault).error("posting failed")
            became = type(fault).__name__
        if isinstance(became, Report):
            return became
        wait_ms = backoff_ms(posting.attempts + 1, BASE_MS)
        return Report(unsent=(Unsent(posting.id, conversation, wait_ms, became),))

    async def _message(self, to: str, posting: Posting) -> Report | str:
        delivery = await self._channel.send(to, _decode_message(posting.payload), posting.key)
        if isinstance(delivery, Accepted):
            return Report(sent=(Sent(posting.id, delivery.provider_id),))
        logger.bind(key=posting.key, error=delivery.error, attempts=posting.attempts + 1).warning("not delivered")
        return delivery.error

    async def _call(self, conversation: str, posting: Posting) -> Report | str:
        result = await self._actions.run(_decode_call(posting.payload), posting.key, posting.attempts)
        if result is None:
            return "action failed"
        id = f"result:{posting.key}"
        event = msgspec.structs.replace(result, at=self._clock(), seed=crc32(id.encode()))
        inbound = Inbound(conversation, id, msgspec.json.encode(event).decode(), "action", at=event.at)
        return Report(sent=(Sent(posting.id),), inbound=(inbound,))


def backoff_ms(attempt: int, base_ms: int, ceiling_ms: int = 300_000) -> int:
    """Milliseconds before the next attempt, after `attempt` of them failed.

    >>> [backoff_ms(n, 1_000) for n in (1, 2, 3, 2000)]
    [1000, 2000, 4000, 300000]
    """
    return min(ceiling_ms, base_ms << min(attempt - 1, 30))


def merged(reports: Iterable[Report]) -> Report:
    """All of these as one."""
    all_ = list(reports)
    return Report(sent=tuple(x for r in all_ for x in r.sent), unsent=tuple(x for r in all_ for x in r.unsent),
                  ended=frozenset().union(*(r.ended for r in all_)),
                  inbound=tuple(x for r in all_ for x in r.inbound))
