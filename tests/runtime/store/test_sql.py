"""What only a database can get wrong."""

import sqlite3
from pathlib import Path

import pytest
from test_contract import ANA, NOW, told, turn

from runtime.store.port import Sent, StoreDown, Work
from runtime.store.sql import SqlStore


def opened(path: Path) -> SqlStore:
    store = SqlStore(f"sqlite:///{path}")
    store.prepare()
    return store


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        return connection.execute(query).fetchall()


def test_what_was_committed_is_there_after_the_process_is_gone(tmp_path: Path):
    path = tmp_path / "talk.db"
    opened(path).tick(Work(now=NOW, inbound=(told("say a"),)), turn)    # never closed

    done = opened(path).tick(Work(now=NOW, inbound=(told("b"),), scan=True), turn)
    assert done.handled[0].outcome.state == "say a;b;"
    assert [posting.payload for posting in done.runs[0].postings] == ["say a 0", "say a 1"]


def test_every_commit_is_on_disk_before_it_is_told(tmp_path: Path):
    store = opened(tmp_path / "talk.db")
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_done_event_keeps_its_key_and_not_its_text(tmp_path: Path):
    path = tmp_path / "talk.db"
    opened(path).tick(Work(now=NOW, inbound=(told("hello", "m1"),)), turn)

    assert rows(path, "SELECT conv, msg_id, body, address, done FROM inbox") == [(ANA, "m1", "", "", 1)]


def test_the_journal_tells_every_turn(tmp_path: Path):
    path = tmp_path / "talk.db"
    opened(path).tick(Work(now=NOW, inbound=(told("a", "m1"), told("b", "m2"))), turn)

    assert rows(path, "SELECT msg_id, turn, at, kind FROM journal ORDER BY turn") == [
        ("m1", 0, NOW, "said"), ("m2", 1, NOW, "said")]


def test_a_posting_that_was_sent_knows_its_other_name(tmp_path: Path):
    path = tmp_path / "talk.db"
    store = opened(path)
    first = store.tick(Work(now=NOW, inbound=(told("say a"),)), turn).runs[0].postings[0]
    store.tick(Work(now=NOW, sent=(Sent(first.id, "wamid.1"),)), turn)

    assert rows(path, "SELECT provider_id, status FROM outbox ORDER BY id") == [("wamid.1", 1), (None, 0)]


def test_a_database_that_cannot_be_opened_is_said_to_be_down(tmp_path: Path):
    with pytest.raises(StoreDown, match="unable to open database file"):
        SqlStore(f"sqlite:///{tmp_path / 'nowhere' / 'talk.db'}").prepare()


def test_a_database_that_is_full_takes_nothing_and_goes_on_when_there_is_room(tmp_path: Path):
    store = opened(tmp_path / "talk.db")
    limit(store, 1)
    with pytest.raises(StoreDown, match="full"):
        store.tick(Work(now=NOW, inbound=(told("x" * 100_000, "m1"),)), turn)

    limit(store, 1_000_000)
    assert len(store.tick(Work(now=NOW, inbound=(told("x" * 100_000, "m1"),)), turn).handled) == 1


def limit(store: SqlStore, pages: int) -> None:
    with store._engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


@pytest.mark.parametrize("text", ["lone \ud800", ])
def test_what_the_database_refuses_is_not_the_databases_fault(tmp_path: Path, text: str):
    with pytest.raises(UnicodeEncodeError):
        opened(tmp_path / "talk.db").tick(Work(now=NOW, inbound=(told(text),)), turn)


def test_a_thousand_conversations_are_handled_in_one_tick(tmp_path: Path):
    store = opened(tmp_path / "talk.db")
    many = tuple(told("say a", to=f"whatsapp:1:{n}") for n in range(1_500))

    done = store.tick(Work(now=NOW, inbound=many, room=64), turn)
    assert (len(done.handled), len(done.runs), len(done.left)) == (1_500, 64, 1_436)
