"""The real server and the simulator beside each other, over real HTTP on loopback, on the simulator's clock."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import aiohttp
import uvicorn

from dsl.build import build
from dsl.table import Table
from runtime import machine
from runtime.serve import assemble
from runtime.settings import Settings
from runtime.sim.app import Webhook, application, listening
from runtime.sim.simulator import Simulator
from runtime.store.sql import SqlStore
from runtime.store.uploads import Uploaded
from runtime.turns import Advance
from tests.runtime.toy import Listening

ROOT = Path(__file__).parent.parent.parent.parent
CLINIC = ROOT / "bots" / "clinic"
SECRET, VERIFY, TOKEN, ACCOUNT = "a-secret-of-the-app", "a-token-to-verify", "simulated-access-token", "100200300"


@cache
def clinic() -> Table:
    built = build(CLINIC)
    assert built.table is not None
    return built.table


@asynccontextmanager
async def beside(folder: Path, table: Table, bot: Path, advance: Advance, seed: int = 0) -> AsyncIterator[Simulator]:
    """A simulator whose webhooks go to the server, which calls it back."""
    graph, web = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{graph.getsockname()[1]}"
    settings = Settings(whatsapp_app_secret=SECRET, whatsapp_verify_token=VERIFY, whatsapp_access_token=TOKEN,
                        whatsapp_phone_number_id=ACCOUNT, whatsapp_graph_url=url,
                        database_url=f"sqlite:///{folder / 'talk.db'}")
    store = SqlStore(settings.database_url)
    store.prepare()
    async with aiohttp.ClientSession() as session:
        hook = Webhook(session, f"http://127.0.0.1:{web.getsockname()[1]}/webhooks/whatsapp")
        simulator = Simulator(hook.post, seed=seed, secrets=[SECRET], token=TOKEN, url=url)
        known = Uploaded(settings.database_url, ACCOUNT, simulator.clock)
        app = assemble(table, bot, settings, advance, store, simulator.clock, known=known)
        server = Listening(uvicorn.Config(app, log_config=None, access_log=False, http="httptools"))
        async with listening(application(simulator), graph):
            task = asyncio.create_task(server.serve([web]))
            await server.listens.wait()
            assert await hook.handshake(VERIFY, "42") == ""
            yield simulator
            server.should_exit = True
            await task
            simulator.close()


def talk(folder: Path, story: Callable[[Simulator], Awaitable[None]], seed: int = 0, table: Table | None = None,
         bot: Path = CLINIC, advance: Advance = machine.advance) -> None:
    async def run() -> None:
        async with asyncio.timeout(60), beside(folder, table or clinic(), bot, advance, seed) as simulator:
            await story(simulator)
    asyncio.run(run())
