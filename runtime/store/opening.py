"""Which store an address means."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from runtime.store.sql import SqlStore

if TYPE_CHECKING:
    from runtime.store.postgres import PostgresStore

Database: TypeAlias = "SqlStore | PostgresStore"

POSTGRES = ("postgresql://", "postgres://")


def open_store(url: str) -> Database:
    """The store at `sqlite:///` and a path, or at `postgresql://…`; nothing is asked of it yet.

    Raises:
        StoreDown: what PostgreSQL needs is not installed.
    """
    if not url.startswith(POSTGRES):
        return SqlStore(url)
    from runtime.store.postgres import PostgresStore

    return PostgresStore(url)
