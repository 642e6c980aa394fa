"""What several commands share: finding a bot, showing diagnostics, leaving with the right code."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from dsl.build import Build

PROBLEMS, USAGE, ENVIRONMENT = 1, 2, 3

BOT = click.argument("bot", type=click.Path(exists=True, file_okay=False, path_type=Path))


def wants_colour() -> bool:
    return sys.stdout.isatty()


def build_or_leave(folder: Path) -> "Build":
    """The compiled bot; its errors are shown on stderr and end the command."""
    from dsl.build import build
    from dsl.render import text

    built = build(folder)
    if built.table is None:
        click.echo(text(built.diagnostics, built.sources, str(folder), colour=sys.stderr.isatty()), err=True, nl=False)
        sys.exit(PROBLEMS)
    return built


def leave(message: str, code: int) -> NoReturn:
    """One line that says what is wrong and what to do, and the exit code that goes with it."""
    click.echo(f"talktable: {message}", err=True)
    sys.exit(code)


def without_password(url: str) -> str:
    """The address of a database as it may be shown.

    >>> without_password("postgresql://bot:s3cret@db.example.com/bot?password=s3cret")
    'postgresql://bot:***@db.example.com/bot'
    """
    return re.sub(r"//([^:/]*):.*@", r"//\1:***@", url.partition("?")[0])
