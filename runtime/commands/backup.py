"""`talktable backup`: a copy of everything, made while the bot runs."""

from pathlib import Path

import click

from runtime.commands.common import ENVIRONMENT, leave
from runtime.commands.database import DATABASE, told


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@DATABASE
def command(file: Path, url: str) -> None:
    """Write a copy of the database to a new FILE, of one moment, while processes work on it.

    It is a SQLite file, whatever the database is.
    """
    from runtime.clock import system_clock
    from runtime.store.backup import backup
    from runtime.store.port import StoreDown

    try:
        made = backup(url, file, system_clock())
    except StoreDown as fault:
        leave(f"nothing was written: {fault}", ENVIRONMENT)
    click.echo(f"written to {file}: {told(made)}")
