"""The server as a process of its own, beside a Graph API of ours: started, stopped, killed and started again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from tests.runtime.toy import Client, Graph, graph

ROOT = Path(__file__).parent.parent.parent


class Process:
    """One command, again and again; what it logs is read line by line."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], session: aiohttp.ClientSession) -> None:
        self._command, self._session = command, session
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self.log: list[dict[str, Any]] = []

    async def start(self) -> Client:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, *self._command, cwd=ROOT, env=self._environment, stderr=subprocess.PIPE)
        while (line := await self._line())["what"] != "listening":
            pass
        return Client(self._session, f"http://127.0.0.1:{line['port']}")

    async def _line(self) -> dict[str, Any]:
        assert self.process.stderr
        line: dict[str, Any] = json.loads(await self.process.stderr.readline())
        self.log.append(line)
        return line

    async def stopping(self) -> None:
        """Wait for the word that no more will come in."""
        while (await self._line())["what"] != "stopping":
            pass

    async def end(self, how: signal.Signals) -> int:
        assert self.process.stderr
        self.process.send_signal(how)
        self.log += map(json.loads, (await self.process.stderr.read()).splitlines())
        return await self.process.wait()


def outlive(command: Callable[[Graph], tuple[Sequence[str], Mapping[str, str]]],
            story: Callable[[Process, Graph], Awaitable[None]]) -> None:
    """Tell a story in which the process may end; `command` is what is begun beside that Graph API, and where."""
    async def run() -> None:
        async with asyncio.timeout(90), graph() as api, aiohttp.ClientSession() as session:
            process = Process(*command(api), session)
            try:
                await story(process, api)
            finally:
                if process.process.returncode is None:
                    await process.end(signal.SIGKILL)
    asyncio.run(run())
