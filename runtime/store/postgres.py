"""The store on PostgreSQL: any number of processes on one database, none of which knows of the others.

The tick is that of `sql`, through SQLAlchemy's asyncio engine and asyncpg. A row lock on the conversation is the
mutual exclusion, so that a killed process frees what it held when its connection drops; a lease is a time on the
database's clock, so that no process's own clock decides who may post.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from dsl.table import Retention
from runtime.store import schema
from runtime.store.port import Done, StoreDown, TakeTurn, Work, new_tag
from runtime.store.sql import STATEMENTS, Leases, Statements, Tick, remember
from runtime.store.sweep import tidy

T = TypeVar("T")

CONNECT_S, COMMAND_S = 5, 15

# Milliseconds or seconds, as PostgreSQL takes them. A process that stands still in the middle of a tick (SIGSTOP, a
# machine that is gone) gives up its row locks after three seconds (a machine: ten) at the latest.
SESSION = {"application_name": "talktable", "synchronous_commit": "on", "idle_in_transaction_session_timeout": "3000",
           "tcp_keepalives_idle": "10", "tcp_keepalives_interval": "3", "tcp_keepalives_count": "3"}

# Classes of SQLSTATE (PostgreSQL, appendix A) that say nothing of what was asked: connection, wrong state, who may come
# in, no such database, rollback for the sake of others, out of resources, lock not available, operator's wish, system,
# internal.
LATER = ("08", "25", "28", "3D", "40", "53", "55", "57", "58", "XX")

# When the transaction began: one moment for all that a tick leases, and none later than what its process counts from.
NOW: sa.ColumnElement[int] = sa.literal_column("CAST(extract(epoch FROM transaction_timestamp()) * 1000 AS bigint)",
                                               sa.BigInteger)


class PostgresStore:
    """`clock` is what leases and timers go by: the database's, unless a test says that it is that of the work."""

    def __init__(self, url: str, tag: Callable[[], str] = new_tag, clock: sa.ColumnElement[int] = NOW) -> None:
        self._tag = tag
        self._loop = _new_loop()
        self._engine = postgres_engine(url)
        self._sql = Statements(self._engine.dialect, postgresql.insert, clock)
        self._leases: Leases = {}

    def prepare(self) -> None:
        """Leases are left alone: they may be another process's, and end by themselves."""
        self.transaction(schema.prepare)

    def alone(self) -> None:
        """Others may work here, too."""

    def tidy(self, keep: Retention, now: int) -> int:
        return self.transaction(lambda connection: tidy(connection, keep, now))

    def close(self) -> None:
        self._run(self._engine.dispose())

    def tick(self, work: Work, turn: TakeTurn) -> Done:
        def act(connection: sa.Connection) -> tuple[Done, Leases]:
            tick = Tick(connection, self._sql, work, turn, self._tag, self._leases)
            return tick.run(), tick.leased

        done, leased = self.transaction(act)
        remember(self._leases, leased)
        return done

    def transaction(self, act: Callable[[sa.Connection], T]) -> T:
        """What `act` returns, committed.

        Raises:
            StoreDown: nothing was.
        """
        async def transaction() -> T:
            async with self._engine.begin() as connection:
                return await connection.run_sync(act)

        try:
            return self._run(transaction())
        except DBAPIError as fault:
            if is_ours(fault):
                raise
            raise StoreDown(f"{type(fault.orig).__name__}: {fault.orig}") from fault
        except (OSError, TimeoutError) as fault:
            raise StoreDown(f"{type(fault).__name__}: {fault}") from fault
        except Exception as fault:                           # asyncpg's own, where a connection could not be made
            if not str(getattr(fault, "sqlstate", "")).startswith(LATER):
                raise
            raise StoreDown(f"{type(fault).__name__}: {fault}") from fault

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run this on the store's own loop; on a thread of its own where another loop runs on this one."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._loop.run_until_complete(work)
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(self._loop.run_until_complete, work).result()


def is_ours(fault: DBAPIError) -> bool:
    """Whether what was asked is the reason, and it would fail again."""
    state = getattr(fault.orig, "sqlstate", None)
    return not fault.connection_invalidated and state is not None and not state.startswith(LATER)


def postgres_engine(url: str) -> AsyncEngine:
    """One connection, whose commits are on disk when they return.

    Raises:
        StoreDown: the driver is not installed.
    """
    made = sa.make_url(url).set(drivername="postgresql+asyncpg")
    if mode := made.query.get("sslmode"):                    # as libpq calls it
        made = made.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    try:
        return create_async_engine(
            made, pool_size=1, max_overflow=0, isolation_level="READ COMMITTED",
            connect_args={"timeout": CONNECT_S, "command_timeout": COMMAND_S, "server_settings": SESSION,
                          "prepared_statement_cache_size": STATEMENTS})
    except ModuleNotFoundError as fault:
        raise StoreDown("PostgreSQL needs a driver: pip install 'talktable[postgres]'") from fault


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ModuleNotFoundError:                              # Windows
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
