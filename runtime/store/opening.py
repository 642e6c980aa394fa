"""Which store an address means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa

from runtime.store.sql import BUSY_S, SqlStore

if TYPE_CHECKING:
    from runtime.store.postgres import PostgresStore

Database: TypeAlias = "SqlStore | PostgresStore"

POSTGRES = ("postgresql://", "postgres://")


WAIT_S = 30                                  # how long a command waits for the server that writes the same SQLite file


def open_store(url: str, wait_s: int = BUSY_S) -> Database:
    """The store at `sqlite:///` and a path, or at `postgresql://…`; nothing is asked of it yet.

    Args:
        wait_s: how long it waits for another process to end its transaction, on SQLite.

    Raises:
        StoreDown: what PostgreSQL needs is not installed.
    """
    if not url.startswith(POSTGRES):
        return SqlStore(url, wait_s=wait_s)
    from runtime.store.postgres import PostgresStore

    return PostgresStore(url)


def is_there(url: str) -> bool:
    """Whether there is a database to open: a SQLite file would be made."""
    return url.startswith(POSTGRES) or Path(sa.make_url(url).database or "").exists()
