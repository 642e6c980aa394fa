"""Files that lie beside a bot are brought to the platform once, and sent by the id they have there.

An id is good for thirty days. It is known by what is in the file, so that a file which was changed is brought anew,
and renewed a day before its end, or when the platform does not take a message with it. A large file takes longer than
a message may: the message waits for it in the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import msgspec
from loguru import logger

from dsl.limits import data
from runtime.channels.errors import refusal, unreached
from runtime.channels.port import Known, Later, Undelivered, Upload
from runtime.wire import read_at_most

if TYPE_CHECKING:
    from runtime.clock import Clock

DAY_MS = 86_400_000
GOOD_MS = (int(data()["media"]["upload_id_ttl_days"]) - 1) * DAY_MS
FRESH_MS = 600_000                           # a message that is refused so soon after is not refused for its id
CONNECT_S, UPLOAD_S = 3.0, 600.0             # 100 MB at 170 KB a second
LONGEST_ANSWER = 65_536                      # bytes; a real one has a few dozen
SOON_MS = 2_000                              # when a message asks again for a file that is on its way


class Uploads:
    """The files of one bot on one number.

    Args:
        folder: where they lie.
        media: their paths and MIME types. Nothing else in there is ever sent.
        known: what this and other processes have brought there before.
    """

    wait_s = 5.0                             # how long a message waits for its file to be brought there

    def __init__(self, session: aiohttp.ClientSession, graph_url: str, version: str, phone_number_id: str, token: str,
                 folder: Path, media: Mapping[str, str], known: Known, clock: Clock) -> None:
        self._session, self._folder, self._media = session, folder, media
        self._url = f"{graph_url.rstrip('/')}/{version}/{phone_number_id}/media"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._known, self._clock = known, clock
        self._names: dict[str, tuple[tuple[int, int], str]] = {}     # by path: when and how large it was, its name
        self._held: dict[str, Upload] = {}                           # by name, as all below
        self._under_way: dict[str, asyncio.Task[Upload | Undelivered]] = {}
        self._gone: set[str] = set()                                 # ids

    def __contains__(self, address: str) -> bool:
        return address in self._media

    async def id(self, path: str) -> str | Undelivered | Later:
        """What the platform calls this file, or why it has none. Ends soon after `wait_s`."""
        try:
            name = await self._name(path)
        except OSError as fault:
            return Undelivered(f"`{path}` cannot be read: {type(fault).__name__}", "refused")
        upload = self._good(self._held.get(name)) or self._good(await self._known.get(name))
        if upload is None:
            task = self._under_way.get(name) or self._start(path, name)
            await asyncio.wait({task}, timeout=self.wait_s)
            if not task.done():
                return Later(SOON_MS)
            told = task.result()
            if isinstance(told, Undelivered):
                return told
            upload = told
        self._held[name] = upload
        return upload.id

    def refused(self, path: str) -> bool:
        """A message with this file was not taken: whether another id may help; then there is one the next time."""
        upload = self._held.get(self._names[path][1])
        if upload is None:                   # another message has found the file changed, or its id gone
            return True
        is_fresh = upload.until - self._clock() > GOOD_MS - FRESH_MS
        if not is_fresh:
            del self._held[self._names[path][1]]
            self._gone.add(upload.id)
        return not is_fresh

    def close(self) -> None:
        """What is on its way is given up."""
        for task in self._under_way.values():
            task.cancel()
        self._known.close()

    def _good(self, upload: Upload | None) -> Upload | None:
        is_good = upload is not None and upload.until > self._clock() and upload.id not in self._gone
        return upload if is_good else None

    async def _name(self, path: str) -> str:
        """The hash of what is in a file, with the type it is sent as."""
        file = self._folder / path
        told = await asyncio.to_thread(file.stat)
        at = told.st_mtime_ns, told.st_size
        known = self._names.get(path)
        if known is None or known[0] != at:
            known = at, f"{await asyncio.to_thread(_digest, file)}:{self._media[path]}"
            self._names[path] = known
        return known[1]

    def _start(self, path: str, name: str) -> asyncio.Task[Upload | Undelivered]:
        task = asyncio.get_running_loop().create_task(self._upload(path, name))
        self._under_way[name] = task
        task.add_done_callback(lambda done: self._under_way.pop(name))
        return task

    async def _upload(self, path: str, name: str) -> Upload | Undelivered:
        mime, now = self._media[path], self._clock()
        try:
            with (self._folder / path).open("rb") as file:
                form = aiohttp.FormData({"messaging_product": "whatsapp", "type": mime})
                form.add_field("file", file, filename=Path(path).name, content_type=mime)
                async with self._session.post(
                        self._url, data=form, headers=self._headers, allow_redirects=False,
                        timeout=aiohttp.ClientTimeout(sock_connect=CONNECT_S, total=UPLOAD_S)) as response:
                    answer = await read_at_most(response, LONGEST_ANSWER)
                    if response.status != 200:
                        return _safe(refusal(response.status, answer, response.headers))
                    id = msgspec.json.decode(answer)["id"]
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, LookupError, TypeError) as fault:
            return unreached(f"upload: {type(fault).__name__}")
        upload = Upload(str(id), now + GOOD_MS)
        logger.bind(file=path).info("a file was brought to the platform")
        self._held[name] = upload
        await self._known.put(name, upload)
        return upload


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _safe(told: Undelivered) -> Undelivered:
    """No message was sent yet: where nobody knows what became of an upload, it is done again."""
    return unreached(f"upload: {told.error}") if told.verdict == "unknown" else told
