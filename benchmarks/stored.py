"""A database as years of use leave it: one conversation that a server has really held, written again a million times.

Whatever the schema is, every table with a column `conv`, and `conversation` itself, gets a copy of that conversation's
rows for every further user, with what names them changed. Users come in no order, as they would have.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence

import asyncpg
import sqlalchemy as sa
from sqlmodel import AutoString, SQLModel

from runtime.store.tables import ConversationRow, OutboxRow

PREFIX, MODEL = "3000", "29990000000"        # of users who are stored; the one who was really there
STEP, USERS = 7_919, 10_000_000              # no common divisor: every user once, and in no order


def users(count: int) -> list[str]:
    """Whom `fill` has made, oldest first."""
    return [f"{PREFIX}{n * STEP % USERS:07}" for n in range(1, count + 1)]


async def fill(database: str, count: int) -> None:
    """Write the model's conversation `count` times more into the database at this address; no server may run on it."""
    if database.startswith("sqlite"):
        await asyncio.to_thread(_fill_sqlite, database.removeprefix("sqlite:///"), count)
    else:
        await _fill_postgres(database, count)


def _fill_sqlite(path: str, count: int) -> None:
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-800000; PRAGMA wal_autocheckpoint=100000;")
    names = connection.execute(_names()).fetchone()
    for table in _tables():
        connection.execute(_copies(table, numbers, "n", _changes(names, "printf('%0{}d', {})")))
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def _fill_postgres(url: str, count: int) -> None:
    connection = await asyncpg.connect(url)
    names = await connection.fetchrow(_names())
    for table in _tables():
        await connection.execute(_copies(table, "", f"generate_series(1::bigint, {count}) AS n(i)",
                                         _changes(names, "lpad(({1})::text, {0}, '0')")))
    await connection.execute("VACUUM ANALYZE")                 # as its own upkeep does in time
    await connection.execute("CHECKPOINT")
    await connection.close()


def _tables() -> list[sa.Table]:
    return [table for table in SQLModel.metadata.sorted_tables
            if "conv" in table.c or table.name == ConversationRow.__tablename__]


def _names() -> str:
    """What sets the model's rows apart: the tag in its keys, and the platform's name of what was sent."""
    return (f"SELECT c.tag, o.provider_id FROM {ConversationRow.__tablename__} c "
            f"JOIN {OutboxRow.__tablename__} o ON o.conv = c.id WHERE c.id LIKE '%{MODEL}' "
            f"AND o.provider_id IS NOT NULL")


def _changes(names: Sequence[str], digits: str) -> list[tuple[str, str]]:
    """What becomes what: text, SQL."""
    tag, provider = names
    return [(MODEL, f"'{PREFIX}' || {digits.format(7, f'n.i * {STEP} % {USERS}')}"),
            (tag, digits.format(16, f"n.i * {STEP} % {USERS}")),
            (provider, f"'wamid.stored.' || {digits.format(7, f'n.i * {STEP} % {USERS}')}")]


def _copies(table: sa.Table, numbers: str, series: str, changes: Sequence[tuple[str, str]]) -> str:
    """`INSERT … SELECT` of the model's rows in this table; rows that count up by themselves go on counting."""
    columns = [column for column in table.columns if column is not table.autoincrement_column]
    values = []
    for column in columns:
        value = f"m.{column.name}"
        if isinstance(column.type, AutoString):
            for text, other in changes:
                value = f"replace({value}, '{text}', {other})"
        values.append(value)
    owner = "conv" if "conv" in table.c else "id"
    return (f"{numbers} INSERT INTO {table.name} ({', '.join(column.name for column in columns)}) "
            f"SELECT {', '.join(values)} FROM {series}, {table.name} m WHERE m.{owner} LIKE '%{MODEL}'")
