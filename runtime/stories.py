"""Stories: a conversation played as written, on the compiled table, with a clock and actions of its own.

No network, no sleep. Every message of the bot must be told; the first thing that is not as told ends the story with
a `Broken`, which says where, what was expected, what came, and which row of the table had fired.

Elsewhere: what stands between the user and the machine (`story_road`), what a story's words stand for (`standing`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, TypeAlias

import msgspec

from dsl import story
from dsl.graph import duration
from dsl.source import Span
from dsl.table import SourceMap, Table
from runtime.effects import Call, Message, Offer, Template
from runtime.events import Answered, Chose, Event, Failed, Happened, Resumed, Said, Sent, TimedOut
from runtime.program import program
from runtime.shown import text_of, titles
from runtime.standing import Standing
from runtime.state import Fired, Frame, State
from runtime.story_road import Audience, Deed, Direct, Mortal, Road
from runtime.telling import Difference, covers

START = datetime(2026, 1, 5, 10, 0)          # a Monday, in the bot's zone: when a story says nothing of the time
TURNS_A_STEP = 50                            # of calls answered at once and timers that come due; more is a loop
LATE = "late"                                # what the machine notes of a timer of a visit that is over


class Line(msgspec.Struct, frozen=True):
    """One line of a transcript: who (`user`, `bot`, `time`, `action` …) and what."""

    who: str
    what: str
    span: Span | None = None


class Broken(msgspec.Struct, frozen=True):
    """Why a story is not as written."""

    span: Span                               # of the step
    reason: str
    differences: tuple[Difference, ...] = ()
    fired: tuple[Fired, ...] = ()            # of the last turn


class Played(msgspec.Struct, frozen=True):
    """A story as it went: its transcript, the rows that fired, and what broke it, if anything did."""

    story: story.Story
    transcript: tuple[Line, ...]
    fired: frozenset[tuple[str, int]]
    broken: Broken | None = None


OpenRoad: TypeAlias = Callable[[Table, int, State, Audience], Road]


def play(table: Table, places: SourceMap, told: story.Story, open_road: OpenRoad | None = None) -> Played:
    """Play one story from its beginning to its end, or to the first thing that is not as told.

    Args:
        open_road: what it is played on; none: the machine alone, and a process where one is to die.
    """
    misfit = _misfit(table, told.given)
    if misfit is not None:
        return Played(told, (), frozenset(), misfit)
    stage = _Stage(table, places, told)
    start, now, state = _opening(table, told.given)
    road = (open_road or _road_of(told))(start, now, state, stage)
    broken = None
    try:
        stage.play(road)
    except _Stop as stop:
        broken = stop.broken
    finally:
        road.close()
    return Played(told, tuple(stage.transcript), frozenset(stage.fired), broken)


def _opening(table: Table, given: story.Given) -> tuple[Table, int, State]:
    """What holds when a story begins: the table, perhaps with another `start`; the time in milliseconds; the state."""
    values = program(table).values
    moment = given.now or START
    now = int((moment if moment.tzinfo else moment.replace(tzinfo=values.zone)).timestamp() * 1000)
    types = {name: slot.type for name, slot in table.slots.items()}
    slots = {named.name: values.admit(types.get(named.name, "unknown"), named.value) for named in given.slots}
    if given.language:
        slots["language"] = given.language
    if given.at in table.steps:
        frame = Frame(flow=table.steps[given.at].flow, step=given.at, since=now)
        return table, now, State(frames=(frame,), heard=now, slots=slots)
    if given.at is not None:
        table = msgspec.structs.replace(table, start=given.at)
    return table, now, State(slots=slots)


def _misfit(table: Table, given: story.Given) -> Broken | None:
    """A slot that a story begins with and that cannot hold what it is given."""
    values = program(table).values
    for named in given.slots:
        slot = table.slots.get(named.name)
        if slot is not None and named.value is not None and values.admit(slot.type, named.value) is None:
            held = named.value if isinstance(named.value, str) else msgspec.json.encode(named.value).decode()
            return Broken(named.span, f"`{named.name}` cannot hold what the story gives it: it is of type {slot.type}",
                          (Difference(named.name, held, ""),))
    return None


def _road_of(told: story.Story) -> OpenRoad:
    if not any(isinstance(step, story.Crash) for step in told.steps):
        return Direct
    from runtime.rehearsal.road import in_memory  # with a store, a worker, a channel: what no other story needs

    return in_memory


class _Stop(Exception):
    def __init__(self, broken: Broken) -> None:
        super().__init__(broken.reason)
        self.broken = broken


class _Stage:
    """A story under way: what the bot said that is not told yet, how actions will answer."""

    def __init__(self, table: Table, places: SourceMap, told: story.Story) -> None:
        self.table, self.places, self.told = table, places, told
        self.span = told.span                                # of the step under way
        self.turns = 0                                       # since it began
        self.untold: list[Message] = []
        self.offered: list[Message] = []                     # all that can be tapped, the newest last
        self.transcript: list[Line] = []
        self.fired: set[tuple[str, int]] = set()
        self.last: tuple[Fired, ...] = ()
        self.called: list[Call] = []                         # not told yet
        self.stubs = {stub.name: stub for stub in told.actions}
        self.outcomes: dict[str, list[story.Fails]] = {}
        self.held: set[str] = set()                          # actions whose next call stays pending
        self.answered: dict[str, int] = {}                   # how many results of `results` are used up
        self.sent: tuple[int, Deed] | None = None            # the user's last message and its number
        self.late_s = 0
        self.refusing = ""                                   # `message` or `window`: what does not go through
        self.skipping = False

    def play(self, road: Road) -> None:
        self.road, self.standing = road, Standing(self.table, self.places, road)
        for step in self.told.steps:
            self.step(step)
        road.settle()
        self.nothing_left()

    def step(self, step: story.Step) -> None:
        if not isinstance(step, story.Crash):                # what was said just then is still on its way
            self.road.settle()
        self.span, self.turns = step.span, 0
        if not isinstance(step, story.Bot | story.Rest | story.Called | story.Expect | story.Crash):
            self.nothing_left()
        self.take(step)

    # --- what comes of it -----------------------------------------------------------------------------------

    def turned(self, event: Event, trace: tuple[Fired, ...]) -> None:
        self.turns += 1
        if self.turns > TURNS_A_STEP:
            raise self.stop(f"this went on for {TURNS_A_STEP} turns without anybody writing")
        self.last = trace
        self.fired |= {(row.step, row.row) for row in trace if row.row >= 0}
        if isinstance(event, TimedOut) and not any(row.note == LATE for row in trace):
            self.transcript.append(Line("time", self.clock(event.at)))

    def heard(self, message: Message) -> None:
        self.untold.append(message)
        self.transcript.append(Line("bot", _line(message)))
        if titles(message) and not (isinstance(message, Offer) and message.shape == "numbered"):
            self.offered.append(message)

    def undelivered(self, message: Message, error: str) -> None:
        if self.refusing == "message" or (self.refusing == "window" and not isinstance(message, Template)):
            self.transcript.append(Line("lost", _line(message)))
            self.refusing = self.refusing.removeprefix("message")
            return
        raise self.stop(f"a message of the bot did not go through: {error}", Difference("text", "", _line(message)))

    def outcome(self, call: Call) -> Answered | Failed | None:
        self.called.append(call)
        args = ", ".join(f"{name}: {_json(value)}" for name, value in call.args.items())
        self.transcript.append(Line("action", f"{call.action}({args})"))
        if call.action in self.held:
            self.held.discard(call.action)
            return None
        return self.answer(call)

    def answer(self, call: Call) -> Answered | Failed:
        if failing := self.outcomes.get(call.action):
            fails = failing.pop(0)
            return Failed(call=call.id, kind=fails.kind, reason=fails.reason)
        stub = self.stubs.get(call.action)
        if stub is None:
            if self.table.actions[call.action].returns is None:
                return Answered(call=call.id)
            raise self.stop(f"the bot called `{call.action}`, and the story does not say what it answers: "
                            f"add it under `actions`")
        used = self.answered.get(call.action, 0)
        if used >= len(stub.results):
            raise self.stop(f"`{call.action}` was called {used + 1} times, and the story has {used} results for it")
        if stub.in_turn:
            self.answered[call.action] = used + 1
        return Answered(call=call.id, result=stub.results[used])

    # --- steps ----------------------------------------------------------------------------------------------

    @singledispatchmethod
    def take(self, step: Any) -> None:
        raise TypeError(f"no step of a story: {step!r}")

    @take.register(story.User)
    def _(self, step: story.User) -> None:
        self.transcript.append(Line("user", step.text, step.span))
        self.writes(Said(text=step.text))

    @take.register(story.Tap)
    def _(self, step: story.Tap) -> None:
        self.transcript.append(Line("tap", step.title, step.span))
        self.writes(self.tapped(step), is_tap=True)

    @take.register(story.Sends)
    def _(self, step: story.Sends) -> None:
        self.transcript.append(Line("user", f"[{step.kind}]", step.span))
        # Who comes by an advertisement writes: what they came by goes with it.
        self.writes(Said(text="", ad=step.value) if step.kind == "ad" else Sent(kind=step.kind, value=step.value))

    def writes(self, event: Deed, is_tap: bool = False) -> None:
        self.sent = (self.sent[0] + 1 if self.sent else 0, event)
        late_s, self.late_s = self.late_s, 0
        self.refusing = self.refusing.removeprefix("window")
        self.road.receives(event, self.sent[0], late_s, is_tap)

    def tapped(self, step: story.Tap) -> Said | Chose:
        for message in reversed(self.offered):
            if step.title not in titles(message):
                continue
            if isinstance(message, Offer):
                option = next(option for option in message.options if option.title == step.title)
                return Chose(step=message.step, option=option.id, title=option.title)
            return Said(text=step.title)     # a template's quick reply
        newest = " | ".join(titles(self.offered[-1])) if self.offered else "nothing to tap"
        raise self.stop("no message shows this title", Difference("tap", step.title, newest))

    @take.register(story.Bot)
    def _(self, step: story.Bot) -> None:
        teller = self.standing.teller()
        if self.skipping:
            while self.untold and teller.differences(step, self.untold[0]):
                self.untold.pop(0)
            self.skipping = False
        if not self.untold:
            raise self.stop("the bot said nothing more", *_wanted(step))
        message = self.untold.pop(0)
        if differences := teller.differences(step, message):
            raise self.stop("the bot said something else", *differences)

    @take.register(story.Rest)
    def _(self, step: story.Rest) -> None:
        self.skipping = True

    def nothing_left(self) -> None:
        if self.untold and not self.skipping:
            raise self.stop("the bot said more than the story tells",
                            *(Difference("text", "", _line(message)) for message in self.untold))
        self.untold.clear()
        self.skipping = False

    @take.register(story.Wait)
    def _(self, step: story.Wait) -> None:
        self.transcript.append(Line("wait", duration(step.seconds), step.span))
        self.road.goes_on(step.seconds)

    @take.register(story.Late)
    def _(self, step: story.Late) -> None:
        self.late_s = step.seconds

    @take.register(story.Again)
    def _(self, step: story.Again) -> None:
        if self.sent is None:
            raise self.stop("nobody has written yet: there is nothing to deliver again")
        number, event = self.sent
        self.transcript.append(Line("again", "the same message, delivered once more", step.span))
        self.road.receives(event, number)

    @take.register(story.Crash)
    def _(self, step: story.Crash) -> None:
        assert isinstance(self.road, Mortal)
        self.road.crashes(step.when_sent)
        self.transcript.append(Line("crash", "the process dies and is started again", step.span))

    @take.register(story.Called)
    def _(self, step: story.Called) -> None:
        for index, call in enumerate(self.called):
            if call.action == step.action:
                del self.called[:index + 1]
                if differences := tuple(self.unequal(step.args, call.args)):
                    raise self.stop(f"`{step.action}` was called with something else", *differences)
                return
        names = ", ".join(call.action for call in self.called) or "nothing"
        raise self.stop(f"`{step.action}` was not called", Difference("called", step.action, names))

    @take.register(story.Fails)
    def _(self, step: story.Fails) -> None:
        self.outcomes.setdefault(step.action, []).append(step)

    @take.register(story.Refused)
    def _(self, step: story.Refused) -> None:
        self.refusing = step.what
        self.road.refuses(step.what)

    @take.register(story.Pending)
    def _(self, step: story.Pending) -> None:
        self.held.add(step.action)

    @take.register(story.Answers)
    def _(self, step: story.Answers) -> None:
        call = self.road.pending(step.action)
        if call is None:
            raise self.stop(f"no call of `{step.action}` is pending")
        self.road.answers(call, self.answer(call))

    @take.register(story.Happens)
    def _(self, step: story.Happens) -> None:
        self.transcript.append(Line("event", step.event, step.span))
        self.road.happens(Happened(name=step.event, params=step.params))

    @take.register(story.Staff)
    def _(self, step: story.Staff) -> None:
        resting = self.standing.resting()
        if resting is None or resting.kind != "handover":
            raise self.stop("nobody has taken over: the conversation is not at a handover")
        self.transcript.append(Line("staff", step.text or "resume", step.span))
        if step.text is None:
            self.road.happens(Resumed())

    @take.register(story.Expect)
    def _(self, step: story.Expect) -> None:
        here = self.standing.where()
        if step.has_ended and here is not None:
            raise self.stop("the conversation is not over", Difference("at", "the end", here))
        if step.at is not None and step.at not in (here, self.standing.flow()):
            raise self.stop("the conversation rests elsewhere",
                            Difference("at", step.at, here or "the end"))
        known = self.standing.known()
        wanted = {name: self.standing.admitted(name, value) for name, value in step.slots.items()}
        if differences := tuple(self.unequal(wanted, known)):
            raise self.stop("a slot holds something else", *differences)

    # --- saying what is wrong -------------------------------------------------------------------------------

    def unequal(self, wanted: dict[str, Any], held: dict[str, Any]) -> Sequence[Difference]:
        return [Difference(name, _json(value), _json(held.get(name))) for name, value in wanted.items()
                if not covers(value, held.get(name))]

    def clock(self, at_ms: int) -> str:
        moment = program(self.table).values.moment(at_ms)
        return moment.strftime("%Y-%m-%d %H:%M") if moment else str(at_ms)

    def stop(self, reason: str, *differences: Difference) -> _Stop:
        return _Stop(Broken(self.span, reason, differences, self.last))


def _wanted(step: story.Bot) -> tuple[Difference, ...]:
    told = step.text.written if step.text else step.menu or step.response or step.template or "a message"
    return (Difference("text", told, ""),)


def _line(message: Message) -> str:
    shown = titles(message)
    return text_of(message) + (f"  [{' | '.join(shown)}]" if shown else "")


def _json(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
