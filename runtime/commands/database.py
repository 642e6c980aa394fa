"""What the commands for a database share: which one is meant, and one line where it cannot be used."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.commands.common import ENVIRONMENT, leave, without_password
from runtime.commands.run import settings_or_leave

if TYPE_CHECKING:
    from runtime.store.backup import Backup
    from runtime.store.opening import Database


def _named(context: click.Context, option: click.Parameter, config: Path | None) -> str:
    """The address of the database that is meant, told before it is opened: its driver takes a while to load."""
    url = settings_or_leave({}, config, secrets_needed=False).database_url
    click.echo(f"database  {without_password(url)}", err=True)
    return url


DATABASE = click.option("--config", "url", type=click.Path(exists=True, dir_okay=False, path_type=Path),
                        callback=_named, help="a TOML file of settings")


def time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def told(made: "Backup") -> str:
    return ", ".join(f"{count} {name}" for name, count in made.rows.items())


@contextmanager
def opened(url: str) -> Iterator["Database"]:
    """The database, which a server may be working on meanwhile; whatever is wrong with it ends the command."""
    from runtime.store.opening import WAIT_S, open_store
    from runtime.store.port import StoreDown

    try:
        database = open_store(url, WAIT_S)
        try:
            yield database
        finally:
            database.close()
    except StoreDown as fault:
        leave(f"the database cannot be used: {fault}", ENVIRONMENT)
