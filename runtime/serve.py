"""The place where the parts are joined: a table and settings become a server.

    webhook ─▶ worker (one tick: store, turns) ─▶ outbox ─▶ channel, actions ─▶ worker …
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from loguru import logger
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.types import ASGIApp

from dsl.table import Retention, Table
from runtime import machine
from runtime.actions import ActionsError, Function, closed_addresses, load_functions, missing_environment
from runtime.calls import Actions
from runtime.channels.port import Forgetful, Known
from runtime.channels.uploads import Uploads
from runtime.channels.whatsapp import WhatsApp, connections
from runtime.clock import Clock, SteadyClock
from runtime.media import Media
from runtime.outbox import Outbox
from runtime.outgoing import outgoing
from runtime.settings import Settings, SettingsError
from runtime.store.janitor import Janitor
from runtime.store.opening import open_store
from runtime.store.port import Store
from runtime.store.uploads import Uploaded
from runtime.turns import Advance, Turns
from runtime.web.app import application
from runtime.web.webhook import Webhook
from runtime.worker import Worker

FORGETFUL = Forgetful()
DAY_S = 86_400
GARBAGE = 20_000                             # objects that are made before it is looked through what may be garbage
DRAIN_S = 10.0                               # how long a stopping process lets its posts end


def serve(table: Table, folder: Path, settings: Settings, advance: Advance = machine.advance) -> None:
    """Answer webhooks until told to stop (SIGTERM, SIGINT), then let what is under way end.

    Raises:
        SettingsError: the bot's actions want something that is not there.
        StoreDown: the database cannot be opened.
    """
    server(table, folder, settings, advance).run()


def server(table: Table, folder: Path, settings: Settings, advance: Advance = machine.advance) -> Server:
    """A server to be run, in this thread or another; it ends when its `should_exit` is set. Raises like `serve`."""
    store = open_store(settings.database_url)
    store.prepare()
    known = Uploaded(settings.database_url, settings.whatsapp_phone_number_id)
    app = assemble(table, folder, settings, advance, store, known=known)
    config = uvicorn.Config(app, host=settings.host, port=settings.port, loop="auto", http="httptools",
                            log_config=None, access_log=False, server_header=False, proxy_headers=False,
                            timeout_graceful_shutdown=int(DRAIN_S))
    return Server(config)


def kept(table: Table, settings: Settings) -> Retention:
    """How long what is stored is kept: as the bot's domain says, but for what the operator has set."""
    told = {name: getattr(settings, f"keep_{name}") for name in Retention.__struct_fields__}
    return replace(table.retention, **{name: DAY_S * days for name, days in told.items() if days is not None})


class Server(uvicorn.Server):
    """Says when webhooks can come, and where."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is there now stays, and little of what comes is a circle: looking for those takes a tenth of all time.
        self._garbage = gc.get_threshold()
        gc.freeze()
        gc.set_threshold(GARBAGE)
        for server in self.servers:
            for listening in server.sockets:
                host, port, *_ = listening.getsockname()
                logger.bind(host=host, port=port).info("listening")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        gc.set_threshold(*self._garbage)     # who goes on without it, as tests do, cleans up as before
        gc.unfreeze()


def assemble(table: Table, folder: Path, settings: Settings, advance: Advance, store: Store,
             clock: Clock | None = None, environment: Mapping[str, str] = os.environ,
             known: Known = FORGETFUL) -> ASGIApp:
    """The application on a prepared store; it closes the store when it ends.

    Args:
        known: files of the bot that were brought to the platform before; closed with the store.

    Raises:
        SettingsError: the bot's actions want something that is not there.
    """
    functions = _functions(table, folder, environment, development=settings.development)
    turns, clock = Turns(table, advance), clock or SteadyClock()

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with _outbox(table, folder, settings, functions, environment, known, clock) as outbox:
            worker = Worker(store, turns, turns.failed, clock, outbox.committed, outbox.lease_ms,
                            _settle_ms(table, settings), tidy=Janitor(store, kept(table, settings)).step)
            worker.start()
            try:
                yield {"worker": worker}
            finally:
                logger.info("stopping")
                await outbox.drain(DRAIN_S)
                await asyncio.to_thread(worker.stop)
                store.close()

    webhook = Webhook(settings.whatsapp_phone_number_id, settings.app_secrets, settings.whatsapp_verify_token, clock)
    return application(webhook, life)


def _functions(table: Table, folder: Path, environment: Mapping[str, str], *, development: bool
               ) -> Mapping[str, Function]:
    """The bot's own, once all is there that its actions want."""
    try:
        faults, functions = missing_environment(table, environment), load_functions(table, folder)
    except ActionsError as fault:
        faults, functions = [*missing_environment(table, environment), *str(fault).splitlines()], {}
    faults = faults or closed_addresses(table, environment, development)
    if faults:
        raise SettingsError(faults)
    return functions


@asynccontextmanager
async def _outbox(table: Table, folder: Path, settings: Settings, functions: Mapping[str, Function],
                  environment: Mapping[str, str], known: Known, clock: Clock) -> AsyncIterator[Outbox]:
    """What posts, on connections that end with this: the channel, its files, the actions."""
    graph = settings.whatsapp_graph_url, settings.whatsapp_graph_version
    number, token = settings.whatsapp_phone_number_id, settings.whatsapp_access_token
    # How many posts are under way at once, the worker decides.
    async with (aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
                outgoing(settings.development) as guarded):
        with (closing(connections(*graph, number, token)) as posts,
              closing(Uploads(session, *graph, number, token, folder, table.media, known, clock)) as files):
            actions = Actions(table, functions, guarded, environment, development=settings.development,
                              media=Media(session, *graph, token))
            yield Outbox(WhatsApp(posts, files if table.media else None), actions, clock, rate=settings.whatsapp_rate,
                         settle_ms=_settle_ms(table, settings), sets_aside=_sets_aside(table))


def _sets_aside(table: Table) -> bool:
    return table.delivery.in_doubt == "set aside"


def _settle_ms(table: Table, settings: Settings) -> int:
    return max(1_000 * settings.settle, int(_sets_aside(table)))             # 0: what is in doubt goes at once
