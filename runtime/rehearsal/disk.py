"""What outlives a process: the store's data. Every process opens it anew."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Protocol

from runtime.store.port import Store


class Disk(Protocol):
    def open(self) -> Store:
        """A prepared store."""

    def close(self) -> None: ...


def _tag() -> str:
    return "story"                           # one conversation is alone on a disk


class InMemory:
    def __init__(self) -> None:
        from runtime.store.memory import MemoryStore

        self._store = MemoryStore(_tag)

    def open(self) -> Store:
        self._store.prepare()
        return self._store

    def close(self) -> None:
        """Nothing is held."""


class InFile:
    """SQLite, in a folder of its own."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="talktable-")
        self.folder = self._folder.name

    def open(self) -> Store:
        from runtime.store.sql import SqlStore

        store = SqlStore(f"sqlite:///{self.folder}/story.db", _tag)
        store.prepare()
        return store

    def close(self) -> None:
        self._folder.cleanup()
