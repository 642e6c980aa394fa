"""What the outbox asks of a channel, and what a channel remembers of a user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import msgspec

from runtime.effects import Message


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to reach the user of a conversation, and the taps whose ids were too long to carry their meaning."""

    to: str = ""
    taps: dict[str, tuple[str, str]] = {}    # id: step, option; the newest last


decode_contact = msgspec.json.Decoder(Contact).decode
encode_contact = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform took the message; whether it arrives, a status tells."""

    provider_id: str | None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The message was not taken, or we cannot know. `error` holds no text and no number of a user."""

    error: str


Delivery: TypeAlias = Accepted | Undelivered


class Channel(Protocol):
    """A road to users of one account."""

    async def send(self, to: str, message: Message, key: str) -> Delivery:
        """Post one message; `key` comes back in its statuses. Never raises, and ends by itself within `timeout_s`."""

    async def seen(self, message_id: str, typing: bool) -> None:
        """Tell the user that a message was read, and that an answer is being typed. Best effort: never raises."""

    @property
    def timeout_s(self) -> float: ...
