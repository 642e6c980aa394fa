"""Reading what the network sends, never more than was agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp


class TooLong(ValueError):
    """More bytes than were agreed."""


async def read_at_most(response: aiohttp.ClientResponse, bytes_: int) -> bytes:
    """The body of an answer.

    Raises:
        TooLong: it has more than `bytes_` bytes; the rest stays unread.
    """
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > bytes_:
            raise TooLong(f"more than {bytes_} bytes")
    return bytes(body)
