"""What WhatsApp tells us: the signature, the JSON, and a walk over everything in it.

A webhook holds up to a thousand updates of several numbers, in no promised order. Each becomes a value of its own:
`Heard` (an event of a user), `Status` (what became of a message of ours), `Noted` (known, and nothing for a
conversation) or `Rejected`. What is not understood is data, never an error, and never costs its neighbours.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeAlias
from zlib import crc32

import msgspec

from runtime.channels.taps import chosen
from runtime.events import Event, Opened, Said, Sent

Json = Any

DEEPEST = 64                                 # nesting of a webhook; the deepest documented one is about 12
LONGEST_INTEGER = 300                        # digits; Python itself refuses to read more than 4,300
FAR_FUTURE_MS = 86_400_000                   # a message from more than a day ahead has a wrong clock

_SIGNATURE = re.compile(rb"sha256=([0-9a-f]{64})")
_LONE = re.compile("[\0\ud800-\udfff]")      # what a database refuses in a text
_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_PHONE = re.compile(r"\+?[0-9]{5,20}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")

_decode = msgspec.json.Decoder(float_hook=str).decode        # decimals stay exact


class Unreadable(ValueError):
    """Not JSON, or nested beyond reason."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An event of a user. `user` names them within the account, `address` is where they can be reached.

    The event's own time is ours: a message that was on its way for hours is answered now, and what waits for the
    user's answer (timers) begins now.
    """

    account: str                             # our phone_number_id
    user: str
    address: str
    id: str
    event: Event
    sent_at: int                             # the platform's time, milliseconds: only good for putting things in order


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message of ours: sent, delivered, read, failed, played, or a word not known yet."""

    account: str
    id: str                                  # the platform's id of our message
    status: str
    key: str | None                          # our own, if it came back
    codes: tuple[int, ...] = ()              # of errors


@dataclass(frozen=True, slots=True)
class Noted:
    """Understood, and nothing for a conversation: `what` is a field or a kind of message."""

    what: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Could not be used; `where` is its place in the webhook. Holds nothing of the content."""

    where: str
    reason: str


Item: TypeAlias = Heard | Status | Noted | Rejected


def is_signed(body: bytes, header: str, secrets: Sequence[str]) -> bool:
    """Whether one of our secrets made this `X-Hub-Signature-256` over exactly these bytes."""
    match = _SIGNATURE.fullmatch(header.encode("latin-1", "replace"))
    if not match:
        return False
    # All are tried, always: how long it takes tells nothing.
    fits = [hmac.compare_digest(hmac.new(secret.encode(), body, sha256).hexdigest().encode(), match[1])
            for secret in secrets]
    return any(fits)


def parse(body: bytes) -> Json:
    """The JSON of a webhook, fit to be stored: no NUL, no lone surrogate, no number beyond 64 bits.

    Raises:
        Unreadable: not JSON in UTF-8, or nested beyond reason.
    """
    try:
        return _clean(_read(body), DEEPEST)
    except (ValueError, RecursionError) as fault:
        raise Unreadable(type(fault).__name__) from None


def _read(body: bytes) -> Json:
    try:
        return _decode(body)
    except (msgspec.MsgspecError, ValueError):
        # The standard library also takes lone surrogates and numbers of any length.
        return json.loads(body.decode(), parse_float=str, parse_int=_integer, parse_constant=_refuse)


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_INTEGER else digits


def _refuse(constant: str) -> None:
    raise Unreadable(constant)


def _clean(value: Json, depth: int) -> Json:
    if depth < 0:
        raise Unreadable("depth")
    match value:
        case str():
            return _LONE.sub("\ufffd", value)
        case dict():
            return {_LONE.sub("\ufffd", key): _clean(item, depth - 1) for key, item in value.items()}
        case list():
            return [_clean(item, depth - 1) for item in value]
        case bool():
            return value
        case int() if not -(2**63) <= value < 2**63:
            return str(value)
    return value


def walk(document: Json, account: str, now: int) -> list[Item]:
    """Everything a webhook holds for `account` (a phone_number_id), a conversation's events in the order of their time.

    Args:
        now: milliseconds since 1970, the time of all events.
    """
    items = list(_items(document, account, now))
    items.sort(key=lambda item: item.sent_at if isinstance(item, Heard) else 0)
    return items


def _items(document: Json, account: str, now: int) -> Iterator[Item]:
    for e, entry in enumerate(_dicts(_get(document, "entry"))):
        for c, change in enumerate(_dicts(entry.get("changes"))):
            where = f"entry[{e}].changes[{c}]"
            value, field = _dict(change.get("value")), _word(change.get("field"), "messages")
            number = _dict(value.get("metadata")).get("phone_number_id")
            if field != "messages":
                yield Noted(field)
            elif number != account:
                yield Noted("another number")
            else:
                yield from _change(value, account, where, now)


def _change(value: dict[str, Json], account: str, where: str, now: int) -> Iterator[Item]:
    contacts = _dicts(value.get("contacts"))
    for m, message in enumerate(_list(value.get("messages"))):
        yield _message(_dict(message), contacts, account, f"{where}.messages[{m}]", now)
    for s, status in enumerate(_list(value.get("statuses"))):
        yield _status(_dict(status), account, f"{where}.statuses[{s}]")
    for _ in _list(value.get("errors")):
        yield Noted("error")


def _message(message: dict[str, Json], contacts: list[dict[str, Json]], account: str, where: str, now: int) -> Item:
    id, kind = _text(message.get("id")), _word(message.get("type"), "unsupported")
    if not id or len(id) > 256:
        return Rejected(where, "no id")
    told = kind if kind != "interactive" else _word(_dict(message.get(kind)).get("type"), kind)
    if told in NOT_FOR_US or message.get("group_id"):
        return Noted(told if told in NOT_FOR_US else "group")
    bsuid, phone = _who(message, contacts)
    if not bsuid and not phone:
        return Rejected(where, "no user")
    address = f"+{phone.lstrip('+')}" if phone else bsuid
    return Heard(account, bsuid or phone, address, id, _event(kind, message, now, crc32(id.encode())),
                 _time(message.get("timestamp"), now))


# Changes of an identity, of a message that was handled already, or of a call's permission: nothing to take a turn on.
NOT_FOR_US = frozenset({"system", "edit", "revoke", "call_permission_reply"})


def _who(message: dict[str, Json], contacts: list[dict[str, Json]]) -> tuple[str, str]:
    """The user's business-scoped id and phone, each empty if it was not told. `contacts[0]` may be somebody else."""
    user, phone = _text(message.get("from_user_id")), _text(message.get("from"))
    told = [contact for contact in contacts
            if (user and contact.get("user_id") == user) or (phone and contact.get("wa_id") == phone)]
    if not told and not user and not phone and len(contacts) == 1:
        told = contacts
    for contact in told:
        user, phone = user or _text(contact.get("user_id")), phone or _text(contact.get("wa_id"))
    return (user if _BSUID.fullmatch(user) else ""), (phone if _PHONE.fullmatch(phone) else "")


