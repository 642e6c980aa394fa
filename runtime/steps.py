"""What a step says when it is asked, and the choices it offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from dsl.table import Json, Message, Step
from dsl.words import normalise, slug
from runtime import replies
from runtime.effects import Choice, Handover, Offer, Say
from runtime.plan import StepPlan
from runtime.program import Scope
from runtime.shapes import Shown, offer, pages, say
from runtime.walk import Walk

MORE = "system.more"                         # ids of what the machine offers by itself
NONE_OF_THESE = "system.none_of_these"
SKIP = "system.skip"
SUGGEST = "system.suggest."
LONGEST_ID = 100                             # characters; WhatsApp takes 200 for a row, the step's name included


class Pick(NamedTuple):
    """One choice as the user has it before them."""

    id: str
    title: str
    description: str = ""
    how: str = "value"                       # option value suggest skip
    value: Json = None
    words: tuple[str, ...] = ()              # normalised: titles in every language, aliases
    patterns: tuple[str, ...] = ()
    near: tuple[str, ...] | None = None      # the words a slip may be made in: those of the user's language; None: all


# --- choices


def picks(walk: Walk, at: StepPlan) -> list[Pick]:
    """All that can be chosen at a step now, in order, whatever the page."""
    if not at.is_constant:
        return _picks(walk, at)
    known = at.open.get(walk.language)
    if known is None:
        known = _picks(walk, at)
        if walk.language in walk.table.languages:
            at.open[walk.language] = known
    return known


def _picks(walk: Walk, at: StepPlan) -> list[Pick]:
    step = at.step
    if step.options:
        return [_option(walk, at, option.id) for option in step.options if walk.holds(option.when)]
    chosen = _values(walk, at) if step.kind == "ask" else []
    chosen += [_said(walk, f"{SUGGEST}{index}", text, "suggest") for index, text in enumerate(step.suggest)]
    if step.skip is not None:
        chosen.append(_said(walk, SKIP, step.skip, "skip"))
    return chosen


def _option(walk: Walk, at: StepPlan, name: str) -> Pick:
    option = at.options[name]
    title = walk.text(option.title) or name
    words, patterns = at.said[name]
    near = walk.plan.near(option, walk.language)
    if at.is_filled[name]:
        words, near = (normalise(title), *words), (normalise(title), *near)
    return Pick(name, title, walk.text(option.description) or "", "option", None, words, patterns, near)


def _said(walk: Walk, name: str, text: int, how: str) -> Pick:
    title = walk.text(text) or ""
    return Pick(name, title, how=how, words=walk.program.words(text) or (normalise(title),))


def _values(walk: Walk, at: StepPlan) -> list[Pick]:
    step = at.step
    if step.items is not None:
        return _items(walk, step)
    if at.var is not None and at.var.values:
        return [_value(walk, value, title) for value, title in at.var.values]
    if step.type == "boolean":
        return [_truth(walk, name, name == "yes") for name in ("yes", "no")]
    if step.type == "language":
        return [_language(walk, tag) for tag in walk.table.languages]
    return []


def _value(walk: Walk, value: str, title: int) -> Pick:
    shown = walk.text(title) or value
    words = walk.program.words(title) or (normalise(shown),)
    return Pick(_id(value), shown, value=value, words=(*words, normalise(value)))


def _truth(walk: Walk, name: str, value: bool) -> Pick:
    title = walk.system(name) or name
    return Pick(name, title, value=value, words=(normalise(title),))


def _language(walk: Walk, tag: str) -> Pick:
    """A language by its own name, which who needs it can read."""
    title = walk.program.formats(tag).language_name(tag)
    here = walk.program.formats(walk.language).language_name(tag)
    return Pick(tag, title[:1].upper() + title[1:], value=tag, words=(normalise(title), normalise(here), tag))


def _items(walk: Walk, step: Step) -> list[Pick]:
    items = walk.plain(step.items)
    taken: set[str] = set()
    return [_item(walk, step, item, taken) for item in (items if isinstance(items, list) else [])]


def _item(walk: Walk, step: Step, item: Json, taken: set[str]) -> Pick:
    scope = replace(walk.scope(), it=item)
    value = item if step.value is None else walk.program.plain(step.value, scope)
    title = _shown(walk, step.title, scope, item)
    key = item.get("id", value) if isinstance(item, dict) else value
    name = _id(str(key)) if isinstance(key, str | int) and not isinstance(key, bool) else slug(title)
    while name in taken:
        name += "~"
    taken.add(name)
    title = title or name
    return Pick(name, title, _shown(walk, step.detail, scope, None), value=value, words=(normalise(title),))


def _shown(walk: Walk, expr: int | None, scope: Scope, default: Json) -> str:
    value = default if expr is None else walk.program.value(expr, scope)
    return walk.program.formats(scope.language).show(value).strip()


def _id(value: str) -> str:
    """A value as an id: itself where it can be one."""
    return value if 0 < len(value) <= LONGEST_ID and value == value.strip() else slug(value)[:LONGEST_ID]


def chosen(walk: Walk, at: StepPlan, name: str) -> Pick | None:
    """The choice of that id, if it is open now; of an option nothing else is looked at."""
    if at.step.options:
        option = at.options.get(name)
        is_open = option is not None and walk.holds(option.when)
        return Pick(name, "", how="option") if is_open else None
    return next((pick for pick in picks(walk, at) if pick.id == name), None)


def choices(open_now: Sequence[Pick], *, nearly: bool = False) -> list[replies.Choice]:
    """What a reply is compared with: suggestions have no numbers, and no choice is only to be skipped.

    A title may be typed in any language of the bot, but a slip is looked for in the user's own only: what is one
    option's title in one language is often a word of another's in the next.
    """
    if all(pick.how in ("suggest", "skip") for pick in open_now):
        return []
    return [replies.Choice(pick.id, pick.words if pick.near is None or not nearly else pick.near, pick.patterns)
            for pick in open_now if pick.how != "suggest"]


def exactly(reply: str, open_now: Sequence[Pick]) -> Pick | None:
    """The choice that a reply names: its title, an alias, its number; or a suggestion, word for word."""
    if not open_now:
        return None
    name = replies.named(reply, choices(open_now))
    if name is not None:
        return next(pick for pick in open_now if pick.id == name)
    words = normalise(reply)
    return next((pick for pick in open_now if pick.how in ("suggest", "skip") and words in pick.words), None)


# --- asking


def ask(walk: Walk) -> bool:
    """Ask the step where the frame on top rests, whole; False if it has nothing to choose from."""
    at = walk.resting()
    if at is None or not at.waits:
        return True
    known = at.asked.get(walk.language)
    if known is None:
        known = _asked(walk, at)
        if known is None:
            return False
        if at.is_constant and len(at.step.options) <= walk.table.limits.rows and walk.language in walk.table.languages:
            at.asked[walk.language] = known
    walk.show(known)
    return True


def _asked(walk: Walk, at: StepPlan) -> Shown | None:
    step, open_now = at.step, picks(walk, at)
    has_choices = any(pick.how in ("value", "option") for pick in open_now)
    if not has_choices and (step.kind != "ask" or step.items is not None):
        return None
    message = step.message or Message([])
    text, hint = walk.text(message.text) or "", walk.text(step.hint)
    whole = said(walk, message, f"{text}\n\n{hint}" if hint else text)
    if open_now:
        return _offered(walk, at, whole, open_now)
    if not whole.text.strip():
        whole = replace(whole, text="…")
    return say(replace(whole, wants="location") if step.type == "location" else whole, walk.table.limits)


def said(walk: Walk, message: Message, text: str) -> Say:
    """A message of the table with its clauses filled."""
    if message.header is None and message.image is None and message.footer is None and message.link is None:
        return Say(text)
    url = walk.shown(message.link[1]) if message.link else None
    link = (walk.text(message.link[0]) or url, url) if message.link and url else None
    return Say(text, walk.text(message.header), walk.shown(message.image), walk.text(message.footer), link)


def _offered(walk: Walk, at: StepPlan, whole: Say, open_now: list[Pick]) -> Shown:
    shown = [Choice(pick.id, pick.title, pick.description) for pick in open_now]
    limits, short = walk.table.limits, walk.system("choose") or "…"
    count = pages(len(shown), limits)
    if count > 1:
        size = limits.rows - 1
        start = walk.frames[-1].page % count * size
        shown = [*shown[start : start + size], Choice(MORE, walk.system("more") or "…")]
    asked = Offer(at.name, whole.text, tuple(shown), "", whole.header, whole.image, whole.footer, short)
    return offer(asked, limits, at.step.shape, short)


def ask_whether(walk: Walk, at: StepPlan, doubt: Sequence[Pick]) -> None:
    """Did you mean one of these?"""
    shown = [Choice(pick.id, pick.title) for pick in doubt]
    shown.append(Choice(NONE_OF_THESE, walk.system("none_of_these") or "…"))
    short = walk.system("choose") or "…"
    asked = Offer(at.name, walk.system("did_you_mean") or short, tuple(shown), "", button=short)
    walk.show(offer(asked, walk.table.limits, None, short))


def turn_page(walk: Walk) -> None:
    """The next page of a long list; after the last comes the first."""
    frame = walk.frames[-1]
    walk.frames[-1] = replace(frame, page=frame.page + 1)


def hand_over(walk: Walk, step: Step) -> None:
    """A person takes over."""
    if step.message is not None:
        walk.show(say(said(walk, step.message, walk.text(step.message.text) or ""), walk.table.limits))
    walk.effects.append(Handover(walk.text(step.team) or ""))
