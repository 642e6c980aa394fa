"""The two ways between a server and the platform, without sockets: calls of the Graph API, and webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.types import ASGIApp, Message

from runtime.sim.graph import Request
from runtime.sim.simulator import Answer, Simulator

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Response:
    """As much of aiohttp's response as `WhatsApp` reads."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> Response:
        return self

    async def iter_any(self) -> AsyncIterator[bytes]:
        yield self.body


class Line:
    """In the place of an aiohttp session: posts arrive at the simulator, when the way is open.

    Args:
        took: told of every message that the platform accepted, before who posted it is.
    """

    def __init__(self, simulator: Simulator, took: Callable[[Json], None]) -> None:
        self._simulator, self._took = simulator, took
        self._is_open = asyncio.Event()
        self.waiting = 0                     # who stands before the closed way

    def open(self) -> None:
        self._is_open.set()
        self.waiting = 0

    def close(self) -> None:
        self._is_open.clear()

    async def pass_(self) -> None:
        """Return when the way is open."""
        if not self._is_open.is_set():
            self.waiting += 1
            await self._is_open.wait()

    @asynccontextmanager
    async def post(self, url: str, *, data: bytes, headers: Mapping[str, str], **_: object) -> AsyncIterator[Response]:
        await self.pass_()
        token = headers["Authorization"].removeprefix("Bearer ")
        reply = await self._simulator.call(Request(method="POST", path=urlsplit(url).path, token=token, body=data))
        assert isinstance(reply, Answer)     # no connection is reset where no fault was asked for
        body = msgspec.json.decode(data)
        if reply.status == 200 and "type" in body:
            self._took(body)
        yield Response(reply.status, reply.headers, reply.body)


async def post(app: ASGIApp, path: str, body: bytes, headers: Mapping[str, str], state: Json) -> int:
    """A POST to an application whose life gave it this state; the status of its answer."""
    statuses = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app({"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
               "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
               "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
               "client": None, "server": None, "state": state}, receive, send)
    [status] = statuses
    return int(status)
