"""The road a story goes: from what its user does to what comes back, told to an `Audience` in the order it happens.

`Direct` is the machine and nothing else, for nearly every story. `rehearsal` is the other one: everything that stands
between a telephone and the machine, in one process and on the same clock.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias, runtime_checkable

from msgspec.structs import replace

from dsl.table import Table
from runtime.conversation import Conversation
from runtime.effects import Call, Message, Template
from runtime.events import Answered, Chose, Event, Failed, Said, Sent, Undelivered
from runtime.shown import MESSAGES
from runtime.state import Fired, State

Deed: TypeAlias = Said | Chose | Sent        # what a user does


class Audience(Protocol):
    """Who is told what comes of a story, as it comes. What it raises ends the story."""

    def turned(self, event: Event, trace: tuple[Fired, ...]) -> None: ...

    def heard(self, message: Message) -> None: ...

    def outcome(self, call: Call) -> Answered | Failed | None:
        """What the action answers at once; none: it is not answered yet."""

    def undelivered(self, message: Message, error: str) -> None:
        """A message does not reach the user."""


class Road(Protocol):
    """Events come without their time and chance; the road gives them both."""

    @property
    def now(self) -> int:
        """Milliseconds since 1970, UTC."""

    @property
    def state(self) -> State: ...

    def settle(self) -> None:
        """Let everything that was said until now arrive."""

    def receives(self, event: Deed, number: int, late_s: int = 0, is_tap: bool = False) -> None:
        """A message of the user, on its way for `late_s`; one of a `number` that came before is the same again."""

    def happens(self, event: Event) -> None:
        """Something else than a message happens."""

    def goes_on(self, seconds: int) -> None:
        """Time passes; timers that come due are turns of their own, in order."""

    def refuses(self, what: str) -> None:
        """The platform takes the next `message` not, or none but templates until the user writes (`window`)."""

    def pending(self, action: str) -> Call | None:
        """The oldest call of this action that is not answered yet."""

    def answers(self, call: Call, event: Answered | Failed) -> None: ...

    def close(self) -> None: ...


@runtime_checkable
class Mortal(Road, Protocol):
    """A road with a process that can die on it."""

    def crashes(self, when_sent: bool) -> None:
        """It dies after its last commit and is started again.

        Args:
            when_sent: everything had been sent, and none of it was noted yet; else nothing had been.
        """


class Direct:
    """The machine in the smallest loop."""

    def __init__(self, table: Table, now: int, state: State, audience: Audience) -> None:
        self._talk = Conversation(table, now, state)
        self._audience = audience
        self._received: set[int] = set()     # numbers of the user's messages, as an inbox keeps ids
        self._refused = ""                   # `message` or `window`

    @property
    def now(self) -> int:
        return self._talk.now

    @property
    def state(self) -> State:
        return self._talk.state

    def settle(self) -> None:
        """All has arrived when a turn has been taken."""

    def close(self) -> None:
        """Nothing is held."""

    def receives(self, event: Deed, number: int, late_s: int = 0, is_tap: bool = False) -> None:
        if late_s:
            self.goes_on(late_s)
        if number not in self._received:
            self._received.add(number)
            self._refused = self._refused.removeprefix("window")
            self.happens(event)

    def happens(self, event: Event) -> None:
        waiting: list[Event] = [event]
        for one in waiting:                  # which grows by what actions answer
            one = replace(one, at=self._talk.now, seed=self._talk.seed)
            turn = self._talk.happens(one)
            self._audience.turned(one, turn.trace)
            lost = ""
            for effect in turn.effects:
                if isinstance(effect, MESSAGES):
                    lost = self._sent(effect) or lost
                elif isinstance(effect, Call) and (outcome := self._audience.outcome(effect)) is not None:
                    waiting.append(outcome)
            if lost and not isinstance(one, Undelivered):
                waiting.append(Undelivered(step=_step(turn.state), reason=lost))

    def _sent(self, message: Message) -> str:
        """Why a message did not reach the user, as the flow is told; empty: it did."""
        if not self._refused or (self._refused == "window" and isinstance(message, Template)):
            self._audience.heard(message)
            return ""
        self._audience.undelivered(message, f"as told by `fails: {self._refused}`")
        if self._refused == "window":
            return "window"
        self._refused = ""
        return "failed"

    def refuses(self, what: str) -> None:
        self._refused = what

    def goes_on(self, seconds: int) -> None:
        until = self._talk.now + seconds * 1000
        while (due := self._talk.next_due(until)) is not None:
            self.happens(due)
        self._talk.now = until

    def pending(self, action: str) -> Call | None:
        return next((call for call in self._talk.calls if call.action == action), None)

    def answers(self, call: Call, event: Answered | Failed) -> None:
        self.happens(event)


def _step(state: State) -> str | None:
    return state.frames[-1].step if state.frames else None
