"""Where a conversation rests: plain data that survives JSON, and what one turn makes of it.

History is not here (it is the journal's): the thousandth turn weighs what the tenth did.
"""

from __future__ import annotations

from typing import Any

import msgspec

from runtime.effects import Effect
from runtime.events import Event


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    """One flow under way; the last frame is the one that acts, those below wait at their step.

    A visit of a step begins when it is asked for the first time (`since`) and ends with an accepted answer.
    """

    flow: str                                # a flow's name, or `anywhere`, or the name of the step a block belongs to
    step: str | None = None                  # where it rests
    locals: dict[str, Any] = {}
    shares: int | None = None                # index of the frame whose locals this block uses
    back: str | None = None                  # of a pushed block: what becomes of the step below, `again` or `quiet`
    tries: int = 0                           # bad answers of this visit
    since: int = 0                           # first asking of this visit, milliseconds
    fired: tuple[int, ...] = ()              # timers of this visit that are done, by their seconds
    page: int = 0                            # of a list longer than one
    doubt: tuple[str, ...] = ()              # options that "did you mean" offered
    call: str | None = None                  # id of the pending call
    own: bool = False                        # the pending call was not the user's doing
    kind: str | None = None                  # of the step where it rests: what a newer table must agree with


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """A conversation between two turns. No frames: it has not begun, or has ended."""

    table: str = ""                          # version of the table it rests on
    frames: tuple[Frame, ...] = ()
    slots: dict[str, Any] = {}               # plain values; a slot that is not set is not here
    misses: int = 0                          # bad answers in a row, anywhere
    heard: int = 0                           # the user's last message, milliseconds
    turn: int = 0
    opted_out: bool = False
    waiting: tuple[Event, ...] = ()          # what came while a call was pending, in order
    asked: tuple[Frame, ...] = ()            # while a call is pending: the frames of the last question


class Fired(msgspec.Struct, frozen=True, array_like=True):
    """A row that was taken: its step (or `anywhere`, `starts`) and its index there, or a system behaviour by name."""

    step: str
    row: int = -1
    note: str = ""                           # `invalid`, `stale_tap`, `did_you_mean`, `dropped`, `cut` …


class Turn(msgspec.Struct, frozen=True):
    """One event, the state after it, what is asked for, and the rows that fired."""

    state: State
    effects: tuple[Effect, ...] = ()
    trace: tuple[Fired, ...] = ()
    private: bool = False                    # the event answered a `private` question: never keep its text


encode_state = msgspec.json.Encoder().encode
decode_state = msgspec.json.Decoder(State).decode
