"""How much larger a server is after ten thousand conversations that rest, and after ten thousand more."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks.load import Load, all_replied, graph, post, webhooks
from benchmarks.report import Memory
from benchmarks.servers import running

CONNECTIONS, REST_S = 64, 3.0
CONVERSATIONS = 10_000


async def idle(bot: Path, database: str) -> Memory:
    """Resident memory of a server that has answered a few, and what it grows by."""
    load = Load()
    server, port = await graph(load)
    sizes = []
    with running(bot, database, port) as [served]:
        for prefix, more in ((4000, CONVERSATIONS // 10), (4001, CONVERSATIONS), (4002, CONVERSATIONS)):
            await post(load, [served.port], webhooks(more, prefix), CONNECTIONS)
            await all_replied(load)
            load.clear()
            await asyncio.sleep(REST_S)
            sizes.append(served.process.memory_info().rss / 1e6)
    server.close()
    few, first, further = sizes
    return Memory(few, first - few, further - first)
