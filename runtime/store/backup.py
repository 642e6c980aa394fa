"""A copy of everything, made while the bot runs, and the way back. A backup is a SQLite file, whatever it is of.

It shows one moment: all that was committed then, and nothing of what came after. What was leased at that moment may
have been sent: after a restore it is sent again as after any crash.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import SQLModel

from runtime.store import schema
from runtime.store.opening import POSTGRES, open_store
from runtime.store.port import StoreDown
from runtime.store.sql import SqlStore
from runtime.store.tables import SweepRow

ROWS = 1_000                                 # copied at a time


def backup(url: str, file: Path) -> dict[str, int]:
    """Rows by table, written to a new file, which is there under its name only when it is whole.

    Raises:
        StoreDown: the database cannot be read, or the file not be written.
    """
    if file.exists():
        raise StoreDown(f"`{file}` exists already")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        if url.startswith(POSTGRES):
            _dump(url, part)
        else:
            _copy_file(sa.make_url(url).database or "", part)
        rows = _checked(part)
        part.rename(file)
    except (sqlite3.Error, OSError) as fault:
        raise StoreDown(f"{type(fault).__name__}: {fault}") from fault
    return rows


def restore(url: str, file: Path) -> dict[str, int]:
    """Rows by table, read from a backup into a database that is empty; an older backup becomes of this version.

    Raises:
        StoreDown: the file is no backup, or the database is not empty. Nothing was written.
    """
    with tempfile.TemporaryDirectory(prefix="talktable-") as folder:
        copy = Path(folder) / "backup.db"
        try:
            shutil.copyfile(file, copy)
            _checked(copy)
        except (sqlite3.Error, OSError) as fault:
            raise StoreDown(f"`{file}` is no backup: {fault}") from fault
        with closing(SqlStore(f"sqlite:///{copy}")) as source, closing(open_store(url)) as store:
            source.transaction(schema.upgrade)
            store.alone()
            return dict(source.transaction(lambda told: store.transaction(lambda empty: _fill(told, empty))))


def _copy_file(path: str, file: Path) -> None:
    if not Path(path).exists():
        raise StoreDown(f"there is no `{path}`")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")         # one file, with nothing beside it


def _dump(url: str, file: Path) -> None:
    def dump(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if schema.current(connection) != schema.newest():
            raise StoreDown("its tables are not of this program's version: see `talktable db current`")
        target.transaction(lambda empty: _copy(connection, empty))

    with closing(SqlStore(f"sqlite:///{file}")) as target, closing(open_store(url)) as store:
        target.transaction(schema.upgrade)
        store.transaction(dump)
    with closing(sqlite3.connect(file)) as written:
        written.execute("PRAGMA journal_mode=DELETE")


def _fill(told: sa.Connection, empty: sa.Connection) -> dict[str, int]:
    schema.upgrade(empty)
    counts = _counts(empty)
    if any(counts.values()):
        raise StoreDown(f"it is not empty ({', '.join(name for name, count in counts.items() if count)})")
    _copy(told, empty)
    if empty.dialect.name == "postgresql":
        for table in _tables():
            if table.autoincrement_column is not None:
                name, column = table.name, table.autoincrement_column.name
                empty.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', '{column}'), "  # noqa: S608
                                      f"coalesce(max({column}), 1)) FROM {name}")
    if (there := _counts(empty)) != _counts(told):
        raise StoreDown("what was written is not what was read")
    return there


def _copy(source: sa.Connection, target: sa.Connection) -> None:
    for table in _tables():
        read = source.execute(sa.select(table), execution_options={"yield_per": ROWS})
        for rows in read.mappings().partitions():
            target.execute(sa.insert(table), [dict(row) for row in rows])


def _counts(connection: sa.Connection) -> dict[str, int]:
    return {table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in _tables()}


def _checked(file: Path) -> dict[str, int]:
    """Rows by table of a backup that SQLite finds whole; raises `sqlite3.Error` or `StoreDown`."""
    with closing(sqlite3.connect(file)) as connection:
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise StoreDown(f"`{file}` is damaged: {found}")
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        if "alembic_version" not in names:
            raise StoreDown(f"`{file}` holds no tables of talktable")
        known = {table.name for table in _tables()}
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]               # noqa: S608
                for name in sorted(known.intersection(names))}


def _tables() -> list[sa.Table]:
    """All but what a database knows of itself only."""
    return [table for table in SQLModel.metadata.sorted_tables if table.name != SweepRow.__tablename__]
