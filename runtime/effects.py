"""What the machine asks for. Every text is ready to be shown; nothing here needs the table.

Tagged structs: an outbox row is one of these as JSON.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec


class _Effect(msgspec.Struct, frozen=True, omit_defaults=True):
    pass


class Say(_Effect, frozen=True, tag="say"):
    text: str
    header: str | None = None
    image: str | None = None                 # shown above the text: an address, as in `Media`
    footer: str | None = None
    link: tuple[str, str] | None = None      # title, URL
    wants: str | None = None                 # `location`: the channel may offer its own way to send one


class Choice(_Effect, frozen=True):
    id: str
    title: str
    description: str = ""


class Offer(_Effect, frozen=True, tag="offer"):
    """A question with options. A tap comes back as `Chose(step, id)`."""

    step: str
    text: str
    options: tuple[Choice, ...]
    shape: str                               # buttons list numbered
    header: str | None = None
    image: str | None = None
    footer: str | None = None
    button: str | None = None                # what opens a list
    first: int = 1                           # the number of its first option: of a later page the tenth, say


class Media(_Effect, frozen=True, tag="media"):
    kind: str                                # image video audio document sticker
    url: str                                 # or the path of a file beside the bot, or the id of one that a user sent
    caption: str | None = None


class Location(_Effect, frozen=True, tag="location"):
    latitude: str                            # decimal degrees
    longitude: str
    name: str | None = None
    address: str | None = None


class Contact(_Effect, frozen=True, tag="contact"):
    name: str
    phones: tuple[str, ...] = ()


class Template(_Effect, frozen=True, tag="template"):
    """A template approved by WhatsApp; `text` is what it reads like, for stories and the simulator."""

    name: str
    language: str
    params: tuple[tuple[str, str], ...]      # name, value as shown, in the template's order
    buttons: tuple[str, ...] = ()
    text: str = ""


class Call(_Effect, frozen=True, tag="call"):
    """Run an action; its result comes back as `Answered` or `Failed` with this `id`."""

    id: str
    action: str
    args: dict[str, Any]                     # plain JSON, by parameter name


class SetTimer(_Effect, frozen=True, tag="set_timer"):
    name: str
    due: int                                 # milliseconds since 1970, UTC


class CancelTimer(_Effect, frozen=True, tag="cancel_timer"):
    name: str


class Handover(_Effect, frozen=True, tag="handover"):
    team: str


class Track(_Effect, frozen=True, tag="track"):
    event: str
    values: dict[str, Any]


class Close(_Effect, frozen=True, tag="close"):
    """The conversation is over; the next message begins anew."""

    reason: str = "end"


Message: TypeAlias = Say | Offer | Media | Location | Contact | Template       # what the user sees
Effect: TypeAlias = Message | Call | SetTimer | CancelTimer | Handover | Track | Close
