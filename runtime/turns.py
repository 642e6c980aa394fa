"""One event of one conversation becomes an outcome: JSON in, `advance`, JSON out.

A turn that raises is our fault, not the user's: it is journalled with the exception's class, answered by the bot's
`system.failed`, and the conversation stays where it was. The event counts as handled: it would fail again.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, TypeAlias

import msgspec
from loguru import logger
from msgspec.structs import replace

from dsl.table import Table, version
from runtime.channels.port import Contact, decode_contact, encode_contact
from runtime.channels.taps import remembering, resolved
from runtime.effects import Call, CancelTimer, Close, Effect, Handover, Say, SetTimer, Track
from runtime.events import Chose, Event, Undelivered
from runtime.state import State, Turn, decode_state, encode_state
from runtime.store.port import Conversation, Entry, Inbound, Outcome, PostingKind

Advance: TypeAlias = Callable[[Table, State, Event], Turn]

LATEST = 253_402_300_799_000                 # the last millisecond of the year 9999: no timer is set beyond it

_decode_event = msgspec.json.Decoder(Event).decode
_encode = msgspec.json.Encoder().encode

FALLBACK = "Sorry, something went wrong on our side. Please try again."


class Turns:
    """Takes turns on one table. Called by the store, inside its transaction; never raises."""

    def __init__(self, table: Table, advance: Advance) -> None:
        self._table, self._advance = table, advance
        self._version = version(table)

    def __call__(self, before: Conversation, inbound: Inbound) -> Outcome:
        started = perf_counter_ns()
        if inbound.origin == "delivery" and not inbound.event:
            return self._closed(before, started)
        if inbound.origin == "identity":
            return self._renamed(before, inbound, started)
        contact = Contact()
        event: Event | None = None
        state = State()
        try:
            contact = _contact(before, inbound)
            event = _decode_event(inbound.event)
            if isinstance(event, Chose):
                event = resolved(event, contact)
            elif isinstance(event, Undelivered):
                contact = _told(contact, event)
            state = decode_state(before.state) if before.state else state
            return self._taken(state, event, contact, self._advance(self._table, state, event), started)
        except Exception as fault:
            logger.bind(conversation=before.tag, turn=before.turns).opt(exception=fault).error("turn failed")
            return self._failed(before, state, event, contact, type(fault).__name__, started)

    def failed(self, before: Conversation, inbound: Inbound) -> Outcome:
        """The outcome of an event whose real one could not be stored."""
        return self._failed(before, State(), None, _contact(before, inbound), "NotStored", perf_counter_ns())

    def _taken(self, state: State, event: Event, contact: Contact, turn: Turn, started: int) -> Outcome:
        return Outcome(
            state=encode_state(turn.state).decode(),
            contact=_text(encode_contact(remembering(contact, turn.effects))),
            postings=tuple(posting for effect in turn.effects if (posting := _posting(effect))),
            timers=tuple(timer for effect in turn.effects if (timer := _timer(effect))),
            entry=self._entry(state, turn.state, event, turn, None, started))

    def _closed(self, before: Conversation, started: int) -> Outcome:
        """The user cannot be reached: the conversation is over, what outlives a session is kept. Nothing is said."""
        state = decode_state(before.state) if before.state else State()
        slots = {name: value for name, value in state.slots.items() if name == "language" or self._is_kept(name)}
        turn = Turn(replace(state, frames=(), waiting=(), asked=(), misses=0, slots=slots), (Close("gone"),))
        return Outcome(state=encode_state(turn.state).decode(), contact=before.contact,
                       entry=replace(self._entry(state, turn.state, None, turn, None, started), kind="gone"))

    def _renamed(self, before: Conversation, inbound: Inbound, started: int) -> Outcome:
        """The user has another number or id: the conversation stays as it is, and reaches them there."""
        state = decode_state(before.state) if before.state else State()
        entry = self._entry(state, state, None, Turn(state, ()), None, started)
        return Outcome(state=before.state, contact=_text(encode_contact(_contact(before, inbound))),
                       entry=replace(entry, kind="renamed"))

    def _is_kept(self, slot: str) -> bool:
        return slot in self._table.slots and self._table.slots[slot].keep

    def _failed(self, before: Conversation, state: State, event: Event | None, contact: Contact, error: str,
                started: int) -> Outcome:
        turn = Turn(state, (Say(apology(self._table, state)),), private=_is_private(self._table, state))
        return Outcome(state=before.state, contact=_text(encode_contact(contact)),
                       postings=(("message", _text(_encode(turn.effects[0]))),),
                       entry=self._entry(state, state, event, turn, error, started))

    def _entry(self, before: State, after: State, event: Event | None, turn: Turn, error: str | None,
               started: int) -> Entry:
        return Entry(
            table=self._version,
            kind=_tag(event) if event is not None else "unreadable",
            event=None if turn.private or event is None else _text(_encode(event)),
            step_from=_step(before), step_to=_step(after),
            trace=_text(_encode(turn.trace)),
            effects=_text(_encode(turn.effects)),
            error=error,
            took_us=(perf_counter_ns() - started) // 1_000)


def apology(table: Table, state: State) -> str:
    """What `system.failed` says, without its interpolations: nothing is computed where computing just failed."""
    numbers = table.system.get("failed", [])
    numbers = numbers if isinstance(numbers, list) else [numbers]
    text = table.texts[numbers[0]] if numbers else {}
    first = table.languages[0]
    parts = text.get(state.slots.get("language", first)) or text.get(first) or []
    return "".join(part for part in parts if isinstance(part, str)).strip() or FALLBACK


def _contact(before: Conversation, inbound: Inbound) -> Contact:
    contact = decode_contact(before.contact) if before.contact else Contact()
    if inbound.address and inbound.address != contact.to:
        contact = replace(contact, to=inbound.address)
    if inbound.origin == "channel":
        return replace(contact, heard=before.turns, closed=False)
    return contact


def _told(contact: Contact, event: Undelivered) -> Contact:
    """That nothing but templates goes out, unless the user has written since what was refused."""
    return replace(contact, closed=True) if event.reason == "window" and event.turn >= contact.heard else contact


def _posting(effect: Effect) -> tuple[PostingKind, str] | None:
    match effect:
        case SetTimer() | CancelTimer() | Handover() | Track() | Close():
            return None
        case Call():
            return "call", _text(_encode(effect))
    return "message", _text(_encode(effect))


def _timer(effect: Effect) -> tuple[str, int | None] | None:
    match effect:
        case SetTimer(name=name, due=due):
            return name, min(due, LATEST)
        case CancelTimer(name=name):
            return name, None
    return None


def _step(state: State) -> str | None:
    return state.frames[-1].step if state.frames else None


def _is_private(table: Table, state: State) -> bool:
    step = table.steps.get(_step(state) or "")
    return step is not None and step.private


def _tag(struct: Any) -> str:
    return str(type(struct).__struct_config__.tag)


def _text(encoded: bytes) -> str:
    return encoded.decode()
