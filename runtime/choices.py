"""What can be chosen at a step, as the user has it before them, and which of it a reply names.

Choices whose titles show no value are made once for each language, and what is open of them once for each set of
conditions that hold; only a list from the conversation's own values is made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from dsl.table import Json, Step
from dsl.words import bare_number, normalise, slug
from runtime import replies
from runtime.effects import Choice
from runtime.plan import StepPlan
from runtime.program import Scope
from runtime.shapes import Layout, Shown, lay
from runtime.walk import Walk

MORE = "system.more"                         # ids of what the machine offers by itself
NONE_OF_THESE = "system.none_of_these"
SKIP = "system.skip"
SUGGEST = "system.suggest."
LONGEST_NUMBER = 2                           # digits of a number whose choice is remembered
LONGEST_ID = 100                             # characters; WhatsApp takes 200 for a row, the step's name included


class Pick(NamedTuple):
    """One choice: how it is shown, what becomes of it, and the words that name it.

    A title may be typed in any language of the bot, but a slip is looked for in the user's own only: what is one
    option's title in one language is often a word of another's in the next.
    """

    shown: Choice
    how: str                                 # option value suggest skip none
    value: Json
    said: replies.Choice                     # words of every language
    meant: replies.Choice                    # words of the user's

    @property
    def id(self) -> str:
        return self.shown.id

    @property
    def title(self) -> str:
        return self.shown.title


class Open:
    """All that can be chosen at a step now, in order, whatever the page."""

    __slots__ = ("_by_words", "_layouts", "asked", "has_choices", "has_patterns", "meant", "picks", "said")

    def __init__(self, picks: Sequence[Pick]) -> None:
        self.picks = picks
        self.asked: Shown | None = None      # the whole question, where it is always the same
        # Suggestions have no numbers, and where there is only a way to skip, it has none either.
        self.has_choices = any(pick.how in ("option", "value") for pick in picks)
        named = [pick for pick in picks if pick.how != "suggest"] if self.has_choices else []
        self.said = [pick.said for pick in named]
        self.meant = [pick.meant for pick in named]
        self.has_patterns = any(choice.patterns for choice in self.said)
        self._by_words: dict[str, Pick | None] | None = None
        self._layouts: dict[int, Layout] = {}

    def of(self, name: str) -> Pick | None:
        return next((pick for pick in self.picks if pick.shown.id == name), None)

    def named(self, reply: str, words: str) -> Pick | None:
        """The choice that a reply names, given with its words normalised: by its title, an alias, its number; or a
        suggestion, word for word."""
        if not self.picks:
            return None
        if self._by_words is None:
            self._by_words = self._named_by_words()
        if words in self._by_words:
            return self._by_words[words]
        if not self.has_patterns and bare_number(words) is None:
            return None
        name = replies.named(reply, self.said)
        pick = None if name is None else self.of(name)
        if not self.has_patterns and len(words) <= LONGEST_NUMBER:
            self._by_words[words] = pick
        return pick

    def _named_by_words(self) -> dict[str, Pick | None]:
        """By title and alias; two that share one are told apart by the user's language, or not at all."""
        found: dict[str, Pick | None] = {}
        for of_user in (False, True):
            here: dict[str, Pick | None] = {}
            for pick in self.picks:
                for words in pick.meant.words if of_user else pick.said.words:
                    here[words] = None if here.get(words, pick) is not pick else pick
            found |= {words: pick for words, pick in here.items() if pick is not None or words not in found}
        found.pop("", None)
        return found

    def layout(self, walk: Walk, at: StepPlan, page: int) -> Layout:
        """A page of the choices in the shape that fits the channel."""
        known = self._layouts.get(page)
        if known is None:
            more = Choice(MORE, walk.word("more"))
            known = lay([pick.shown for pick in self.picks], at.step.shape, walk.table.limits, more, page)
            if page < known.pages:
                self._layouts[page] = known
        return known


def open_now(walk: Walk, at: StepPlan) -> Open:
    """What can be chosen at a step now."""
    if not at.has_fixed_choices:
        return Open(_picks(walk, at))
    language = walk.language
    holding = tuple([walk.holds(option.when) for option in at.step.options]) if at.is_guarded else ()
    known = at.open.get((language, holding))
    if known is None:
        known = Open(_picks(walk, at))
        if language in walk.table.languages and len(at.open) < KEPT:
            at.open[language, holding] = known
    return known


