"""Bad roads between the server and what it needs: it answers, recovers, and loses nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
import uvicorn
from aiohttp import web

from dsl.table import Action, Http, Table
from runtime.channels import whatsapp
from runtime.serve import assemble
from runtime.store import postgres
from runtime.store.opening import open_store
from tests.proxy import Proxy, proxied
from tests.runtime.toy import Client, Graph, Listening, advance, graph, settings, table


@asynccontextmanager
async def serving(graph_url: str, folder: Path, database: str, bot: Table | None = None) -> AsyncIterator[Client]:
    told = settings(graph_url, database)
    store = open_store(database)
    await asyncio.to_thread(store.prepare)               # the proxy lives on this thread
    server = Listening(uvicorn.Config(assemble(bot or table(), folder, told, advance, store), log_config=None,
                                      access_log=False, http="httptools", port=0))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        await server.listens.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        yield Client(session, f"http://127.0.0.1:{port}")
    server.should_exit = True
    await task


Story = Callable[[Client, Graph, Proxy], Awaitable[None]]


def before_graph(folder: Path, story: Story) -> None:
    async def run() -> None:
        async with (asyncio.timeout(30), graph() as api,
                    proxied("127.0.0.1", urlsplit(api.url).port or 0) as proxy,
                    serving(f"http://127.0.0.1:{proxy.port}", folder, f"sqlite:///{folder / 'talk.db'}") as client):
            await story(client, api, proxy)
    asyncio.run(run())


def before_database(folder: Path, database: str, story: Story) -> None:
    async def run() -> None:
        there = urlsplit(database)
        async with asyncio.timeout(30), graph() as api, proxied(there.hostname or "", there.port or 0) as proxy:
            url = there._replace(netloc=f"postgres@127.0.0.1:{proxy.port}").geturl()
            async with serving(api.url, folder, url) as client:
                await story(client, api, proxy)
                proxy.is_hole = proxy.refuses = False
    asyncio.run(run())


async def said(client: Client, text: str, id: str) -> int:
    """How often a message was refused before it was taken."""
    refused = 0
    while await client.say(text, id) != 200:
        refused += 1
        await asyncio.sleep(0.1)
    return refused


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatsapp.WhatsApp, "timeout_s", 0.5)
    monkeypatch.setattr(whatsapp, "SEEN_S", 0.2)
    monkeypatch.setattr(postgres, "COMMAND_S", 0.5)
    monkeypatch.setattr(postgres, "CONNECT_S", 0.5)


@pytest.mark.usefixtures("impatient")
class TestGraph:
    def test_a_slow_road_does_not_keep_a_webhook_waiting(self, tmp_path: Path):
        async def story(client: Client, api: Graph, proxy: Proxy) -> None:
            proxy.latency_s = 0.1
            async with asyncio.timeout(0.1 * 3):
                assert await client.say("hello") == 200
            assert await api.text() == "1: hello"
        before_graph(tmp_path, story)

    def test_connections_that_are_reset_lose_no_message_and_change_no_order(self, tmp_path: Path):
        async def story(client: Client, api: Graph, proxy: Proxy) -> None:
            proxy.refuses = True
            for word in ("a", "b", "c"):
                assert await client.say(word) == 200
            await asyncio.sleep(0.2)
            proxy.refuses = False
            texts: list[str] = []
            while "3: c" not in texts:
                texts.append(await api.text())
            assert list(dict.fromkeys(texts)) == ["1: a", "2: b", "3: c"]
        before_graph(tmp_path, story)

    def test_a_hole_is_given_up_and_the_message_posted_when_it_is_gone(self, tmp_path: Path):
        async def story(client: Client, api: Graph, proxy: Proxy) -> None:
            proxy.is_hole = True
            assert await client.say("a") == 200
            await asyncio.sleep(0.3)
            proxy.is_hole = False
            assert await api.text() == "1: a"
        before_graph(tmp_path, story)


@pytest.mark.usefixtures("impatient")
class TestDatabase:
    def test_a_slow_one_is_waited_for(self, tmp_path: Path, database: str):
        async def story(client: Client, api: Graph, proxy: Proxy) -> None:
            proxy.latency_s = 0.01
            assert await client.say("hello") == 200
            assert await api.text() == "1: hello"
            proxy.latency_s = 0.0
        before_database(tmp_path, database, story)

    def test_a_connection_that_is_reset_is_replaced(self, tmp_path: Path, database: str):
        async def story(client: Client, api: Graph, proxy: Proxy) -> None:
            assert await said(client, "a", "m1") == 0
            for n, word in enumerate(("b", "c"), 2):
                proxy.reset()
                await said(client, word, f"m{n}")
            assert list(dict.fromkeys(await api.texts(3))) == ["1: a", "2: b", "3: c"]
        before_database(tmp_path, database, story)

    def test_a_hole_is_503_and_then_all_goes_on(self, tmp_path: Path, database: str):
        async def story(client: Client, api: Graph, proxy: Proxy) -> None:
            proxy.is_hole = True
            assert await client.say("a", "m1") == 503
            assert (await client.get("/readyz"))[0] == 503
            proxy.is_hole = False
            proxy.reset()                                            # what was swallowed is gone for good
            await said(client, "a", "m1")
            assert await api.text() == "1: a"
            assert (await client.get("/readyz"))[0] == 200
        before_database(tmp_path, database, story)


@pytest.mark.parametrize(("trouble", "kind"), [("is_hole", "timeout"), ("refuses", "failure")])
def test_an_action_behind_a_bad_road_takes_the_way_of_its_failure(tmp_path: Path, trouble: str, kind: str):
    async def answer(request: web.Request) -> web.Response:
        return web.json_response("fine")

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        async with asyncio.timeout(30), graph() as api, proxied("127.0.0.1", runner.addresses[0][1]) as proxy:
            shop = Action(returns="text", timeout=1, http=Http(method="GET", url=f"http://127.0.0.1:{proxy.port}/"))
            async with serving(api.url, tmp_path, f"sqlite:///{tmp_path / 'talk.db'}", table({"shop": shop})) as client:
                setattr(proxy, trouble, True)
                await client.say("call shop")
                assert await api.text() == f"2: failed {kind}"
                setattr(proxy, trouble, False)
                await client.say("call shop")
                assert await api.text() == '4: answered "fine"'
        await runner.cleanup()
    asyncio.run(run())
