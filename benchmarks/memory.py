"""How much larger a server is after ten thousand conversations that rest."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks.load import Load, all_replied, graph, post, webhooks
from benchmarks.servers import running

CONNECTIONS, REST_S = 64, 3.0
PER = 10_000


async def idle_mb(bot: Path, database: str, count: int = PER) -> tuple[float, float]:
    """Resident memory of the server before, and what it grew by for each 10,000 conversations, megabytes.

    The server is warm: a fifth of as many have been there before.
    """
    load = Load()
    server, port = await graph(load)
    with running(bot, database, port) as [served]:
        sizes = []
        for prefix, more in ((4000, count // 5), (4001, count)):
            await post(load, [served.port], webhooks(more, prefix), CONNECTIONS)
            await all_replied(load)
            await asyncio.sleep(REST_S)
            sizes.append(served.process.memory_info().rss / 1e6)
    server.close()
    return sizes[0], (sizes[1] - sizes[0]) * PER / count
