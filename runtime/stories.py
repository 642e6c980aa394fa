"""Stories: a conversation played as written, on the compiled table, with a clock and actions of its own.

No network, no sleep. Every message of the bot must be told; the first thing that is not as told ends the story with
a `Broken`, which says where, what was expected, what came, and which row of the table had fired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

import msgspec

from dsl import story
from dsl.graph import duration
from dsl.source import Span
from dsl.table import SourceMap, Step, Table
from runtime.conversation import Conversation
from runtime.effects import Call, Message, Offer
from runtime.events import Answered, Chose, Event, Failed, Happened, Resumed, Said, Sent
from runtime.program import Scope, program
from runtime.shown import MESSAGES, text_of, titles
from runtime.state import Fired, Frame, State
from runtime.telling import Difference, Teller, covers

START = datetime(2026, 1, 5, 10, 0)          # a Monday, in the bot's zone: when a story says nothing of the time
TURNS_A_STEP = 50                            # calls answered at once and timers due together; more is a loop


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript: who (`user`, `bot`, `time`, `action` …) and what."""

    who: str
    what: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a story is not as written."""

    span: Span                               # of the step
    reason: str
    differences: tuple[Difference, ...] = ()
    fired: tuple[Fired, ...] = ()            # of the last turn


@dataclass(frozen=True, slots=True)
class Played:
    """A story as it went: its transcript, the rows that fired, and what broke it, if anything did."""

    story: story.Story
    transcript: tuple[Line, ...]
    fired: frozenset[tuple[str, int]]
    broken: Broken | None = None


def play(table: Table, places: SourceMap, told: story.Story) -> Played:
    """Play one story from its beginning to its end, or to the first thing that is not as told."""
    stage = _Stage(table, places, told)
    broken = None
    try:
        for step in told.steps:
            stage.step(step)
        stage.nothing_left(told.steps[-1].span if told.steps else told.span)
    except _Stop as stop:
        broken = stop.broken
    return Played(told, tuple(stage.transcript), frozenset(stage.fired), broken)


class _Stop(Exception):
    def __init__(self, broken: Broken) -> None:
        super().__init__(broken.reason)
        self.broken = broken


@dataclass
class _Stage:
    """A story under way: the conversation, what the bot said that is not told yet, how actions will answer."""

    table: Table
    places: SourceMap
    told: story.Story
    untold: list[Message] = field(default_factory=list)
    offered: list[Message] = field(default_factory=list)     # all that can be tapped, the newest last
    transcript: list[Line] = field(default_factory=list)
    fired: set[tuple[str, int]] = field(default_factory=set)
    last: tuple[Fired, ...] = ()
    called: list[Call] = field(default_factory=list)         # not told yet
    outcomes: dict[str, list[story.Fails]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)              # actions whose next call stays pending
    answered: dict[str, int] = field(default_factory=dict)   # how many results of `results` are used up
    received: set[int] = field(default_factory=set)          # numbers of the user's messages, as an inbox keeps ids
    sent: tuple[int, Event] | None = None
    late_s: int = 0
    skipping: bool = False

    def __post_init__(self) -> None:
        given = self.told.given
        self.program = program(self.table)
        now = given.now or START
        local = now if now.tzinfo else now.replace(tzinfo=self.program.values.zone)
        self.stubs = {stub.name: stub for stub in self.told.actions}
        table, state = self.table, State()
        slots = {named.name: self.admitted(named.name, named.value) for named in given.slots}
        if given.language:
            slots["language"] = given.language
        if given.at in table.steps:
            frame = Frame(flow=table.steps[given.at].flow, step=given.at, since=_ms(local))
            state = State(frames=(frame,), heard=_ms(local))
        elif given.at is not None:
            table = msgspec.structs.replace(table, start=given.at)
        self.talk = Conversation(table, _ms(local), msgspec.structs.replace(state, slots=slots))

    # --- the conversation -----------------------------------------------------------------------------------

    def happens(self, event: Event, span: Span) -> None:
        """One event and all that follows from it at once: calls are answered from the story's `actions`."""
        waiting = [event]
        for _ in range(TURNS_A_STEP):
            if not waiting:
                return
            turn = self.talk.happens(waiting.pop(0))
            self.last = turn.trace
            self.fired |= {(row.step, row.row) for row in turn.trace if row.row >= 0}
            for effect in turn.effects:
                if isinstance(effect, MESSAGES):
                    self.heard(effect)
                elif isinstance(effect, Call):
                    waiting += self.call(effect, span)
        raise self.stop(span, f"this went on for {TURNS_A_STEP} turns without anybody writing")

    def heard(self, message: Message) -> None:
        self.untold.append(message)
        self.transcript.append(Line("bot", _line(message)))
        if titles(message):
            self.offered.append(message)

    def call(self, call: Call, span: Span) -> list[Event]:
        self.called.append(call)
        self.transcript.append(Line("action", f"{call.action}({', '.join(f'{k}: {v}' for k, v in call.args.items())})"))
        if call.action in self.held:
            self.held.discard(call.action)
            return []
        return [self.outcome(call, span)]

    def outcome(self, call: Call, span: Span) -> Event:
        now, seed = self.talk.now, self.talk.seed
        if failing := self.outcomes.get(call.action):
            fails = failing.pop(0)
            return Failed(call=call.id, kind=fails.kind, reason=fails.reason, at=now, seed=seed)
        stub = self.stubs.get(call.action)
        if stub is None:
            if self.table.actions[call.action].returns is None:
                return Answered(call=call.id, at=now, seed=seed)
            raise self.stop(span, f"the bot called `{call.action}`, and the story does not say what it answers: "
                                  f"add it under `actions`")
        used = self.answered.get(call.action, 0)
        if used >= len(stub.results):
            raise self.stop(span, f"`{call.action}` was called {used + 1} times, "
                                  f"and the story has {used} results for it")
        if stub.in_turn:
            self.answered[call.action] = used + 1
        return Answered(call=call.id, result=stub.results[used], at=now, seed=seed)

    def goes_on(self, seconds: int, span: Span) -> None:
        """Time passes; timers that come due are turns of their own, in order."""
        until = self.talk.now + seconds * 1000
        for _ in range(TURNS_A_STEP):
            due = self.talk.next_due(until)
            if due is None:
                self.talk.now = until
                return
            self.transcript.append(Line("time", _clock(self.talk.now, self)))
            self.happens(due, span)
        raise self.stop(span, f"more than {TURNS_A_STEP} timers came due while nobody wrote")

    def receives(self, event: Event, number: int, span: Span) -> None:
        """The user's message arrives; one that arrived before is known by its number and changes nothing."""
        if number not in self.received:
            self.received.add(number)
            self.happens(event, span)

    # --- steps ----------------------------------------------------------------------------------------------

    def step(self, step: story.Step) -> None:
        if not isinstance(step, story.Bot | story.Rest | story.Called | story.Expect):
            self.nothing_left(step.span)
        self.take(step)

    @singledispatchmethod
    def take(self, step: Any) -> None:
        raise TypeError(f"no step of a story: {step!r}")

    @take.register
    def _(self, step: story.User) -> None:
        self.transcript.append(Line("user", step.text, step.span))
        self.writes(Said(text=step.text, at=self.talk.now, seed=self.talk.seed), step.span)

    @take.register
    def _(self, step: story.Tap) -> None:
        self.transcript.append(Line("tap", step.title, step.span))
        self.writes(self.tapped(step), step.span)

    @take.register
    def _(self, step: story.Sends) -> None:
        self.transcript.append(Line("user", f"[{step.kind}]", step.span))
        self.writes(Sent(kind=step.kind, value=step.value, at=self.talk.now, seed=self.talk.seed), step.span)

    def writes(self, event: Event, span: Span) -> None:
        number = len(self.received)
        self.sent = (number, event)
        if self.late_s:
            late, self.late_s = self.late_s, 0
            self.goes_on(late, span)
        self.receives(event, number, span)

    def tapped(self, step: story.Tap) -> Event:
        for message in reversed(self.offered):
            if step.title not in titles(message):
                continue
            if isinstance(message, Offer):
                option = next(option for option in message.options if option.title == step.title)
                return Chose(step=message.step, option=option.id, title=option.title, at=self.talk.now,
                             seed=self.talk.seed)
            return Said(text=step.title, at=self.talk.now, seed=self.talk.seed)      # a template's quick reply
        newest = " | ".join(titles(self.offered[-1])) if self.offered else "nothing to tap"
        raise self.stop(step.span, "no message shows this title", Difference("tap", step.title, newest))

    @take.register
    def _(self, step: story.Bot) -> None:
        teller = self.teller()
        if self.skipping:
            while self.untold and teller.differences(step, self.untold[0]):
                self.untold.pop(0)
            self.skipping = False
        if not self.untold:
            raise self.stop(step.span, "the bot said nothing more", *_wanted(step))
        message = self.untold.pop(0)
        if differences := teller.differences(step, message):
            raise self.stop(step.span, "the bot said something else", *differences)

    @take.register
    def _(self, step: story.Rest) -> None:
        self.skipping = True

    def nothing_left(self, span: Span) -> None:
        if self.untold and not self.skipping:
            raise self.stop(span, "the bot said more than the story tells",
                            *(Difference("text", "", _line(message)) for message in self.untold))
        self.untold.clear()
        self.skipping = False

    @take.register
    def _(self, step: story.Wait) -> None:
        self.transcript.append(Line("wait", duration(step.seconds), step.span))
        self.goes_on(step.seconds, step.span)

    @take.register
    def _(self, step: story.Late) -> None:
        self.late_s = step.seconds

    @take.register
    def _(self, step: story.Again) -> None:
        if self.sent is None:
            raise self.stop(step.span, "nobody has written yet: there is nothing to deliver again")
        number, event = self.sent
        self.transcript.append(Line("again", "the same message, delivered once more", step.span))
        self.receives(event, number, step.span)

    @take.register
    def _(self, step: story.Called) -> None:
        for index, call in enumerate(self.called):
            if call.action == step.action:
                del self.called[:index + 1]
                if differences := tuple(self.unequal(step.args, call.args)):
                    raise self.stop(step.span, f"`{step.action}` was called with something else", *differences)
                return
        names = ", ".join(call.action for call in self.called) or "nothing"
        raise self.stop(step.span, f"`{step.action}` was not called", Difference("called", step.action, names))

    @take.register
    def _(self, step: story.Fails) -> None:
        self.outcomes.setdefault(step.action, []).append(step)

    @take.register
    def _(self, step: story.Pending) -> None:
        self.held.add(step.action)

    @take.register
    def _(self, step: story.Answers) -> None:
        call = next((call for call in self.talk.calls if call.action == step.action), None)
        if call is None:
            raise self.stop(step.span, f"no call of `{step.action}` is pending")
        self.happens(self.outcome(call, step.span), step.span)

    @take.register
    def _(self, step: story.Happens) -> None:
        self.transcript.append(Line("event", step.event, step.span))
        self.happens(Happened(name=step.event, params=step.params, at=self.talk.now, seed=self.talk.seed), step.span)

    @take.register
    def _(self, step: story.Staff) -> None:
        resting = self.resting()
        if resting is None or resting.kind != "handover":
            raise self.stop(step.span, "nobody has taken over: the conversation is not at a handover")
        self.transcript.append(Line("staff", step.text or "resume", step.span))
        if step.text is None:
            self.happens(Resumed(at=self.talk.now, seed=self.talk.seed), step.span)

    @take.register
    def _(self, step: story.Expect) -> None:
        here = self.where()
        if step.has_ended and here is not None:
            raise self.stop(step.span, "the conversation is not over", Difference("at", "the end", here))
        if step.at is not None and step.at not in (here, self.flow()):
            raise self.stop(step.span, "the conversation rests elsewhere",
                            Difference("at", step.at, here or "the end"))
        known = self.known()
        wanted = {name: self.admitted(name, value) for name, value in step.slots.items()}
        if differences := tuple(self.unequal(wanted, known)):
            raise self.stop(step.span, "a slot holds something else", *differences)

    # --- what the story's words stand for -------------------------------------------------------------------

    def where(self) -> str | None:
        frames = self.talk.state.frames
        return frames[-1].step if frames else None

    def flow(self) -> str | None:
        frames = self.talk.state.frames
        return frames[-1].flow if frames else None

    def resting(self) -> Step | None:
        here = self.where()
        return None if here is None else self.table.steps.get(here)

    def locals(self) -> dict[str, Any]:
        frames = self.talk.state.frames
        if not frames:
            return {}
        top = frames[-1]
        return frames[top.shares].locals if top.shares is not None else top.locals

    def known(self) -> dict[str, Any]:
        """What every name holds now: defaults, slots, and over them the locals of the flow."""
        defaults = {name: slot.default for name, slot in self.table.slots.items() if slot.default is not None}
        return {**defaults, **self.talk.state.slots, **self.locals()}

    def scope(self) -> Scope:
        state = self.talk.state
        language = state.slots.get("language") or self.table.languages[0]
        return Scope(slots=state.slots, locals=self.locals(), at=self.talk.now, language=language)

    def teller(self) -> Teller:
        resting, scope = self.resting(), self.scope()
        hint = self.program.text(resting.hint, scope) if resting and resting.hint is not None else ""
        return Teller(self.shown, self.variants, hint)

    def shown(self, path: tuple[str, ...]) -> str:
        name, *fields = path
        value: Any = self.known().get(name)
        type = self.type_of(name)
        for part in fields:
            value = value.get(part) if isinstance(value, dict) else None
            var = self.table.records.get(type, {}).get(part)
            type = var.type if var else "unknown"
        return self.program.formats(self.scope().language).show(self.program.values.convert(type, value))

    def variants(self, response: str) -> Sequence[Sequence[str | None]]:
        language = self.scope().language
        texts = [self.table.texts[text] for text in self.places.responses.get(response, [])]
        return [[part if isinstance(part, str) else None for part in text.get(language, text[self.table.languages[0]])]
                for text in texts]

    def type_of(self, name: str) -> str:
        flow = self.table.flows.get(self.flow() or "") if hasattr(self, "talk") else None
        var = (flow.locals.get(name) if flow else None) or self.table.slots.get(name)
        return var.type if var else "unknown"

    def admitted(self, name: str, value: Any) -> Any:
        return self.program.values.admit(self.type_of(name), value)

    def unequal(self, wanted: dict[str, Any], held: dict[str, Any]) -> Sequence[Difference]:
        return [Difference(name, _json(value), _json(held.get(name))) for name, value in wanted.items()
                if not covers(value, held.get(name))]

    def stop(self, span: Span, reason: str, *differences: Difference) -> _Stop:
        return _Stop(Broken(span, reason, differences, self.last))


def _wanted(step: story.Bot) -> tuple[Difference, ...]:
    told = step.text.written if step.text else step.menu or step.response or step.template or "a message"
    return (Difference("text", told, ""),)


def _line(message: Message) -> str:
    shown = titles(message)
    return text_of(message) + (f"  [{' | '.join(shown)}]" if shown else "")


def _json(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _clock(at_ms: int, stage: _Stage) -> str:
    moment = stage.program.values.moment(at_ms)
    return moment.strftime("%Y-%m-%d %H:%M") if moment else str(at_ms)
