"""The server as a process that is killed, asked to stop, and started again."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.runtime.process import ROOT, Process, outlive
from tests.runtime.toy import USER, Graph

TOY = Path(__file__).with_name("toy.py")


def toy_in(folder: Path) -> Callable[[Graph], tuple[list[str], dict[str, str]]]:
    return lambda api: ([str(TOY), api.url, str(folder / "talk.db"), "0"], {})


def test_killed_and_started_again_the_conversation_goes_on(tmp_path: Path):
    async def story(process: Process, api: Graph) -> None:
        client = await process.start()
        await client.say("one", "wamid.1")
        assert await api.text() == "1: one"
        await process.end(signal.SIGKILL)

        client = await process.start()
        await client.say("one", "wamid.1")
        await client.say("two", "wamid.2")
        reply = await api.text()
        if reply == "1: one":                                    # it died before it noted that this was taken
            reply = await api.text()
        assert reply == "2: two"
    outlive(toy_in(tmp_path), story)


def test_what_was_on_its_way_when_it_was_killed_is_sent_by_the_next(tmp_path: Path):
    async def story(process: Process, api: Graph) -> None:
        client = await process.start()
        api.gate.clear()
        assert await client.say("twice", "wamid.1") == 200
        first = await api.message()                              # and no answer to it
        await process.end(signal.SIGKILL)

        api.gate.set()
        await process.start()
        again, second = await api.message(), await api.message()
        assert again == first
        assert second["text"]["body"] == "1: two"
    outlive(toy_in(tmp_path), story)


def test_asked_to_stop_it_ends_what_it_began(tmp_path: Path):
    async def story(process: Process, api: Graph) -> None:
        client = await process.start()
        api.gate.clear()
        assert await client.say("hello", "wamid.1") == 200
        assert await api.text() == "1: hello"
        process.process.terminate()
        await process.stopping()
        api.gate.set()
        assert await process.end(signal.SIGCONT) in (0, -signal.SIGTERM)

        with sqlite3.connect(tmp_path / "talk.db") as database:
            assert database.execute("SELECT status, provider_id FROM outbox").fetchall() == [(1, "wamid.out1")]
        assert [line["event"] for line in process.log if line["what"] == "turn"] == ["said"]
        assert USER not in json.dumps(process.log)
    outlive(toy_in(tmp_path), story)


def test_a_database_that_cannot_be_opened_is_told_at_the_start(tmp_path: Path):
    ended = subprocess.run(
        [sys.executable, str(TOY), "http://127.0.0.1:1", str(tmp_path / "no" / "talk.db"), "0"], cwd=ROOT,
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})

    assert ended.returncode != 0
    assert "StoreDown" in ended.stderr
