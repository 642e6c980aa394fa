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
from typing import Any, TypeAlias
from zlib import crc32

import msgspec

from runtime.channels.taps import chosen
from runtime.events import Event, Opened, Said, Sent
from runtime.store.port import IdentityKind

Json = Any
Names: TypeAlias = dict[IdentityKind, str]   # what a user is called; only what was told, a number without its plus

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


class Heard(msgspec.Struct, frozen=True):
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
    names: Names = {}


@dataclass(frozen=True, slots=True)
class Renamed:
    """A user has another number or id: `was` leads to them no more, `names` does from now on."""

    account: str
    address: str
    id: str
    sent_at: int
    was: Names
    names: Names


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


Item: TypeAlias = Heard | Renamed | Status | Noted | Rejected


def is_signed(body: bytes, header: str, secrets: Sequence[str]) -> bool:
    """Whether one of our secrets made this `X-Hub-Signature-256` over exactly these bytes."""
    match = _SIGNATURE.fullmatch(header.encode("latin-1", "replace"))
    if not match:
        return False
    # All are tried, always: how long it takes tells nothing.
    fits = [hmac.compare_digest(hmac.digest(secret.encode(), body, "sha256").hex().encode(), match[1])
            for secret in secrets]
    return any(fits)


def parse(body: bytes) -> Json:
    """The JSON of a webhook, fit to be stored: no NUL, no lone surrogate, no number beyond 64 bits.

    Raises:
        Unreadable: not JSON in UTF-8, or nested beyond reason.
    """
    try:
        document = _read(body)
        return document if _is_clean(body) else _clean(document, DEEPEST)
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


_MAYBE_BAD = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")        # NUL, surrogates
_DIGITS = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else 0 for byte in range(256))
_TOO_LARGE = b"0" * 19                       # a number that may be beyond 64 bits


def _is_clean(body: bytes) -> bool:
    """Whether the bytes alone say that there is nothing to clean, as of nearly every webhook: that costs a tenth."""
    return (body.count(b"{") + body.count(b"[") <= DEEPEST and _TOO_LARGE not in body.translate(_DIGITS)
            and (b"\\u" not in body or _MAYBE_BAD.search(body) is None))


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
    items.sort(key=lambda item: item.sent_at if isinstance(item, Heard | Renamed) else 0)
    return items


def _items(document: Json, account: str, now: int) -> Iterator[Item]:
    for e, entry in enumerate(_dicts(_get(document, "entry"))):
        for c, change in enumerate(_dicts(entry.get("changes"))):
            where = f"entry[{e}].changes[{c}]"
            value, field = _dict(change.get("value")), _word(change.get("field"), "messages")
            number = _dict(value.get("metadata")).get("phone_number_id")
            if field not in ("messages", "user_id_update"):
                yield Noted(field)
            elif number != account:
                yield Noted("another number")
            else:
                yield from _change(value, account, where, now)


def _change(value: dict[str, Json], account: str, where: str, now: int) -> Iterator[Item]:
    contacts = _Contacts(_dicts(value.get("contacts")))
    for m, message in enumerate(_list(value.get("messages"))):
        yield _message(_dict(message), contacts, account, f"{where}.messages[{m}]", now)
    for s, status in enumerate(_list(value.get("statuses"))):
        yield _status(_dict(status), account, f"{where}.statuses[{s}]")
    for update in _dicts(value.get("user_id_update")):
        yield _updated(update, account, now)
    for _ in _list(value.get("errors")):
        yield Noted("error")


class _Contacts:
    """Who is spoken of in a change; the first contact that a message's sender fits, found at once."""

    def __init__(self, contacts: list[dict[str, Json]]) -> None:
        self._contacts = contacts
        self._first: dict[tuple[str, str], int] = {}
        for at, contact in enumerate(contacts):
            for name in ("user_id", "wa_id"):
                self._first.setdefault((name, _text(contact.get(name))), at)

    def of(self, user: str, phone: str) -> dict[str, Json]:
        """`contacts[0]` may be somebody else; the only one is meant where a message does not say whose it is."""
        if not user and not phone:
            return self._contacts[0] if len(self._contacts) == 1 else {}
        fits = [self._first[key] for key in (("user_id", user), ("wa_id", phone)) if key[1] and key in self._first]
        return self._contacts[min(fits)] if fits else {}


