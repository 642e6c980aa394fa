"""`talktable backup`: a copy of everything, made while the bot runs."""

from pathlib import Path

import click

from runtime.commands.common import ENVIRONMENT, leave
from runtime.commands.db import CONFIG
from runtime.commands.run import settings_or_leave


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@CONFIG
def command(file: Path, config: Path | None) -> None:
    """Write a copy of the database to a new FILE, of one moment, while processes work on it.

    It is a SQLite file, whatever the database is.
    """
    from runtime.store.backup import backup
    from runtime.store.port import StoreDown

    try:
        rows = backup(settings_or_leave({}, config, secrets_needed=False).database_url, file)
    except StoreDown as fault:
        leave(f"nothing was written: {fault}", ENVIRONMENT)
    click.echo(f"written to {file}: " + ", ".join(f"{count} {name}" for name, count in rows.items()))
