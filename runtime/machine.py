"""The machine: one event in, one turn out.

A conversation rests on one step. An event moves it along a row of the table, or leaves it where it is and the question
is asked again. `advance` decides and does nothing else: no clock (events carry their time), no chance (they carry that
too), no I/O, no log. Stories, the chat and production run the very same code.

Elsewhere: which row takes a message (`matching`), operations (`runs`), asking (`steps`), what a turn has in hand
(`walk`), silence and other versions of the table (`session`); sending, saving, waiting (`outbox`, `store`, `worker`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from dsl.table import UNDELIVERED, Json, Table
from runtime.events import (
    Answered,
    Chose,
    Event,
    Failed,
    Happened,
    Opened,
    Resumed,
    Said,
    Sent,
    TimedOut,
    Undelivered,
)
from runtime.matching import hear, moved, stay
from runtime.plan import Rows, StepPlan, plan_of
from runtime.runs import BACK_TO, confirm, enter, fail, follow, start_on, taken
from runtime.session import current, refuge, settle
from runtime.state import Fired, State, Turn
from runtime.values import ITEMS, TEXT
from runtime.walk import Overrun, Walk, due, timer

WAITING = ITEMS                              # events that wait for a call, or for a step to be left


def advance(table: Table, state: State, event: Event) -> Turn:
    """What becomes of a conversation when `event` happens to it.

    Total: any state and any event give a turn. What goes over a bound of the machine is undone as a whole, is noted in
    the trace, and `system.failed` says so.
    """
    walk = Walk(plan_of(table), state, event)
    if settle(walk, state):
        _come(walk, event)
    elif not _move(walk, state, event):
        return Turn(replace(state, turn=walk.turn, waiting=tuple(walk.waiting)), (), tuple(walk.trace))
    if walk.waiting:
        _catch_up(walk)
    return walk.end()


# --- one event, with its bounds


def _come(walk: Walk, event: Event) -> None:
    """An event is handled, or waits: for the answer of a call, or until the step is left."""
    at = walk.frames[-1] if walk.frames else None
    pending = at.call if at else None
    if isinstance(event, (Answered, Failed, Undelivered)):
        is_late = not _was_here(walk, event) if isinstance(event, Undelivered) else pending != event.call
        if is_late:
            walk.note("late")
        else:
            _handle(walk, event)
    elif pending is not None:
        _wait(walk, event)
    elif not isinstance(event, Happened) or _is_due(walk, event):
        _handle(walk, event)


def _is_due(walk: Walk, event: Happened) -> bool:
    """Whether an event from outside is taken now; if not now, it waits, if never, it is dropped."""
    if event.name not in walk.plan.awaited or event.name not in walk.table.events:
        walk.note("unawaited")
        return False
    if _taker(walk, event.name, event.params) is None:
        _wait(walk, event)
        return False
    return True


def _was_here(walk: Walk, event: Undelivered) -> bool:
    """Whether what did not reach the user was said where the conversation rests, and waits for nothing but them."""
    at = walk.frames[-1] if walk.frames else None
    if at is None or event.step is None:
        return at is None and event.step is None
    return at.call is None and at.step == current(walk.plan, event.step)


def _wait(walk: Walk, event: Event) -> None:
    if len(walk.waiting) < WAITING:
        if isinstance(event, Said):                      # half a character is no JSON
            event = replace(event, text=event.text.encode("utf-8", "replace").decode("utf-8"))
        walk.waiting.append(event)
        walk.note("waits")
    else:
        walk.note("dropped")
    walk.private = walk.private or walk.plan.has_private      # it may turn out to answer a private question


def _catch_up(walk: Walk) -> None:
    """What waited and need not wait any more, in the order it came."""
    index = 0
    while index < len(walk.waiting) and not (walk.frames and walk.frames[-1].call is not None):
        event = walk.waiting[index]
        walk.begin(event)
        if isinstance(event, Happened) and event.name in walk.plan.awaited and _taker(
                walk, event.name, event.params) is None:
            index += 1
            continue
        del walk.waiting[index]
        _come(walk, event)
        index = 0


def _handle(walk: Walk, event: Event) -> None:
    handler, is_own = HANDLE[type(event)]
    walk.is_own = walk.frames[-1].own if is_own is None else is_own
    _bounded(walk, handler, event)
    if walk.opting_out:
        confirm(walk)


def _bounded(walk: Walk, act: Callable[..., None], *given: Any) -> None:
    """Do it whole or not at all: what goes over a bound is undone, and the last question is asked again."""
    at = walk.resting()
    before = walk.mark()
    if at is not None and at.step.kind != "call":
        walk.question = before.frames
    try:
        act(walk, *given)
    except Overrun as bound:
        walk.note(bound.note)
        walk.undo(before)
        try:
            follow(walk, fail(walk))
        except Overrun as again:
            walk.note(again.note)
            walk.undo(before._replace(frames=walk.question))
            walk.say(walk.system("failed"))


# --- what is no message of the user


def _answered(walk: Walk, event: Answered) -> None:
    """An action's result, in the type it was declared with; one that is not of that type is a failure."""
    at = _called(walk)
    action = walk.table.actions.get(at.step.name or "")
    returns = (action.returns if action else None) or "unknown"
    result = None if _is_beyond(event.result) else walk.program.values.admit(returns, event.result)
    if result is None and event.result is not None:
        walk.note("result")
        _outcome(walk, at, "failure")
        return
    walk.store(at.step.into, result)
    index = walk.first(at.rows, at.rows.of("result"))
    follow(walk, BACK_TO if index is None else taken(walk, at.rows, index))