def _message(message: dict[str, Json], contacts: _Contacts, account: str, where: str, now: int) -> Item:
    id, kind = _text(message.get("id")), _word(message.get("type"), "unsupported")
    if not id or len(id) > 256:
        return Rejected(where, "no id")
    told = kind if kind != "interactive" else _word(_dict(message.get(kind)).get("type"), kind)
    if kind == "system":
        return _moved(message, account, id, now)
    if told in NOT_FOR_US or message.get("group_id"):
        return Noted(told if told in NOT_FOR_US else "group")
    names = _names(message, contacts)
    if not names:
        return Rejected(where, "no user")
    user = names.get("bsuid") or names.get("phone") or names.get("wa_id") or names["parent_bsuid"]
    return Heard(account, user, _address(names), id, _event(kind, message, now, crc32(id.encode())),
                 _time(message.get("timestamp"), now), names)


# Changes of a message that was handled already, or of a call's permission: nothing to take a turn on.
NOT_FOR_US = frozenset({"edit", "revoke", "call_permission_reply"})


def _names(message: dict[str, Json], contacts: _Contacts) -> Names:
    """What the user is called."""
    user, phone = _text(message.get("from_user_id")), _text(message.get("from"))
    contact = contacts.of(user, phone)
    return _fit(bsuid=user or contact.get("user_id"), wa_id=contact.get("wa_id"), phone=phone,
                parent_bsuid=message.get("from_parent_user_id") or contact.get("parent_user_id"))


def _fit(*, bsuid: Json = None, parent_bsuid: Json = None, wa_id: Json = None, phone: Json = None) -> Names:
    """Those that are what they should be."""
    names: Names = {}
    if _BSUID.fullmatch(_text(bsuid)):
        names["bsuid"] = bsuid
    if _BSUID.fullmatch(_text(parent_bsuid)):
        names["parent_bsuid"] = parent_bsuid
    if _PHONE.fullmatch(_text(wa_id)):
        names["wa_id"] = wa_id.lstrip("+")
    if _PHONE.fullmatch(_text(phone)):
        names["phone"] = phone.lstrip("+")
    return names


def _address(names: Names) -> str:
    """A number where one is known: every kind of message can be sent to it."""
    phone = names.get("phone") or names.get("wa_id")
    return f"+{phone}" if phone else names.get("bsuid") or names.get("parent_bsuid", "")


def _moved(message: dict[str, Json], account: str, id: str, now: int) -> Item:
    """A `system` message: the user has another number, and with it another id; or only the id may be told."""
    held = _dict(message.get("system"))
    if held.get("type") not in ("user_changed_number", "user_changed_user_id"):
        return Noted("system")
    new, old = held.get("wa_id") or held.get("new_wa_id"), message.get("from")
    user = held.get("user_id")
    before = held.get("previous_user_id") or message.get("from_user_id")
    was = _fit(bsuid=before if before != user else None, wa_id=old if old != new else None,
               phone=old if old != new else None, parent_bsuid=held.get("previous_parent_user_id"))
    return _renamed(account, id, _time(message.get("timestamp"), now), was,
                    _fit(bsuid=user, wa_id=new, phone=new, parent_bsuid=held.get("parent_user_id")))


def _updated(update: dict[str, Json], account: str, now: int) -> Item:
    """An entry of `user_id_update`: the ids before and after. It has no id of its own, so it is named by them."""
    user, parent = _dict(update.get("user_id")), _dict(update.get("parent_user_id"))
    was = _fit(bsuid=user.get("previous"), parent_bsuid=parent.get("previous"))
    names = _fit(bsuid=user.get("current"), parent_bsuid=parent.get("current"), wa_id=update.get("wa_id"))
    id = f"user_id_update:{was.get('bsuid', '')}:{names.get('bsuid', '')}"
    return _renamed(account, id, _time(update.get("timestamp"), now), was, names)


def _renamed(account: str, id: str, at: int, was: Names, names: Names) -> Item:
    return Renamed(account, _address(names), id, at, was, names) if was and names else Noted("system")


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
