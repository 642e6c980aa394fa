"""The schema's versions, on both databases: they lead to the tables as the program knows them."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from runtime.store import schema
from runtime.store.opening import Database, open_store
from runtime.store.port import StoreDown


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    is_file = request.param == "sqlite"
    made = open_store(f"sqlite:///{tmp_path / 'talk.db'}" if is_file else request.getfixturevalue("database"))
    yield made
    made.close()


def set_version(store: Database, version: str) -> None:
    store.transaction(lambda connection: connection.execute(
        sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version}))


def test_the_migrations_lead_to_the_tables_the_program_knows(store: Database):
    store.prepare()

    def differences(connection: sa.Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, SQLModel.metadata))
    assert store.transaction(differences) == []


def test_an_empty_database_is_set_up_and_one_of_this_version_left_alone(store: Database):
    assert store.transaction(schema.current) is None
    store.prepare()
    store.prepare()
    assert store.transaction(schema.current) == schema.newest()


def test_a_newer_database_is_refused(store: Database):
    store.prepare()
    set_version(store, "9999")

    for attempt in (store.prepare, lambda: store.transaction(schema.upgrade)):
        with pytest.raises(StoreDown, match="version 9999, which is newer than this program"):
            attempt()


def test_an_older_database_is_refused_with_the_command_and_brought_here_by_it(
        store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store.prepare()
    newest = schema.newest()
    later(tmp_path, monkeypatch)

    with pytest.raises(StoreDown, match=rf"version {newest}, this program works on 9000: .*`talktable db upgrade`"):
        store.prepare()
    store.transaction(schema.upgrade)
    store.prepare()
    assert store.transaction(lambda connection: sa.inspect(connection).get_columns("timer"))[-1]["name"] == "extra"


def test_an_upgrade_that_fails_changes_nothing(store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store.prepare()
    newest = schema.newest()
    later(tmp_path, monkeypatch, "    raise ArithmeticError\n")

    with pytest.raises(ArithmeticError):
        store.transaction(schema.upgrade)
    assert store.transaction(schema.current) == newest
    assert store.transaction(lambda connection: sa.inspect(connection).get_columns("timer"))[-1]["name"] == "due"


def test_tables_of_somebody_else_are_left_alone(store: Database):
    store.transaction(lambda connection: connection.execute(sa.text("CREATE TABLE timer (id INTEGER)")))

    with pytest.raises(StoreDown, match=r"tables that talktable did not set up \(timer\)"):
        store.prepare()


def later(folder: Path, monkeypatch: pytest.MonkeyPatch, then: str = "") -> None:
    """A program that is one version ahead: its tables of timers have a column more."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    for known in (schema.MIGRATIONS / "versions").glob("m*.py"):
        (versions / known.name).write_text(known.read_text())
    (versions / "m9000.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f"revision, down_revision = '9000', '{schema.newest()}'\n\n\ndef upgrade():\n"
        "    with op.batch_alter_table('timer') as table:\n"
        f"        table.add_column(sa.Column('extra', sa.String()))\n{then}")
    monkeypatch.setattr(schema, "MIGRATIONS", folder / "migrations")
