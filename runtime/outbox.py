"""Deliver what was committed: messages to the channel, calls to actions, in order within a conversation.

A run of postings is one task: the next is posted when the one before was answered. What became of each is reported
to the worker, which marks it in a tick that happens anyway. Who may post, the store has decided; whether now, the gate.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol
from zlib import crc32

import msgspec
from loguru import logger
from msgspec.structs import replace

from runtime.channels.port import Channel, Later, Undelivered, decode_contact
from runtime.channels.port import Contact as Address
from runtime.clock import Clock
from runtime.effects import Call, Contact, Location, Media, Offer, Say, Template
from runtime.events import Answered, Failed
from runtime.gate import Gate, Repetitions
from runtime.policy import Backoff
from runtime.read_marks import ReadMarks
from runtime.store.port import Dead, Done, Gone, Inbound, Posting, Run, Sent, Unsent

ACTIONS = Backoff(base_ms=1_000)             # how often an action is tried, its domain says
SHUT = Undelivered("the window is closed", "closed")         # not asked again: it is until the user writes
CROWD = 32                                   # users whose messages are marked as read when they come at once
SETTLE_MS = 20_000                           # how long a message that may have arrived waits for a word of it

_decode_message = msgspec.json.Decoder(Say | Offer | Media | Location | Contact | Template).decode
_decode_call = msgspec.json.Decoder(Call).decode


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of postings, for the next tick."""

    sent: tuple[Sent, ...] = ()
    unsent: tuple[Unsent, ...] = ()
    dead: tuple[Dead, ...] = ()
    gone: tuple[Gone, ...] = ()
    ended: frozenset[str] = frozenset()      # conversations whose run is over
    inbound: tuple[Inbound, ...] = ()        # results of actions


NOTHING = Report()


class Caller(Protocol):
    """Runs actions."""

    async def run(self, call: Call, key: str, attempts: int) -> Answered | Failed | None:
        """The result; none: it failed, and its domain says to try again. Never raises."""

    @property
    def timeout_s(self) -> float: ...


