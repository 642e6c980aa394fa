"""Users who write without a pause, servers that die under them, and what must be true afterwards."""

import asyncio
import multiprocessing
import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.crash.process import logged
from tests.runtime.toy import message, sign, webhook

# Servers are forked from a process that has imported everything: the time goes into kills, not into imports.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["__main__", "tests.crash.process"])

PATIENCE_S = 2.0                             # how long a user's message waits for its 200 before it comes again
LONGEST = 20                                 # messages of one user: WhatsApp lets through bursts of 45


@dataclass(slots=True)
class Ledger:
    """What was acknowledged, and what came out."""

    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    posted: dict[str, list[str]] = field(default_factory=dict)       # texts by user, in the order they came
    refused: int = 0                         # 503s and lost connections, after which the message came again
    happened: Counter[str] = field(default_factory=Counter)
    begun: float = field(default_factory=time.monotonic)

    def expected(self, user: str) -> list[str]:
        return [f"{n}: {text}" for n, text in enumerate(self.acknowledged[user], 1)]

    @property
    def lost(self) -> list[str]:
        """Acknowledged messages without their reply. Replies are numbered: one handled twice makes the next wrong."""
        return [text for user in self.acknowledged
                for text in set(self.expected(user)) - set(self.posted.get(user, ()))]

    @property
    def doubled(self) -> list[str]:
        """Replies that no message called for."""
        return [text for user, texts in self.posted.items() for text in set(texts) - set(self.expected(user))]

    @property
    def out_of_order(self) -> list[str]:
        return [user for user, texts in self.posted.items() if list(dict.fromkeys(texts)) != self.expected(user)]

    @property
    def again(self) -> int:
        """Posts whose answer a dying process did not live to note: they are posted once more, which we do promise."""
        return sum(len(texts) - len(set(texts)) for texts in self.posted.values())

    def told(self, where: str) -> str:
        events = ", ".join(f"{count} {what}" for what, count in sorted(self.happened.items()))
        count = sum(map(len, self.acknowledged.values()))
        seconds = time.monotonic() - self.begun
        return (f"{where}, {seconds:.0f} s: survived {events}; {count} messages acknowledged "
                f"({self.refused} times refused first), lost {len(self.lost)}, "
                f"doubled {len(self.doubled)}, posted again {self.again}")


