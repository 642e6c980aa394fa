"""How a message is shown on the channel, and what becomes of one that does not fit.

The compiler bounds every text it can; what only a run can know (a slot without a bound, a list from an action) is
guarded here. Nothing is ever lost: a long text goes as several messages, a long question goes before its options, a
long title is cut visibly and stands whole in the description where there is room.

Lengths are counted in UTF-16 units, the stricter reading of the channel's "characters".
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from dsl.table import Limits
from runtime.effects import Choice, Media, Message, Offer, Say

ELLIPSIS = "…"
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+|\n")
_WORD = re.compile(r"\s+")


class Shown(NamedTuple):
    """The messages that show something, in order, and whether anything was cut, split or moved to fit."""

    messages: tuple[Message, ...]
    cut: bool = False


def width(text: str) -> int:
    """Length as the channel may count it.

    >>> width("año"), width("👍")
    (3, 2)
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fitting(text: str, limit: int) -> int:
    """How many characters of a longer text fit into `limit` units; at least one, so that splitting always ends."""
    if text.isascii():
        return max(limit, 1)
    units = accumulate(2 if character > "\uffff" else 1 for character in text)
    return max(next(position for position, used in enumerate(units) if used > limit), 1)


def cut(text: str, limit: int) -> str:
    """The text, ending in an ellipsis where it was too long.

    >>> cut("Bogotá, Calle 26", 10)
    'Bogotá, C…'
    """
    if width(text) <= limit:
        return text
    return text[: _fitting(text, limit - 1)].rstrip() + ELLIPSIS


def split(text: str, limit: int) -> tuple[str, ...]:
    """Pieces of at most `limit` units: whole paragraphs where they fit, else sentences, else words, else anything.

    >>> split("One two. Three four.", 12)
    ('One two.', 'Three four.')
    """
    pieces = []
    rest = text.strip()
    while width(rest) > limit:
        end, after = _border(rest, _fitting(rest, limit))
        pieces.append(rest[:end].rstrip())
        rest = rest[after:].lstrip()
    return (*pieces, rest) if rest else tuple(pieces)


def _border(text: str, room: int) -> tuple[int, int]:
    """Where a piece of at most `room` characters ends and where the next begins, at the best border there is.

    A border in the first third of the room would waste the message; the next kind of border is tried then.
    """
    for border in (_PARAGRAPH, _SENTENCE, _WORD):
        for last in deque(border.finditer(text, 0, room + 1), maxlen=1):
            if last.start() > room // 3:
                return last.start(), last.end()
    return room, room


class Layout(NamedTuple):
    """One page of choices in the shape that fits; `cut`: not as the author wrote them."""

    shape: str                               # buttons list numbered
    choices: tuple[Choice, ...]
    pages: int = 1
    cut: bool = False
    first: int = 1                           # the number of its first choice among those of all pages


def lay(choices: Sequence[Choice], wanted: str | None, limits: Limits, more: Choice, page: int = 0) -> Layout:
    """A page of the choices, which wrap: after the last page comes the first.

    Buttons that do not fit become a list, and a list that does not fit gets pages, each ending in `more`.
    """
    if _are_buttons(choices, wanted, limits):
        return Layout("buttons", tuple(choices))
    if not limits.rows:
        return Layout("numbered", tuple(choices))
    count, start, size = 1, 0, limits.rows - 1
    shown = tuple(choices)
    if len(choices) > limits.rows and size:
        count = -(-len(choices) // size)
        start = page % count * size
        shown = (*choices[start : start + size], more)
    fitting = tuple([_fit(choice, limits) for choice in shown])
    return Layout("list", fitting, count, fitting != shown, start + 1)


def _are_buttons(choices: Sequence[Choice], wanted: str | None, limits: Limits) -> bool:
    if len(choices) > limits.buttons or wanted == "list" or len({choice.title for choice in choices}) < len(choices):
        return False
    return all(width(choice.title) <= limits.button_title and not choice.description for choice in choices)


def say(message: Say, limits: Limits) -> Shown:
    """A message without options: as it is, or in several pieces whose last carries the link."""
    is_plain = message.header is None and message.footer is None and message.image is None and message.link is None
    limit = limits.text if is_plain else limits.body
    if width(message.text) <= limit and is_plain:
        return Shown((message,))
    text, header, footer, moved = _edges(message.text, message.header, message.footer, limits)
    *before, last = split(text, limit) or ("",)
    link = message.link and (cut(message.link[0], limits.link_title), message.link[1])
    shown = Say(last, header, message.image, footer, link, message.wants)
    return Shown((*map(Say, before), shown), moved or bool(before) or link != message.link)


def offer(step: str, whole: Say, layout: Layout, limits: Limits, short: str) -> Shown:
    """A question with choices; `short` is its text where its own had to go before it, and what opens a list."""
    text, header, footer, moved = _edges(whole.text, whole.header, whole.footer, limits)
    before: list[Message] = []
    image, shape = whole.image, layout.shape
    if shape == "list" and image is not None:            # a list has no picture of its own
        before.append(Media("image", image))
        image, moved = None, True
    if width(text) > limits.body:
        first, text = _question(text, limits.body, short)
        before.extend(Say(piece) for piece in split(first, limits.text))
        moved = True
    button = cut(short, limits.list_button) if shape == "list" else None
    asked = Offer(step, text if text and not text.isspace() else short, layout.choices, shape, header, image, footer,
                  button, layout.first)
    return Shown((*before, asked), moved or layout.cut)


def media(message: Media, limits: Limits) -> Shown:
    """A picture, video, …; a caption too long for one, or for a kind that has none, follows as a text."""
    caption = message.caption
    if not caption or (message.kind in ("image", "video", "document") and width(caption) <= limits.caption):
        return Shown((message,))
    return Shown((Media(message.kind, message.url), *map(Say, split(caption, limits.text))), True)


def _fit(choice: Choice, limits: Limits) -> Choice:
    title, description = choice.title, choice.description
    if width(title) <= limits.row_title and width(description) <= limits.row_description:
        return choice
    if width(title) > limits.row_title:
        title = cut(title, limits.row_title)
        whole = f"{choice.title} ({description})" if description else choice.title
        description = whole if not description or width(whole) <= limits.row_description else description
    return Choice(choice.id, title, cut(description, limits.row_description))


def _edges(
    text: str, header: str | None, footer: str | None, limits: Limits,
) -> tuple[str, str | None, str | None, bool]:
    """Text, header, footer, and whether a header or footer that is too long had to join the text."""
    if not header and not footer:
        return text, None, None, False
    moved = False
    if header and width(header) > limits.header:
        text, header, moved = f"{header}\n\n{text}", None, True
    if footer and width(footer) > limits.footer:
        text, footer, moved = f"{text}\n\n{footer}", None, True
    return text, header or None, footer or None, moved


def _question(text: str, limit: int, short: str) -> tuple[str, str]:
    """What goes before, and what stays with the options: the last paragraph, mostly the question itself."""
    borders = list(_PARAGRAPH.finditer(text))
    if borders and width(text) - borders[-1].end() <= limit and text[borders[-1].end():].strip():
        return text[: borders[-1].start()], text[borders[-1].end():]
    return text, short
