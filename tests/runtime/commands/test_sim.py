"""`talktable sim` as a process beside `talktable run`: what it prints is all that the other needs."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import aiohttp
from click.testing import CliRunner

from runtime.__main__ import main

ROOT = Path(__file__).parent.parent.parent.parent


def test_it_says_what_a_bot_beside_it_needs_and_ends_when_told():
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime", "sim", "--port", "0", "--webhook", "http://127.0.0.1:1/x", "--app-secret",
         "a b"], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "TALKTABLE_WHATSAPP_VERIFY_TOKEN": "from-outside"})
    assert process.stdout
    lines = []
    while not (lines and lines[-1].startswith("waiting")):
        lines.append(process.stdout.readline())
    process.send_signal(signal.SIGINT)

    assert process.wait(10) == 0
    told = dict(re.findall(r"^export TALKTABLE_WHATSAPP_(\w+)=(.*)$", "".join(lines), re.M))
    assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d+", told.pop("GRAPH_URL"))
    assert told == {"APP_SECRET": "'a b'", "VERIFY_TOKEN": "from-outside", "ACCESS_TOKEN": "simulated-access-token",
                    "PHONE_NUMBER_ID": "100200300"}


def test_a_port_that_is_taken_is_said_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = CliRunner().invoke(main, ["sim", "--port", str(taken.getsockname()[1])])

    assert result.exit_code == 3
    assert result.output.startswith("talktable: cannot listen on 127.0.0.1:")


USERS = [f"15557770{n}" for n in range(100, 112)]


def test_beside_run_everything_is_handled_and_sent_once_on_a_bad_day(tmp_path: Path):
    """The walk of docs/simulator.md, on ports that are free."""
    port = _free_port()
    with _begun("sim", "--port", "0", "--bot", "bots/clinic", "--webhook",
                f"http://127.0.0.1:{port}/webhooks/whatsapp") as simulator:
        assert simulator.stdout
        printed = "".join(takewhile(lambda line: not line.startswith("waiting"), simulator.stdout))
        told = dict(re.findall(r"^export (\w+)=(.*)$", printed, re.M))
        with _begun("run", "bots/clinic", "--port", str(port), TALKTABLE_DATABASE_URL=f"sqlite:///{tmp_path}/talk.db",
                    **told):
            while simulator.stdout.readline() != "the webhook answered the handshake\n":
                pass
            summary = asyncio.run(_bad_day(told["TALKTABLE_WHATSAPP_GRAPH_URL"] + "/sim"))

    assert summary["exact"], summary
    assert summary["inbound"]["deliveries"] > summary["inbound"]["messages"] == 2 * len(USERS)
    assert summary["outbound"]["attempts"] > summary["outbound"]["accepted"] == 4 * len(USERS)
    assert summary["outbound"]["answers lost"] > 0


async def _bad_day(control: str) -> dict[str, Any]:
    """Everybody says hi and asks for the opening hours; the account, when nothing is owed any more."""
    async with asyncio.timeout(90), aiohttp.ClientSession() as session:
        async def post(what: str, **told: object) -> int:
            async with session.post(f"{control}/{what}", json=told) as response:
                return response.status

        async def account(of_each: int) -> dict[str, Any]:
            while True:
                async with session.get(f"{control}/ledger") as response:
                    summary: dict[str, Any] = (await response.json())["summary"]
                if summary["exact"] and summary["outbound"]["keys"] == of_each * len(USERS):
                    return summary
                await asyncio.sleep(0.1)

        await post("faults", target="messages", lost="after", chance=0.1)
        await post("faults", target="messages", code=130429, chance=0.2)
        await post("network", reorder_ms=500, duplicates=0.1, lost_acks=0.1)
        for user in USERS:
            await post("say", user=user, text="hi")
        await account(2)
        for user in USERS:
            assert await post("tap", user=user, title="Opening hours") == 200
        return await account(4)


@contextmanager
def _begun(*command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-m", "runtime", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.DEVNULL,
                               env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment})
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
