"""What a user and what an operator see when what a server stands on gives way: `docs/running.md`, "Bad days".

Elsewhere: a database that is away or full (`test_network`, `test_serve`), two processes on one file (`crash`), a clock
that is set (`test_clock`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from loguru import logger

from dsl.table import Action, Table
from runtime.__main__ import main
from tests.runtime.test_delivery import rows
from tests.runtime.test_settings import GIVEN
from tests.runtime.toy import Client, Graph, graph, running, table

ANA, BEN = "15550000001", "15550000002"


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Levels and words of what is logged, in the order in which it was."""
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(f"{line.record['level'].name} {line.record['message']}"),
                      level="WARNING")
    yield lines
    logger.remove(sink)


def play(folder: Path, story: Callable[[Client, Graph], Awaitable[None]], bot: Table | None = None) -> None:
    async def run() -> None:
        async with asyncio.timeout(60), graph() as api, running(api, folder, bot, settle=1) as client:
            await story(client, api)
    asyncio.run(run())


async def until(client: Client, folder: Path, statuses: list[int]) -> None:
    while sorted(status for status, *_ in rows(folder)) != statuses:
        await client.get("/readyz")


def test_an_action_that_never_answers_is_given_up_and_holds_nobody_else(tmp_path: Path, log: list[str]):
    (tmp_path / "actions.py").write_text(
        "import asyncio, threading\n\n\nasync def never(text):\n    await asyncio.Event().wait()\n\n\n"
        "def stuck(text):\n    threading.Event().wait()\n")
    bot = table({name: Action({"text": "text"}, "text", python=f"actions.{name}", timeout=1)
                 for name in ("never", "stuck")})

    async def story(client: Client, api: Graph) -> None:
        await client.say("call never", user=ANA)
        await client.say("call stuck", user=BEN)
        await client.say("hello")
        assert await api.text() == "1: hello"
        assert sorted(await api.texts(2)) == ["2: failed timeout"] * 2
    play(tmp_path, story, bot)
    assert log == ["WARNING an action took too long"] * 2


def test_pages_of_a_proxy_in_place_of_graphs_answers_are_nobodys_loss(tmp_path: Path, log: list[str]):
    page = "<html><head><title>502 Bad Gateway</title></head></html>"

    async def story(client: Client, api: Graph) -> None:
        api.answers = [(502, page), (200, page)]
        await client.say("twice")
        assert await api.texts(4) == ["1: one"] * 3 + ["1: two"]     # nobody told that the first had arrived
        await until(client, tmp_path, [1, 1])
    play(tmp_path, story)
    assert log == ["WARNING not delivered"] * 2


def test_a_conversation_whose_every_turn_fails_is_stopped_and_the_others_go_on(tmp_path: Path, log: list[str]):
    async def story(client: Client, api: Graph) -> None:
        for _ in range(22):
            await client.say("raise", user=ANA)
        assert await api.texts(20) == ["Sorry about that."] * 20
        await until(client, tmp_path, [1] * 20 + [2] * 2)

        await client.say("hello", user=BEN)
        assert await api.text() == "1: hello"
        await client.say("hello", user=ANA)                          # and so does it, when it can
        assert await api.text() == "1: hello"
    play(tmp_path, story)
    assert log.count("ERROR turn failed") == 22
    assert log.count("CRITICAL a bot repeats itself to one user: stopped") == 1


def test_a_bot_that_cannot_be_read_is_told_line_by_line_and_not_started(tmp_path: Path,
                                                                       monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "domain.yml").write_text("bot: small\nlanguages: [en]\nstart: main\n")
    (tmp_path / "bot" / "main.flow").write_text("flow main\n  -> nowhere\n")

    refused = CliRunner().invoke(main, ["run", "bot"])
    assert refused.exit_code == 1
    assert "error[F101]: there is no flow or menu named `nowhere`" in refused.output
    assert not (tmp_path / "talktable.db").exists()
