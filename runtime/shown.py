"""What one reads of a message, wherever it is shown: a story, a terminal."""

from __future__ import annotations

from runtime.effects import Contact, Location, Media, Message, Offer, Say, Template

MESSAGES = (Say, Offer, Media, Location, Contact, Template)


def text_of(message: Message) -> str:
    """What one reads of a message: its text, or what stands for it."""
    match message:
        case Say(text=text) | Offer(text=text) | Template(text=text):
            return text
        case Media(kind=kind, caption=caption, url=url):
            return caption or f"[{kind}] {url}"
        case Location(name=name):
            return name or "[location]"
        case Contact(name=name):
            return name


def titles(message: Message) -> tuple[str, ...]:
    match message:
        case Offer(options=options):
            return tuple(option.title for option in options)
        case Template(buttons=buttons):
            return buttons
        case _:
            return ()
