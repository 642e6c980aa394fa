"""What the benchmarks stand on: stored conversations that are like those a server has held."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.report import Claim, Grown, Report, Row, Spread
from benchmarks.stored import MODEL, fill, users
from runtime.store.port import Inbound, Sent, Work
from runtime.store.postgres import PostgresStore
from runtime.store.sql import SqlStore
from tests.postgres import execute
from tests.runtime.store.test_contract import NOW, turn

COPIES = 50
ONE_EACH = (("conversation", "id"), ("inbox", "conv"), ("journal", "conv"), ("outbox", "provider_id"))


def held(store: SqlStore | PostgresStore) -> None:
    """One conversation, of which one message was sent."""
    store.prepare()
    done = store.tick(Work(now=NOW, inbound=(_told(MODEL, "1"),)), turn)
    store.tick(Work(now=NOW, sent=(Sent(done.runs[0].postings[0].id, "wamid.out"),)), turn)


def _told(user: str, nth: str) -> Inbound:
    return Inbound(f"whatsapp:1:{user}", f"wamid.{user}.{nth}", "say x")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'a.db'}" if request.param == "sqlite" else request.getfixturevalue("database")


def test_each_stored_conversation_is_another_users_and_goes_on(address: str):
    make: Callable[[str], SqlStore | PostgresStore] = SqlStore if address.startswith("sqlite") else PostgresStore
    store = make(address)
    held(store)
    store.close()
    asyncio.run(fill(address, COPIES))

    for table, column in ONE_EACH:
        statement = f"SELECT count({column}), count(DISTINCT {column}) FROM {table}"
        if address.startswith("sqlite"):
            with sqlite3.connect(address.removeprefix("sqlite:///")) as database:
                counted = database.execute(statement).fetchone()
        else:
            counted = tuple(execute(address, statement)[0])
        assert counted == (COPIES + 1, COPIES + 1), (table, column)
    store = make(address)
    done = store.tick(Work(now=NOW, inbound=tuple(_told(user, "2") for user in users(COPIES))), turn)
    assert {one.before.turns for one in done.handled} == {1}
    assert len(done.handled) == COPIES
    store.close()


def test_a_report_says_what_was_not_reached():
    fast, slow = Spread(1.0, 2.0), Spread(60.0, 70.0)
    report = Report(100, 1.0, rows=[Row("embedded", 1_000.0, 200.0, 200.0, fast, slow, fast, 0)],
                    growth=[Grown("SQLite", 1_000, 100.0, 0.0, 1.0), Grown("SQLite", 1_000_000, 125.0, 0.0, 1.0)])

    assert [(claim.measured, claim.holds) for claim in report.claims()] == [
        (0.2, False), (0.2, True), (70.0, False), (1.0, True), (1.25, True)]
    assert [line.split("  ")[-1] for line in report.as_text().splitlines() if "bare 200  " in line] == [
        " not reached", "≥ 0.1"]
    assert '"holds": false' in report.as_json()


@pytest.mark.parametrize(("claim", "holds"), [
    (Claim("a", 1.0, at_least=1.0), True), (Claim("a", 0.9, at_least=1.0), False),
    (Claim("a", 1.1, at_most=1.0), False)])
def test_a_claim_holds_up_to_its_bound(claim: Claim, holds: bool):
    assert claim.holds is holds
