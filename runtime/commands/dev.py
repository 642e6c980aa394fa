"""`talktable dev`: the whole thing on one machine."""

import os
import secrets
import sys
import threading
from collections import UserDict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.commands.common import BOT, ENVIRONMENT, build_or_leave, leave
from runtime.commands.run import settings_or_leave

if TYPE_CHECKING:
    from uvicorn import Server

    from dsl.build import Build
    from runtime.settings import Settings


@click.command()
@BOT
@click.option("--port", type=int, help="the port of the webhook (default 8080)")
def command(bot: Path, port: int | None) -> None:
    """Serve BOT's webhook on this machine and talk to it here, in the terminal. (A page in the browser is to come.)"""
    from runtime.commands.chat import talk

    settings = _for_development(settings_or_leave({"port": port}, None, secrets_needed=False))
    built = build_or_leave(bot)
    click.echo(f"webhook   http://{settings.host}:{settings.port}/webhooks/whatsapp   "
               f"verify token {settings.whatsapp_verify_token}, app secret {settings.whatsapp_app_secret}\n"
               f"terminal  you can talk to `{built.table.bot if built.table else bot}` right here; the simulator and "
               f"inspector in the browser are not built yet\n")
    server = _serving(built, bot, settings)
    try:
        talk(bot, plain=not sys.stdin.isatty())
    finally:
        server.should_exit = True


def _for_development(settings: "Settings") -> "Settings":
    """What is not set is made up: nobody outside this machine can know it."""
    return replace(settings, development=True,
                   whatsapp_app_secret=settings.whatsapp_app_secret or secrets.token_hex(8),
                   whatsapp_verify_token=settings.whatsapp_verify_token or secrets.token_hex(8),
                   whatsapp_access_token=settings.whatsapp_access_token or secrets.token_hex(8),
                   whatsapp_phone_number_id=settings.whatsapp_phone_number_id or "100200300")


def _serving(built: "Build", bot: Path, settings: "Settings") -> "Server":
    """The webhook on a thread of its own, on a database in memory."""
    import uvicorn
    from loguru import logger

    from runtime.machine import advance
    from runtime.serve import assemble
    from runtime.settings import SettingsError
    from runtime.store.memory import MemoryStore

    logger.remove()
    assert built.table is not None
    try:
        app = assemble(built.table, bot, settings, advance, MemoryStore(), environment=_Lenient(os.environ))
    except SettingsError as fault:
        leave("\n".join(fault.faults), ENVIRONMENT)
    server = uvicorn.Server(uvicorn.Config(app, host=settings.host, port=settings.port, log_config=None,
                                           access_log=False, server_header=False))
    threading.Thread(target=server.run, name="webhook", daemon=True).start()
    return server


class _Lenient(UserDict[str, str]):
    """An environment in which every name is set: an action that wants one that is not fails when it is called."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return "https://not-set.invalid"
