"""Files that were brought to the platform, for all processes on one database. Each is asked for once in a month."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from loguru import logger
from sqlmodel import SQLModel

from runtime.channels.port import Upload
from runtime.clock import Clock, system_clock
from runtime.store.opening import Database, open_store
from runtime.store.port import StoreDown
from runtime.store.tables import UploadRow

U = SQLModel.metadata.tables[UploadRow.__tablename__]

T = TypeVar("T")


class Uploaded:
    """The uploads of one number, over a connection of its own: the other belongs to the thread that takes the turns."""

    def __init__(self, url: str, number: str, clock: Clock = system_clock) -> None:
        self._url, self._number, self._clock = url, number, clock
        self._store: Database | None = None
        self._lock = asyncio.Lock()

    async def get(self, name: str) -> Upload | None:
        row = await self._act(lambda connection: connection.execute(
            sa.select(U.c.media_id, U.c.until).where(U.c.number == self._number, U.c.name == name)).first())
        return Upload(row.media_id, row.until) if row else None

    async def put(self, name: str, upload: Upload) -> None:
        """This one in the place of the one before, and of all that is over."""
        def act(connection: sa.Connection) -> None:
            connection.execute(sa.delete(U).where(U.c.number == self._number, sa.or_(
                U.c.name == name, U.c.until < self._clock())))
            connection.execute(sa.insert(U), {"number": self._number, "name": name, "media_id": upload.id,
                                              "until": upload.until})
        await self._act(act)

    async def _act(self, act: Callable[[sa.Connection], T]) -> T | None:
        async with self._lock:
            try:
                return await asyncio.to_thread(self._transaction, act)
            except (StoreDown, sa.exc.DBAPIError) as fault:          # another process may have put the same just then
                logger.bind(error=type(fault).__name__).warning("an upload could not be looked up or noted")
                return None

    def _transaction(self, act: Callable[[sa.Connection], T]) -> T:
        self._store = self._store or open_store(self._url)
        return self._store.transaction(act)

    def close(self) -> None:
        if self._store:
            self._store.close()
