"""`talktable restore`: what a backup holds, put into an empty database."""

from pathlib import Path

import click

from runtime.commands.common import ENVIRONMENT, leave
from runtime.commands.db import CONFIG
from runtime.commands.run import settings_or_leave


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@CONFIG
def command(file: Path, config: Path | None) -> None:
    """Fill the empty database that TALKTABLE_DATABASE_URL names with the backup in FILE."""
    from runtime.store.backup import restore
    from runtime.store.port import StoreDown

    try:
        rows = restore(settings_or_leave({}, config, secrets_needed=False).database_url, file)
    except StoreDown as fault:
        leave(f"nothing was restored: {fault}", ENVIRONMENT)
    click.echo(f"restored from {file}: " + ", ".join(f"{count} {name}" for name, count in rows.items()))
