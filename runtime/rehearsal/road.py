"""A story's road through everything real: telephone, platform, webhook, process, store, outbox, and back.

A turn is committed when `receives` returns, and what it sends stands before a closed way until `settle`: so a process
can die between the two. What the user sees is read from what the platform took (`phone`). Chance is the machine's own
count of turns, as on the direct road, so that the same story says the same words on both.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from loguru import logger
from msgspec.structs import replace

from dsl.table import Table, version
from runtime import machine
from runtime.channels.envelope import MEDIA
from runtime.channels.port import Contact, encode_contact
from runtime.channels.whatsapp import WhatsApp
from runtime.effects import Call, Message
from runtime.events import Answered, Chose, Event, Failed, Said, Sent, TimedOut
from runtime.rehearsal.deeds import content
from runtime.rehearsal.disk import Disk, InFile, InMemory
from runtime.rehearsal.line import Json, Line, OnShelf
from runtime.rehearsal.phone import seen
from runtime.rehearsal.process import Process
from runtime.sim.clock import Clock
from runtime.sim.faults import Rule
from runtime.sim.simulator import Simulator
from runtime.sim.templates import approve
from runtime.sim.world import Number, Pace
from runtime.state import Fired, State, Turn, decode_state, encode_state
from runtime.store.port import (
    Dead,
    Done,
    Entry,
    Gone,
    Handled,
    Identity,
    Inbound,
    Outcome,
    Store,
    Unsent,
    Work,
    posting_key,
)
from runtime.story_road import Audience, Deed
from runtime.turns import Turns
from runtime.web.webhook import Webhook
from runtime.worker import FIRE_MS

if TYPE_CHECKING:
    from runtime.outbox import Report

PHONE = "15557770001"
# Nobody in a story takes time to read or write, so that the pace of the whole number says nothing.
NUMBER = Number(pace=Pace(1_000_000, 1))
TOKEN, SECRET, VERSION = "a-token", "a-secret", "v25.0"
REFUSED = 131009                             # a code for what is wrong with a message, whatever that is
STEP_MS, PATIENCE_MS = 1_000, 600_000        # how the time goes on for what is late, and for how long

R = TypeVar("R")

_decode_event = msgspec.json.Decoder(Event).decode
_decode_message = msgspec.json.Decoder(Message).decode
_decode_trace = msgspec.json.Decoder(tuple[Fired, ...]).decode


def through_whatsapp(table: Table, now: int, state: State, audience: Audience) -> Rehearsal:
    """On SQLite in a file."""
    return Rehearsal(table, now, state, audience, InFile())


def in_memory(table: Table, now: int, state: State, audience: Audience) -> Rehearsal:
    return Rehearsal(table, now, state, audience, InMemory())


@dataclass(slots=True)
class _Called:
    """A call that was posted, perhaps more than once, and its one answer."""

    call: Call
    key: str
    answer: asyncio.Future[Answered | Failed]
    is_posted: bool = False                  # by the process that lives now


class Rehearsal:
    """One user, one bot, from a story's beginning to its end."""

    timeout_s = 0.0                          # of actions: they answer when the story says so

    def __init__(self, table: Table, now: int, state: State, audience: Audience, disk: Disk) -> None:
        self._audience, self._disk = audience, disk
        self._turns = Turns(table, _advance)
        self._sets_aside = table.delivery.in_doubt == "set aside"
        self._clock = Clock(lambda: now)
        self.platform = Simulator(self._post, clock=self._clock, number=NUMBER, token=TOKEN, secrets=(SECRET,))
        approve(self.platform.world.templates, table)
        self._user = self.platform.user(PHONE, wrote_at=state.heard or None)
        self._files = OnShelf(self.platform, table.media)
        self._line = Line(self.platform, f"/{VERSION}/{NUMBER.id}/messages", TOKEN, self._took)
        self._state = state
        self._received: set[int] = set()
        self._happened = 0
        self._timers: dict[str, int] = {}
        self._calls: dict[str, _Called] = {}
        self._meant: dict[str, Message] = {}                 # by key, as they were committed
        self._keys: dict[int, str] = {}                      # of postings
        self._owed: set[str] = set()                         # keys: committed, and nothing has come of it yet
        self._untold: deque[tuple[int, Event, tuple[Fired, ...]]] = deque()      # turns
        self._fault: Exception | None = None
        self._runner = asyncio.Runner()
        self._run(self._begin(table, state))

    # --- what a story asks for ------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return self._clock()

    @property
    def state(self) -> State:
        return self._state

    def settle(self) -> None:
        self._run(self._settle())

    def receives(self, event: Deed, number: int, late_s: int = 0, is_tap: bool = False) -> None:
        if number in self._received:
            self.platform.repeat(PHONE)
        elif isinstance(event, Chose):
            self.platform.tap(PHONE, event.title, late_s * 1_000)
        elif is_tap and isinstance(event, Said):
            self.platform.tap(PHONE, event.text, late_s * 1_000)
        else:
            told = content(event, self._last_seen())
            if isinstance(event, Sent) and event.kind in MEDIA:
                self._files.receive(event.kind, told[event.kind])
            self.platform.send(PHONE, told, late_ms=late_s * 1_000)
        self._received.add(number)
        self._run(self._passes(late_s * 1_000))

    def happens(self, event: Event) -> None:
        self._happened += 1
        told = msgspec.json.encode(replace(event, at=self.now)).decode()
        self._run(self._accept(self._inbound(f"story:{self._happened}", told)))

    def goes_on(self, seconds: int) -> None:
        self._run(self._passes(seconds * 1_000))

    def refuses(self, what: str) -> None:
        if what == "window":
            self.platform.user(PHONE, wrote_at=None)
        else:
            self.platform.faults.add(Rule(target="messages", code=REFUSED, next=1))

    def pending(self, action: str) -> Call | None:
        return next((one.call for one in self._calls.values() if one.call.action == action and not one.answer.done()),
                    None)

    def answers(self, call: Call, event: Answered | Failed) -> None:
        self._calls[call.id].answer.set_result(event)
        self._run(self._process.rest())

    def crashes(self, when_sent: bool) -> None:
        self._run(self._crash(when_sent))

    def close(self) -> None:
        self._run(self._process.die())
        self._runner.close()
        self._disk.close()

    # --- time -----------------------------------------------------------------------------------------------

    async def _passes(self, ms: int) -> None:
        """Let time go on, from timer to timer; what comes of the last of them is still on its way then."""
        until = self._clock() + ms
        while not self._fault and (due := min(self._timers.values(), default=until + 1)) <= until:
            await self._settle()
            # Timers are looked for so often and no oftener.
            await self._at(due if due > self._clock() else self._clock() + FIRE_MS)
        if self._clock() < until:
            await self._settle()
        await self._at(until)

    async def _at(self, moment: int) -> None:
        """It is later: first what was on its way until then, then the timers that are due."""
        if moment > self._clock():
            await self.platform.advance(max(0, moment - FIRE_MS - self._clock()))
            await self._open()
            self._clock.move_to(moment)
            await self._process.round()
        await self.platform.advance()
        await self._process.rest()

    async def _settle(self) -> None:
        until = self._clock() + PATIENCE_MS
        await self._open()
        while self._is_owing() and not self._fault and self._clock() < until:
            await self._at(self._clock() + STEP_MS)
            await self._open()
        self._tell()

    async def _open(self) -> None:
        """Let through what stands before the closed way, and all that follows from it now."""
        self._line.open()
        await self._process.rest()
        self._line.close()

    def _is_owing(self) -> bool:
        return bool(self._owed - {one.key for one in self._calls.values() if not one.answer.done()})

    # --- processes ------------------------------------------------------------------------------------------

    async def _begin(self, table: Table, state: State) -> None:
        store = self._disk.open()
        if state != State():
            given = Work(now=self.now, inbound=(self._inbound("given", ""),), room=0)
            store.tick(given, lambda before, inbound: _given(table, state, inbound))
        self._live(store)

    def _live(self, store: Store) -> None:
        channel = WhatsApp(self._line, self._files)
        webhook = Webhook(NUMBER.id, (SECRET,), "", self._clock)
        self._process = Process(store, self._turns, channel, self, self._clock, webhook, self._sets_aside, self)

    async def _crash(self, when_sent: bool) -> None:
        self._process.commit_no_more()
        if when_sent:
            await self._open()
        await self._process.die()
        self._line.waiting = 0
        self._tell()
        self._live(self._disk.open())
        await self._process.round()
        await self._process.rest()

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> int:
        return await self._process.post(body, headers)

    async def _accept(self, inbound: Inbound) -> None:
        await self._process.accept((inbound,))
        await self._process.rest()

    def _inbound(self, id: str, event: str) -> Inbound:
        account = f"whatsapp:{NUMBER.id}"
        return Inbound(f"{account}:{self._user.bsuid}", id, event, "action", f"+{PHONE}", self.now,
                       (Identity(account, "phone", PHONE),))

    # --- what they do ---------------------------------------------------------------------------------------

    def committed(self, done: Done) -> None:
        for one in done.handled:
            self._handled(one)
        self._keys |= {posting.id: posting.key for run in done.runs for posting in run.postings}

    def _handled(self, one: Handled) -> None:
        event = _decode_event(one.inbound.event) if one.inbound.event else None
        if isinstance(event, TimedOut):
            self._timers.pop(event.name, None)
        for name, due in one.outcome.timers:
            self._timers.pop(name, None)
            if due is not None:
                self._timers[name] = due
        self._owed.discard(one.inbound.id.removeprefix("result:"))
        for index, (kind, payload) in enumerate(one.outcome.postings):
            key = posting_key(one.before, index)
            self._owed.add(key)
            if kind == "message":
                self._meant[key] = _decode_message(payload)
        self._state = decode_state(one.outcome.state)
        if event is not None:                # none: what becomes of a user who cannot be reached
            self._untold.append((one.before.turns, event, _decode_trace(one.outcome.entry.trace)))

    def reported(self, report: Report) -> None:
        failed: tuple[Dead | Gone | Unsent, ...] = (*report.dead, *report.gone, *report.unsent)
        for posting, error in [(one.posting, one.error) for one in failed if one.error]:
            key = self._keys[posting]
            self._owed.discard(key)
            self._tell(key)
            self._safely(self._audience.undelivered, self._meant[key], error)

    def is_waiting(self) -> bool:
        return self._line.waiting > 0 or any(one.is_posted and not one.answer.done() for one in self._calls.values())

    def _took(self, body: Json) -> None:
        key = body["biz_opaque_callback_data"]
        self._owed.discard(key)
        self._tell(key)
        self._safely(self._audience.heard, seen(body, self._meant[key]))

    async def run(self, call: Call, key: str, attempts: int) -> Answered | Failed | None:
        """The bot's actions: each call has one answer, however often it is posted."""
        await self._line.pass_()
        self._tell(key)
        if call.id not in self._calls:
            self._calls[call.id] = _Called(call, key, asyncio.get_running_loop().create_future())
            if (outcome := self._safely(self._audience.outcome, call)) is not None:
                self._calls[call.id].answer.set_result(outcome)
        called = self._calls[call.id]
        called.is_posted = True
        try:
            return await asyncio.shield(called.answer)
        finally:
            called.is_posted = False

    def _last_seen(self) -> str | None:
        return next((line.id for line in reversed(self.platform.ledger.lines) if line.speaker == "bot"), None)

    # --- telling --------------------------------------------------------------------------------------------

    def _tell(self, key: str = "") -> None:
        """Tell of the turns until the one that made this posting, or of all."""
        until = int(key.split(":")[1]) if key else None
        while self._untold and (until is None or self._untold[0][0] <= until):
            _, event, trace = self._untold.popleft()
            self._safely(self._audience.turned, event, trace)

    def _safely(self, tell: Callable[..., R], *what: Any) -> R | None:
        """What is raised in the middle of a post or a commit ends the story when that is over."""
        if self._fault:
            return None
        try:
            return tell(*what)
        except Exception as fault:
            self._fault = fault
            return None

    def _run(self, act: Coroutine[Any, Any, None]) -> None:
        with _quiet():
            self._runner.run(act)
        if self._fault:
            fault, self._fault = self._fault, None
            raise fault


def _advance(table: Table, state: State, event: Event) -> Turn:
    return machine.advance(table, state, replace(event, seed=state.turn))


def _given(table: Table, state: State, inbound: Inbound) -> Outcome:
    """What a story begins with, as if a turn had led there."""
    entry = Entry(table=version(table), kind="given", event=None, step_from=None, step_to=None, trace="[]",
                  effects="[]", error=None, took_us=0)
    return Outcome(state=encode_state(state).decode(), contact=encode_contact(Contact(to=inbound.address)).decode(),
                   entry=entry)


@contextmanager
def _quiet() -> Iterator[None]:
    """What went wrong is the story's to tell."""
    logger.disable("runtime")
    try:
        yield
    finally:
        logger.enable("runtime")
