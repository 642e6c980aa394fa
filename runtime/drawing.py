"""Messages as they look in a terminal: bubbles, buttons, lists; or plain lines for scripts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from dsl.render import columns
from runtime.choices import MORE
from runtime.effects import Choice, Contact, Location, Media, Message, Offer, Say, Template
from runtime.shown import text_of, titles

WIDE = 64                                    # columns of a bubble's text
BUBBLE, DIM, BUTTON, PLAIN = "\x1b[32m", "\x1b[2m", "\x1b[7m", "\x1b[0m"


def plain(message: Message) -> Iterator[str]:
    """A message as lines for a pipe: its text, then one numbered line for each option."""
    if isinstance(message, Say | Offer):
        yield from _extra(message.header)
    yield from text_of(message).split("\n")
    if isinstance(message, Say) and message.link:
        yield f"[{message.link[0]}] {message.link[1]}"
    if isinstance(message, Offer):
        for number, option in numbered(message):
            head = f"{number}. {option.title}" if number else f"[{option.title}]"
            yield head + (f" ({option.description})" if option.description else "")
    else:
        for title in titles(message):
            yield f"[{title}]"
    if isinstance(message, Say | Offer):
        yield from _extra(message.footer)


def numbered(offer: Offer) -> Iterator[tuple[int | None, Choice]]:
    """The options with the numbers they can be typed by; what leads to the next page has none."""
    for number, option in enumerate(offer.options, offer.first):
        yield (None if option.id == MORE else number), option


def _extra(text: str | None) -> Iterator[str]:
    if text:
        yield text


def drawn(message: Message) -> str:
    """A message as a bubble, its options below it, numbered as they can be typed."""
    lines = [*_heading(message), *_wrapped(text_of(message))]
    footer = message.footer if isinstance(message, Say | Offer) else None
    width = max(map(columns, [*lines, *_wrapped(footer or "")]))
    parts = [f"{BUBBLE}╭{'─' * (width + 2)}╮{PLAIN}"]
    parts += [_row(line, width) for line in lines]
    parts += [_row(line, width, DIM) for line in _wrapped(footer)] if footer else []
    parts.append(f"{BUBBLE}╰{'─' * (width + 2)}╯{PLAIN}")
    return "\n".join([*parts, *_options(message)])


def _heading(message: Message) -> Iterator[str]:
    match message:
        case Say(header=header, image=image) | Offer(header=header, image=image):
            if image:
                yield f"▧ {image}"
            if header:
                yield header
        case Media(kind=kind, url=url, caption=caption) if caption:
            yield f"▧ {kind} {url}"
        case Location(latitude=latitude, longitude=longitude):
            yield f"◉ {latitude}, {longitude}"
        case Contact(phones=phones):
            yield f"☎ {', '.join(phones)}"
        case Template(name=name):
            yield f"template {name}"


def _options(message: Message) -> Iterator[str]:
    match message:
        case Offer(shape="buttons", options=options):
            yield "  " + "  ".join(f"{BUTTON} {number} {option.title} {PLAIN}"
                                   for number, option in enumerate(options, start=1))
        case Offer(button=button):
            if button:
                yield f"  {DIM}≡ {button}{PLAIN}"
            for place, option in numbered(message):
                detail = f"  {DIM}{option.description}{PLAIN}" if option.description else ""
                yield f"  {BUTTON} {place or '':>2} {PLAIN} {option.title}{detail}"
        case Say(link=(title, url)):
            yield f"  {BUTTON} {title} {PLAIN} {DIM}{url}{PLAIN}"
        case Template(buttons=buttons) if buttons:
            yield "  " + "  ".join(f"{BUTTON} {title} {PLAIN}" for title in buttons)


def _row(line: str, width: int, style: str = "") -> str:
    return f"{BUBBLE}│{PLAIN} {style}{line}{PLAIN if style else ''}{' ' * (width - columns(line))} {BUBBLE}│{PLAIN}"


def _wrapped(text: str) -> list[str]:
    return [line for paragraph in text.split("\n") for line in textwrap.wrap(paragraph, WIDE) or [""]]
