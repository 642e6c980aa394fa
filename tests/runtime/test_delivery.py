"""What became of messages, over real HTTP: lost answers, statuses, dead letters, from the webhook to the database."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from dsl.table import Delivery, Table
from runtime.events import Said
from runtime.store import dead
from runtime.store.port import Inbound, Posting, Work
from runtime.store.sql import SqlStore
from runtime.turns import Turns
from tests.runtime.toy import ACCOUNT, USER, Client, Graph, advance, graph, running, table


def play(folder: Path, story: Callable[[Client, Graph], Awaitable[None]], settle: int = 0,
         bot: Table | None = None) -> None:
    async def run() -> None:
        async with asyncio.timeout(60), graph() as api, running(api, folder, bot, settle=settle) as client:
            await story(client, api)
    asyncio.run(run())


def killed_while_posting(folder: Path) -> list[Posting]:
    """Two messages that a process took to post before it died; nobody knows what became of them."""
    store = SqlStore(f"sqlite:///{folder / 'talk.db'}")
    store.prepare()
    event = msgspec.json.encode(Said("twice")).decode()
    inbound = Inbound(f"whatsapp:{ACCOUNT}:{USER}", "wamid.0", event, address=f"+{USER}")
    (run,) = store.tick(Work(now=1, inbound=(inbound,)), Turns(table(), advance)).runs
    store.close()
    return list(run.postings)


def rows(folder: Path) -> list[tuple[int, str | None, int]]:
    """Status, delivery and attempts of every posting."""
    store = SqlStore(f"sqlite:///{folder / 'talk.db'}")
    found = store.transaction(lambda connection: connection.exec_driver_sql(
        "SELECT status, delivery, attempts FROM outbox ORDER BY id").all())
    store.close()
    return [tuple(row) for row in found]


def test_what_a_killed_process_had_sent_is_not_sent_again(tmp_path: Path):
    first, _ = killed_while_posting(tmp_path)

    async def story(client: Client, api: Graph) -> None:
        await client.get("/readyz")                                  # a tick has looked for what is unsent
        await client.status("wamid.lost1", "delivered", first.key)
        assert await api.text() == "1: two"
    play(tmp_path, story, settle=2)                                  # the second, too, may have been sent
    assert rows(tmp_path)[0] == (1, "delivered", 0)


def test_what_nobody_told_of_is_sent_after_its_time(tmp_path: Path):
    killed_while_posting(tmp_path)

    async def story(client: Client, api: Graph) -> None:
        assert await api.texts(2) == ["1: one", "1: two"]
    play(tmp_path, story, settle=1)


def test_or_set_aside_where_the_bot_says_so_until_a_person_decides(tmp_path: Path):
    killed_while_posting(tmp_path)

    async def story(client: Client, api: Graph) -> None:
        while [status for status, *_ in rows(tmp_path)] != [2, 2]:
            await client.get("/readyz")
        await client.say("hello")
        assert await api.text() == "2: hello"                        # the conversation goes on
        while [status for status, *_ in rows(tmp_path)] != [2, 2, 1]:
            await client.get("/readyz")

        store = SqlStore(f"sqlite:///{tmp_path / 'talk.db'}")
        first, _ = store.transaction(dead.dead_letters)
        assert first.error == "may have been sent: nothing was heard of it"
        store.transaction(lambda connection: dead.retry(connection, [first.id]))
        store.close()
        assert await api.text() == "1: one"                          # a person said so: it goes
    play(tmp_path, story, settle=1, bot=replace(table(), delivery=Delivery("set aside")))


def test_the_furthest_word_is_kept(tmp_path: Path):
    async def story(client: Client, api: Graph) -> None:
        await client.say("hello")
        key = (await api.message())["biz_opaque_callback_data"]
        for word in ("read", "sent", "delivered"):
            assert await client.status("wamid.out1", word, key) == 200
    play(tmp_path, story)
    assert rows(tmp_path) == [(1, "read", 0)]


def test_a_message_that_fails_later_is_sent_again_alone(tmp_path: Path):
    async def story(client: Client, api: Graph) -> None:
        await client.say("twice")
        keys = [(await api.message())["biz_opaque_callback_data"] for _ in range(2)]
        await client.status("wamid.out1", "failed", keys[0], 131000)
        again = await api.message()
        assert (again["biz_opaque_callback_data"], api.posts.empty()) == (keys[0], True)
    play(tmp_path, story)


def test_a_dead_letter_is_posted_again_when_a_person_says_so(tmp_path: Path):
    async def story(client: Client, api: Graph) -> None:
        api.answers = [(400, '{"error": {"code": 132000}}')]
        await client.say("twice")
        assert await api.texts(2) == ["1: one", "1: two"]
        await client.say("hello")
        assert await api.text() == "2: hello"
        while [status for status, *_ in rows(tmp_path)] != [2, 1, 1]:
            await client.get("/readyz")

        store = SqlStore(f"sqlite:///{tmp_path / 'talk.db'}")        # beside the server, as the command does
        (letter,) = store.transaction(dead.dead_letters)
        assert (letter.error, letter.step) == ("400 code 132000", "main.word")
        assert store.transaction(lambda connection: dead.retry(connection, [letter.id])) == [letter.id]
        store.close()
        assert await api.text() == "1: one"
    play(tmp_path, story)
