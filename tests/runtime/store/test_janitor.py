"""What is kept for how long, asked of every store. Time is told, never waited for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from loguru import logger

from dsl.table import Retention
from runtime.store import sweep
from runtime.store.janitor import Janitor
from runtime.store.memory import MemoryStore
from runtime.store.opening import Database
from runtime.store.port import (
    REST_MS,
    Conversation,
    Dead,
    Done,
    Inbound,
    Outcome,
    Posting,
    Sent,
    Store,
    StoreDown,
    Unsent,
    Work,
)
from runtime.store.postgres import PostgresStore
from runtime.store.sql import GIVEN, SqlStore
from tests.runtime.store.test_contract import ANA, BEN, NOW, failure, receipt, states, tick, told, turn
from tests.runtime.store.test_identities import OLD, X, said
from tests.runtime.store.test_postgres import two

__all__ = ["two"]

Two = tuple[PostgresStore, PostgresStore]

DAY_MS = 86_400_000
FOREVER = Retention(keys=0, statuses=0, messages=0, dead_letters=0, journal=0, conversations=0)
IN_MEMORY = {"conversation": "conversations", "inbox": "seen", "outbox": "outbox", "identity": "links"}


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    made: Database = (SqlStore(f"sqlite:///{tmp_path / 'talk.db'}") if request.param == "sqlite"
                      else PostgresStore(request.getfixturevalue("database"), clock=GIVEN))
    made.prepare()
    yield made
    made.close()


def keep(**days: int) -> Retention:
    """These, in days, and all else for ever."""
    return Retention(**{**dict.fromkeys(Retention.__struct_fields__, 0),
                        **{name: long * DAY_MS // 1_000 for name, long in days.items()}})


def swept(store: Store, kept: Retention, days: int) -> None:
    """A whole sweep, so many days later."""
    to_the_end(store, kept, NOW + days * DAY_MS + 1)


def to_the_end(store: Store, kept: Retention, now: int) -> None:
    for _ in range(100):
        if store.tidy(kept, now) != now:
            return
    pytest.fail("it comes to no end")


def count(store: Store, table: str) -> int:
    if isinstance(store, MemoryStore):
        return len(getattr(store._tables, IN_MEMORY[table]))
    counted = sa.text(f"SELECT count(*) FROM {table}")
    return int(store.transaction(lambda connection: connection.execute(counted).scalar()))  # type: ignore[attr-defined]


def sent(store: Store, event: str = "say hello", user: Inbound | None = None) -> Posting:
    """The first of two messages that were sent."""
    (run,) = tick(store, user or told(event)).runs
    tick(store, sent=tuple(Sent(posting.id, f"w{posting.id}") for posting in run.postings))
    return run.postings[0]


def test_the_ids_of_messages_keep_repeats_out_until_their_time_is_over(store: Store):
    tick(store, told("a"))

    swept(store, keep(keys=8), 7)
    assert not tick(store, told("a")).handled
    swept(store, keep(keys=8), 8)
    assert count(store, "inbox") == 0
    assert states(tick(store, told("a"))) == ["a;a;"]


def test_an_event_that_was_not_handled_is_never_deleted(db: Database):
    tick(db, told("a"))
    db.transaction(lambda connection: connection.execute(sa.text("UPDATE inbox SET done = false")))

    swept(db, keep(keys=8, conversations=8), 1_000)
    assert (count(db, "inbox"), count(db, "conversation")) == (1, 1)


def test_the_journal(db: Database):
    tick(db, told("a"), told("b", to=BEN))

    swept(db, keep(journal=30), 29)
    assert count(db, "journal") == 2
    swept(db, keep(journal=30), 30)
    assert count(db, "journal") == 0


class TestMessages:
    def test_those_that_were_sent_and_dead_letters_each_have_their_time(self, store: Store):
        (run,) = tick(store, told("say hello")).runs
        first, second = run.postings
        tick(store, sent=(Sent(first.id, "w"),), dead=(Dead(second.id, ANA, "refused"),))
        kept = keep(messages=10, statuses=10, dead_letters=60)

        left = []
        for days in (9, 10, 59, 60):
            swept(store, kept, days)
            left.append(count(store, "outbox"))
        assert left == [2, 1, 1, 0]

    def test_their_time_begins_with_the_last_word_of_them(self, store: Store):
        posting = sent(store)
        tick(store, receipts=(receipt(posting, "read", f"w{posting.id}"),), now=NOW + 5 * DAY_MS)

        swept(store, keep(messages=10, statuses=10), 10)
        assert count(store, "outbox") == 1
        swept(store, keep(messages=10, statuses=10), 15)
        assert count(store, "outbox") == 0

    def test_what_became_of_one_outlives_what_was_said(self, store: Store):
        sent(store)
        kept = keep(messages=1, statuses=90)

        swept(store, kept, 1)
        assert texts(store) == ["", ""]
        swept(store, kept, 90)
        assert texts(store) == []

    def test_one_whose_text_is_gone_is_not_sent_again_whatever_is_told_of_it(self, store: Store):
        posting = sent(store)
        swept(store, keep(messages=1, statuses=90), 1)
        failed = receipt(posting, "failed", f"w{posting.id}", failure("retry"))

        assert not tick(store, receipts=(failed,), scan=True, now=NOW + 2 * DAY_MS).runs
        assert not tick(store, scan=True, now=NOW + 3 * DAY_MS).runs

    def test_what_became_of_one_is_forgotten_before_what_was_said(self, store: Store):
        posting = sent(store)
        tick(store, receipts=(receipt(posting, "read", f"w{posting.id}"),))

        swept(store, keep(messages=90, statuses=8), 8)
        assert texts(store) == ["say hello 0", "say hello 1"]
        assert words(store) == [None, None]

    def test_what_is_still_to_be_sent_is_kept_and_its_conversation_too(self, store: Store):
        (run,) = tick(store, told("say hello")).runs
        tick(store, unsent=(Unsent(run.postings[0].id, ANA, 1_000, "away"),))

        swept(store, keep(keys=8, messages=8, statuses=8, dead_letters=8, conversations=8), 1_000)
        assert (count(store, "outbox"), count(store, "conversation")) == (2, 1)


def texts(store: Store) -> list[str]:
    if isinstance(store, MemoryStore):
        return [queued.posting.payload for queued in store._tables.outbox.values()]
    return column(store, "payload")


def words(store: Store) -> list[str | None]:
    if isinstance(store, MemoryStore):
        return [queued.standing.delivery for queued in store._tables.outbox.values()]
    return column(store, "delivery")


def column(store: Store, name: str) -> list[str]:
    asked = sa.text(f"SELECT {name} FROM outbox ORDER BY id")
    return list(store.transaction(lambda connection: connection.execute(asked).scalars().all()))  # type: ignore


class TestConversations:
    ALL = keep(keys=8, conversations=100)

    def test_one_in_which_nothing_happens_any_more_goes_with_all_that_is_of_it(self, store: Store):
        sent(store, user=said("say hello", bsuid=X, phone=OLD))
        (run,) = tick(store, told("say no", to=BEN)).runs
        tick(store, dead=tuple(Dead(posting.id, BEN, "refused") for posting in run.postings))

        swept(store, self.ALL, 99)
        assert [count(store, table) for table in ("conversation", "identity", "outbox")] == [2, 2, 4]
        swept(store, self.ALL, 100)
        assert [count(store, table) for table in ("conversation", "identity", "outbox", "inbox")] == [0, 0, 0, 0]
        assert isinstance(store, MemoryStore) or count(store, "journal") == 0
        later = NOW + 100 * DAY_MS + 2
        assert states(tick(store, said("c", phone=OLD), now=later)) == ["c;"]

    def test_what_is_of_others_stays(self, store: Store):
        sent(store, user=said("say hello", bsuid=X))
        tick(store, told("hello", to=BEN), now=NOW + DAY_MS)

        swept(store, self.ALL, 100)
        assert (count(store, "conversation"), count(store, "inbox"), count(store, "outbox")) == (1, 0, 0)
        assert states(tick(store, told("again", to=BEN))) == ["hello;again;"]

    def test_its_time_begins_with_its_last_turn(self, store: Store):
        tick(store, said("a", phone=OLD))
        tick(store, said("b", phone=OLD), now=NOW + 50 * DAY_MS)

        swept(store, self.ALL, 149)
        assert states(tick(store, said("c", phone=OLD))) == ["a;b;c;"]

    def test_one_that_waits_for_its_time_is_kept(self, store: Store):
        tick(store, told("due 5"))

        swept(store, self.ALL, 1_000)
        assert count(store, "conversation") == 1

    def test_one_is_kept_while_a_repeat_of_its_messages_is_to_be_known(self, store: Store):
        tick(store, said("a", bsuid=X))
        kept = keep(keys=14, conversations=8)

        swept(store, kept, 13)
        assert not tick(store, said("a", bsuid=X)).handled
        swept(store, kept, 14)
        swept(store, kept, 14)
        assert count(store, "conversation") == 0

    def test_two_that_became_one_go_as_one(self, store: Store):
        sent(store, user=said("say a", phone=OLD))
        sent(store, user=said("say b", bsuid=X))
        tick(store, said("c", phone=OLD, bsuid=X), now=NOW + DAY_MS)

        swept(store, self.ALL, 100)
        later = NOW + 100 * DAY_MS
        assert states(tick(store, said("d", bsuid=X), now=later)) == ["say a;c;d;"]
        assert [count(store, table) for table in ("conversation", "identity", "outbox")] == [1, 2, 4]
        swept(store, self.ALL, 200)
        assert [count(store, table) for table in ("conversation", "identity", "outbox")] == [0, 0, 0]


def test_a_time_of_zero_is_for_ever(store: Store):
    sent(store, user=said("say a", bsuid=X))

    swept(store, FOREVER, 100_000)
    assert [count(store, table) for table in ("inbox", "outbox", "conversation", "identity")] == [1, 2, 1, 1]


def test_it_rests_after_a_sweep(store: Store):
    worker, later = Janitor(store, keep(keys=8)), NOW + 9 * DAY_MS
    for _ in range(10):
        worker.step(later)
    tick(store, told("a"))

    worker.step(later + REST_MS - 1)
    assert count(store, "inbox") == 1
    worker.step(later + REST_MS)
    for _ in range(10):
        worker.step(later + REST_MS)
    assert count(store, "inbox") == 0


def test_a_clock_that_was_far_ahead_does_not_make_it_rest_for_as_long(store: Store):
    worker = Janitor(store, keep(keys=8))
    for _ in range(10):
        worker.step(NOW + 10_000 * DAY_MS)
    tick(store, told("a"))

    for _ in range(10):
        worker.step(NOW + 9 * DAY_MS)
    assert count(store, "inbox") == 0


class TestSteps:
    """In small batches, one at a time, whoever it is."""

    def test_one_looks_at_a_few_rows_only_and_the_next_goes_on(self, db: Database, few: None):
        tick(db, *(told(f"m{n}", to=f"whatsapp:1:{n % 7}") for n in range(25)))
        worker = Janitor(db, keep(keys=8, journal=8))

        left = []
        for _ in range(7):
            worker.step(NOW + 9 * DAY_MS)
            left.append((count(db, "inbox"), count(db, "journal")))
        assert left == [(15, 25), (5, 25), (0, 25), (0, 25), (0, 15), (0, 5), (0, 0)]

    def test_another_process_goes_on_where_one_stopped(self, db: Database, few: None):
        tick(db, *(told(f"m{n}") for n in range(25)))

        left = []
        for _ in range(4):
            Janitor(db, keep(keys=8)).step(NOW + 9 * DAY_MS)
            left.append(count(db, "inbox"))
        assert left == [15, 5, 0, 0]

    def test_all_rest_together(self, db: Database):
        swept(db, keep(keys=8), 9)
        tick(db, told("a"))

        Janitor(db, keep(keys=8)).step(NOW + 9 * DAY_MS + REST_MS)
        assert count(db, "inbox") == 1

    def test_a_repeat_that_nothing_but_the_journal_remembers_is_a_new_message(self, db: Database):
        tick(db, told("a"))
        swept(db, keep(keys=8), 9)

        assert states(tick(db, told("a"))) == ["a;a;"]
        assert count(db, "journal") == 1


class TestBesideOthers:
    """Two processes on one PostgreSQL."""

    LATER = NOW + 100 * DAY_MS + 1

    def test_while_one_cleans_another_does_not_wait_for_it(self, two: Two):
        one, other = two
        tick(one, told("a"))

        def cleaning(connection: sa.Connection) -> int:
            connection.execute(sa.text("SELECT * FROM sweep FOR UPDATE"))
            return other.tidy(keep(keys=8), self.LATER)
        assert one.transaction(cleaning) == self.LATER
        assert count(one, "inbox") == 1

    @pytest.mark.parametrize("back", [told("back"), said("back", bsuid=X), said("back", phone=OLD)])
    def test_who_writes_while_their_conversation_is_about_to_go_goes_on_in_it(self, two: Two, back: Inbound):
        one, other = two
        tick(one, told("a") if not back.identities else said("a", bsuid=X, phone=OLD))
        swept(one, keep(keys=8), 9)

        def take(before: Conversation, inbound: Inbound) -> Outcome:
            to_the_end(other, keep(conversations=8), self.LATER)
            return turn(before, inbound)
        (handled,) = one.tick(Work(now=self.LATER, inbound=(back,)), take).handled
        assert handled.outcome.state == "a;back;"
        assert states(tick(one, told("c") if not back.identities else said("c", bsuid=X))) == ["a;back;c;"]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCH", 10)


class TestTrouble:
    def test_a_database_that_is_away_is_tried_again(self, store: Store, monkeypatch: pytest.MonkeyPatch):
        tick(store, told("a"))
        worker = Janitor(store, keep(keys=8))
        with monkeypatch.context() as patch:
            patch.setattr(store, "tidy", raising(StoreDown("away")))
            worker.step(NOW + 9 * DAY_MS)

        for _ in range(10):
            worker.step(NOW + 9 * DAY_MS)
        assert count(store, "inbox") == 0

    def test_what_is_our_own_fault_is_logged_once_and_tried_after_the_rest(
            self, store: Store, monkeypatch: pytest.MonkeyPatch):
        lines: list[str] = []
        handler = logger.add(lines.append, format="{level} {message}")
        monkeypatch.setattr(store, "tidy", raising(ArithmeticError()))
        worker = Janitor(store, keep(keys=8))
        for n in range(10):
            worker.step(NOW + n)
        logger.remove(handler)

        assert [line.splitlines()[0] for line in lines] == ["ERROR not cleaned up"]


def raising(fault: Exception) -> object:
    def tidy(*_args: object) -> Done:
        raise fault
    return tidy
