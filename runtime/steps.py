"""What a step says when it is asked. What can be chosen there is `choices`, how it is shown `shapes`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from dsl.table import Message, Step
from runtime.choices import MORE, NONE_OF_THESE, Open, Pick, open_now
from runtime.effects import Choice, Handover, Say
from runtime.plan import StepPlan
from runtime.shapes import Shown, lay, offer, say
from runtime.walk import Walk


def ask(walk: Walk) -> bool:
    """Ask the step where the frame on top rests, whole; False if it has nothing to choose from."""
    at = walk.resting()
    if at is None or not at.waits:
        return True
    here = open_now(walk, at)
    known = here.asked
    if known is None:
        if not here.has_choices and (at.step.kind != "ask" or at.step.items is not None):
            return False
        known = _asked(walk, at, here)
        if at.is_constant and len(here.picks) <= walk.table.limits.rows:
            here.asked = known
    walk.show(known)
    return True


def _asked(walk: Walk, at: StepPlan, here: Open) -> Shown:
    step = at.step
    message = step.message or Message([])
    text = walk.text(message.text) or ""
    if step.hint is not None:
        text = f"{text}\n\n{walk.text(step.hint)}"
    whole = said(walk, message, text)
    if here.picks:
        layout = here.layout(walk, at, walk.frames[-1].page)
        return offer(at.name, whole, layout, walk.table.limits, walk.word("choose"))
    if not text.strip():
        whole = replace(whole, text="…")
    return say(replace(whole, wants="location") if step.type == "location" else whole, walk.table.limits)


def said(walk: Walk, message: Message, text: str) -> Say:
    """A message of the table with its clauses filled."""
    if message.header is None and message.image is None and message.footer is None and message.link is None:
        return Say(text)
    url = walk.shown(message.link[1]) if message.link else None
    link = (walk.text(message.link[0]) or url, url) if message.link and url else None
    return Say(text, walk.text(message.header), where(walk, message.image), walk.text(message.footer), link)


def where(walk: Walk, expr: int | None) -> str | None:
    """Where a file is: an address, a path beside the bot, or the id of one that a user sent."""
    sent = walk.plain(expr)
    return str(sent.get("id") or "") if isinstance(sent, dict) else walk.shown(expr)


def show_message(walk: Walk, message: Message) -> None:
    """Say a message with its clauses; one with nothing in it, which the channel would refuse, only leaves a note."""
    shown = said(walk, message, walk.text(message.text) or "")
    if shown.text.strip() or shown.image:
        walk.show(say(shown, walk.table.limits))
    else:
        walk.note("empty")


def ask_whether(walk: Walk, at: StepPlan, doubt: Sequence[Pick]) -> None:
    """Did you mean one of these?"""
    limits, short = walk.table.limits, walk.word("choose")
    shown = [Choice(pick.id, pick.title) for pick in doubt]
    shown.append(Choice(NONE_OF_THESE, walk.word("none_of_these")))
    layout = lay(shown, None, limits, Choice(MORE, "…"))
    walk.show(offer(at.name, Say(walk.system("did_you_mean") or short), layout, limits, short))


def turn_page(walk: Walk) -> None:
    """The next page of a long list; after the last comes the first."""
    frame = walk.frames[-1]
    walk.frames[-1] = replace(frame, page=frame.page + 1)


def hand_over(walk: Walk, step: Step) -> None:
    """A person takes over."""
    if step.message is not None:
        show_message(walk, step.message)
    walk.effects.append(Handover(walk.text(step.team) or ""))
