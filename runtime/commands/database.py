"""What the commands for a database share: which one is meant, and one line where it cannot be used."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.commands.common import ENVIRONMENT, leave
from runtime.commands.run import settings_or_leave

if TYPE_CHECKING:
    from runtime.store.backup import Backup
    from runtime.store.opening import Database

CONFIG = click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path),
                      help="a TOML file of settings")


def time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def told(made: "Backup") -> str:
    return ", ".join(f"{count} {name}" for name, count in made.rows.items())


def url_of(config: Path | None) -> str:
    return settings_or_leave({}, config, secrets_needed=False).database_url


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