class Outbox:
    """`committed` begins to post; what became of each posting goes to the `report` it was given.

    Args:
        settle_ms: how long what may have been sent waits for a status that says so.
        sets_aside: whether it is then left for a person to decide on, and not sent again.
    """

    def __init__(self, channel: Channel, actions: Caller, clock: Clock, *, rate: int = 0, settle_ms: int = SETTLE_MS,
                 sets_aside: bool = False, chance: Callable[[], float] = random.random,
                 pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._channel, self._actions, self._clock = channel, actions, clock
        self._settle_ms, self._sets_aside, self._chance, self._pause = settle_ms, sets_aside, chance, pause
        self._gate, self._repetitions = Gate(rate), Repetitions()
        self._marks = ReadMarks(channel)
        self._tasks: set[asyncio.Task[None]] = set()         # the loop itself holds tasks only weakly
        self._stopping = False

    @property
    def lease_ms(self) -> int:
        """How long a run may be held: a posting is only begun if it can end in that time."""
        return int(2_000 * max(self._channel.timeout_s, self._actions.timeout_s))

    def committed(self, done: Done, until: int, report: Callable[[Report], None]) -> None:
        """Begin to post; runs of `done` are leased until `until`. On the event loop's thread."""
        heard = {one.before.id: one.inbound.id for one in done.handled if one.inbound.origin == "channel"}
        if len(heard) > CROWD:
            heard = {}                       # there is better to do than to mark messages as read
        for run in done.runs:
            self._start(self._deliver(run, until, heard.pop(run.conversation, None), report))
        for message in heard.values():
            self._marks.put(message)

    async def drain(self, within_s: float) -> None:
        """Let posts that are on their way end; begin no other. What is left stays in the store."""
        self._stopping = True
        self._marks.stop()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _start(self, work: asyncio._CoroutineLike[None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, run: Run, until: int, heard: str | None, report: Callable[[Report], None]) -> None:
        became = NOTHING
        try:
            address = decode_contact(run.contact) if run.contact else Address()
            for posting in run.postings:
                if became is not NOTHING:
                    report(became)
                    became = NOTHING
                if heard and posting.kind == "call" and not self._stopping:
                    # Before the answer, never beside it: a typing bubble that comes after it stays for 25 seconds.
                    await self._channel.seen(heard, typing=True)
                    heard = None
                became = await self._post(run.conversation, address, posting, until)
                if became.unsent or became.gone:
                    break
        finally:
            report(replace(became, ended=frozenset({run.conversation})))
        if heard and not self._stopping:
            self._marks.put(heard)

    async def _post(self, conversation: str, address: Address, posting: Posting, until: int) -> Report:
        try:
            if posting.kind == "call":
                return await self._call(conversation, posting, until)
            return await self._message(conversation, address, posting, until)
        except Exception as fault:
            logger.bind(key=posting.key).opt(exception=fault).error("posting failed")
            return self._undelivered(conversation, posting, Undelivered(type(fault).__name__))

    def _is_too_late(self, now: int, timeout_s: float, until: int) -> bool:
        """Whether it might outlast its lease, and then be somebody else's to post."""
        return self._stopping or now + timeout_s * 1_000 > until

    async def _message(self, conversation: str, address: Address, posting: Posting, until: int) -> Report:
        now, message = self._clock(), _decode_message(posting.payload)
        if self._repetitions.is_runaway(conversation, posting.payload, posting.key, now):
            return Report(dead=(Dead(posting.id, conversation, "repeated too often"),))
        if posting.in_doubt and self._sets_aside:
            logger.bind(key=posting.key).error("dead letter")
            return Report(dead=(Dead(posting.id, conversation, "may have been sent: nothing was heard of it"),))
        if address.closed and not isinstance(message, Template):
            return self._undelivered(conversation, posting, SHUT)
        if wait_ms := self._gate.wait_ms(conversation, now):
            return _later(conversation, posting, wait_ms)
        pace_ms = self._gate.pace_ms(now)
        if self._is_too_late(now, self._channel.timeout_s + pace_ms / 1_000, until):
            return _later(conversation, posting, pace_ms)    # and takes nobody's place
        self._gate.enter(conversation, now)
        if pace_ms:
            await self._pause(pace_ms / 1_000)
            if self._is_too_late(self._clock(), self._channel.timeout_s, until):
                return _later(conversation, posting)
        delivery = await self._channel.send(address.to, message, posting.key)
        if isinstance(delivery, Later):
            return _later(conversation, posting, delivery.after_ms)
        if isinstance(delivery, Undelivered):
            self._gate.failed(delivery, self._clock())
            return self._undelivered(conversation, posting, delivery)
        self._gate.accepted()
        self._repetitions.sent(conversation, posting.payload, now)
        return Report(sent=(Sent(posting.id, delivery.provider_id),))

    def _undelivered(self, conversation: str, posting: Posting, told: Undelivered) -> Report:
        failures = posting.attempts + 1
        bound = logger.bind(key=posting.key, error=told.error, attempts=failures)
        error = f"{told.error}: {told.details}" if told.details else told.error
        if told.verdict == "gone":
            bound.warning("the user cannot be reached")
            return Report(gone=(Gone(posting.id, conversation, error),))
        if told.verdict in ("refused", "closed") or told.backoff.is_over(failures):
            bound.error("dead letter")
            is_told = posting.kind == "message" and told.verdict != "unknown"
            lost = "window" if told.verdict == "closed" else "failed" if is_told else ""
            return Report(dead=(Dead(posting.id, conversation, error, lost),))
        bound.warning("not delivered")
        wait_ms = max(told.backoff.wait_ms(failures, self._chance()), told.after_ms)
        is_unknown = told.verdict == "unknown"
        return _later(conversation, posting, max(wait_ms, self._settle_ms if is_unknown else 0), error, is_unknown)

    async def _call(self, conversation: str, posting: Posting, until: int) -> Report:
        if self._is_too_late(self._clock(), self._actions.timeout_s, until):
            return _later(conversation, posting)
        result = await self._actions.run(_decode_call(posting.payload), posting.key, posting.attempts)
        if result is None:
            wait_ms = ACTIONS.wait_ms(posting.attempts + 1, self._chance())
            return _later(conversation, posting, wait_ms, "action failed")
        id = f"result:{posting.key}"
        event = msgspec.structs.replace(result, at=self._clock(), seed=crc32(id.encode()))
        inbound = Inbound(conversation, id, msgspec.json.encode(event).decode(), "action", at=event.at)
        return Report(sent=(Sent(posting.id),), inbound=(inbound,))


def _later(conversation: str, posting: Posting, wait_ms: int = 0, error: str | None = None,
           in_doubt: bool = False) -> Report:
    return Report(unsent=(Unsent(posting.id, conversation, wait_ms, error, in_doubt),))


def merged(reports: Iterable[Report]) -> Report:
    """All of these as one."""
    told = [report for report in reports if report is not NOTHING]
    return Report(sent=tuple([one for report in told for one in report.sent]),
                  unsent=tuple([one for report in told for one in report.unsent]),
                  dead=tuple([one for report in told for one in report.dead]),
                  gone=tuple([one for report in told for one in report.gone]),
                  ended=frozenset().union(*[report.ended for report in told]),
                  inbound=tuple([one for report in told for one in report.inbound]))
