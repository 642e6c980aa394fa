"""Three servers on PostgreSQL beside the simulator: one is killed, one stands still, and its ledger comes out exact."""

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp

from runtime.sim.app import Webhook, alive, application, listening
from runtime.sim.clock import Clock, real
from runtime.sim.ledger import Ledger
from runtime.sim.simulator import Simulator
from runtime.sim.wire import Network
from tests.crash.process import POST_S, SCAN_MS
from tests.crash.servers import ASK_S, Servers
from tests.crash.test_crashes import BUSY_S, HELD_S
from tests.runtime.toy import SECRET

MESSAGES, A_SECOND = 200, 25
SETTLE_S = 2                                 # the simulator tells within a second what became of a message


def test_the_third_carries_on_and_everything_is_sent_once(database: str, tmp_path: Path, told: Callable[[str], None]):
    async def story(simulator: Simulator, servers: Servers) -> None:
        talking = asyncio.create_task(_talk(simulator))
        await simulator.until(lambda ledger: len(ledger.outbound) > MESSAGES // 4, within_s=30)
        servers.kill(0)
        async with servers.frozen(1, at_least_s=3 * POST_S):
            start, before = time.monotonic(), set(simulator.ledger.outbound)
            await simulator.until(lambda ledger: len(ledger.outbound.keys() - before) > 10, within_s=HELD_S + BUSY_S)
            carried_on_s = time.monotonic() - start
        await talking
        await simulator.until(_is_over, within_s=2 * POST_S + SCAN_MS / 1_000 + SETTLE_S + HELD_S + 2 * ASK_S + BUSY_S)
        told(f"beside the simulator, PostgreSQL, one of three killed, one stopped: the third had sent ten more after "
             f"{carried_on_s:.1f} s; {len(simulator.ledger.inbound)} messages handled once each, "
             f"{len(simulator.ledger.outbound)} sent once each")
        assert simulator.ledger.is_exact(), simulator.ledger.summary()

    asyncio.run(_beside(database, tmp_path, story))


def _is_over(ledger: Ledger) -> bool:
    return ledger.is_exact() and len(ledger.outbound) >= MESSAGES


async def _talk(simulator: Simulator) -> None:
    for n in range(MESSAGES):
        simulator.say(f"1555{n % 50:07}", f"w{n}")
        await asyncio.sleep(1 / A_SECOND)


async def _beside(database: str, folder: Path, story: Callable[[Simulator, Servers], "asyncio._CoroutineLike[None]"]
                  ) -> None:
    sock = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    servers = Servers(url, database, folder, 3, SETTLE_S)
    async with aiohttp.ClientSession() as session:
        hook = Webhook(session, *servers.webhooks, patience_s=ASK_S)
        simulator = Simulator(hook.post, clock=Clock(real), token="a-token-to-post", secrets=[SECRET], url=url)
        simulator.network = Network(concurrency=64)
        with servers.running():
            async with listening(application(simulator), sock), alive(simulator):
                for n in range(3):
                    await servers.ready(session, n)
                await story(simulator, servers)
