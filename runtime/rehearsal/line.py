"""The two ways between a server and the platform, without sockets: calls of the Graph API, and webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message

from dsl.limits import media_types
from runtime import connections
from runtime.sim.graph import Request
from runtime.sim.media import File
from runtime.sim.simulator import Answer, Simulator

Json = dict[str, Any]

FOR_EVER = 253_402_300_799_000               # the last millisecond of the year 9999


class Line:
    """In the place of `Connections`: posts arrive at the simulator, when the way is open.

    Args:
        path: of the address where messages are posted to.
        took: told of every message that the platform accepted, before who posted it is.
    """

    def __init__(self, simulator: Simulator, path: str, token: str, took: Callable[[Json], None]) -> None:
        self._simulator, self._path, self._token, self._took = simulator, path, token, took
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

    async def post(self, body: bytes, within_s: float) -> connections.Answer:
        await self.pass_()
        reply = await self._simulator.call(Request(method="POST", path=self._path, token=self._token, body=body))
        assert isinstance(reply, Answer)     # no connection is reset where no fault was asked for
        document = msgspec.json.decode(body)
        if reply.status == 200 and "type" in document:
            self._took(document)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return connections.Answer(reply.status, headers, reply.body)


class OnShelf:
    """The files beside a bot, which are at the platform as soon as they are asked for."""

    wait_s = 0.0

    def __init__(self, simulator: Simulator, media: Mapping[str, str]) -> None:
        self._shelf, self._media = simulator.world.shelf, media

    def __contains__(self, address: str) -> bool:
        return address in self._media

    async def id(self, path: str) -> str:
        return self._shelf.put(File(b"", self._media[path], path), FOR_EVER)

    def refused(self, path: str) -> bool:
        return False

    def receive(self, kind: str, medium: Json) -> None:
        """What a user sends is there, too, and may be sent by its id."""
        self._shelf.put(File(b"", medium.get("mime_type") or media_types(kind)[0]), FOR_EVER, medium["id"])


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
