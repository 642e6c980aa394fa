"""The turn under way: frames, slots and effects while one event is worked out. It never leaves `advance`.

Elsewhere: what the operations do (`runs`), asking (`steps`), which row takes an event (`machine`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from dsl.table import Json, Table, Variable
from runtime.effects import CancelTimer, Effect, Say, SetTimer
from runtime.events import Event
from runtime.plan import Plan, Rows, StepPlan
from runtime.program import Program, Scope
from runtime.shapes import Shown, say
from runtime.state import Fired, Frame, State, Turn

# Bounds of one event, for what the compiler cannot prove: table.md, "What is in it".
OPERATIONS = 1_000
MESSAGES = 10
FRAMES = 16


class Overrun(Exception):
    """A bound was reached, or the table holds no such name; `note` says which."""

    def __init__(self, note: str) -> None:
        super().__init__(note)
        self.note = note


class Mark(NamedTuple):
    """A point of the turn that can be gone back to."""

    frames: tuple[Frame, ...]
    slots: dict[str, Json]
    effects: int


class Walk:
    """One turn: what the state was, what it has become so far, and what is asked for."""

    __slots__ = (
        "_owns_slots", "acting", "calls", "effects", "event", "failing", "frames", "heard", "is_own", "language",
        "messages", "misses", "now", "operations", "opted_out", "opting_out", "owner", "params", "plan", "private",
        "program", "pushed", "question", "slots", "table", "trace", "turn", "waiting",
    )

    def __init__(self, plan: Plan, state: State, event: Event) -> None:
        self.plan = plan
        self.table: Table = plan.table
        self.program: Program = plan.program
        self.now = event.at                              # of the whole turn: what timers run from
        self.frames = list(state.frames)
        self.slots = state.slots
        self.language = self._language()
        self.misses = state.misses
        self.heard = state.heard
        self.turn = state.turn + 1
        self.opted_out = state.opted_out
        self.waiting = list(state.waiting)
        self.question = state.asked
        self.effects: list[Effect] = []
        self.trace: list[Fired] = []
        self.private = False
        self.calls = 0
        self.begin(event)

    def begin(self, event: Event) -> None:
        """Turn to an event: the one that came, then those that waited."""
        self.event = event
        self.is_own = False                              # whether the bot acts of its own accord
        self._owns_slots = False                         # what the slots were must still be known if it fails
        self.operations = 0
        self.messages = 0
        self.acting = -1                                 # index of the frame whose row is taken
        self.owner = ""                                  # whose row it is: a step, `anywhere`, `starts`
        self.params: dict[str, Json] = {}                # of an event from outside
        self.pushed = False
        self.failing = False
        self.opting_out = False

    def mark(self) -> Mark:
        return Mark(tuple(self.frames), self.slots, len(self.effects))

    def undo(self, mark: Mark) -> None:
        """Back to that point, with bounds as new; only that the user has opted out is not undone."""
        self.frames, self.slots = list(mark.frames), mark.slots
        self.language = self._language()
        self._owns_slots = False
        del self.effects[mark.effects :]
        self.operations = self.messages = 0
        self.acting, self.pushed, self.opting_out = -1, False, False

    def end(self) -> Turn:
        """The turn as it leaves the machine."""
        is_pending = bool(self.frames) and self.frames[-1].call is not None
        state = State(
            self.plan.version, tuple(self.frames), self.slots, self.misses, self.heard, self.turn, self.opted_out,
            tuple(self.waiting), self.question if is_pending else (),
        )
        return Turn(state, tuple(self.effects), tuple(self.trace), self.private)

    # --- what is read

    def locals(self) -> Mapping[str, Json]:
        """What the frame that acts may read: its own locals, or those of the frame it shares them with."""
        return self.frames[self.home()].locals if self.frames else self.params

    def home(self) -> int:
        """Index of the frame that holds the locals of the one that acts."""
        index = self.acting
        shares = self.frames[index].shares
        while shares is not None:
            index = shares
            shares = self.frames[index].shares
        return index

    def scope(self) -> Scope:
        if not self.frames:
            return Scope(self.slots, self.params, self.event.at, self.language)
        home = self.frames[self.home()]
        return Scope(self.slots, home.locals, self.event.at, self.language, flow=home.flow)

    def holds(self, guard: int | None) -> bool:
        return guard is None or self.program.holds(guard, self.scope())

    def first(self, rows: Rows, indexes: Iterable[int]) -> int | None:
        """The first of these rows whose guard holds."""
        for index in indexes:
            guard = rows.rows[index].guard
            if guard is None or self.program.holds(guard, self.scope()):
                return index
        return None

    def plain(self, expr: int | None) -> Json:
        return None if expr is None else self.program.plain(expr, self.scope())

    def shown(self, expr: int | None) -> str | None:
        """A value as a text shows it; None if it has none."""
        if expr is None:
            return None
        value = self.program.value(expr, self.scope())
        return None if value is None else self.program.formats(self.language).show(value)

    def text(self, texts: int | list[int] | None) -> str | None:
        if isinstance(texts, int):
            return self.program.text(texts, self.scope())
        return None if texts is None else self.program.variant(texts, self.scope(), self.event.seed)

    def system(self, name: str, **given: Json) -> str | None:
        """What the machine says by that name."""
        scope = self.scope()
        return self.program.system(name, replace(scope, given=given) if given else scope, self.event.seed)

    def word(self, name: str) -> str:
        """A title the machine has for itself: `more`, `choose`."""
        known = self.plan.words.get((name, self.language))
        if known is None:
            known = self.system(name) or "…"
            text = self.table.system.get(name)
            if isinstance(text, int) and self.program.is_static(text) and self.language in self.table.languages:
                self.plan.words[name, self.language] = known
        return known

    def resting(self) -> StepPlan | None:
        """The step the conversation rests at."""
        return self.plan.steps[self.frames[-1].step] if self.frames else None

    # --- what is written

    def store(self, variable: Variable | None, value: Json) -> None:
        """Give a variable its value, or none."""
        if variable is None:
            return
        scope, name = variable
        if scope == "slot":
            if not self._owns_slots:
                self.slots = dict(self.slots)
                self._owns_slots = True
            _put(self.slots, name, value)
            if name == "language":
                self.language = self._language()
        elif self.frames:
            index = self.home()
            known = dict(self.frames[index].locals)
            _put(known, name, value)
            self.frames[index] = replace(self.frames[index], locals=known)

    def _language(self) -> str:
        known = self.slots.get("language")
        return known if known and isinstance(known, str) else self.table.languages[0]

    def forget(self) -> None:
        """Drop what does not outlive the session."""
        self.slots = {name: value for name, value in self.slots.items() if name in self.plan.kept}
        self._owns_slots = True

    def note(self, note: str) -> None:
        """Something the machine did by itself, in the trace."""
        frame = self.frames[-1] if self.frames else None
        self.trace.append(Fired((frame.step or frame.flow) if frame else "", -1, note))

    def show(self, shown: Shown) -> None:
        """Send messages, unless the user wants none and did not ask."""
        if shown.cut:
            self.note("cut")
        if self.is_own and self.opted_out:
            self.note("dropped")
            return
        self.messages += len(shown.messages)
        if self.messages > MESSAGES:
            raise Overrun("messages")
        self.effects.extend(shown.messages)
        self.opting_out = False

    def say(self, text: str | None) -> None:
        """Send a text; one with nothing in it, which the channel would refuse, only leaves a note."""
        if text and not text.isspace():
            self.show(say(Say(text), self.table.limits))
        else:
            self.note("empty")

    # --- frames

    def push(self, frame: Frame) -> None:
        if len(self.frames) >= FRAMES:
            raise Overrun("frames")
        self.frames.append(frame)
        self.acting = -1

    def rest(self, step: str, kind: str | None, call: str | None = None) -> None:
        """A new visit of a step by the frame on top, with its timers."""
        index = len(self.frames) - 1
        if self.frames[index].step is not None:
            self.leave()
        left = self.frames[index]
        frame = Frame(left.flow, step, left.locals, left.shares, left.back, since=self.now, kind=kind, call=call,
                      own=call is not None and self.is_own)
        self.frames[index] = frame
        known = self.plan.steps[step]
        for seconds in known.rows.after if known else ():
            self.effects.append(SetTimer(timer(index, step, seconds), due(frame, seconds)))

    def leave(self, index: int = -1) -> None:
        """End the visit of a frame, with the timers that have not fired."""
        frame = self.frames[index]
        if frame.step is None:
            return
        known = self.plan.steps[frame.step]
        for seconds in known.rows.after if known else ():
            if seconds not in frame.fired:
                self.effects.append(CancelTimer(timer(index % len(self.frames), frame.step, seconds)))
        self.frames[index] = Frame(frame.flow, None, frame.locals, frame.shares, frame.back)

    def drop(self, length: int) -> None:
        """Leave every frame from that index on."""
        while len(self.frames) > length:
            self.leave()
            self.frames.pop()
        self.acting = -1


def timer(index: int, step: str | None, seconds: int) -> str:
    """The name of a timer: of one visit there is one, of two frames at the same step there are two."""
    return f"{index}:{step}:{seconds}"


def due(frame: Frame, seconds: int) -> int:
    return frame.since + seconds * 1000


def _put(known: dict[str, Json], name: str, value: Json) -> None:
    if value is None:
        known.pop(name, None)
    else:
        known[name] = value
