"""Files that a bot sends: they lie beside it and are written as a path, `send image "media/map.png"`.

A path has only names in it, none of which leads up or begins with a dot, and an ending that says what kind of file it
is. Anything else is an address.
"""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from dsl.limits import data

SUFFIXES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp",
    ".svg": "image/svg+xml", ".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff", ".heic": "image/heic",
    ".avif": "image/avif", ".mp4": "video/mp4", ".3gp": "video/3gpp", ".mov": "video/quicktime",
    ".avi": "video/x-msvideo", ".mkv": "video/x-matroska", ".webm": "video/webm",
    ".mp3": "audio/mpeg", ".aac": "audio/aac", ".amr": "audio/amr",
    ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav", ".flac": "audio/flac",
    ".pdf": "application/pdf", ".html": "text/html", ".zip": "application/zip", ".txt": "text/plain",
    ".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
HEAD = 32                                    # bytes of a file that say what is in it

_PATH = re.compile(r"\w[\w-]*(?:\.[\w-]+)*(?:/\w[\w-]*(?:\.[\w-]+)*)*")
_MOVES = 0x02                                # in the flags of a WebP file's first chunk, if that is `VP8X`


class Found(NamedTuple):
    """A file beside a bot."""

    size: int                                # bytes
    head: bytes                              # the first of them


class Beside(Protocol):
    """What lies beside a bot."""

    def found(self, path: str) -> Found | None: ...

    def near(self, path: str) -> list[str]:
        """Paths of the files in the folder that a path names."""


class OnDisk:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def found(self, path: str) -> Found | None:
        try:
            with (self._folder / path).open("rb") as file:
                head = file.read(HEAD)
            return Found((self._folder / path).stat().st_size, head)
        except OSError:
            return None

    def near(self, path: str) -> list[str]:
        parent = PurePosixPath(path).parent
        try:
            return [str(parent / file.name) for file in (self._folder / parent).iterdir() if file.is_file()]
        except OSError:
            return []


class InTexts:
    """Files that are only texts, by name."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def found(self, path: str) -> Found | None:
        content = self._texts[path].encode() if path in self._texts else None
        return None if content is None else Found(len(content), content[:HEAD])

    def near(self, path: str) -> list[str]:
        return list(self._texts)


def is_path(address: str) -> bool:
    """Whether this is a file beside the bot, wherever else it may be.

    >>> [is_path(one) for one in ("media/map.png", "map", "../map.png", "/etc/x.png", "https://a.b/c.png")]
    [True, False, False, False, False]
    """
    return _PATH.fullmatch(address) is not None and PurePosixPath(address).suffix != ""


def mime_of(path: str) -> str | None:
    """The type of a file or an address by its ending; None: of no type that is known."""
    return SUFFIXES.get(PurePosixPath(path).suffix.lower())


def most_bytes(kind: str, found: Found) -> int:
    """The size of the largest file that WhatsApp takes as this kind."""
    limits = data()["media"]["types"][kind]
    is_still = "max_bytes_static" in limits and not (found.head[12:16] == b"VP8X" and found.head[20] & _MOVES)
    return int(limits["max_bytes_static" if is_still else "max_bytes"])
