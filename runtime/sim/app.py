"""The simulator behind HTTP: `/v25.0/…` is the Graph API, `/sim/…` the control plane.

aiohttp's server and not Starlette's: a connection that is reset is part of what we simulate, and its transport may be
closed without an answer; it reads multipart forms too.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import aiohttp
from aiohttp import web

from runtime.sim.control import control
from runtime.sim.graph import Request
from runtime.sim.media import File
from runtime.sim.simulator import Reset, Simulator

LARGEST = 110 * 1024 * 1024                  # bytes of an upload; a document may have 100 MB
AT_ONCE = struct.pack("ii", 1, 0)            # SO_LINGER: close with a reset


class Webhook:
    """The business's webhook, over HTTP. Of several addresses, a POST goes to the one with the fewest under way.

    So does a load balancer that knows nothing of its servers: one that stands still soon gets no more.
    """

    def __init__(self, session: aiohttp.ClientSession, *urls: str, patience_s: float = 10.0) -> None:
        self._session, self._under_way = session, dict.fromkeys(urls, 0)     # who was asked last, last
        self._timeout = aiohttp.ClientTimeout(total=patience_s)      # Meta gives no figure; others say 5 to 20 s

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer.

        Raises:
            OSError: there was none.
        """
        for url in sorted(self._under_way, key=self._under_way.__getitem__):
            self._under_way[url] = self._under_way.pop(url) + 1
            try:
                async with self._session.post(url, data=body, headers=headers, allow_redirects=False,
                                              timeout=self._timeout) as response:
                    return response.status
            except aiohttp.ClientConnectorError:                     # nobody is there: the next one
                continue
            except aiohttp.ClientError as fault:
                raise ConnectionError(type(fault).__name__) from None
            finally:
                self._under_way[url] -= 1
        raise ConnectionError("nobody is there")

    async def handshake(self, verify_token: str, challenge: str) -> str:
        """Ask whether these addresses are ours, as Meta does when one is entered; why not, or nothing."""
        asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
        for url in self._under_way:
            try:
                async with self._session.get(url, params=asked, timeout=self._timeout) as response:
                    answer = await response.text()
            except (aiohttp.ClientError, OSError) as fault:
                return type(fault).__name__
            if response.status != 200:
                return f"answered {response.status}"
            if answer != challenge:
                return "did not give the challenge back"
        return ""


def application(simulator: Simulator) -> web.Application:
    """Both sides of the simulator as routes."""
    async def graph(request: web.Request) -> web.StreamResponse:
        reply = await simulator.call(await _read(request))
        if isinstance(reply, Reset):
            _reset(request)
            return web.Response(status=500)              # goes nowhere
        # The type stands as it was given: with `content_type` a charset would be taken for a part of the type.
        return web.Response(status=reply.status, body=reply.body, headers={**reply.headers, "Content-Type": reply.type})

    app = web.Application(client_max_size=LARGEST)
    app.add_subapp("/sim", control(simulator))
    app.router.add_route("*", "/{path:.*}", graph)
    return app


async def _read(request: web.Request) -> Request:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    fields: dict[str, str] = {}
    file = None
    body = b""
    if request.content_type == "multipart/form-data":
        with suppress(ValueError):                       # a form that cannot be read has no fields
            for name, value in (await request.post()).items():
                if isinstance(value, web.FileField):
                    file = File(value.file.read(), value.content_type, value.filename)
                elif isinstance(value, str):
                    fields[name] = value
    else:
        body = await request.read()
    return Request(method=request.method, path=request.path, token=token if scheme == "Bearer" else "",
                   query=request.query, body=body, fields=fields, file=file)


def _reset(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    if (sock := transport.get_extra_info("socket")) is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    transport.abort()


@asynccontextmanager
async def listening(app: web.Application, sock: socket.socket) -> AsyncIterator[None]:
    """Serve on a socket that listens, until the block ends."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.SockSite(runner, sock).start()
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def alive(simulator: Simulator) -> AsyncIterator[None]:
    """Time goes on by itself until the block ends."""
    task = asyncio.create_task(simulator.live())
    try:
        yield
    finally:
        task.cancel()
        simulator.close()
        await asyncio.gather(task, return_exceptions=True)

