"""Kills, pauses and database restarts under load, on both databases; bounded in count and time."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from runtime.store.sql import SqlStore
from tests.crash.ledger import ROOT, Fleet, even
from tests.postgres import database_on, execute, started

TURNS = "SELECT conv, count(*) FROM journal GROUP BY conv"
UNSENT = "SELECT count(*) FROM outbox WHERE status <> 1"

USERS = 12

Told = Callable[[str], None]


def on_postgres(url: str, folder: Path, told: Told, where: str, chaos: Callable[[Fleet], Awaitable[None]],
                servers: int = 3) -> None:
    ledger = asyncio.run(Fleet(url, folder, servers).run(USERS, chaos))
    told(ledger.told(where))
    even(ledger, [tuple(row) for row in execute(url, TURNS)], execute(url, UNSENT)[0][0])


def test_a_server_on_sqlite_killed_again_and_again(tmp_path: Path, told: Told):
    async def chaos(fleet: Fleet) -> None:
        for _ in range(4):
            await asyncio.sleep(fleet.dice.uniform(0.1, 0.6))
            fleet.kill(0)
            await fleet.ready(0)

    ledger = asyncio.run(Fleet(f"sqlite:///{tmp_path / 'talk.db'}", tmp_path, 1).run(USERS, chaos))
    told(ledger.told("SQLite, one process"))
    with sqlite3.connect(tmp_path / "talk.db") as database:
        even(ledger, database.execute(TURNS).fetchall(), database.execute(UNSENT).fetchone()[0])


def test_a_second_server_on_one_sqlite_file_is_refused(tmp_path: Path):
    store = SqlStore(f"sqlite:///{tmp_path / 'talk.db'}")
    store.prepare()

    second = subprocess.run([sys.executable, "-m", "tests.crash.process", "http://127.0.0.1:1",
                             f"sqlite:///{tmp_path / 'talk.db'}", "0", str(tmp_path)], cwd=ROOT, check=False,
                            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    store.close()
    assert second.returncode != 0
    assert "StoreDown: another process works on `" in second.stderr


def test_three_servers_on_postgresql_killed_and_stopped(database: str, tmp_path: Path, told: Told):
    async def chaos(fleet: Fleet) -> None:
        for n in (0, 1, 2, 0):
            await asyncio.sleep(fleet.dice.uniform(0.1, 0.5))
            fleet.kill(n)
            await fleet.ready((n + 2) % 3)
        await fleet.ready(0)
        await fleet.freeze(0, 3.0)

    on_postgres(database, tmp_path, told, "PostgreSQL, three processes", chaos)


def test_a_database_that_is_killed_and_comes_back(tmp_path: Path, told: Told):
    async def chaos(fleet: Fleet) -> None:
        for _ in range(2):
            await asyncio.sleep(0.5)
            await asyncio.to_thread(server.kill)
            await fleet.ready(0, 503)
            await fleet.ready(1, 503)
            await asyncio.to_thread(server.start)
            await fleet.ready(0)
            await fleet.ready(1)
            fleet.ledger.happened["database kill"] += 1

    with started(own=True) as server, database_on(server.url) as url:
        on_postgres(url, tmp_path, told, "PostgreSQL killed under two processes", chaos, servers=2)
