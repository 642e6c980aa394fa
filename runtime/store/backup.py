"""A copy of everything, made while the bot runs, and the way back. A backup is a SQLite file, whatever it is of.

It shows one moment: all that was committed then, and nothing of what came after. What was leased at that moment may
have been sent: after a restore it is sent again as after any crash. A seal in it, the hash of all else, shows whether
it is still what was written.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import SQLModel

from runtime.store import schema
from runtime.store.opening import POSTGRES, open_store
from runtime.store.port import StoreDown
from runtime.store.sql import SqlStore
from runtime.store.tables import SweepRow

ROWS = 1_000                                 # copied at a time
SEAL = "talktable_backup"                    # the table of the seal


@dataclass(frozen=True, slots=True)
class Backup:
    """What a file holds."""

    made_at: int                             # milliseconds since 1970, UTC
    rows: dict[str, int]                     # by table


def backup(url: str, file: Path, now: int) -> Backup:
    """What was written to a new file, which is there under its name only when it is whole.

    Raises:
        StoreDown: the database cannot be read, or the file not be written.
    """
    if file.exists():
        raise StoreDown(f"`{file}` exists already")
    if not file.parent.is_dir():
        raise StoreDown(f"there is no folder `{file.parent}`")
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        if url.startswith(POSTGRES):
            _dump(url, part)
        else:
            _copy_file(sa.make_url(url).database or "", part)
        _seal(part, now)
        made = _checked(part)
        part.rename(file)
    except (sqlite3.Error, OSError) as fault:
        raise StoreDown(f"`{file}`: {type(fault).__name__}: {fault}") from fault
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return made


def restore(url: str, file: Path) -> Backup:
    """What was read from a backup into a database that is empty; an older backup becomes of this version.

    Raises:
        StoreDown: the file is no backup, or not what it was, or the database is not empty. Nothing was written.
    """
    with tempfile.TemporaryDirectory(prefix="talktable-") as folder:
        copy = Path(folder) / "backup.db"
        try:
            shutil.copyfile(file, copy)
            made = _checked(copy)
        except (sqlite3.Error, OSError, StoreDown) as fault:
            raise StoreDown(f"`{file}` is no backup, or damaged: {fault}") from fault
        with closing(SqlStore(f"sqlite:///{copy}")) as source, closing(open_store(url)) as store:
            source.transaction(schema.upgrade)
            store.alone()
            source.transaction(lambda told: store.transaction(lambda empty: _fill(told, empty)))
            return made


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


def _fill(told: sa.Connection, empty: sa.Connection) -> None:
    schema.upgrade(empty)
    counts = _counts(empty)
    if any(counts.values()):
        raise StoreDown(f"the database is not empty ({', '.join(name for name, count in counts.items() if count)})")
    _copy(told, empty)
    if empty.dialect.name == "postgresql":
        for table in _tables():
            if table.autoincrement_column is not None:
                name, column = table.name, table.autoincrement_column.name
                empty.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', '{column}'), "  # noqa: S608
                                      f"coalesce(max({column}), 1)) FROM {name}")
    if _counts(empty) != _counts(told):
        raise StoreDown("what was written is not what was read")


def _copy(source: sa.Connection, target: sa.Connection) -> None:
    for table in _tables():
        read = source.execute(sa.select(table), execution_options={"yield_per": ROWS})
        for rows in read.mappings().partitions():
            target.execute(sa.insert(table), [dict(row) for row in rows])


def _counts(connection: sa.Connection) -> dict[str, int]:
    return {table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in _tables()}


def _seal(file: Path, now: int) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"CREATE TABLE {SEAL} (made_at INTEGER, hash TEXT)")
        connection.execute(f"INSERT INTO {SEAL} VALUES (?, ?)", (now, _hash(connection, now)))         # noqa: S608


def _hash(connection: sqlite3.Connection, now: int) -> str:
    """Of every table but the seal: its definition and its rows in their order."""
    digest = sha256(str(now).encode())
    for name, definition in connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name != ? ORDER BY name", [SEAL]).fetchall():
        digest.update(repr(definition).encode())
        for row in connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid'):                       # noqa: S608
            digest.update(repr(row).encode())
    return digest.hexdigest()


def _checked(file: Path) -> Backup:
    """A backup that SQLite finds whole and whose seal is unbroken; raises `sqlite3.Error` or `StoreDown`."""
    with closing(sqlite3.connect(file)) as connection:
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise StoreDown(str(found))
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        if SEAL not in names:
            raise StoreDown("`talktable backup` did not make it")
        if "alembic_version" not in names:
            raise StoreDown("there is nothing in it")
        made_at, sealed = connection.execute(f"SELECT made_at, hash FROM {SEAL}").fetchone() or (0, "")  # noqa: S608
        if sealed != _hash(connection, made_at):
            raise StoreDown("what it holds was changed since it was made")
        known = {table.name for table in _tables()}
        return Backup(made_at, {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]                   # noqa: S608
            for name in sorted(known.intersection(names))})


def _tables() -> list[sa.Table]:
    """All but what a database knows of itself only."""
    return [table for table in SQLModel.metadata.sorted_tables if table.name != SweepRow.__tablename__]
