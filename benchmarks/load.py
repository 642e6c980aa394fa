"""The load of `throughput`: signed webhooks over many connections, and a Graph API that accepts everything at once.

Both are protocols on bare sockets: the processor they share with the server is to be the server's. Requests are made
and signed before the clock starts.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

SECRET, NUMBER = "throughput-app-key-1", "100200300"

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TO = re.compile(rb'"to": ?"\+(\d+)"')

Request = tuple[str, bytes]                  # the user, and a whole HTTP request


@dataclass
class Load:
    """What was sent and what came of it; times in seconds of one clock."""

    sent: dict[str, float] = field(default_factory=dict)       # user, when the webhook was sent
    acked: dict[str, float] = field(default_factory=dict)
    replied: dict[str, float] = field(default_factory=dict)    # when the Graph API had the reply
    refused: int = 0

    def clear(self) -> None:
        for told in (self.sent, self.acked, self.replied):
            told.clear()


def webhook(user: str, nth: int = 0) -> bytes:
    """A whole HTTP request: one text message, the user's `nth`, signed as Meta signs."""
    message = {"from": user, "id": f"wamid.{user}.{nth}", "timestamp": "1700000000", "type": "text",
               "text": {"body": "hi"}}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{
        "field": "messages", "value": {
            "messaging_product": "whatsapp", "metadata": {"display_phone_number": "1555", "phone_number_id": NUMBER},
            "contacts": [{"profile": {"name": "A"}, "wa_id": user}], "messages": [message]}}]}]}).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return (f"POST /webhooks/whatsapp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def webhooks(count: int, prefix: int) -> list[Request]:
    """As many, each of a user of its own; `prefix` sets them apart from others'."""
    return [(user, webhook(user)) for user in (f"{prefix}{number:07}" for number in range(count))]


class Messages(asyncio.Protocol):
    """A connection on which HTTP messages come, each with a length."""

    transport: asyncio.Transport
    held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class does not say that it is one

    def data_received(self, data: bytes) -> None:
        data = self.held + data
        while (head := data.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(data, 0, head)
            end = head + 4 + (int(length[1]) if length else 0)
            if len(data) < end:
                break
            whole, data = data[:end], data[end:]
            self.came(whole)
        self.held = data

    def came(self, message: bytes) -> None:
        raise NotImplementedError


class Sender(Messages):
    """Sends webhook after webhook, each when the one before was answered and its time has come."""

    def __init__(self, load: Load, requests: Iterator[Request], pace_s: float, over: asyncio.Future[None]) -> None:
        self.load, self.requests, self.pace_s, self.over = load, requests, pace_s, over
        self.user = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.send()

    def send(self) -> None:
        if (request := next(self.requests, None)) is None:
            self.transport.close()
            return
        self.user, whole = request
        self.load.sent[self.user] = time.perf_counter()
        self.transport.write(whole)

    def came(self, message: bytes) -> None:
        now = self.load.acked[self.user] = time.perf_counter()
        self.load.refused += not message.startswith(b"HTTP/1.1 200")
        wait_s = self.load.sent[self.user] + self.pace_s - now
        if wait_s > 0:
            asyncio.get_running_loop().call_later(wait_s, self.send)
        else:
            self.send()

    def connection_lost(self, fault: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


class Graph(Messages):
    """One connection to a Graph API that accepts everything at once and notes when."""

    def __init__(self, load: Load) -> None:
        self.load, self.count = load, 0

    def came(self, message: bytes) -> None:
        if to := _TO.search(message):
            self.load.replied[to[1].decode()] = time.perf_counter()
        self.count += 1
        answer = b'{"messages":[{"id":"wamid.%d.%d"}],"success":true}' % (id(self), self.count)
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                             % (len(answer), answer))


async def graph(load: Load) -> tuple[asyncio.Server, int]:
    """A Graph API, and its port."""
    server = await asyncio.get_running_loop().create_server(lambda: Graph(load), "127.0.0.1", 0, backlog=1024)
    return server, server.sockets[0].getsockname()[1]


async def post(load: Load, ports: Sequence[int], requests: Sequence[Request], connections: int,
               pace_s: float = 0.0) -> float:
    """Send them all over so many connections, spread evenly over the ports; the seconds until the last was answered."""
    loop, left = asyncio.get_running_loop(), iter(requests)
    overs = [loop.create_future() for _ in range(connections)]

    def sender(over: asyncio.Future[None]) -> Callable[[], Sender]:
        return lambda: Sender(load, left, pace_s, over)

    start = time.perf_counter()
    await asyncio.gather(*(loop.create_connection(sender(over), "127.0.0.1", ports[turn % len(ports)])
                           for turn, over in enumerate(overs)))
    await asyncio.gather(*overs)
    return time.perf_counter() - start


async def all_replied(load: Load, patience_s: float = 60.0) -> float:
    """When the last reply was accepted; what has none after `patience_s` is lost."""
    until = time.perf_counter() + patience_s
    while len(load.replied) < len(load.sent) and time.perf_counter() < until:
        await asyncio.sleep(0.02)
    return max(load.replied.values(), default=time.perf_counter())
