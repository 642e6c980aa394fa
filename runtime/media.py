"""Files that users send: a conversation keeps their ids, an action that wants one fetches it.

    from runtime.media import fetch

    async def keep(photo):                   # of type `image`, `video`, `audio`, `document` or `sticker`
        file = await fetch(photo)
        file.content, file.mime

In two hops: the id is asked for an address, which is good for five minutes and never kept; what is there is fetched
with our token, so only from the platform's own hosts, and must be what its hash says.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from dsl.limits import data
from runtime.wire import TooLong, read_at_most

if TYPE_CHECKING:
    import aiohttp  # costs more than all else a chat imports, and a chat fetches nothing
    from yarl import URL

CONNECT_S, SILENT_S = 3.0, 15.0              # the whole has as long as its action
LONGEST_ANSWER = 65_536                      # bytes of the answer that names the address; a real one has a few hundred
AT_ONCE = 4                                  # files under way: each may take 100 MB of memory

# `lookaside.fbsbx.com`: the `url` of the answer of `GET /{media-id}` as Kapso, 360dialog and others document it.
# `*.fbcdn.net`: Meta's content network; not seen in a Cloud API answer, but reported (melgarafael/DeskcommCRM#706,
# Enriquefft/openclaw-kapso-whatsapp#29). Both domains are Meta's own.
HOST, NETWORK = "lookaside.fbsbx.com", ".fbcdn.net"


@dataclass(frozen=True, slots=True)
class File:
    """What a user sent."""

    content: bytes = field(repr=False)
    mime: str


class MediaFailed(Exception):
    """A file that cannot be had; the message says why."""


class Media:
    """The files that users sent to our number.

    Args:
        graph_url: where ids are asked for; files may be there too.
    """

    def __init__(self, session: aiohttp.ClientSession, graph_url: str, version: str, token: str) -> None:
        self._session, self._ids = session, _address(f"{graph_url.rstrip('/')}/{version}/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._free = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, sent: Mapping[str, Any], at_most: int) -> File:
        async with self._free:
            told = await self._told(str(sent["id"]))
            mime, promised, address = told.get("mime_type"), told.get("sha256"), _address(told.get("url"))
            if not self._is_platform(address):
                raise MediaFailed(f"its address is at `{address.host}`, which is none of the platform's hosts")
            if _number(told.get("file_size")) > at_most:
                raise MediaFailed(f"it has more than {at_most} bytes")
            content = await self._get(address, at_most)
        found = sha256(content).digest()
        if not _is_hash(promised, found) or not _is_hash(sent.get("sha256", promised), found):
            raise MediaFailed("it is not what its hash says")
        return File(content, str(mime or sent.get("mime") or "application/octet-stream"))

    async def _told(self, id: str) -> dict[str, Any]:
        answer = await self._get(_address(f"{self._ids}{quote(id, safe='')}"), LONGEST_ANSWER)
        try:
            return msgspec.json.decode(answer, type=dict[str, Any])
        except (ValueError, RecursionError):
            raise MediaFailed("the platform's answer cannot be read") from None

    async def _get(self, address: URL, at_most: int) -> bytes:
        import aiohttp

        timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_S, sock_read=SILENT_S)
        async with self._session.get(address, headers=self._headers, allow_redirects=False,
                                     timeout=timeout) as response:
            if response.status != 200:
                raise MediaFailed(f"`{address.host}` answered {response.status}")
            try:
                return await read_at_most(response, at_most)
            except TooLong:
                raise MediaFailed(f"it has more than {at_most} bytes") from None

    def _is_platform(self, address: URL) -> bool:
        """Whether our token may go there."""
        if address.origin() == self._ids.origin():
            return True
        host = str(address.host).lower()
        return address.scheme == "https" and (host == HOST or host.endswith(NETWORK))


library: ContextVar[Media | None] = ContextVar("library", default=None)


async def fetch(sent: Mapping[str, Any], at_most: int | None = None) -> File:
    """The file that a user sent.

    Args:
        sent: what an action was given for a parameter of type `image`, `document` …
        at_most: bytes; None: 100 MB, which is what users can send (`dsl/whatsapp_limits.json`, `inbound_max_bytes`).

    Raises:
        MediaFailed: it is larger, older than seven days, or not what the platform says; or nothing runs here that
            could fetch it, as in `talktable chat`.
    """
    media = library.get()
    if media is None:
        raise MediaFailed("files are fetched only where the bot is connected to WhatsApp")
    return await media.fetch(sent, at_most if at_most is not None else int(data()["media"]["inbound_max_bytes"]))


def _address(told: object) -> URL:
    """
    Raises:
        MediaFailed: it is none.
    """
    from yarl import URL

    try:
        address = URL(str(told), encoded=True)               # signed: to be called as it was given, to the letter
        address.origin()
    except ValueError:
        raise MediaFailed("the platform's answer names no address") from None
    return address


def _number(size: object) -> int:
    """A size, which some answers give as a text; 0: not told."""
    text = str(size)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _is_hash(promised: object, found: bytes) -> bool:
    """Whether a hash is this one, as hexadecimal digits (answers) or base64 (webhooks)."""
    if not isinstance(promised, str):
        return False
    if promised.lower() == found.hex():
        return True
    try:
        return b64decode(promised, validate=True) == found
    except ValueError:
        return False