def _is_beyond(value: Json) -> bool:
    """Whether a text or a list is larger than the machine keeps."""
    if isinstance(value, str):
        return len(value) > TEXT
    return isinstance(value, list) and len(value) > ITEMS


def _failed(walk: Walk, event: Failed) -> None:
    _outcome(walk, _called(walk), *([f"reason:{event.reason}"] if event.kind == "reason" else [event.kind]), "failure")


def _called(walk: Walk) -> StepPlan:
    """The step of the call that was answered, which pends no longer."""
    at = walk.resting()
    assert at is not None
    walk.frames[-1] = replace(walk.frames[-1], call=None)
    return at


def _outcome(walk: Walk, at: StepPlan, *outcomes: str) -> None:
    """The first of these outcomes that the step has a row for; without one, `system.failed`.

    The `into` name keeps what it held: only a block that falls through goes on without it, and that is lowered so.
    """
    for outcome in outcomes:
        index = walk.first(at.rows, at.rows.of(outcome))
        if index is not None:
            follow(walk, taken(walk, at.rows, index))
            return
    follow(walk, fail(walk))


def _timed_out(walk: Walk, event: TimedOut) -> None:
    """A timer of a visit that still lasts; any other is late. Its step may have been renamed since it was set."""
    name = ":".join(current(walk.plan, part) for part in event.name.split(":"))
    for index in range(len(walk.frames) - 1, -1, -1):
        frame = walk.frames[index]
        at = walk.plan.step(frame.step)
        for seconds in at.rows.after if at else ():
            is_this = name == timer(index, frame.step, seconds) and event.due == due(frame, seconds)
            if at and is_this and seconds not in frame.fired:
                walk.frames[index] = replace(frame, fired=(*frame.fired, seconds))
                walk.acting = index
                row = walk.first(at.rows, at.rows.of(f"after:{seconds}"))
                if row is not None:
                    follow(walk, taken(walk, at.rows, row))
                return
    walk.note("late")


def _happened(walk: Walk, event: Happened) -> None:
    taker = _taker(walk, event.name, event.params)
    assert taker is not None                             # else it would wait
    _accept(walk, *taker)


def _undelivered(walk: Walk, event: Undelivered) -> None:
    taker = _taker(walk, UNDELIVERED, {"reason": event.reason})
    if taker is None:
        walk.note("unawaited")
    else:
        _accept(walk, *taker)


def _accept(walk: Walk, rows: Rows, index: int) -> None:
    if rows is walk.plan.starts:
        follow(walk, start_on(walk, index))
    else:
        stay(walk, taken(walk, rows, index))


def _taker(walk: Walk, event: str, given: Mapping[str, Json]) -> tuple[Rows, int] | None:
    """What takes an event now: the step, `anywhere`, or, where no question is pending, a flow's start."""
    known, name = walk.table.events.get(event, {}), f"event:{event}"
    walk.params = {param: walk.program.values.admit(type, given.get(param)) for param, type in known.items()}
    plan, at = walk.plan, walk.resting()
    owners = [at.rows] if at else []
    if at is None or at.step.kind != "handover":
        owners.append(plan.anywhere)
    if at is None or at.step.kind == "menu":
        owners.append(plan.starts)
    for rows in owners:
        index = walk.first(rows, rows.of(name))
        if index is not None:
            return rows, index
    return None


def _resumed(walk: Walk, event: Resumed) -> None:
    """The team gives the conversation back: what lies over the handover is left."""
    for index in range(len(walk.frames) - 1, -1, -1):
        at = walk.plan.step(walk.frames[index].step)
        if at is not None and at.step.kind == "handover":
            walk.drop(index + 1)
            row = walk.first(at.rows, at.rows.of("resume"))
            follow(walk, BACK_TO if row is None else taken(walk, at.rows, row))
            return
    walk.note("late")


# What handles an event, and whether it comes of the bot's own accord; None: as the call did.
HANDLE: dict[type, tuple[Callable[[Walk, Any], None], bool | None]] = {
    Said: (hear, False), Chose: (hear, False), Sent: (hear, False), Opened: (hear, False),
    Answered: (_answered, None), Failed: (_failed, None),
    TimedOut: (_timed_out, True), Happened: (_happened, True), Undelivered: (_undelivered, True),
    Resumed: (_resumed, True),
}


# --- a newer table


def _move(walk: Walk, state: State, event: Event) -> bool:
    """The conversation's place is gone: it goes where its flow says. False if it does not yet, for nobody is there."""
    if isinstance(event, (TimedOut, Undelivered)):
        walk.trace.append(Fired("", -1, "late"))
        return False
    if isinstance(event, Happened):
        walk.frames.clear()
        _wait(walk, event)
        return False
    walk.frames = []
    walk.question = ()
    to = refuge(walk.plan, state)
    walk.is_own = isinstance(event, Resumed)
    if isinstance(event, (Said, Sent, Chose, Opened)):
        _bounded(walk, moved, event, to)
    else:
        _bounded(walk, _moved_on, to)
    return True


def _moved_on(walk: Walk, to: str) -> None:
    walk.note("moved")
    walk.say(walk.system("moved"))
    follow(walk, enter(walk, to))
