"""What a turn costs, and doing nothing, beside a thousand stored conversations and beside a million.

Cost is processor time of the server and of the database. Every size has a database and a server of its own; they are
measured in turn, again and again, and the least counts. Everybody who writes has written before.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.load import Load, Request, all_replied, graph, post, webhook
from benchmarks.report import Grown
from benchmarks.servers import Served, running
from benchmarks.stored import MODEL, fill, users

CONNECTIONS, ROUNDS, TURNS = 32, 9, 1_000
REST_S = 3.0


@dataclass
class Size:
    """One database of a size, and what was measured on it."""

    stored: int
    served: Served
    load: Load
    database_cpu_s: Callable[[], float]
    turn_us: list[tuple[float, float]] = field(default_factory=list)     # in all, and the database's part

    @property
    def cpu_s(self) -> tuple[float, float]:
        database = self.database_cpu_s()
        return self.served.cpu_s + database, database

    async def turns(self, requests: Sequence[Request]) -> None:
        self.load.clear()
        before = self.cpu_s
        await post(self.load, [self.served.port], requests, CONNECTIONS)
        await all_replied(self.load)
        total, database = ((after - then) / len(requests) * 1e6 for after, then in zip(self.cpu_s, before, strict=True))
        self.turn_us.append((total, database))

    async def idle_ms(self) -> float:
        """Of a second in which nothing happens."""
        before, _ = self.cpu_s
        await asyncio.sleep(REST_S)
        return (self.cpu_s[0] - before) / REST_S * 1e3


async def grown(name: str, bot: Path, databases: Sequence[tuple[int, str]],
                database_cpu_s: Callable[[], float]) -> list[Grown]:
    """Fill these databases with as many conversations, and measure.

    Args:
        databases: number of conversations, address of an empty database.
        database_cpu_s: processor time that the database itself has taken so far, seconds.
    """
    dice = random.Random(1)
    async with AsyncExitStack() as stack:
        sizes = [await stack.enter_async_context(_stored(bot, database, count, database_cpu_s))
                 for count, database in databases]
        for nth in range(1, ROUNDS + 1):
            for size in sizes:
                who = dice.sample(users(size.stored), min(size.stored, TURNS))
                await size.turns([(user, webhook(user, nth)) for user in who])
        return [Grown(name, size.stored, *min(size.turn_us), await size.idle_ms()) for size in sizes]


@asynccontextmanager
async def _stored(bot: Path, database: str, count: int, database_cpu_s: Callable[[], float]) -> AsyncIterator[Size]:
    load = Load()
    server, port = await graph(load)
    with running(bot, database, port) as [served]:
        await post(load, [served.port], [(MODEL, webhook(MODEL))], 1)
        await all_replied(load)
        await asyncio.sleep(1.0)             # until it is marked as sent
    await fill(database, count)
    with running(bot, database, port) as [served]:
        yield Size(count, served, load, database_cpu_s)
    server.close()


def processes_cpu_s(pid: int) -> float:
    """Processor time of a process and of what it has begun, the ended included, seconds."""
    process = psutil.Process(pid)
    own = process.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return float(total)
