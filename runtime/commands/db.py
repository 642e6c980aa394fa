"""`talktable db`: the version of the database's tables."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.commands.common import ENVIRONMENT, leave
from runtime.commands.run import settings_or_leave

if TYPE_CHECKING:
    from runtime.store.opening import Database

CONFIG = click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path),
                      help="a TOML file of settings")


@click.group()
def command() -> None:
    """The tables of the database that TALKTABLE_DATABASE_URL names."""


@command.command()
@CONFIG
def current(config: Path | None) -> None:
    """Which version they are of, and which this program works on."""
    from runtime.store import schema
    from runtime.store.port import StoreDown

    try:
        database = _database(config)
        has = database.transaction(schema.current)
        database.close()
    except StoreDown as fault:
        leave(f"the database cannot be used: {fault}", ENVIRONMENT)
    click.echo(f"{has or 'empty'} (this program: {schema.newest()})")


@command.command()
@CONFIG
def upgrade(config: Path | None) -> None:
    """Bring them to this program's version. Back the database up first, and stop what runs on it."""
    from runtime.store import schema
    from runtime.store.port import StoreDown

    try:
        database = _database(config)
        database.alone()
        database.transaction(schema.upgrade)
        database.close()
    except StoreDown as fault:
        leave(f"the database cannot be used: {fault}", ENVIRONMENT)
    click.echo(schema.newest())


def _database(config: Path | None) -> "Database":
    from runtime.store.opening import open_store

    return open_store(settings_or_leave({}, config, secrets_needed=False).database_url)
