"""POST to one address, many times a second: HTTP/1.1 on connections that stay open.

A general client spends four fifths of its time on what is of no use here (cookies, redirects, streams, traces): 90 µs
of the processor a post, this one 20. What the outbox must know, and a general client does not tell apart, is whether a
request was written: if it was not, nothing happened.

Elsewhere: the client of actions (`outgoing`), of media (`media`).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httptools
from aiohappyeyeballs import start_connection

IDLE_S = 15.0                                # a connection that was idle for longer may be closed at the other end
SECOND_S = 0.25                              # until another of a host's addresses is tried beside (RFC 8305)


class Unreached(Exception):
    """There was nobody to write the request to."""


class Lost(Exception):
    """The request was written, and no answer came that could be read: nobody knows what became of it."""


@dataclass(slots=True)
class Answer:
    """`headers` by their names in lower case."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Connections:
    """Connections to one address, as many as there are posts at a time.

    Args:
        most: bytes of the longest answer that is read, its headers included.
        connect_s: how long it may take until a request can be written.
    """

    def __init__(self, url: str, headers: Mapping[str, str], most: int, connect_s: float) -> None:
        told = urlsplit(url)
        self._host, self._most, self._connect_s = told.hostname or "", most, connect_s
        self._tls = ssl.create_default_context() if told.scheme == "https" else None
        self._port = told.port or (443 if self._tls else 80)
        lines = {"Host": told.netloc.rpartition("@")[2], **headers, "Content-Length": ""}
        head = "\r\n".join(f"{name}: {value}" for name, value in lines.items())
        self._head = f"POST {told.path or '/'} HTTP/1.1\r\n{head}".encode("latin-1")
        self._idle: list[Connection] = []    # the one used last is the last

    async def post(self, body: bytes, within_s: float) -> Answer:
        """The answer, whatever its status.

        Raises:
            Unreached: the request was not written.
            Lost: it was, and there is no answer within `within_s`, or none that is HTTP and short enough.
        """
        until = asyncio.get_running_loop().time() + within_s
        connection = self._free() or await self._made(min(self._connect_s, within_s))
        try:
            return await connection.ask(b"%b%d\r\n\r\n%b" % (self._head, len(body), body), until)
        finally:
            if connection.is_open:
                self._idle.append(connection)

    def close(self) -> None:
        for connection in self._idle:
            connection.abort()

    def _free(self) -> Connection | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and now - connection.used_at < IDLE_S:
                return connection
            connection.abort()               # those before it were idle for longer, and go the same way
        return None

    async def _made(self, within_s: float) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within_s):
                found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
                sock = await start_connection(found, happy_eyeballs_delay=SECOND_S, loop=loop)
                name = self._host if self._tls else None
                _, made = await loop.create_connection(lambda: Connection(loop, self._most), sock=sock, ssl=self._tls,
                                                       server_hostname=name)
        except (OSError, UnicodeError) as fault:             # no such host, a wrong certificate, too late …
            raise Unreached(type(fault).__name__) from None
        return made


class Connection(asyncio.Protocol):
    """One connection, for one request at a time; `is_open` while it can take another."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int) -> None:
        self._loop, self._most = loop, most
        self._transport: asyncio.Transport | None = None
        self._answer, self._has_head = Answer(), False
        self._waiter: asyncio.Future[Answer] | None = None
        self.used_at = loop.time()

    @property
    def is_open(self) -> bool:
        return self._transport is not None and self._waiter is None

    async def ask(self, request: bytes, until: float) -> Answer:
        """The answer, if it is there at that time of the loop's; raises `Lost`."""
        assert self._transport is not None
        self._answer, self._came, self._has_head = Answer(), 0, False
        self._parser = httptools.HttpResponseParser(self)
        waiter: asyncio.Future[Answer] = self._loop.create_future()
        self._waiter = waiter
        self._transport.write(request)
        timer = self._loop.call_at(until, self._end, TimeoutError())
        try:
            return await waiter
        except (TimeoutError, OSError, httptools.HttpParserError, ValueError) as fault:
            raise Lost(type(fault).__name__) from None
        finally:
            timer.cancel()
            self.used_at = self._loop.time()
            if self._waiter is not None:     # given up by who asked
                self.abort()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def _end(self, fault: Exception | None = None) -> None:
        """The answer is there, or will not be."""
        waiter, self._waiter = self._waiter, None
        if fault is not None:
            self.abort()
        if waiter is None or waiter.done():
            return
        if fault is not None:
            waiter.set_exception(fault)
        else:
            answer, self._answer = self._answer, Answer()    # what still comes is not of it
            answer.status = self._parser.get_status_code()
            waiter.set_result(answer)

    # --- called by the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport          # type: ignore[assignment]  # uvloop's is one without saying so

    def data_received(self, data: bytes) -> None:
        if self._waiter is None:             # nobody asked
            self.abort()
            return
        self._came += len(data)
        if self._came > self._most:
            self._end(ValueError())
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as fault:
            self._end(fault)

    def connection_lost(self, fault: Exception | None) -> None:
        self._transport = None
        has_length = not {"content-length", "transfer-encoding"}.isdisjoint(self._answer.headers)
        self._end(None if fault is None and self._has_head and not has_length else ConnectionResetError())

    # --- called by the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._has_head = self._parser.get_status_code() >= 200         # otherwise there is more to come

    def on_body(self, data: bytes) -> None:
        self._answer.body += data

    def on_message_complete(self) -> None:
        if not self._has_head:
            self._answer.headers.clear()
            return
        is_ours = self._waiter is not None
        self._end()
        if not is_ours or not self._parser.should_keep_alive():
            self.abort()
