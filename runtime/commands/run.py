"""`talktable run`: webhooks, turns and deliveries in production."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.commands.common import BOT, ENVIRONMENT, build_or_leave, leave, without_password

if TYPE_CHECKING:
    from runtime.settings import Settings


@click.command()
@BOT
@click.option("--host", help="the address to listen on (default 127.0.0.1)")
@click.option("--port", type=int, help="the port to listen on (default 8080)")
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="a TOML file of settings")
def command(bot: Path, host: str | None, port: int | None, config: Path | None) -> None:
    """Serve BOT to WhatsApp. Settings come from TALKTABLE_* variables, a TOML file and flags; see docs/running.md."""
    settings = settings_or_leave({"host": host, "port": port}, config)
    built = build_or_leave(bot)
    assert built.table is not None
    from runtime.telemetry import compiled, log_to

    log_to(level=settings.log_level.upper())
    compiled(built.table, len(built.diagnostics))
    # The server is imported when it is sure to start: what is wrong with settings or bot is said at once.
    from runtime.serve import serve
    from runtime.settings import SettingsError
    from runtime.store.port import StoreDown

    try:
        serve(built.table, bot, settings)
    except SettingsError as fault:
        leave(_listed(fault.faults), ENVIRONMENT)
    except StoreDown as fault:
        leave(f"the database {without_password(settings.database_url)} cannot be used: {fault}", ENVIRONMENT)


def settings_or_leave(flags: dict[str, object], config: Path | None, *, secrets_needed: bool = True) -> "Settings":
    """The settings; every fault of them is shown and ends the command."""
    from runtime.settings import SettingsError, read_settings

    try:
        return read_settings(os.environ, flags, config, secrets_needed=secrets_needed)
    except SettingsError as fault:
        leave(_listed(fault.faults), ENVIRONMENT)


def _listed(faults: list[str]) -> str:
    return "the settings cannot be used:\n" + "\n".join(f"  {fault}" for fault in faults)
