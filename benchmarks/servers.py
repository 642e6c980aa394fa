"""Servers for the benchmarks: `talktable run` with a bot of one sentence, in processes that can be weighed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.load import NUMBER, SECRET

ROOT = Path(__file__).parent.parent
ECHO = {"domain.yml": "bot: echo\nlanguages: [en]\nstart: main\n",
        "main.flow": 'flow main\n  say "Good day."\n  end\n'}


@dataclass(frozen=True)
class Served:
    """One running process and where it listens."""

    process: psutil.Process
    port: int

    @property
    def cpu_s(self) -> float:
        """Processor time it has taken, seconds."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def echo(folder: Path) -> Path:
    """A bot that answers every message with one sentence."""
    bot = folder / "echo"
    bot.mkdir()
    for name, text in ECHO.items():
        (bot / name).write_text(text)
    return bot


@contextmanager
def running(bot: Path, database: str, graph_port: int, count: int = 1) -> Iterator[list[Served]]:
    """As many `talktable run` on one database, answering webhooks; ended afterwards."""
    ports = free_ports(count)
    environment = {
        "TALKTABLE_WHATSAPP_APP_SECRET": SECRET, "TALKTABLE_WHATSAPP_VERIFY_TOKEN": "throughput-verify-1",
        "TALKTABLE_WHATSAPP_ACCESS_TOKEN": "throughput-access-1", "TALKTABLE_WHATSAPP_PHONE_NUMBER_ID": NUMBER,
        "TALKTABLE_WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{graph_port}", "TALKTABLE_DATABASE_URL": database,
        "TALKTABLE_WHATSAPP_RATE": "0"}
    with processes([["-m", "runtime", "run", str(bot), "--port", str(port)] for port in ports], ports,
                   environment) as begun:
        yield begun


@contextmanager
def processes(commands: Sequence[Sequence[str]], ports: Sequence[int],
              environment: dict[str, str] | None = None) -> Iterator[list[Served]]:
    """Python programs, each answering on its port; ended afterwards."""
    begun = [subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})})
             for command in commands]
    try:
        for port in ports:
            _wait_for(port)
        yield [Served(psutil.Process(process.pid), port) for process, port in zip(begun, ports, strict=True)]
    finally:
        for process in begun:
            process.terminate()
        for process in begun:
            process.wait(30)


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in held]
    for sock in held:
        sock.close()
    return ports


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"no server came up on port {port}")
