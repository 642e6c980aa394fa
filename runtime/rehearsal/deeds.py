"""What a user does, as it stands in a webhook."""

from __future__ import annotations

from typing import Any, assert_never

import msgspec

from runtime.channels.envelope import MEDIA
from runtime.events import Said, Sent
from runtime.sim import inbound

Json = dict[str, Any]

DEGREES = ("latitude", "longitude")

_decode_number = msgspec.json.Decoder(float).decode


def content(event: Said | Sent, about: str | None) -> Json:
    """The type of a message and what goes with it; `about` is the id of the bot's last message."""
    match event:
        case Said(text=text, ad=ad):
            return inbound.text(text) | ({"referral": ad} if ad else {})
        case Sent(kind=kind, value=value) if kind in MEDIA:
            return {"type": kind, kind: _medium(value)}
        case Sent(kind="location", value=value):
            degrees = {key: _number(value[key]) for key in DEGREES if key in value}
            return {"type": "location", "location": value | degrees}
        case Sent(kind="contact", value=value):
            phones = [{"phone": phone} for phone in value.get("phones", ())]
            return {"type": "contacts", "contacts": [{"name": {"formatted_name": value["name"]}, "phones": phones}]}
        case Sent(kind="reaction", value=value):
            return {"type": "reaction", "reaction": {"message_id": about or "", "emoji": value["emoji"]}}
        case Sent(kind="unsupported"):
            return {"type": "unsupported"}
        case Sent(kind=kind, value=value):
            return {"type": kind, kind: value}
    assert_never(event)


def _medium(value: Json) -> Json:
    told = {"id": value.get("id", "a-file")} | value         # whatever is sent has an id
    return {"mime_type" if key == "mime" else key: held for key, held in told.items()}


def _number(written: str) -> float | str:
    """A story says in words what is a number on the wire."""
    try:
        number = _decode_number(written)
    except ValueError:
        return written
    return int(number) if number.is_integer() else number
