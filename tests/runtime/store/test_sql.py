"""What only a database can get wrong."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError

from runtime.store import sql
from runtime.store.port import Conversation, Inbound, Outcome, Sent, StoreDown, Unsent, Work
from runtime.store.sql import SqlStore
from tests.runtime.store.test_contract import ANA, NOW, told, turn
from tests.runtime.store.watching import watched


def opened(path: Path) -> SqlStore:
    store = SqlStore(f"sqlite:///{path}")
    store.prepare()
    return store


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        return connection.execute(query).fetchall()


def test_what_was_committed_is_there_after_the_process_is_gone(tmp_path: Path):
    path = tmp_path / "talk.db"
    with closing(opened(path)) as store:
        store.tick(Work(now=NOW, inbound=(told("say a"),)), turn)

    done = opened(path).tick(Work(now=NOW, inbound=(told("b"),), scan=True), turn)
    assert done.handled[0].outcome.state == "say a;b;"
    assert [posting.payload for posting in done.runs[0].postings] == ["say a 0", "say a 1"]


def test_a_database_hears_of_who_takes_long_over_its_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store, asked = opened(tmp_path / "talk.db"), list[str]()
    seconds = iter((0.0, 0.5, 1.2, 1.2, 1.9))                # as the turns begin; asked once more when it was told
    monkeypatch.setattr("runtime.store.sql.monotonic", lambda: next(seconds))

    with watched(lambda text, _: asked.append(text)):
        store.tick(Work(now=NOW, inbound=(told("a"), told("b"), told("c"))), turn)
    assert asked.count("SELECT 1 AS alive") == 1


def test_what_was_leased_when_the_process_died_goes_at_once(tmp_path: Path):
    path = tmp_path / "talk.db"
    with closing(opened(path)) as store:
        store.tick(Work(now=NOW, inbound=(told("say a"),)), turn)

    assert opened(path).tick(Work(now=NOW, scan=True), turn).runs


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


def test_a_full_disk_is_not_taken_for_one_that_has_room_because_nothing_fits_on_it(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    free = sql.ROOM_BYTES - 1
    monkeypatch.setattr(sql.shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    store = opened(tmp_path / "talk.db")
    store.tick(Work(now=NOW), turn)                          # little room, but nobody was refused
    limit(store, 1)
    with pytest.raises(StoreDown, match="full"):
        store.tick(Work(now=NOW, inbound=(told("x" * 100_000, "m1"),)), turn)
    limit(store, 1_000_000)

    with pytest.raises(StoreDown, match="the disk is full"):
        store.tick(Work(now=NOW), turn)
    free = sql.ROOM_BYTES
    store.tick(Work(now=NOW), turn)


def test_what_can_be_stored_says_that_a_disk_has_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sql.shutil, "disk_usage", lambda folder: SimpleNamespace(free=0))
    store = opened(tmp_path / "talk.db")
    limit(store, 1)
    with pytest.raises(StoreDown, match="full"):
        store.tick(Work(now=NOW, inbound=(told("x" * 100_000, "m1"),)), turn)
    limit(store, 1_000_000)

    store.tick(Work(now=NOW, inbound=(told("a", "m1"),)), turn)
    store.tick(Work(now=NOW), turn)


def test_a_file_that_somebody_works_on_is_refused_until_they_are_gone(tmp_path: Path):
    store = opened(tmp_path / "talk.db")
    with pytest.raises(StoreDown, match=r"another process works on `.*talk\.db`: SQLite is for one"):
        opened(tmp_path / "talk.db")

    store.close()
    opened(tmp_path / "talk.db").close()


def limit(store: SqlStore, pages: int) -> None:
    with store._engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def test_what_the_database_refuses_is_not_the_databases_fault(tmp_path: Path):
    def without_a_kind(before: Conversation, inbound: Inbound) -> Outcome:
        outcome = turn(before, inbound)
        return replace(outcome, entry=replace(outcome.entry, kind=None))  # type: ignore[arg-type]

    store = opened(tmp_path / "talk.db")
    with pytest.raises(UnicodeEncodeError):
        store.tick(Work(now=NOW, inbound=(told("lone \ud800"),)), turn)
    with pytest.raises(IntegrityError):
        store.tick(Work(now=NOW, inbound=(told("hello"),)), without_a_kind)


@pytest.mark.parametrize("work", [Work(now=NOW, look=frozenset({ANA})), Work(now=NOW, scan=True)])
def test_an_event_that_somebody_left_undone_is_handled(tmp_path: Path, work: Work):
    path = tmp_path / "talk.db"
    store = opened(path)
    store.tick(Work(now=NOW, inbound=(told("a"),)), turn)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE inbox SET done = 0, body = 'b'")
        connection.execute("DELETE FROM journal")

    assert [handled.outcome.state for handled in store.tick(work, turn).handled] == ["a;b;"]


def test_a_thousand_conversations_are_handled_in_one_tick(tmp_path: Path):
    store = opened(tmp_path / "talk.db")
    many = tuple(told("say a", to=f"whatsapp:1:{n}") for n in range(1_500))

    done = store.tick(Work(now=NOW, inbound=many, room=64), turn)
    assert (len(done.handled), len(done.runs), len(done.left)) == (1_500, 64, 1_436)


def test_what_waits_does_not_wait_longer_because_the_clock_was_set_back_before_the_start(tmp_path: Path):
    path, hour = tmp_path / "talk.db", 3_600_000
    with closing(opened(path)) as store:
        (run,) = store.tick(Work(now=NOW, inbound=(told("say a"),)), turn).runs
        store.tick(Work(now=NOW, unsent=(Unsent(run.postings[0].id, ANA, 30_000, "500"),)), turn)

    store = SqlStore(f"sqlite:///{path}", clock=lambda: NOW - hour)
    store.prepare()
    assert not store.tick(Work(now=NOW - hour + 29_999, scan=True), turn).runs
    assert store.tick(Work(now=NOW - hour + 30_000, scan=True), turn).runs
