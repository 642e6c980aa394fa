"""What must be true at every moment, kept beside the store and compared with what it does."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import msgspec

from dsl.table import Table
from runtime.channels.port import decode_contact
from runtime.channels.taps import resolved
from runtime.events import Chose, Event, TimedOut
from runtime.machine import advance
from runtime.state import State, encode_state
from runtime.store.port import Done, Handled, Inbound, posting_key

decode_event = msgspec.json.Decoder(Event).decode


class Uneven(AssertionError):
    """A promise was broken."""


@dataclass(slots=True)
class Ledger:
    """Told of every commit, every acknowledgement and every message that the platform took."""

    handled: dict[str, list[Handled]] = field(default_factory=lambda: defaultdict(list))
    seen: set[tuple[str, str]] = field(default_factory=set)
    acknowledged: int = 0
    timers: dict[tuple[str, str], int] = field(default_factory=dict)         # set, neither fired nor cancelled
    was_set: set[tuple[str, str, int]] = field(default_factory=set)
    to_post: dict[str, tuple[str, int, int]] = field(default_factory=dict)   # by key: conversation, turn, index
    posted: dict[str, tuple[int, int]] = field(default_factory=dict)         # by conversation: the last
    unanswered: set[tuple[str, str]] = field(default_factory=set)            # calls, by the id of their result
    happened: Counter[str] = field(default_factory=Counter)

    def committed(self, done: Done, now: int) -> None:
        for one in done.handled:
            self._handled(one, now)

    def _handled(self, one: Handled, now: int) -> None:
        conv, turns = one.before.id, self.handled[one.before.id]
        _expect((conv, one.inbound.id) not in self.seen, f"{one.inbound.id} was handled twice")
        _expect(one.before.turns == len(turns), f"turn {len(turns)} of {conv} was taken as {one.before.turns}")
        _expect(one.before.state == (turns[-1].outcome.state if turns else ""), f"{conv} lost a state")
        _expect(one.outcome.entry.error is None, f"a turn raised {one.outcome.entry.error}")
        self.seen.add((conv, one.inbound.id))
        turns.append(one)
        self.happened["turns"] += 1
        self.happened[f"from {one.inbound.origin}"] += 1
        self.unanswered.discard((conv, one.inbound.id))
        if one.inbound.origin == "timer":
            self._fired(conv, decode_event(one.inbound.event), now)
        for name, due in one.outcome.timers:
            self.timers.pop((conv, name), None)
            if due is not None:
                self.timers[conv, name] = due
                self.was_set.add((conv, name, due))
        for index, (kind, _) in enumerate(one.outcome.postings):
            key = posting_key(one.before, index)
            if kind == "call":
                self.unanswered.add((conv, f"result:{key}"))
            else:
                self.to_post[key] = conv, one.before.turns, index

    def _fired(self, conv: str, event: Event, now: int) -> None:
        assert isinstance(event, TimedOut)
        _expect((conv, event.name, event.due) in self.was_set, f"{event.name} fired, and was never set")
        _expect(event.due <= now, f"{event.name} fired before its time")
        if self.timers.get((conv, event.name)) == event.due:
            del self.timers[conv, event.name]

    def answered(self, inbound: Inbound) -> None:
        """The sender was told that we have it."""
        _expect((inbound.conversation, inbound.id) in self.seen, f"{inbound.id} was acknowledged and not handled")
        self.acknowledged += 1

    def took(self, key: str) -> None:
        """The platform took a message."""
        _expect(key in self.to_post, f"{key} was posted twice, or before it was committed")
        conv, *place = self.to_post.pop(key)
        _expect(self.posted.get(conv, (-1, -1)) < tuple(place), f"{key} was overtaken")
        self.posted[conv] = place[0], place[1]
        self.happened["messages"] += 1

    @property
    def is_even(self) -> bool:
        return not self.to_post and not self.timers and not self.unanswered

    def closed(self, table: Table, stored: dict[str, str]) -> None:
        """At the end: nothing is owed, and every state is what the machine makes of the events alone.

        Args:
            stored: states by conversation, as the store has them.
        """
        for owed, what in ((self.to_post, "posted"), (self.timers, "fired"), (self.unanswered, "answered")):
            _expect(not owed, f"never {what}: {sorted(owed)[:3]}")
        self.same(stored)
        for turns in self.handled.values():
            state = State()
            for one in turns:
                event = decode_event(one.inbound.event)
                if isinstance(event, Chose) and one.before.contact:
                    event = resolved(event, decode_contact(one.before.contact))
                state = advance(table, state, event).state
                _expect(encode_state(state).decode() == one.outcome.state, f"{one.inbound.id} replays otherwise")

    def same(self, stored: dict[str, str]) -> None:
        """What is in the store is what was committed."""
        expected = {conv: turns[-1].outcome.state for conv, turns in self.handled.items() if turns}
        _expect({conv: state for conv, state in stored.items() if state} == expected, "the store holds other states")


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Uneven(otherwise)
