"""Kills, pauses and database restarts under load, on both databases; bounded in count and time."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from runtime.store.sql import SqlStore
from tests.crash.ledger import Fleet, even
from tests.crash.process import POST_S, SCAN_MS
from tests.postgres import database_on, execute, started

ROOT = Path(__file__).parent.parent.parent

TURNS = "SELECT conv, count(*) FROM journal GROUP BY conv"
UNSENT = "SELECT count(*) FROM outbox WHERE status <> 1"

USERS = 12

LEASE_S, SCAN_S = 2 * POST_S, SCAN_MS / 1_000
HELD_S = 3.0                                 # PostgreSQL ends the transaction of who stands still in the middle of one
BUSY_S = 5.0                                 # two cores for all of this

Told = Callable[[str], None]


def on_postgres(url: str, folder: Path, told: Told, where: str, chaos: Callable[[Fleet], Awaitable[None]],
                servers: int = 3) -> None:
    def unsent() -> int:
        return int(execute(url, UNSENT)[0][0])

    ledger = asyncio.run(Fleet(url, folder, servers).run(USERS, chaos, unsent))
    told(ledger.told(where))
    even(ledger, [tuple(row) for row in execute(url, TURNS)], unsent())


def test_a_server_on_sqlite_killed_again_and_again(tmp_path: Path, told: Told):
    async def chaos(fleet: Fleet) -> None:
        for _ in range(10):
            await asyncio.sleep(fleet.dice.uniform(0.1, 0.6))
            fleet.servers.kill(0)
            fleet.servers.start(0)
            await fleet.ready(0)

    def asked(what: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(tmp_path / "talk.db")) as database:
            return database.execute(what).fetchall()

    def unsent() -> int:
        return int(asked(UNSENT)[0][0])

    ledger = asyncio.run(Fleet(f"sqlite:///{tmp_path / 'talk.db'}", tmp_path, 1).run(USERS, chaos, unsent))
    told(ledger.told("SQLite, one process"))
    even(ledger, asked(TURNS), unsent())


def test_a_second_server_on_one_sqlite_file_is_refused(tmp_path: Path):
    store = SqlStore(f"sqlite:///{tmp_path / 'talk.db'}")
    store.prepare()

    second = subprocess.run([sys.executable, "-m", "tests.crash.process", "http://127.0.0.1:1",
                             f"sqlite:///{tmp_path / 'talk.db'}", "0", str(tmp_path)], cwd=ROOT, check=False,
                            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    store.close()
    assert second.returncode != 0
    assert "StoreDown: another process works on `" in second.stderr


def test_three_servers_on_postgresql_killed_in_turn(database: str, tmp_path: Path, told: Told):
    async def chaos(fleet: Fleet) -> None:
        for n in (0, 1, 2, 1, 0, 2) * 3:
            await asyncio.sleep(fleet.dice.uniform(0.1, 0.5))
            fleet.servers.kill(n)
            fleet.servers.start(n)
            await fleet.ready((n + 2) % 3)

    on_postgres(database, tmp_path, told, "PostgreSQL, three processes", chaos)


def test_one_carries_on_while_another_is_dead_and_the_third_stands_still(database: str, tmp_path: Path, told: Told):
    took = []

    async def chaos(fleet: Fleet) -> None:
        for dead, frozen in ((0, 1), (2, 0)):
            await asyncio.sleep(1.0)
            fleet.servers.kill(dead)
            async with fleet.servers.frozen(frozen, at_least_s=1.5 * LEASE_S):
                took.append(await fleet.answered())
            fleet.servers.start(dead)
            await fleet.ready(dead)

    on_postgres(database, tmp_path, told, "PostgreSQL, one of three processes killed, one stopped", chaos)
    told(f"what the dead and the stopped had begun was sent by the third after {took[0]:.1f} s and {took[1]:.1f} s")
    assert max(took) < HELD_S + LEASE_S + SCAN_S + BUSY_S


def test_a_database_that_is_killed_and_comes_back(tmp_path: Path, told: Told):
    async def chaos(fleet: Fleet) -> None:
        for _ in range(10):
            await asyncio.sleep(fleet.dice.uniform(0.2, 0.5))
            await asyncio.to_thread(server.kill)
            await fleet.ready(0, 503)
            await fleet.ready(1, 503)
            await asyncio.to_thread(server.start)
            await fleet.ready(0)
            await fleet.ready(1)
            fleet.ledger.happened["database kill"] += 1

    with started(own=True) as server, database_on(server.url) as url:
        on_postgres(url, tmp_path, told, "PostgreSQL killed under two processes", chaos, servers=2)
