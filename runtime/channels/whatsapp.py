"""WhatsApp Cloud API: what the machine asks for as the JSON the API takes, and the one call that posts it.

Limits are the compiler's and the machine's business; where a message still does not fit its shape it takes the next
plainer one (a link under the text, numbered lines), so that nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, assert_never

import msgspec

from runtime.channels.errors import refusal, unknown, unreached
from runtime.channels.port import Accepted, Delivery, Files, Undelivered
from runtime.channels.taps import tap_id
from runtime.connections import Answer, Connections, Lost, Unreached
from runtime.effects import Choice, Contact, Location, Media, Message, Offer, Say, Template
from runtime.policy import Backoff

Json = dict[str, Any]
Ids: TypeAlias = Mapping[str, str]

NO_IDS: Ids = MappingProxyType({})
ANEW = Backoff(base_ms=1_000, ceiling_ms=10_000, tries=3)     # a file whose id the platform does not know any more
# WhatsApp Cloud API, `dsl/whatsapp_limits.json`: characters of the body of an interactive message and of a caption.
BODY = CAPTION = 1024
BUTTONS, ROWS = 3, 10
CONNECT_S, READ_S = 3.0, 15.0
SEEN_S = 2.0                                 # a mark is not worth more of the answer's time
LONGEST_ANSWER = 65_536                      # bytes read of an answer and its headers; a real one has a few thousand

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

_BREAKS = re.compile(r"[\n\t]+| {5,}")       # not allowed in the parameters of a template


class Posts(Protocol):
    """The road to the API: `Connections`, or a simulator in its place."""

    async def post(self, body: bytes, within_s: float) -> Answer: ...


def connections(graph_url: str, version: str, phone_number_id: str, token: str) -> Connections:
    """The road to the messages of one phone number."""
    return Connections(f"{graph_url.rstrip('/')}/{version}/{phone_number_id}/messages",
                       {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                       LONGEST_ANSWER, CONNECT_S)


class WhatsApp:
    """The road to the users of one phone number."""

    timeout_s = CONNECT_S + READ_S

    def __init__(self, posts: Posts, files: Files | None = None) -> None:
        self._posts, self._files, self._within_s = posts, files, self.timeout_s
        if files is not None:
            self.timeout_s += files.wait_s

    async def send(self, to: str, message: Message, key: str) -> Delivery:
        if self._files is not None and (path := picture(message)) and path in self._files:
            return await self._with_file(to, message, key, path, self._files)
        return await self._send(to, payload(message), key)

    async def _with_file(self, to: str, message: Message, key: str, path: str, files: Files) -> Delivery:
        id = await files.id(path)
        if not isinstance(id, str):
            return id
        told = await self._send(to, payload(message, {path: id}), key)
        if isinstance(told, Undelivered) and told.verdict == "refused" and files.refused(path):
            return replace(told, verdict="retry", backoff=ANEW)
        return told

    async def _send(self, to: str, held: Json, key: str) -> Delivery:
        answer = await self._post({**recipient(to), **held, "biz_opaque_callback_data": key}, self._within_s)
        if isinstance(answer, Undelivered):
            return answer
        match answer:
            case {"messages": [{"id": str(id)}, *_]} if id.isprintable() and len(id) <= 256:
                return Accepted(id)
        return unknown("answered without a message id")

    async def seen(self, message_id: str, typing: bool) -> None:
        mark: Json = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
        if typing:
            mark["typing_indicator"] = {"type": "text"}
        await self._post(mark, SEEN_S)

    async def _post(self, body: Json, within_s: float) -> Any:
        """The JSON of a 200, or why there is none."""
        try:
            answer = await self._posts.post(_encode(body), within_s)
            return _decode(answer.body) if answer.status == 200 else refusal(answer.status, answer.body, answer.headers)
        except Unreached as fault:
            return unreached(str(fault))
        except (Lost, ValueError, RecursionError) as fault:
            return unknown(str(fault) if isinstance(fault, Lost) else type(fault).__name__)


def recipient(to: str) -> Json:
    """A phone number goes into `to`, with its plus; a business-scoped id into `recipient` and never into `to`."""
    field = "to" if to.startswith("+") else "recipient"
    return {"messaging_product": "whatsapp", "recipient_type": "individual", field: to}


def picture(message: Message) -> str | None:
    """The address of the one file that a message may hold."""
    match message:
        case Say() | Offer():
            return message.image
        case Media():
            return message.url
    return None


def payload(message: Message, ids: Ids = NO_IDS) -> Json:
    """Type and content of a message, as the Cloud API takes it; `ids` are of files beside the bot, by their paths."""
    match message:
        case Say():
            return _say(message, ids)
        case Offer():
            return _offer(message, ids)
        case Media(kind=kind, url=url, caption=caption):
            return _media(kind, url, caption, ids)
        case Location():
            return _location(message)
        case Contact():
            return _contact(message)
        case Template():
            return _template(message)
    assert_never(message)


def _text(body: str) -> Json:
    return {"type": "text", "text": {"body": body, "preview_url": False}}


def _say(say: Say, ids: Ids) -> Json:
    fits = len(say.text) <= BODY
    if say.link and fits:
        title, url = say.link
        return _interactive("cta_url", say, {"name": "cta_url", "parameters": {"display_text": title, "url": url}}, ids)
    if say.wants == "location" and fits and not (say.header or say.image or say.footer):
        return _interactive("location_request_message", say, {"name": "send_location"}, ids)
    if say.image and len(flat(say)) <= CAPTION:
        return _media("image", say.image, flat(say), ids)
    return _text(flat(say))


def _offer(offer: Offer, ids: Ids) -> Json:
    fits = 0 < len(offer.text) <= BODY
    if offer.shape == "buttons" and fits and len(offer.options) <= BUTTONS:
        replies = [{"type": "reply", "reply": {"id": tap_id(offer.step, option.id), "title": option.title}}
                   for option in offer.options]
        return _interactive("button", offer, {"buttons": replies}, ids)
    if offer.shape == "list" and fits and len(offer.options) <= ROWS and offer.button and not offer.image:
        rows = [_row(offer.step, option) for option in offer.options]
        return _interactive("list", offer, {"button": offer.button, "sections": [{"rows": rows}]}, ids)
    return _text(flat(offer))


def _row(step: str, option: Choice) -> Json:
    row = {"id": tap_id(step, option.id), "title": option.title}
    return row | {"description": option.description} if option.description else row


def _interactive(kind: str, message: Say | Offer, action: Json, ids: Ids) -> Json:
    body: Json = {"type": kind, "body": {"text": message.text}, "action": action}
    if message.image:
        body["header"] = {"type": "image", "image": _where(message.image, ids)}
    elif message.header:
        body["header"] = {"type": "text", "text": message.header}
    if message.footer:
        body["footer"] = {"text": message.footer}
    return {"type": "interactive", "interactive": body}


def flat(message: Say | Offer) -> str:
    """All of a message as one text: header in bold, options numbered, footer in italics, as WhatsApp marks them.

    >>> print(flat(Offer("main", "How can I help?", (Choice("a", "Book"), Choice("b", "Hours", "9 to 5")), "numbered")))
    How can I help?
    <BLANKLINE>
    1. Book
    2. Hours: 9 to 5
    """
    parts = [f"*{message.header}*" if message.header else "", message.text]
    if isinstance(message, Offer):
        parts.append("\n".join(f"{n}. {_titled(option)}" for n, option in enumerate(message.options, 1)))
    elif message.link:
        parts.append(f"{message.link[0]}: {message.link[1]}")
    parts.append(f"_{message.footer}_" if message.footer else "")
    return "\n\n".join(part for part in parts if part)


def _titled(option: Choice) -> str:
    return f"{option.title}: {option.description}" if option.description else option.title


def _media(kind: str, url: str, caption: str | None, ids: Ids) -> Json:
    held = _where(url, ids)
    if kind == "document" and url in ids:
        held["filename"] = PurePosixPath(url).name
    if caption and kind not in ("audio", "sticker"):
        held["caption"] = caption
    return {"type": kind, kind: held}


def _where(address: str, ids: Ids) -> Json:
    """A file on the platform by its id, be it ours or one that a user sent; any other by its address."""
    return {"link": address} if "://" in address else {"id": ids.get(address, address)}


def _location(location: Location) -> Json:
    # The API wants numbers: a float holds any place on Earth to less than a millimetre.
    held: Json = {"latitude": float(location.latitude), "longitude": float(location.longitude)}
    if location.name:
        held["name"] = location.name
    if location.address:
        held["address"] = location.address
    return {"type": "location", "location": held}


def _contact(contact: Contact) -> Json:
    # A formatted name alone is refused: one more part is asked for.
    card: Json = {"name": {"formatted_name": contact.name, "first_name": contact.name}}
    if contact.phones:
        card["phones"] = [{"phone": phone, "type": "CELL"} for phone in contact.phones]
    return {"type": "contacts", "contacts": [card]}


def _template(template: Template) -> Json:
    held: Json = {"name": template.name, "language": {"code": template.language}}
    if template.params:
        # Line breaks, tabs and long gaps in a parameter have the whole message refused.
        texts = [{"type": "text", "text": _BREAKS.sub(" ", value)} for _, value in template.params]
        held["components"] = [{"type": "body", "parameters": texts}]
    return {"type": "template", "template": held}