KEPT = 256                                   # sets of open choices of one step; conditions may hold in many ways


def is_open(walk: Walk, at: StepPlan, name: str) -> bool:
    """Whether a step has an option of that id whose condition holds."""
    option = at.options.get(name)
    return option is not None and walk.holds(option.when)


def pick_of(
    name: str, title: str, how: str = "value", value: Json = None, description: str = "", *,
    words: Sequence[str] | None = None, meant: Sequence[str] | None = None, patterns: Sequence[str] = (),
) -> Pick:
    """A choice; without words it is named by its title, and by `words` where a slip has none of its own."""
    said = replies.Choice(name, (normalise(title),) if words is None else tuple(words), tuple(patterns))
    near = said if meant is None else replies.Choice(name, tuple(meant), tuple(patterns))
    return Pick(Choice(name, title, description), how, value, said, near)


def _picks(walk: Walk, at: StepPlan) -> list[Pick]:
    step = at.step
    if step.options:
        return [_option(walk, at, option.id) for option in step.options if walk.holds(option.when)]
    found = _values(walk, at) if step.kind == "ask" else []
    found += [_phrase(walk, f"{SUGGEST}{index}", text, "suggest") for index, text in enumerate(step.suggest)]
    if step.skip is not None:
        found.append(_phrase(walk, SKIP, step.skip, "skip"))
    return found


def _option(walk: Walk, at: StepPlan, name: str) -> Pick:
    option = at.options[name]
    title = walk.text(option.title) or name
    words, patterns = walk.plan.said(option)
    meant, _ = walk.plan.said(option, walk.language)
    filled = () if walk.program.is_static(option.title) else (normalise(title),)
    return pick_of(name, title, "option", None, walk.text(option.description) or "",
                   words=(*filled, *words), meant=(*filled, *meant), patterns=patterns)


def _phrase(walk: Walk, name: str, text: int, how: str) -> Pick:
    return pick_of(name, walk.text(text) or "", how, words=walk.program.words(text) or None)


def _values(walk: Walk, at: StepPlan) -> list[Pick]:
    step = at.step
    if step.items is not None:
        return _items(walk, step)
    if at.var is not None and at.var.values:
        return [_value(walk, value, title) for value, title in at.var.values]
    if step.type == "boolean":
        return [pick_of(name, walk.system(name) or name, value=name == "yes") for name in ("yes", "no")]
    if step.type == "language":
        return [_language(walk, tag) for tag in walk.table.languages]
    return []


def _value(walk: Walk, value: str, title: int) -> Pick:
    shown = walk.text(title) or value
    words, meant = (walk.program.words(title, language) or (normalise(shown),) for language in (None, walk.language))
    own = normalise(value)
    return pick_of(_id(value), shown, value=value, words=(*words, own), meant=(*meant, own))


def _language(walk: Walk, tag: str) -> Pick:
    """A language by its own name, which who needs it can read."""
    title = walk.program.formats(tag).language_name(tag)
    here = walk.program.formats(walk.language).language_name(tag)
    words = (normalise(title), normalise(here), normalise(tag))
    return pick_of(tag, title[:1].upper() + title[1:], value=tag, words=words)


def _items(walk: Walk, step: Step) -> list[Pick]:
    items = walk.plain(step.items)
    taken: set[str] = set()
    return [_item(walk, step, item, taken) for item in (items if isinstance(items, list) else [])]


def _item(walk: Walk, step: Step, item: Json, taken: set[str]) -> Pick:
    scope = replace(walk.scope(), it=item)
    value = item if step.value is None else walk.program.plain(step.value, scope)
    title = _shown(walk, step.title, scope, item)
    key = item.get("id", value) if isinstance(item, dict) else value
    name = _id(str(key)) if isinstance(key, (str, int)) and not isinstance(key, bool) else slug(title)
    while name in taken:
        name += "~"
    taken.add(name)
    return pick_of(name, title or name, value=value, description=_shown(walk, step.detail, scope, None))


def _shown(walk: Walk, expr: int | None, scope: Scope, default: Json) -> str:
    value = default if expr is None else walk.program.value(expr, scope)
    return walk.program.formats(scope.language).show(value).strip()


def _id(value: str) -> str:
    """A value as an id: itself where it can be one."""
    return value if 0 < len(value) <= LONGEST_ID and value == value.strip() else slug(value)[:LONGEST_ID]
