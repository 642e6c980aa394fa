"""What the operations of a run do, one after another, until the conversation rests.

Every operation is a function of the walk and of its own list. It gives None to go on with the next one, a `Path` to go
on elsewhere, or `REST`: from here the conversation waits for an event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec.structs import replace

from dsl.table import Flow, Json, Op, Step
from runtime.effects import Call, Close, Track
from runtime.events import Event, TimedOut, Undelivered
from runtime.messages import MESSAGE
from runtime.plan import ANYWHERE, FAILED, STARTS, Rows
from runtime.state import Fired, Frame
from runtime.steps import ask, hand_over
from runtime.walk import OPERATIONS, Overrun, Walk

# Operations to go on with, and the run after them, for which the step is left.
Path: TypeAlias = tuple[Sequence[Op], str | None]

REST: Path = ((), None)
BACK_TO: Path = ((["return", None],), None)


def taken(walk: Walk, rows: Rows, index: int) -> Path:
    """The way a row leads, with the row in the trace."""
    row = rows.rows[index]
    walk.trace.append(Fired(rows.owner, index))
    walk.owner = rows.owner
    return row.ops, row.target


def follow(walk: Walk, path: Path) -> bool:
    """Operations until the conversation rests; False if they ended without leading anywhere."""
    has_moved = False
    while True:
        ops, target = path
        onward = None
        for op in ops:
            walk.operations += 1
            if walk.operations > OPERATIONS:
                raise Overrun("operations")
            onward = OPERATION[op[0]](walk, op)
            if onward is not None:
                break
        if onward is REST:
            return True
        if onward is None and target is not None:
            onward = _leaving(walk, target)
        elif onward is None and has_moved:               # a run that leads nowhere goes back
            onward = BACK_TO
        if onward is None:
            return False
        path, has_moved = onward, True


def _leaving(walk: Walk, target: str) -> Path:
    """From the row into its target: a block of its own stays over the step, anything else leaves it."""
    if walk.pushed:
        walk.pushed = False
    elif walk.frames:
        if walk.acting >= 0:
            walk.drop(walk.acting + 1)
        walk.leave()
    return run(walk, target)


def run(walk: Walk, name: str) -> Path:
    walk.acting = -1
    ops = walk.table.runs.get(name)
    if ops is None:
        raise Overrun("unknown")
    return ops, None


# --- slots and locals


def _set(walk: Walk, op: Op) -> None:
    walk.store(op[1], walk.plain(op[2]))


def _clear(walk: Walk, op: Op) -> None:
    walk.store(op[1], None)


def _each(walk: Walk, op: Op) -> None:
    items = walk.plain(op[2])
    walk.store(["local", op[1]], items if isinstance(items, list) else [])


def _next(walk: Walk, op: Op) -> Path | None:
    _, key, variable, done = op
    items = walk.locals().get(key)
    if not isinstance(items, list) or not items:
        walk.store(["local", key], None)
        return run(walk, done)
    walk.store(["local", key], items[1:])
    walk.store(variable, items[0])
    return None


# --- where to


def _branch(walk: Walk, op: Op) -> Path | None:
    return run(walk, op[2]) if walk.program.holds(op[1], walk.scope()) else None


def _go(walk: Walk, op: Op) -> Path:
    return run(walk, op[1])


def _jump(walk: Walk, op: Op) -> Path:
    return fail(walk) if op[1] == FAILED else enter(walk, op[1])


def enter(walk: Walk, name: str, params: Mapping[str, Json] | None = None) -> Path:
    """Leave every frame and begin a flow or menu."""
    walk.drop(0)
    return begin(walk, name, dict(params or {}))


def begin(walk: Walk, name: str, known: dict[str, Json], back: str | None = None) -> Path:
    """A frame of its own for a flow."""
    flow: Flow | None = walk.table.flows.get(name)
    if flow is None:
        raise Overrun("unknown")
    walk.push(Frame(name, None, known, None, back))
    return run(walk, flow.entry)


def _rest(walk: Walk, op: Op) -> Path:
    at = walk.plan.step(op[1])
    if at is None:
        raise Overrun("unknown")
    if not walk.frames:
        walk.push(Frame(at.step.flow))
    kind = at.step.kind
    if kind == "do":
        return _do(walk, op[1], at.step)
    if kind == "call":
        return _call(walk, op[1], at.step)
    walk.rest(op[1], kind)
    if kind == "handover":
        hand_over(walk, at.step)
        return REST
    return REST if ask(walk) else nothing_to_ask(walk)


def _do(walk: Walk, name: str, step: Step) -> Path:
    known = {param: walk.plain(arg) for param, arg in step.args}
    walk.rest(name, "do")
    return begin(walk, step.name or "", {param: value for param, value in known.items() if value is not None})


def _call(walk: Walk, name: str, step: Step) -> Path:
    args = {param: walk.plain(arg) for param, arg in step.args}
    walk.calls += 1
    call = f"{walk.turn}.{walk.calls}"
    walk.rest(name, "call", call)
    walk.effects.append(Call(call, step.name or "", args))
    return REST


def nothing_to_ask(walk: Walk) -> Path:
    """A question without choices: what follows too many bad answers, for no answer can be good."""
    walk.note("empty")
    return tries(walk) or otherwise(walk) or fail(walk)


def tries(walk: Walk) -> Path | None:
    """What the step does after too many bad answers."""
    at = walk.resting()
    index = walk.first(at.rows, at.rows.of("tries")) if at else None
    if at is None or index is None:
        return None
    _count_anew(walk)
    return taken(walk, at.rows, index)


def otherwise(walk: Walk) -> Path | None:
    """What `anywhere` does after too many bad answers."""
    if walk.plan.otherwise is None or not walk.holds(walk.plan.otherwise[1].guard):
        return None
    row = walk.plan.otherwise[1]
    _count_anew(walk)
    walk.trace.append(Fired(ANYWHERE, len(walk.table.anywhere), "otherwise"))
    walk.owner = ANYWHERE
    return row.ops, row.target


def _count_anew(walk: Walk) -> None:
    walk.misses = 0
    walk.frames[-1] = replace(walk.frames[-1], tries=0)


def start_on(walk: Walk, index: int) -> Path:
    """Leave every frame and begin the flow that starts on what came, with the event's parameters as its locals."""
    _, target = taken(walk, walk.plan.starts, index)
    flow = walk.plan.flow_of(target)
    if flow is None:
        raise Overrun("unknown")
    return enter(walk, flow, walk.params)


