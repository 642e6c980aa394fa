"""One conversation in memory: the same `advance` in the smallest loop, with its clock, its timers and its calls.

Stories and the terminal chat run on it; the worker does the same with a store around it. The state goes through JSON
on every turn, so that nothing here works that would not survive a restart.
"""

from __future__ import annotations

import msgspec

from dsl.table import Table
from runtime.effects import Call, CancelTimer, SetTimer
from runtime.events import Answered, Event, Failed, TimedOut
from runtime.machine import advance
from runtime.state import State, Turn, decode_state, encode_state


class Conversation(msgspec.Struct):
    """`now` in milliseconds since 1970, UTC; `calls` are pending, oldest first; `timers` are due times by name."""

    table: Table
    now: int
    state: State = msgspec.field(default_factory=State)
    timers: dict[str, int] = {}
    calls: list[Call] = []

    def happens(self, event: Event) -> Turn:
        """One event, one turn: the state moves on, timers and calls are kept."""
        turn = advance(self.table, decode_state(encode_state(self.state)), event)
        self.state = turn.state
        if isinstance(event, Answered | Failed):
            self.calls = [call for call in self.calls if call.id != event.call]
        for effect in turn.effects:
            match effect:
                case SetTimer(name=name, due=due):
                    self.timers[name] = due
                case CancelTimer(name=name):
                    self.timers.pop(name, None)
                case Call():
                    self.calls.append(effect)
        return turn

    def next_due(self, until: int) -> TimedOut | None:
        """The timer that is due first, no later than `until`; it is taken, and the clock moves to it."""
        name = min(self.timers, key=lambda name: (self.timers[name], name), default=None)
        if name is None or self.timers[name] > until:
            return None
        due = self.timers.pop(name)
        self.now = max(self.now, due)
        return TimedOut(name=name, due=due, at=self.now, seed=self.seed)

    @property
    def seed(self) -> int:
        """The chance of the next event: one number a turn, so that a conversation is the same whenever it is played."""
        return self.state.turn
