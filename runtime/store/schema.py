"""The schema's version: what a database has, what this program wants, and the way from one to the other (Alembic).

A database without tables is set up at the start. An older one is not changed unasked, because other processes may
still work on it, and a newer one not at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from runtime.store.port import StoreDown

MIGRATIONS = Path(__file__).with_name("migrations")

LOCK = 0x7A1C7AB1E                           # of PostgreSQL's advisory locks: processes that start set up one by one


def newest() -> str:
    """The version that this program works on."""
    return str(_scripts().get_current_head())


def current(connection: sa.Connection) -> str | None:
    """The version that the database has; none: it was never set up."""
    return MigrationContext.configure(connection).get_current_revision()


def prepare(connection: sa.Connection) -> None:
    """Set an empty database up; leave one of this version as it is.

    Raises:
        StoreDown: it is of another version; the message says what to do.
    """
    _one_by_one(connection)
    if current(connection) is None:
        upgrade(connection)
    elif _is_behind(connection):
        raise StoreDown(f"its tables are of version {current(connection)}, this program works on {newest()}: "
                        f"back it up, stop what runs on it, then `talktable db upgrade`")


def upgrade(connection: sa.Connection) -> None:
    """Bring a database to this program's version, in the transaction of `connection`.

    Raises:
        StoreDown: it is newer, or its tables were made by somebody else.
    """
    _one_by_one(connection)
    if current(connection) is None:
        _expect_empty(connection)
    elif not _is_behind(connection):
        return

    scripts = _scripts()

    def steps(revision: Any, context: MigrationContext) -> Any:
        return scripts._upgrade_revs("head", revision)       # as `alembic upgrade head` does

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, render_as_batch=True)
        environment.run_migrations()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def _is_behind(connection: sa.Connection) -> bool:
    has = current(connection)
    known = [script.revision for script in _scripts().walk_revisions()]
    if has not in known:
        raise StoreDown(f"its tables are of version {has}, which is newer than this program, who knows {known[0]}: "
                        f"run the program that made them")
    return has != known[0]


def _expect_empty(connection: sa.Connection) -> None:
    ours = {"conversation", "identity", "inbox", "journal", "outbox", "sweep", "timer", "upload"}
    if found := sorted(ours & set(sa.inspect(connection).get_table_names())):
        raise StoreDown(f"it has tables that talktable did not set up ({', '.join(found)}): give it another database")


def _one_by_one(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
