"""Stores that survive the process which worked on them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from runtime.store.memory import MemoryStore
from runtime.store.port import Store
from runtime.store.sql import SqlStore


class Stored(Protocol):
    """A store that survives its process."""

    def open(self) -> Store: ...

    def states(self) -> dict[str, str]: ...

    def close(self) -> None: ...


class InMemory:
    def __init__(self, tags: Iterator[int]) -> None:
        self._store = MemoryStore(lambda: f"t{next(tags)}")

    def open(self) -> Store:
        return self._store

    def states(self) -> dict[str, str]:
        return {conv: one.state for conv, one in self._store._tables.conversations.items()}

    def close(self) -> None:
        """Nothing is held."""


class InFile:
    """Opened anew by each process; the one before it is gone, and with it whatever it had not committed."""

    def __init__(self, path: Path, tags: Iterator[int]) -> None:
        self._url, self._tags = f"sqlite:///{path}", tags
        self._store: SqlStore | None = None

    def open(self) -> Store:
        if self._store:
            self._store.close()
        self._store = SqlStore(self._url, lambda: f"t{next(self._tags)}")
        return self._store

    def states(self) -> dict[str, str]:
        assert self._store
        rows = self._store.transaction(
            lambda connection: connection.execute(sa.text("SELECT id, state FROM conversation")).all())
        return {row.id: row.state for row in rows}

    def close(self) -> None:
        if self._store:
            self._store.close()