class Fleet:
    """Servers on one database, each on a port of its own, and a Graph API that writes down what they post."""

    def __init__(self, database: str, folder: Path, count: int, seed: int = 1) -> None:
        self.ledger, self.dice = Ledger(), random.Random(seed)
        self._database, self._folder = database, folder
        self._ports = [_free_port() for _ in range(count)]
        self._processes: list[ForkServerProcess] = []

    async def run(self, users: int, chaos: Callable[["Fleet"], Awaitable[None]]) -> Ledger:
        """Let `users` write while `chaos` does what it does; return when every reply has come."""
        app = web.Application()
        app.router.add_post("/{version}/{number}/messages", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        sock = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, sock).start()
        self._graph = f"http://127.0.0.1:{sock.getsockname()[1]}"
        self._processes = [self._start(n) for n in range(len(self._ports))]
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as self._session:
                for n in range(len(self._ports)):
                    await self.ready(n)
                over = asyncio.Event()
                talking = asyncio.gather(*(self._talk(n, over) for n in range(users)))
                await chaos(self)
                over.set()
                await talking
                for _ in range(300):                         # the ledger tells what is missing after that
                    if not self.ledger.lost:
                        break
                    await asyncio.sleep(0.1)
        finally:
            for process in filter(ForkServerProcess.is_alive, self._processes):
                _send(process, signal.SIGCONT)
                process.terminate()
            for process in self._processes:
                process.join(20)
            await runner.cleanup()
        return self.ledger

    def kill(self, n: int) -> None:
        """`kill -9`; see `start`."""
        self._processes[n].kill()
        self._processes[n].join()
        self.ledger.happened["kill -9"] += 1

    def start(self, n: int) -> None:
        """Another in the place of one that was killed; see `ready`."""
        self._processes[n] = self._start(n)

    @asynccontextmanager
    async def frozen(self, n: int, at_least_s: float) -> AsyncIterator[None]:
        """SIGSTOP, and for longer than it may hold anything; then it goes on, and thinks nothing of it."""
        _send(self._processes[n], signal.SIGSTOP)
        self.ledger.happened["SIGSTOP"] += 1
        over = asyncio.get_running_loop().time() + at_least_s
        yield
        await asyncio.sleep(over - asyncio.get_running_loop().time())
        _send(self._processes[n], signal.SIGCONT)

    async def answered(self) -> float:
        """Wait until all that is acknowledged by now has its reply; seconds that it took."""
        start, by_now = time.monotonic(), {user: len(texts) for user, texts in self.ledger.acknowledged.items()}
        while any(len(set(self.ledger.posted.get(user, ()))) < count for user, count in by_now.items()):
            await asyncio.sleep(0.02)
        return time.monotonic() - start

    async def ready(self, n: int, status: int = 200) -> None:
        """Wait until the server says that it is ready, or with 503 that it is not."""
        async with asyncio.timeout(20):
            while await self._asked(n) != status:
                assert self._processes[n].is_alive(), self._log(n).read_text()[-2000:]
                await asyncio.sleep(0.02)

    async def _asked(self, n: int) -> int:
        try:
            async with self._session.get(f"http://127.0.0.1:{self._ports[n]}/readyz") as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def _talk(self, n: int, over: asyncio.Event) -> None:
        said: list[str] = []
        while not over.is_set():
            if len(said) % LONGEST == 0:                     # another user: nobody can be told more at such a pace
                user = f"1555{n:03}{len(self.ledger.acknowledged):04}"
                said = self.ledger.acknowledged.setdefault(user, [])
            text = f"w{len(said)}"
            body = webhook(message(text, f"wamid.{user}.{text}", user))
            while not await self._say(body):
                self.ledger.refused += 1
                await asyncio.sleep(0.2)
            said.append(text)
            await asyncio.sleep(0.05)                        # the servers share two cores with us
            if self.dice.random() < 0.1:
                await self._say(body)                        # as WhatsApp does when our 200 was lost

    async def _say(self, body: bytes) -> bool:
        url = f"http://127.0.0.1:{self.dice.choice(self._ports)}/webhooks/whatsapp"
        try:
            async with self._session.post(url, data=body, headers={"X-Hub-Signature-256": sign(body)}) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("status") == "read":
            return web.json_response({"success": True})
        self.ledger.posted.setdefault(body["to"].lstrip("+"), []).append(body["text"]["body"])
        return web.json_response({"messages": [{"id": f"wamid.{body['biz_opaque_callback_data']}"}]})

    def _start(self, n: int) -> ForkServerProcess:
        process = FORKS.Process(target=logged, daemon=True, args=(
            self._log(n), self._graph, self._database, self._ports[n], self._folder))
        process.start()
        return process

    def _log(self, n: int) -> Path:
        return self._folder / f"{n}.log"


def even(ledger: Ledger, rows: Sequence[tuple[str, int]], unsent: int) -> None:
    """Nothing lost, nothing doubled, everything in order: to the users, and in the database.

    Args:
        rows: conversations and how many turns the journal has of each.
        unsent: how many postings were not marked as sent.
    """
    assert (ledger.lost, ledger.doubled, ledger.out_of_order) == ([], [], [])
    assert {conversation.rpartition(":")[2]: turns for conversation, turns in rows} == {
        f"{user}": len(texts) for user, texts in ledger.acknowledged.items()}
    assert unsent == 0


def _send(process: ForkServerProcess, what: signal.Signals) -> None:
    assert process.pid
    os.kill(process.pid, what)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return int(free.getsockname()[1])
