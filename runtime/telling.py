"""Whether a message is the one a story tells: texts with `*` and `{slot}`, patterns, options, menus, templates.

Every answer is a list of what differs, empty when nothing does, so that a report can show both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from dsl import story
from dsl.patterns import Re2, to_re2
from runtime.effects import Contact, Location, Media, Message, Offer, Say, Template
from runtime.regex import found
from runtime.shown import text_of, titles


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as told: what it is, what the story says, what the bot sent."""

    what: str
    told: str
    sent: str


Shown = Callable[[tuple[str, ...]], str]     # a slot's path to its value as the bot would show it
Variants = Callable[[str], Sequence[Sequence[str | None]]]   # a response to its variants; None stands for a value


class Teller(msgspec.Struct, frozen=True):
    """What a story's words stand for at one moment of a conversation."""

    shown: Shown
    variants: Variants
    hint: str                                # that of the question asked last: a text may leave it out

    def differences(self, told: story.Bot, message: Message) -> list[Difference]:
        """What differs between a message and what the story tells of it."""
        unlike = [*self._content(told, message), *self._question(told, message), *self._around(told, message)]
        if told.text is not None and not self.reads(told.text, text_of(message)):
            unlike.append(Difference("text", told.text.written, text_of(message)))
        return unlike

    def reads(self, told: story.Match, text: str) -> bool:
        """Whether the text is as told, with its hint or without."""
        if isinstance(told, story.Pattern):
            made = to_re2(told.source)
            return isinstance(made, Re2) and found(made.source, text)
        pieces = _pieces(told, self.shown)
        return matches(pieces, text) or (bool(self.hint) and matches(pieces, text.removesuffix(f"\n\n{self.hint}")))

    def _content(self, told: story.Bot, message: Message) -> list[Difference]:
        if told.content is None:
            return []
        kind, address = told.content
        sent, own = _content_of(message)
        if sent != kind:
            return [Difference("kind", kind, sent)]
        if address is not None and not self.reads(address, own):
            return [Difference(kind, address.written, own)]
        return []

    def _question(self, told: story.Bot, message: Message) -> list[Difference]:
        unlike = []
        step = message.step if isinstance(message, Offer) else ""
        if told.menu is not None and told.menu != step:
            unlike.append(Difference("menu", told.menu, step or "no menu"))
        if told.shape is not None and (not isinstance(message, Offer) or message.shape != told.shape):
            unlike.append(Difference("shape", told.shape, message.shape if isinstance(message, Offer) else "text"))
        if told.options is not None:
            shown = titles(message)
            if len(shown) != len(told.options) or not all(map(self.reads, told.options, shown)):
                wanted = " | ".join(option.written for option in told.options)
                unlike.append(Difference("options", wanted, " | ".join(shown)))
        return unlike

    def _around(self, told: story.Bot, message: Message) -> list[Difference]:
        unlike = []
        for what, wanted, own in (("header", told.header, _part(message, "header")),
                                  ("footer", told.footer, _part(message, "footer")),
                                  ("link", told.link, _link(message))):
            if wanted is not None and not self.reads(wanted, own):
                unlike.append(Difference(what, wanted.written, own))
        if told.response is not None and not any(matches(_runs(variant), text_of(message))
                                                 for variant in self.variants(told.response)):
            unlike.append(Difference("response", told.response, text_of(message)))
        return unlike + self._template(told, message)

    def _template(self, told: story.Bot, message: Message) -> list[Difference]:
        if told.template is None:
            return []
        if not isinstance(message, Template) or message.name != told.template:
            sent = message.name if isinstance(message, Template) else text_of(message)
            return [Difference("template", told.template, sent)]
        filled = dict(message.params)
        return [Difference(name, wanted.written, filled.get(name, "")) for name, wanted in told.params
                if not self.reads(wanted, filled.get(name, ""))]


def matches(pieces: Sequence[Sequence[str]], text: str) -> bool:
    """Whether the text is these pieces in order, any run of characters between two; in linear time.

    A piece is a sequence of strings that stand next to each other.

    >>> matches([["Book "], [" on"], [""]], "Book Norte on Monday")
    True
    """
    joined = ["".join(piece) for piece in pieces]
    if len(joined) == 1:
        return text == joined[0]
    first, *middle, last = joined
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _pieces(told: story.Wording, shown: Shown) -> list[list[str]]:
    pieces: list[list[str]] = [[]]
    for part in told.parts:
        match part:
            case str():
                pieces[-1].append(part)
            case story.Run():
                pieces.append([])
            case story.SlotValue(path=path):
                pieces[-1].append(shown(path))
    return pieces


def _runs(variant: Sequence[str | None]) -> list[list[str]]:
    pieces: list[list[str]] = [[]]
    for part in variant:
        if part is None:
            pieces.append([])
        else:
            pieces[-1].append(part)
    return pieces


def _content_of(message: Message) -> tuple[str, str]:
    match message:
        case Media(kind=kind, url=url):
            return kind, url
        case Say(image=str(url)) | Offer(image=str(url)):
            return "image", url
        case Location(name=name):
            return "location", name or ""
        case Contact(name=name):
            return "contact", name
        case _:
            return "text", ""


def _part(message: Message, name: str) -> str:
    return getattr(message, name, None) or ""


def _link(message: Message) -> str:
    return message.link[0] if isinstance(message, Say) and message.link else ""


def covers(wanted: Any, held: Any) -> bool:
    """Whether all that is wanted is held: objects may hold more, times may be written in any zone.

    >>> covers({"at": "2026-03-01T10:00"}, {"id": "v1", "at": "2026-03-01T10:00:00-05:00"}), covers([1], [1, 2])
    (True, False)
    """
    if isinstance(wanted, dict):
        return isinstance(held, dict) and all(covers(value, held.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(held, list) and len(wanted) == len(held) and all(map(covers, wanted, held))
    return wanted == held or str(wanted) == str(held) or _same_moment(wanted, held)


def _same_moment(wanted: Any, held: Any) -> bool:
    try:
        one, other = datetime.fromisoformat(wanted), datetime.fromisoformat(held)
    except (TypeError, ValueError):
        return False
    return one == other if one.tzinfo and other.tzinfo else one.replace(tzinfo=None) == other.replace(tzinfo=None)
