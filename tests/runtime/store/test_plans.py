"""What a tick costs does not grow with what is stored: no statement of it reads a whole table."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dsl.table import Retention
from runtime.policy import Backoff
from runtime.store import sweep
from runtime.store.port import REST_MS, Dead, Failure, Gone, Receipt, Sent, Unsent, Work
from runtime.store.sql import SqlStore
from tests.runtime.store.test_contract import ANA, BEN, LEASE, NOW, told, turn
from tests.runtime.store.test_identities import OLD, X, renamed, said
from tests.runtime.store.test_janitor import to_the_end
from tests.runtime.store.watching import watched

# Reading all of these is the point: they hold what is undone, unsent or due, and nothing else.
SMALL = ("inbox_undone", "outbox_unsent")
FAILURE = Failure(verdict="retry", error="x", backoff=Backoff(base_ms=1_000))

WORKS = {
    "new users": Work(now=NOW, inbound=(told("say a"), told("due 5", to=BEN))),
    "users who are known": Work(now=NOW, inbound=(said("say a", bsuid=X, wa_id=OLD), said("due 1", wa_id=OLD))),
    "another name": Work(now=NOW, inbound=(renamed({"wa_id": OLD}, wa_id="57300"),)),
    "marks": Work(now=NOW, sent=(Sent(1, "wamid.1"),), unsent=(Unsent(2, ANA, 10, "x"),), dead=(Dead(3, ANA, "x"),),
                  gone=(Gone(4, BEN, "x"),)),
    "statuses": Work(now=NOW, receipts=(Receipt(provider_id="wamid.1", key="a:0:0", status="read"),
                                        Receipt(provider_id="wamid.2", key="a:0:1", status="failed", failure=FAILURE))),
    "what waits": Work(now=NOW + 10_000, offer=frozenset({ANA, BEN}), look=frozenset({ANA}), lease_ms=LEASE),
    "what nobody remembers": Work(now=NOW + 10_000, fire=True, scan=True, settle_ms=1_000),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "talk.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    made = SqlStore(f"sqlite:///{path}")
    made.prepare()
    for work in WORKS.values():
        made.tick(work, turn)
    yield made
    made.close()


@contextmanager
def asked(store: SqlStore) -> Iterator[list[tuple[str, Any]]]:
    told_: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, _context: object,
             is_many: bool) -> None:
        told_.append((statement, parameters[0] if is_many else parameters))

    sa.event.listen(store._engine, "before_cursor_execute", note)
    with watched(lambda text, parameters: told_.append((text, parameters))):
        yield told_
    sa.event.remove(store._engine, "before_cursor_execute", note)


@pytest.mark.parametrize("what", WORKS)
def test_no_statement_reads_a_whole_table(store: SqlStore, path: Path, what: str):
    with asked(store) as told_:
        store.tick(WORKS[what], turn)

    assert len(told_) > 1
    assert not [plan for statement, parameters in told_ for plan in whole_tables(path, statement, parameters)]


def test_two_contacts_are_made_one_without_reading_those_of_others(store: SqlStore, path: Path):
    store.tick(Work(now=NOW, inbound=(said("say b", phone="5711"), said("say c", bsuid="CO.other"))), turn)
    with asked(store) as told_:
        store.tick(Work(now=NOW, inbound=(said("say d", phone="5711", bsuid="CO.other"),)), turn)

    assert any(statement.startswith("UPDATE outbox SET conv") for statement, _ in told_)
    assert not [plan for statement, parameters in told_ for plan in whole_tables(path, statement, parameters)]


def test_cleaning_reads_a_few_rows_at_a_time(store: SqlStore, path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sweep, "BATCH", 1)
    keep = Retention(keys=1, statuses=1, messages=2, dead_letters=1, journal=1, conversations=1)
    with asked(store) as told_:
        to_the_end(store, keep, NOW + REST_MS)

    assert len(told_) > 10
    found = [plan for statement, parameters in told_ for plan in whole_tables(path, statement, parameters)]
    assert not [plan for plan in found if " LIMIT " not in plan and " 1 = 1 " not in plan]       # the table is empty


def whole_tables(path: Path, statement: str, parameters: Any) -> list[str]:
    with sqlite3.connect(path) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)] \
            if re.match("SELECT|UPDATE|DELETE", statement) else []
    return [f"{step}: {statement}" for step in plan
            if (found := re.match(r"SCAN (\w+)", step)) and found[1] in TABLES and not any(x in step for x in SMALL)]


TABLES = frozenset(("conversation", "identity", "inbox", "journal", "outbox", "timer"))
