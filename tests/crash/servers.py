"""Servers on one database, each on a port of its own, that are killed, stopped and waited for."""

import asyncio
import multiprocessing
import os
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import aiohttp

from tests.crash.process import logged

# Servers are forked from a process that has imported everything: the time goes into kills, not into imports.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["__main__", "tests.crash.process"])

ASK_S = 2.0


class Servers:
    """`count` of them, begun with `start`.

    Args:
        settle: seconds that what may have been sent waits for a status.
    """

    def __init__(self, graph: str, database: str, folder: Path, count: int, settle: int = 0) -> None:
        self._told, self._folder = (graph, database), folder
        self._settle = settle
        with ExitStack() as held:
            socks = [held.enter_context(closing(socket.create_server(("127.0.0.1", 0)))) for _ in range(count)]
            self._ports = [sock.getsockname()[1] for sock in socks]
        self._processes: dict[int, ForkServerProcess] = {}
        self.happened: Counter[str] = Counter()

    @property
    def webhooks(self) -> list[str]:
        return [f"http://127.0.0.1:{port}/webhooks/whatsapp" for port in self._ports]

    @contextmanager
    def running(self) -> Iterator[None]:
        """All of them are begun, and end with this."""
        for n in range(len(self._ports)):
            self.start(n)
        try:
            yield
        finally:
            alive = [process for process in self._processes.values() if process.is_alive()]
            for process in alive:
                _send(process, signal.SIGCONT)
                process.terminate()
            for process in alive:
                process.join(20)

    def start(self, n: int) -> None:
        """Also in the place of one that was killed; see `ready`."""
        graph, database = self._told
        self._processes[n] = process = FORKS.Process(target=logged, daemon=True, args=(
            self._log(n), graph, database, self._ports[n], self._folder, self._settle))
        process.start()

    def kill(self, n: int) -> None:
        """`kill -9`."""
        self._processes[n].kill()
        self._processes[n].join()
        self.happened["kill -9"] += 1

    @asynccontextmanager
    async def frozen(self, n: int, at_least_s: float) -> AsyncIterator[None]:
        """SIGSTOP, and for longer than it may hold anything; then it goes on, and thinks nothing of it."""
        _send(self._processes[n], signal.SIGSTOP)
        self.happened["SIGSTOP"] += 1
        over = asyncio.get_running_loop().time() + at_least_s
        yield
        await asyncio.sleep(over - asyncio.get_running_loop().time())
        _send(self._processes[n], signal.SIGCONT)

    async def ready(self, session: aiohttp.ClientSession, n: int, status: int = 200) -> None:
        """Wait until the server says that it is ready, or with 503 that it is not."""
        async with asyncio.timeout(20):
            while await self._asked(session, n) != status:
                assert self._processes[n].is_alive(), self._log(n).read_text()[-2000:]
                await asyncio.sleep(0.02)

    async def _asked(self, session: aiohttp.ClientSession, n: int) -> int:
        try:
            async with session.get(f"http://127.0.0.1:{self._ports[n]}/readyz",
                                   timeout=aiohttp.ClientTimeout(total=ASK_S)) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    def _log(self, n: int) -> Path:
        return self._folder / f"{n}.log"


def _send(process: ForkServerProcess, what: signal.Signals) -> None:
    assert process.pid
    os.kill(process.pid, what)
