"""Where a conversation stands between turns: still at home in this table, or moved; awake, or back after a silence."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from runtime.events import Event
from runtime.plan import QUESTIONS, Plan, Sound, StepPlan
from runtime.state import Frame, State
from runtime.walk import FRAMES, Walk

_NOWHERE: Sound = ("", None, None)
_WAITS = (*QUESTIONS, "handover", "call")


def has_expired(walk: Walk, at: StepPlan | None, event: Event) -> bool:
    """Whether the user was silent for longer than a session lasts; the team has no session."""
    if not walk.heard or at is None or at.step.kind == "handover":
        return False
    return event.at - walk.heard > walk.table.session.expires * 1000


def settle(walk: Walk, state: State) -> bool:
    """Bring the frames, the last question and the slots onto this table; False if the conversation's place is gone."""
    plan = walk.plan
    is_newer = state.table not in ("", plan.version)
    if is_newer:
        walk.slots = _slots(plan, state)
    known = _alone(state)
    if not is_newer and known is not None and (not state.frames or known in plan.sound):
        return True
    walk.question = tuple(carried(plan, state.asked, is_newer) or ())
    frames = carried(plan, state.frames, is_newer)
    if frames is None:
        return False
    if not is_newer and known is not None:
        plan.sound.add(known)
    walk.frames = frames
    return True


def _alone(state: State) -> Sound | None:
    """What is to be sound about a conversation of one frame at a question, as most are most of the time."""
    if state.asked or len(state.frames) > 1:
        return None
    if not state.frames:
        return _NOWHERE
    frame = state.frames[0]
    return (frame.flow, frame.step, frame.kind) if frame.shares is None is frame.call else None


def carried(plan: Plan, frames: Sequence[Frame], is_newer: bool) -> list[Frame] | None:
    """The frames under the names of today; None if one of them has no place any more."""
    if is_newer:
        frames = [replace(frame, flow=current(plan, frame.flow), step=frame.step and current(plan, frame.step))
                  for frame in frames]
    if len(frames) > FRAMES:
        return None
    for index, frame in enumerate(frames):
        above = frames[index + 1] if index + 1 < len(frames) else None
        if not _fits(plan, frame, index, above):
            return None
    return list(frames)


def _fits(plan: Plan, frame: Frame, index: int, above: Frame | None) -> bool:
    at = plan.step(frame.step)
    if at is None or frame.kind not in (None, at.step.kind):
        return False
    if frame.shares is not None and not 0 <= frame.shares < index:
        return False
    over = plan.step(frame.flow) if frame.back is not None else None
    if at.step.flow not in (frame.flow, over and over.step.flow):
        return False
    if above is None:
        return at.step.kind in _WAITS and (at.step.kind == "call") == (frame.call is not None)
    if above.back is None:
        return at.step.kind == "do" and at.step.name == above.flow
    return True


def current(plan: Plan, name: str) -> str:
    """Today's name of a step or flow; renaming twice is followed twice, in a circle once."""
    seen: set[str] = set()
    while name in plan.table.was and name not in seen:
        seen.add(name)
        name = plan.table.was[name]
    return name


def _slots(plan: Plan, state: State) -> dict[str, object]:
    """Slots that are still there, in the type they have today; what cannot be that type is dropped."""
    slots = {}
    for name, value in state.slots.items():
        if name == "language":
            slots[name] = value
        elif name in plan.table.slots:
            known = plan.program.values.admit(plan.table.slots[name].type, value)
            if known is not None:
                slots[name] = known
    return slots


def refuge(plan: Plan, state: State) -> str:
    """Where those go whose place is gone: where a flow they were in says, from the innermost on, else the start."""
    for frame in reversed(state.frames):
        flow = plan.table.flows.get(current(plan, frame.flow))
        if flow is not None and flow.lost is not None:
            return flow.lost
    return plan.table.start
