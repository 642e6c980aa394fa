"""`talktable restore`: what a backup holds, put into an empty database."""

from pathlib import Path

import click

from runtime.commands.common import ENVIRONMENT, leave
from runtime.commands.database import DATABASE, time, told


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@DATABASE
def command(file: Path, url: str) -> None:
    """Fill the empty database that TALKTABLE_DATABASE_URL names with the backup in FILE."""
    from runtime.store.backup import restore
    from runtime.store.port import StoreDown

    try:
        made = restore(url, file)
    except StoreDown as fault:
        leave(f"nothing was restored: {fault}", ENVIRONMENT)
    click.echo(f"restored from {file} of {time(made.made_at)}: {told(made)}")
