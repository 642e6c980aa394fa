"""Files on the platform's shelf: an id lives for days, the address it is fetched from for minutes."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from dsl.limits import data

_MEDIA = data()["media"]
DAY_MS = 86_400_000
UPLOADED_MS = _MEDIA["upload_id_ttl_days"] * DAY_MS
RECEIVED_MS = _MEDIA["webhook_media_id_ttl_days"] * DAY_MS
LINK_MS = _MEDIA["download_url_ttl_minutes"] * 60_000


@dataclass(frozen=True, slots=True)
class File:
    """Bytes with a name and a type."""

    content: bytes
    mime: str
    name: str = ""

    @property
    def sha256(self) -> bytes:
        return sha256(self.content).digest()


def kind_of(mime: str) -> str | None:
    """`image`, `audio` … for a MIME type the platform takes (its parameters do not count)."""
    plain = mime.partition(";")[0].strip().lower()
    return next((kind for kind, rule in _MEDIA["types"].items() if plain in rule["mime"]), None)


def most_bytes(kind: str) -> int:
    return int(_MEDIA["types"][kind]["max_bytes"])


class Shelf:
    """Files by id, and the addresses given out for them."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[File, int]] = {}            # until when, milliseconds
        self._links: dict[str, tuple[str, int]] = {}
        self._count = 0

    def put(self, file: File, until: int, id: str = "") -> str:
        """Keep a file; its id, which is a new one if none is told."""
        self._count += 1
        id = id or str(900_000_000_000_000 + self._count)
        self._files[id] = (file, until)
        return id

    def get(self, id: str, now: int) -> File | None:
        file, until = self._files.get(id, (None, 0))
        return file if now < until else None

    def drop(self, id: str) -> None:
        self._files.pop(id, None)

    def link(self, id: str, now: int) -> str:
        """A path to fetch a file from, once asked for."""
        self._count += 1
        path = sha256(f"{id} {self._count}".encode()).hexdigest()[:24]
        self._links[path] = (id, now + LINK_MS)
        return path

    def fetch(self, path: str, now: int) -> File | None:
        id, until = self._links.get(path, ("", 0))
        return self.get(id, now) if now < until else None
