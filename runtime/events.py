"""What can happen to a conversation. Every event carries its time and its chance, so that a turn needs neither.

Tagged structs: an inbox row is one of these as JSON.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec


class _Event(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    at: int = 0                              # milliseconds since 1970, UTC: when it came in
    seed: int = 0                            # picks among variants, reproducibly


class Said(_Event, frozen=True, tag="said"):
    """A text; `ad` is the referral of a click-to-chat ad that came with it."""

    text: str
    ad: dict[str, Any] | None = None


class Chose(_Event, frozen=True, tag="chose"):
    """A tap on a button or a list row: the step and the option it was shown for, and the title the user saw."""

    step: str
    option: str
    title: str = ""


class Sent(_Event, frozen=True, tag="sent"):
    """Anything but text and taps.

    `kind`: image video audio document sticker location contact order reaction ad, or what the channel could not read
    (`unsupported`, or the platform's own word). `value` is the type's plain form: media `{"id", "mime", "caption"?,
    "filename"?}`, location `{"latitude", "longitude", "name"?, "address"?}`, contact `{"name", "phones": [...]}`,
    order as the platform gives it, reaction `{"emoji", "message"}` (an empty emoji: taken back).
    """

    kind: str
    value: dict[str, Any] = {}


class Opened(_Event, frozen=True, tag="opened"):
    """The user opened the chat for the first time, without a word."""


class TimedOut(_Event, frozen=True, tag="timed_out"):
    """A timer is due; `name` and `due` are those of its `SetTimer`."""

    name: str
    due: int                                 # milliseconds since 1970, UTC


class Answered(_Event, frozen=True, tag="answered"):
    """An action's result; `call` is the id of its `Call`."""

    call: str
    result: Any = None


class Failed(_Event, frozen=True, tag="failed"):
    """An action came to nothing; `kind`: reason timeout failure."""

    call: str
    kind: str
    reason: str = ""


class Happened(_Event, frozen=True, tag="happened"):
    """An event from outside, declared in `domain.yml`."""

    name: str
    params: dict[str, Any] = {}


class Undelivered(_Event, frozen=True, tag="undelivered"):
    """What the bot said did not reach the user, and will not: an event of the bot, by that name.

    `reason`: `window` (24 hours have passed, or WhatsApp says so: only templates go out until the user writes), else
    `failed`. `step`: where the conversation rested after it was said; if it is elsewhere by now, nothing is done.
    """

    step: str | None = None
    reason: str = "failed"
    turn: int = 0                            # of the conversation, counted from 0: the one that said it


class Resumed(_Event, frozen=True, tag="resumed"):
    """The team gave the conversation back."""


Event: TypeAlias = Said | Chose | Sent | Opened | TimedOut | Answered | Failed | Happened | Undelivered | Resumed
