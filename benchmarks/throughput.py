"""Signed webhooks over loopback against the full path: ack, turn, reply accepted by the Graph API; memory; growth.

    python benchmarks/throughput.py [--quick] [--format json] [--messages 3000] [--no-postgres] [--only growth]

Everything runs on this machine: the server in processes of its own, the load and a Graph API that accepts all here.
Every message is another user's, so every one is a new conversation; only in `growth` those write who have written
before. The ceiling is the same web server answering a bare 200; only ratios to it, of one run, mean anything.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

import uvloop

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.growth import grown, processes_cpu_s
from benchmarks.load import Load, all_replied, graph, post, webhooks
from benchmarks.memory import idle
from benchmarks.report import Grown, Report, Row, Spread
from benchmarks.servers import echo, free_ports, processes, running
from tests.postgres import database_on, started

CONNECTIONS = 128                            # webhooks under way at once, when saturated: so many that nobody idles
ROUNDS = 5                                   # saturated, and as many of the ceiling, by turns
PACED_S = 6.0
STORED = (1_000, 100_000, 1_000_000)         # conversations
SECTIONS = ("throughput", "memory", "growth")
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

Made = Callable[[], AbstractContextManager[str]]               # a new database, by its address; gone afterwards


async def saturated(load: Load, ports: Sequence[int], messages: int, prefix: int) -> tuple[float, float]:
    """Webhooks acked a second, and replied to."""
    load.clear()
    requests, start = webhooks(messages, prefix), time.perf_counter()
    took = await post(load, ports, requests, CONNECTIONS)
    return messages / took, messages / (await all_replied(load) - start)


async def ceiling(port: int, messages: int, prefix: int) -> float:
    return messages / await post(Load(), [port], webhooks(messages, prefix), CONNECTIONS)


async def measured(setting: str, database: str, servers: int, messages: int, bot: Path) -> Row:
    load = Load()
    server, graph_port = await graph(load)
    [bare_port] = free_ports(1)
    with processes([["-c", BARE, str(bare_port)]], [bare_port]), running(bot, database, graph_port, servers) as served:
        ports = [one.port for one in served]
        for _ in range(2):                                   # everything is imported, compiled and connected
            await ceiling(bare_port, messages // 4, 1000)
            await saturated(load, ports, messages // 4, 2000)
        bare, rounds, acks, lost = [], [], list[float](), 0
        for nth in range(ROUNDS):
            bare.append(await ceiling(bare_port, messages, 1001 + nth))
            rounds.append(await saturated(load, ports, messages, 2001 + nth))
            acks += [load.acked[user] - load.sent[user] for user in load.acked]
            lost += len(load.sent) - len(load.replied)
        acks_s, turns_s = (median(each) for each in zip(*rounds, strict=True))
        load.clear()
        rate = max(10.0, acks_s / 4)
        await post(load, ports, webhooks(int(rate * PACED_S), 3000), 8, pace_s=8 / rate)
        await all_replied(load)
        calm = Spread.of([load.acked[user] - load.sent[user] for user in load.acked])
        reply = Spread.of([load.replied[user] - load.acked[user] for user in load.replied])
    server.close()
    return Row(setting, median(bare), acks_s, turns_s, Spread.of(acks), calm, reply, lost + load.refused)


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


@contextmanager
def _file(folder: Path, numbers: Iterator[int]) -> Iterator[str]:
    path = folder / f"{next(numbers)}.db"
    try:
        yield f"sqlite:///{path}"
    finally:
        for file in folder.glob(f"{path.name}*"):
            file.unlink()


def run(report: Report, only: Sequence[str], stored: Sequence[int], folder: Path, *, with_postgres: bool) -> None:
    """Fill in the sections that are asked for."""
    bot, sqlite = echo(folder), partial(_file, folder, count())
    with started(own=True) if with_postgres else nullcontext() as server:
        postgres: Made | None = partial(database_on, server.url) if server else None
        if "throughput" in only:
            of_postgres = [("PostgreSQL, 1 process", postgres, 1), ("PostgreSQL, 2 processes", postgres, 2)]
            for setting, made, servers in [("embedded", sqlite, 1), *(of_postgres if postgres else ())]:
                said(f"{setting}: {ROUNDS} rounds, then paced")
                with made() as url:
                    report.rows.append(uvloop.run(measured(setting, url, servers, report.messages, bot)))
        if "memory" in only:
            said("memory of idle conversations")
            with sqlite() as url:
                report.memory_mb = uvloop.run(idle(bot, url))
        if "growth" in only:
            report.growth += growth("SQLite", sqlite, stored, bot, float)
            if server and postgres:
                report.growth += growth("PostgreSQL", postgres, stored, bot, partial(processes_cpu_s, server.pid))


def growth(name: str, made: Made, stored: Sequence[int], bot: Path, database_cpu_s: Callable[[], float]) -> list[Grown]:
    said(f"{name}: growth to {stored[-1]:,} stored conversations")
    with ExitStack() as stack:
        databases = [(many, stack.enter_context(made())) for many in stored]
        return uvloop.run(grown(name, bot, databases, database_cpu_s))


def said(what: str) -> None:
    """Ten minutes are long: what is under way, beside the result."""
    print(f"{what} …", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--only", choices=SECTIONS, help="one section")
    parser.add_argument("--quick", action="store_true", help="a third of the messages, and no million")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        report = Report(asked.messages // (3 if asked.quick else 1), fsync_ms(folder))
        run(report, [asked.only] if asked.only else SECTIONS, STORED[:2] if asked.quick else STORED, folder,
            with_postgres=not asked.no_postgres)
    print(report.as_json() if asked.format == "json" else report.as_text())


if __name__ == "__main__":
    main()
