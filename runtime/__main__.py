"""The command: `talktable check | fmt | test | chat | run …`; the place where the parts are joined.

A command is a module of `runtime/commands/` that is imported when it is called, so that none pays for another:
the first output of any of them comes within a quarter of a second.

Exit codes: 0 fine, 1 problems found, 2 wrong usage, 3 the environment (a missing file, a port in use).
"""

import importlib
import sys

import click

from runtime.commands.common import ENVIRONMENT, leave

COMMANDS = {
    "new": "a bot that already checks, chats and tests",
    "check": "everything the compiler proves",
    "explain": "what a code means, with an example before and after",
    "fmt": "the one layout",
    "build": "the table and its source map",
    "test": "play the stories",
    "chat": "the bot in the terminal",
    "dev": "the whole thing on one machine",
    "sim": "WhatsApp on this machine, for a bot that runs beside it",
    "run": "webhooks, turns and deliveries in production",
    "backup": "a copy of everything, made while the bot runs",
    "restore": "what a backup holds, put into an empty database",
    "db": "the database's tables: their version, bringing them to this program's",
    "dlq": "dead letters: look at them, post them again, drop them",
    "graph": "the picture",
    "locales": "translations: find what is new, keep what is done",
}


class Lazy(click.Group):
    """A group that knows its commands by name and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"runtime.commands.{name}").command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """The command; a fault of ours ends it with one line and a file that holds the rest."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as fault:
            if isinstance(fault, OSError) and fault.filename is not None:      # no such folder, a full disk
                leave(f"{fault.filename}: {(fault.strerror or 'it cannot be used').lower()}", ENVIRONMENT)
            import tempfile
            import traceback

            with tempfile.NamedTemporaryFile("w", prefix="talktable-", suffix=".txt", delete=False) as kept:
                traceback.print_exc(file=kept)
            click.echo(f"talktable: this is our fault, not yours: please report it with {kept.name}", err=True)
            sys.exit(ENVIRONMENT)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="talktable")
def main() -> None:
    """Conversations on WhatsApp, written in a language of their own, checked before anyone reads them."""


if __name__ == "__main__":
    sys.exit(main())