def _push(walk: Walk, op: Op) -> None:
    _, back, shares = op
    acting = walk.acting % len(walk.frames) if walk.frames else None
    is_shared = shares and acting is not None
    if is_shared:
        for name, value in walk.params.items():
            walk.store(["local", name], value)
    flow = ANYWHERE if walk.owner in (ANYWHERE, STARTS) else walk.owner
    walk.push(Frame(flow, None, {} if is_shared else dict(walk.params), acting if is_shared else None, back))
    walk.pushed = True


def _leave(walk: Walk, op: Op) -> None:
    """Down to the flow's own frame: blocks over a step lie over the frame whose locals they share."""
    while walk.frames and (shares := walk.frames[walk.acting].shares) is not None:
        walk.drop(shares + 1)


def _return(walk: Walk, op: Op) -> Path:
    if not walk.frames:
        return enter(walk, walk.table.start)
    value = walk.plain(op[1])
    frame = walk.frames[walk.acting]
    walk.drop(walk.acting % len(walk.frames))
    if not walk.frames:
        if frame.flow != FAILED and not is_unasked(walk.event):
            return enter(walk, walk.table.start)
        return _close(walk, "failed" if frame.flow == FAILED else "end")
    if frame.back is not None:
        return ask_again(walk) if frame.back == "again" or not walk.is_own else REST
    at = walk.resting()
    assert at is not None                                # a frame that is no block lies over a `do`
    walk.store(at.step.into, value)
    index = walk.first(at.rows, at.rows.of("return"))
    return BACK_TO if index is None else taken(walk, at.rows, index)


def ask_again(walk: Walk) -> Path:
    """The question that was left, once more and whole; not after what nobody did."""
    if walk.opting_out:
        confirm(walk)
    if is_unasked(walk.event) or ask(walk):
        return REST
    return nothing_to_ask(walk)


def is_unasked(event: Event) -> bool:
    """Whether nothing has happened but that time passed, or that a message of ours was lost."""
    return isinstance(event, (TimedOut, Undelivered))


def confirm(walk: Walk) -> None:
    """Who asked for no more messages, and was told nothing since, is told that it was understood."""
    walk.say(walk.system("opted_out"))


def _track(walk: Walk, op: Op) -> None:
    walk.effects.append(Track(op[1], {name: walk.plain(value) for name, value in op[2]}))


def _opt(walk: Walk, op: Op) -> None:
    walk.opted_out = op[1] == "out"
    walk.opting_out = walk.opted_out and not walk.is_own


def _end(walk: Walk, op: Op) -> Path:
    walk.forget()
    return _close(walk, "end")


def _close(walk: Walk, reason: str) -> Path:
    if walk.opting_out:
        confirm(walk)
    walk.drop(0)
    walk.misses = 0
    walk.effects.append(Close(reason))
    return REST


def _restart(walk: Walk, op: Op) -> Path:
    """From the beginning, with what outlives the session."""
    walk.forget()
    return enter(walk, walk.table.start)


# --- when it goes wrong


def fail(walk: Walk) -> Path:
    """`system.failed`: back to the last question, where the flow of that name runs, or its words are said."""
    walk.trace.append(Fired(FAILED))
    is_again = walk.failing or any(frame.flow == FAILED for frame in walk.frames)
    walk.failing = True
    _to_question(walk)
    back = "quiet" if is_unasked(walk.event) else "again"
    if FAILED in walk.table.flows and not is_again:
        return begin(walk, FAILED, {}, back)
    walk.say(walk.system("failed"))
    if not walk.frames:
        return _close(walk, "failed")
    return ask_again(walk)


def _to_question(walk: Walk) -> None:
    """Back to the frames of the last question; frames that are still there go on with their timers."""
    question = walk.question
    kept = 0
    while kept < min(len(question), len(walk.frames)) and question[kept] == walk.frames[kept]:
        kept += 1
    walk.drop(kept)
    for frame in question[kept:]:
        walk.frames.append(Frame(frame.flow, None, frame.locals, frame.shares, frame.back))
        assert frame.step is not None                    # they were all at rest
        walk.rest(frame.step, frame.kind)


OPERATION: dict[str, Callable[[Walk, Any], Path | None]] = {
    **MESSAGE, "set": _set, "clear": _clear, "branch": _branch, "go": _go, "jump": _jump, "rest": _rest, "again": _rest,
    "push": _push, "leave": _leave, "return": _return, "each": _each, "next": _next, "track": _track, "opt": _opt,
    "end": _end, "restart": _restart,
}
