"""`talktable locales`: translations, found in the flows and kept in `locales/<tag>.po`."""

from pathlib import Path

import click

from runtime.commands.common import BOT, build_or_leave


@click.group()
def command() -> None:
    """Translations."""


@command.command()
@BOT
def update(bot: Path) -> None:
    """Write what is new in BOT's texts into locales/*.po; translations that still fit are kept."""
    from dsl.build import translatables
    from dsl.locales import update_locales

    built = build_or_leave(bot)
    for line in update_locales(bot, translatables(built)):
        click.echo(line)