def _event(kind: str, message: dict[str, Json], at: int, seed: int) -> Event:
    """What a message is to the machine. A kind without its object is one the platform could not read either."""
    held = message.get(kind)
    match kind:
        case "request_welcome":
            return Opened(at=at, seed=seed)
        case "text" if isinstance(held, dict):
            referral = message.get("referral")
            return Said(text=_text(held.get("body")), ad=referral if isinstance(referral, dict) else None,
                        at=at, seed=seed)
        case "interactive" if isinstance(held, dict):
            return _interactive(held, at, seed)
        case "button" if isinstance(held, dict):
            # A quick reply of a template: what the user sees of it is its text, so that is what they said.
            return Said(text=_text(held.get("text")) or _text(held.get("payload")), at=at, seed=seed)
    kind, value = _value("audio" if kind == "voice" else kind, held)
    return Sent(kind=kind, value=value, at=at, seed=seed)


def _interactive(held: dict[str, Json], at: int, seed: int) -> Event:
    kind = _word(held.get("type"), "unsupported")
    reply = held.get(kind)
    if not isinstance(reply, dict):
        return Sent(kind="unsupported", value={}, at=at, seed=seed)
    if kind in ("button_reply", "list_reply"):
        return chosen(_text(reply.get("id")), _text(reply.get("title")), at, seed)
    return Sent(kind=kind, value=reply, at=at, seed=seed)


MEDIA = frozenset({"image", "video", "audio", "document", "sticker"})


def _value(kind: str, held: Json) -> tuple[str, dict[str, Json]]:
    """Kind and value of `Sent`. A kind nobody has heard of keeps its own name, and what it held."""
    if kind == "contacts" and (cards := _dicts(held)):
        return "contact", _contact(cards[0])
    if not isinstance(held, dict):
        return "unsupported", {}
    if kind in MEDIA:
        told = {"id": held.get("id"), "mime": held.get("mime_type"), "caption": held.get("caption"),
                "filename": held.get("filename"), "sha256": held.get("sha256")}
        return (kind, {key: item for key, item in told.items() if item}) if held.get("id") else ("unsupported", {})
    if kind == "location":
        kept = ("latitude", "longitude", "name", "address")
        return kind, {key: held[key] for key in kept if held.get(key) is not None}
    if kind == "reaction":
        return kind, {"emoji": _text(held.get("emoji")), "message": _text(held.get("message_id"))}
    return kind, held


def _contact(card: dict[str, Json]) -> dict[str, Json]:
    numbers = [_text(phone.get("phone")) or _text(phone.get("wa_id")) for phone in _dicts(card.get("phones"))]
    return {"name": _text(_dict(card.get("name")).get("formatted_name")), "phones": [n for n in numbers if n]}


def _status(status: dict[str, Json], account: str, where: str) -> Item:
    id = _text(status.get("id"))
    if not id:
        return Rejected(where, "no id")
    codes = tuple(error["code"] for error in _dicts(status.get("errors")) if isinstance(error.get("code"), int))
    key = _text(status.get("biz_opaque_callback_data")) or None
    return Status(account, id, _word(status.get("status"), "unknown"), key, codes)


def _time(seconds: Json, now: int) -> int:
    """Milliseconds of a platform timestamp (seconds, as a string), or `now` where it cannot be right."""
    text = str(seconds)
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        return now
    at = int(text) * 1000
    return at if 0 < at < now + FAR_FUTURE_MS else now


def _get(value: Json, key: str) -> Json:
    return value.get(key) if isinstance(value, dict) else None


def _dict(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _dicts(value: Json) -> list[dict[str, Json]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _word(value: Json, otherwise: str) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else otherwise
