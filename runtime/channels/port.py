"""What the outbox asks of a channel, and what a channel remembers of a user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import msgspec

from runtime.effects import Message
from runtime.policy import Backoff

# retry: later it may pass; refused: it never will; closed: nor will anything but a template, until the user writes;
# gone: nothing reaches this user any more; unknown: the request was written and the answer lost, so that it may have
# arrived.
Verdict = Literal["retry", "refused", "closed", "gone", "unknown"]
Scope = Literal["message", "conversation", "number", "account", "platform"]        # what is to slow down

USUAL = Backoff(base_ms=1_000, ceiling_ms=60_000, tries=6)


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to reach the user of a conversation, and the taps whose ids were too long to carry their meaning."""

    to: str = ""
    taps: dict[str, tuple[str, str]] = {}    # id: step, option; the newest last
    heard: int = 0                           # the turn in which the user last wrote
    closed: bool = False                     # the channel takes nothing but templates until they write again


decode_contact = msgspec.json.Decoder(Contact).decode
encode_contact = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform took the message; whether it arrives, a status tells."""

    provider_id: str | None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The message was not taken, or we cannot know.

    `error` holds no text and no number of a user; `details`, in the platform's words, is kept with the message only.
    """

    error: str
    verdict: Verdict = "retry"
    scope: Scope = "message"
    backoff: Backoff = USUAL
    after_ms: int = 0                        # how long the platform asks us to wait
    details: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """The message was not tried: its file is still on its way to the platform."""

    after_ms: int


Delivery: TypeAlias = Accepted | Undelivered | Later


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the platform has it."""

    id: str
    until: int                               # milliseconds since 1970, UTC: it is not to be used after that


class Known(Protocol):
    """Uploads by what is in the file. Never raises: what is not known is uploaded again."""

    async def get(self, name: str) -> Upload | None: ...

    async def put(self, name: str, upload: Upload) -> None: ...

    def close(self) -> None: ...


class Forgetful:
    """Where there is nothing to keep uploads in."""

    async def get(self, name: str) -> Upload | None:
        return None

    async def put(self, name: str, upload: Upload) -> None:
        """Whoever made it knows it as long as it lives."""

    def close(self) -> None:
        """Nothing is held."""


class Files(Protocol):
    """What lies beside a bot and can be sent by its path."""

    wait_s: float

    def __contains__(self, address: str) -> bool: ...

    async def id(self, path: str) -> str | Undelivered | Later: ...

    def refused(self, path: str) -> bool: ...


class Channel(Protocol):
    """A road to users of one account."""

    async def send(self, to: str, message: Message, key: str) -> Delivery:
        """Post one message; `key` comes back in its statuses. Never raises, and ends by itself within `timeout_s`."""

    async def seen(self, message_id: str, typing: bool) -> None:
        """Tell the user that a message was read, and that an answer is being typed. Best effort: never raises."""

    @property
    def timeout_s(self) -> float: ...
