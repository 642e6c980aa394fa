"""From webhook to reply, over real HTTP on loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from toy import USER, Client, Graph, graph, running


def play(folder: Path, story: Callable[[Client, Graph], Awaitable[None]]) -> None:
    async def run() -> None:
        async with graph() as api, running(api, folder) as client:
            await story(client, api)
    asyncio.run(run())


def test_a_message_is_answered(tmp_path: Path):
    async def story(client: Client, api: Graph) -> None:
        assert await client.say("hello") == 200

        reply = await api.message()
        assert reply["to"] == f"+{USER}"
        assert reply["text"]["body"] == "1: hello"
    play(tmp_path, story)


def test_a_message_delivered_twice_is_answered_once(tmp_path: Path):
    async def story(client: Client, api: Graph) -> None:
        assert await client.say("hello", "wamid.same") == 200
        assert await client.say("hello", "wamid.same") == 200
        assert await client.say("again") == 200

        assert await api.texts(2) == ["1: hello", "2: again"]
    play(tmp_path, story)
