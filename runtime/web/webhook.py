"""`/webhooks/whatsapp`: the handshake, and the door through which every message comes.

The answer says only whether we have it: 200 when all that is for us is on disk or nothing was, 503 when storing
failed and WhatsApp is to come again. What a message says never changes the status.
"""

from __future__ import annotations

import hmac
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

import msgspec
from loguru import logger
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from runtime.channels.envelope import Heard, Item, Names, Rejected, Renamed, Status, Unreadable, is_signed, parse, walk
from runtime.channels.errors import classified
from runtime.clock import Clock
from runtime.policy import Backoff
from runtime.store.port import Failure, Identity, Inbound, Receipt, StoreDown

PATH = "/webhooks/whatsapp"
LARGEST = 3 * 1024 * 1024                    # bytes; Meta documents 3 MB
MOST_TOLD = 1_000                            # lines of the log for a webhook; Meta documents a thousand updates in one


class Accepts(Protocol):
    async def accept(self, inbound: Sequence[Inbound], receipts: Sequence[Receipt] = ()) -> None: ...


class TooLarge(Exception):
    """The body has more bytes than a webhook ever has."""


Answer: TypeAlias = tuple[Message, Message]


class Webhook:
    """What the route is answered; the worker behind it is `worker` in the application's state."""

    def __init__(self, account: str, app_secrets: Sequence[str], verify_token: str, clock: Clock,
                 chance: Callable[[], float] = random.random) -> None:
        self._account, self._clock, self._chance = account, clock, chance
        self._app_secrets, self._verify_token = app_secrets, verify_token

    async def handshake(self, request: Request) -> Response:
        """Meta asks once, unsigned, whether this address is ours; the challenge goes back as plain text."""
        asked = request.query_params
        token = asked.get("hub.verify_token", "").encode("utf-8", "replace")
        is_ours = bool(token) and hmac.compare_digest(token, self._verify_token.encode())
        if asked.get("hub.mode") != "subscribe" or not is_ours:
            return PlainTextResponse("forbidden", 403)
        return PlainTextResponse(asked.get("hub.challenge", ""), headers={"X-Content-Type-Options": "nosniff"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The POST, an ASGI application of its own: all load comes this way."""
        for message in await self._answer(scope, receive):
            await send(message)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        worker: Accepts = scope["state"]["worker"]
        headers = dict(scope["headers"])
        try:
            body = await _body(headers, receive)
        except TooLarge:
            return TOO_LARGE
        except ClientDisconnect:
            return GONE
        if not is_signed(body, headers.get(b"x-hub-signature-256", b"").decode("latin-1"), self._app_secrets):
            return WRONG_SIGNATURE
        try:
            items = walk(parse(body), self._account, self._clock())
        except Unreadable:
            return NOT_JSON
        _tell(items)
        inbound = [_inbound(item) for item in items if isinstance(item, Heard | Renamed)]
        receipts = [_receipt(item, self._chance()) for item in items if isinstance(item, Status)]
        try:
            if inbound or receipts:
                await worker.accept(inbound, receipts)
        except StoreDown:
            return NOT_STORED
        return OK


def _made(status: int, text: bytes, *headers: tuple[bytes, bytes]) -> Answer:
    held = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(text)), *headers]
    return ({"type": "http.response.start", "status": status, "headers": held},
            {"type": "http.response.body", "body": text})


OK = _made(200, b"")                         # with nothing behind its head: one write to the socket, not two
NOT_STORED = _made(503, b"not stored")
WRONG_SIGNATURE, NOT_JSON, GONE = _made(401, b"wrong signature"), _made(400, b"not JSON"), _made(400, b"gone")
TOO_LARGE = _made(413, b"too large", (b"connection", b"close"))


async def _body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """The raw bytes, as they were signed; no more of them than a webhook may have."""
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length[:20]) > LARGEST:
        raise TooLarge
    body, is_more = bytearray(), True        # bytes would be copied with every piece that comes
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > LARGEST:
            raise TooLarge
        is_more = message.get("more_body", False)
    return bytes(body)


def _inbound(item: Heard | Renamed) -> Inbound:
    account, names = f"whatsapp:{item.account}", _identities(item.account, item.names)
    if isinstance(item, Renamed):
        return Inbound(conversation=account, id=item.id, event="", origin="identity", address=item.address,
                       at=item.sent_at, identities=names, was=_identities(item.account, item.was))
    return Inbound(conversation=f"{account}:{item.user}", id=item.id, event=msgspec.json.encode(item.event).decode(),
                   address=item.address, at=item.sent_at, identities=names)


def _identities(account: str, names: Names) -> tuple[Identity, ...]:
    return tuple(Identity(f"whatsapp:{account}", kind, value) for kind, value in names.items())


def _receipt(status: Status, chance: float) -> Receipt:
    failure = None
    if status.status == "failed":
        told = classified(status.codes[0], f"failed code {status.codes[0]}") if status.codes else None
        failure = Failure(verdict="refused", error="failed without a code", backoff=Backoff(base_ms=1_000))
        if told and told.verdict != "unknown":
            failure = Failure(verdict=told.verdict, error=told.error, backoff=told.backoff, chance=chance)
    return Receipt(provider_id=status.id, key=status.key, status=status.status, failure=failure)


def _tell(items: Sequence[Item]) -> None:
    rejected = [item for item in items if isinstance(item, Rejected)]
    failed = [item for item in items if isinstance(item, Status) and item.status == "failed"]
    for one in rejected[:MOST_TOLD]:
        logger.bind(where=one.where, reason=one.reason).warning("part of a webhook rejected")
    for status in failed[:MOST_TOLD]:
        logger.bind(key=status.key, codes=status.codes).warning("message failed")
    if (more := max(0, len(rejected) - MOST_TOLD) + max(0, len(failed) - MOST_TOLD)):
        logger.bind(count=more).warning("more of a webhook rejected or failed")
