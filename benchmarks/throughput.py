"""Signed webhooks over loopback against the full path: ack, turn, reply accepted by the Graph API.

    ./talk python -m benchmarks.throughput [--messages 3000] [--no-postgres]

Everything runs on this machine: the server in processes of its own, the load and a Graph API that accepts all here.
Every message is another user's, so every one is a new conversation. The ceiling is the same web server answering a
bare 200; only ratios to it, taken in the same run, mean anything.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvloop

from benchmarks.load import NUMBER, SECRET, Load, Request, graph, post, webhooks

ROOT = Path(__file__).parent.parent
CONNECTIONS = 64                             # webhooks under way at once, when saturated
PACED_S = 6.0
BOT = {"domain.yml": "bot: echo\nlanguages: [en]\nstart: main\n",
       "main.flow": 'flow main\n  say "Good day."\n  end\n'}
BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
async def hook(request: Request) -> PlainTextResponse:
    await request.body()
    return PlainTextResponse("ok")
uvicorn.run(Starlette(routes=[Route("/webhooks/whatsapp", hook, methods=["POST"])]), host="127.0.0.1",
            port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="warning", access_log=False)
"""


async def saturated(load: Load, ports: Sequence[int], requests: Sequence[Request]) -> float:
    """Webhooks a second with every connection busy."""
    return len(requests) / await post(load, ports, requests, CONNECTIONS)


async def paced(load: Load, ports: Sequence[int], rate: float, prefix: int) -> None:
    """`rate` webhooks a second for PACED_S, over eight connections."""
    await post(load, ports, webhooks(int(rate * PACED_S), prefix), 8, pace_s=8 / rate)


async def all_replied(load: Load, patience_s: float = 60.0) -> float:
    """When the last reply was accepted."""
    until = time.perf_counter() + patience_s
    while len(load.replied) < len(load.sent) and time.perf_counter() < until:
        await asyncio.sleep(0.02)
    return max(load.replied.values(), default=time.perf_counter())


def quantiles(values: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile, milliseconds."""
    ordered = sorted(values) or [float("nan")]
    return ordered[len(ordered) // 2] * 1000, ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000


@contextmanager
def processes(commands: Sequence[Sequence[str]], environment: dict[str, str], ports: Sequence[int]) -> Iterator[None]:
    """Servers, ready to be asked; ended afterwards."""
    running = [subprocess.Popen([sys.executable, *command], env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands]
    try:
        for port in ports:
            wait_for(port)
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"no server came up on port {port}")


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in held]
    for sock in held:
        sock.close()
    return ports


async def ceiling(count: int) -> float:
    [port] = free_ports(1)
    with processes([["-c", BARE, str(port)]], {}, [port]):
        await saturated(Load(), [port], webhooks(count // 4, 1000))
        return await saturated(Load(), [port], webhooks(count, 1001))


async def measured(name: str, database: str, processes_: int, count: int, bare: float, bot: Path) -> float:
    """Run one setting and print its row; gives acks a second."""
    load = Load()
    server, graph_port = await graph(load)
    ports = free_ports(processes_)
    environment = {
        "TALKTABLE_WHATSAPP_APP_SECRET": SECRET, "TALKTABLE_WHATSAPP_VERIFY_TOKEN": "throughput-verify-1",
        "TALKTABLE_WHATSAPP_ACCESS_TOKEN": "throughput-access-1", "TALKTABLE_WHATSAPP_PHONE_NUMBER_ID": NUMBER,
        "TALKTABLE_WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{graph_port}", "TALKTABLE_DATABASE_URL": database,
        "TALKTABLE_WHATSAPP_RATE": "0"}
    commands = [["-m", "runtime", "run", str(bot), "--port", str(port)] for port in ports]
    with processes(commands, environment, ports):
        await saturated(load, ports, webhooks(count // 8, 2000))
        await all_replied(load)
        for table in (load.sent, load.acked, load.replied):
            table.clear()
        requests = webhooks(count, 2001)
        start = time.perf_counter()
        acks = await saturated(load, ports, requests)
        turns = count / (await all_replied(load) - start)
        ack = quantiles([load.acked[user] - load.sent[user] for user in load.acked])
        lost = len(load.sent) - len(load.replied)
        for table in (load.sent, load.acked, load.replied):
            table.clear()
        await paced(load, ports, max(10.0, acks / 4), 2002)
        await all_replied(load)
        calm = quantiles([load.acked[user] - load.sent[user] for user in load.acked])
        reply = quantiles([load.replied[user] - load.acked[user] for user in load.replied])
    server.close()
    await asyncio.sleep(0.2)                 # its connections end
    print(f"{name:<26} {acks:7.0f}  {acks / bare:5.2f}   {turns:7.0f}  {turns / bare:5.2f}   {ack[0]:5.0f}"
          f" {ack[1]:6.0f}   {calm[0]:5.1f} {calm[1]:6.1f}   {reply[0]:6.1f} {reply[1]:6.1f}   {lost + load.refused:4}")
    return acks


def fsync_ms(folder: Path, rounds: int = 50) -> float:
    """Median milliseconds of a small write that reaches the disk."""
    took = []
    with (folder / "probe").open("wb", buffering=0) as probe:
        for _ in range(rounds):
            probe.write(b"x" * 4096)
            start = time.perf_counter()
            os.fsync(probe.fileno())
            took.append(time.perf_counter() - start)
    return sorted(took)[rounds // 2] * 1000


def run(count: int, *, with_postgres: bool) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        bot = folder / "echo"
        bot.mkdir()
        for name, text in BOT.items():
            (bot / name).write_text(text)
        bare = uvloop.run(ceiling(count))
        print(f"bare 200: {bare:.0f}/s   fsync: {fsync_ms(folder):.2f} ms   {count} messages, "
              f"{CONNECTIONS} connections\n")
        print(f"{'':<26} {'acks/s':>7}  {'ratio':>5}   {'turns/s':>7}  {'ratio':>5}   {'ack p50':>5} {'p99 ms':>6}"
              f"   {'paced':>5} {'p99 ms':>6}   {'reply':>6} {'p99 ms':>6}   {'lost':>4}")
        embedded = uvloop.run(measured("embedded", f"sqlite:///{folder}/echo.db", 1, count, bare, bot))
        if with_postgres:
            from tests.postgres import database_on, started

            with started() as postgres, database_on(postgres.url) as first, database_on(postgres.url) as second:
                one = uvloop.run(measured("PostgreSQL, 1 process", first, 1, count, bare, bot))
                two = uvloop.run(measured("PostgreSQL, 2 processes", second, 2, count, bare, bot))
            print(f"\nPostgreSQL with one process reaches {one / embedded:.2f} of embedded, "
                  f"with two {two / one:.2f} of one")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--no-postgres", action="store_true")
    told = parser.parse_args()
    run(told.messages, with_postgres=not told.no_postgres)


if __name__ == "__main__":
    main()
