"""What is kept for how long, on both databases. Time is told, never waited for."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.store import janitor
from runtime.store.janitor import DAY_MS, REST_MS, Janitor, Keep
from runtime.store.opening import Database
from runtime.store.port import Dead, Sent, StoreDown, Unsent
from runtime.store.postgres import PostgresStore
from runtime.store.sql import GIVEN, SqlStore
from tests.runtime.store.test_contract import ANA, BEN, NOW, states, tick, told
from tests.runtime.store.test_identities import OLD, X, said

KEEP = Keep(keys=8, journal=30, messages=10, dead=60, conversations=100)
FOREVER = Keep(keys=0, journal=0, messages=0, dead=0, conversations=0)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    is_file = request.param == "sqlite"
    made: Database = (SqlStore(f"sqlite:///{tmp_path / 'talk.db'}") if is_file
                      else PostgresStore(request.getfixturevalue("database"), clock=GIVEN))
    made.prepare()
    yield made
    made.close()


def swept(store: Database, days: int, keep: Keep = KEEP) -> None:
    """A whole sweep, some days later."""
    worker = Janitor(store, keep)
    for _ in range(50):
        worker.step(NOW + days * DAY_MS + 1)


def count(store: Database, table: str) -> int:
    return int(store.transaction(lambda connection: connection.execute(
        sa.text(f"SELECT count(*) FROM {table}")).scalar()))


def test_the_ids_of_messages_keep_repeats_out_until_their_time_is_over(store: Database):
    tick(store, told("a"))

    swept(store, 7)
    assert not tick(store, told("a")).handled
    swept(store, 8)
    assert count(store, "inbox") == 0


def test_an_event_that_was_not_handled_is_never_deleted(store: Database):
    tick(store, told("a"))
    store.transaction(lambda connection: connection.execute(sa.text("UPDATE inbox SET done = false")))

    swept(store, 1_000)
    assert count(store, "inbox") == 1


def test_the_journal(store: Database):
    tick(store, told("a"), told("b", to=BEN))

    swept(store, 29)
    assert count(store, "journal") == 2
    swept(store, 30)
    assert count(store, "journal") == 0


def test_messages_that_were_sent_and_dead_letters_each_have_their_time(store: Database):
    (run,) = tick(store, told("say hello")).runs
    first, second = run.postings
    tick(store, sent=(Sent(first.id, "w"),), dead=(Dead(second.id, ANA, "refused"),))

    swept(store, 9)
    assert count(store, "outbox") == 2
    swept(store, 10)
    assert count(store, "outbox") == 1
    swept(store, 60)
    assert count(store, "outbox") == 0


def test_what_is_still_to_be_sent_is_kept_and_its_conversation_too(store: Database):
    (run,) = tick(store, told("say hello")).runs
    tick(store, unsent=(Unsent(run.postings[0].id, ANA, 1_000, "away"),))

    swept(store, 1_000)
    assert (count(store, "outbox"), count(store, "conversation")) == (2, 1)


def test_a_conversation_that_waits_for_its_time_is_kept(store: Database):
    tick(store, told("due 5"))

    swept(store, 1_000)
    assert count(store, "conversation") == 1


def test_a_conversation_in_which_nothing_happens_any_more_goes_with_its_names(store: Database):
    tick(store, said("a", bsuid=X, phone=OLD))

    swept(store, 99)
    assert states(tick(store, said("b", phone=OLD))) == ["a;b;"]
    swept(store, 100)
    assert (count(store, "conversation"), count(store, "identity")) == (0, 0)
    assert states(tick(store, said("c", phone=OLD), now=NOW + 100 * DAY_MS + 2)) == ["c;"]


def test_a_time_of_zero_is_for_ever(store: Database):
    tick(store, said("a", bsuid=X))

    swept(store, 100_000, FOREVER)
    assert [count(store, table) for table in ("inbox", "journal", "conversation", "identity")] == [1, 1, 1, 1]


def test_a_step_looks_at_a_few_rows_only_and_the_next_goes_on(store: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(janitor, "BATCH", 10)
    tick(store, *(told(f"m{n}", to=f"whatsapp:1:{n % 7}") for n in range(25)))
    worker = Janitor(store, Keep(keys=8, journal=8, messages=0, dead=0, conversations=0))

    left = []
    for _ in range(6):
        worker.step(NOW + 9 * DAY_MS)
        left.append((count(store, "inbox"), count(store, "journal")))
    assert left == [(15, 25), (5, 25), (0, 25), (0, 15), (0, 5), (0, 0)]


def test_it_rests_after_a_sweep(store: Database):
    worker, later = Janitor(store, KEEP), NOW + 9 * DAY_MS
    for _ in range(10):
        worker.step(later)
    tick(store, told("a"))

    worker.step(later + REST_MS - 1)
    assert count(store, "inbox") == 1
    worker.step(later + REST_MS)
    assert count(store, "inbox") == 0


def test_a_database_that_is_away_is_tried_again(store: Database, monkeypatch: pytest.MonkeyPatch):
    tick(store, told("a"))
    worker = Janitor(store, KEEP)

    def away(_act: object) -> None:
        raise StoreDown("away")
    with monkeypatch.context() as patch:
        patch.setattr(store, "transaction", away)
        worker.step(NOW + 9 * DAY_MS)
    worker.step(NOW + 9 * DAY_MS)
    assert count(store, "inbox") == 0
