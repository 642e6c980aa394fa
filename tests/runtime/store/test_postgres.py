"""Several processes on one PostgreSQL: here, several stores. What one does in the middle of another's tick is done in
the turn that this tick takes."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed
from sqlalchemy.exc import DBAPIError, IntegrityError

from runtime.store import postgres
from runtime.store.port import Conversation, Done, Inbound, Outcome, Sent, StoreDown, TakeTurn, Unsent, Work
from runtime.store.postgres import PostgresStore
from runtime.store.sql import GIVEN
from tests.postgres import execute
from tests.runtime.store.test_contract import ANA, BEN, LEASE, NOW, told, turn


@pytest.fixture
def two(database: str) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    stores = PostgresStore(database, clock=GIVEN), PostgresStore(database, clock=GIVEN)
    for store in stores:
        store.prepare()
    yield stores
    for store in stores:
        store.close()


def work(*inbound: Inbound, now: int = NOW, **more: object) -> Work:
    return Work(now=now, inbound=inbound, lease_ms=LEASE, **more)  # type: ignore[arg-type]


def meanwhile(other: PostgresStore, does: Work, done: list[Done]) -> TakeTurn:
    """A turn in the middle of which `other` ticks, once."""
    def take(before: Conversation, inbound: Inbound) -> Outcome:
        if not done:
            done.append(Done())
            done[0] = other.tick(does, turn)
        return turn(before, inbound)
    return take


def test_a_conversation_that_another_holds_is_left_and_looked_at_again(two: tuple[PostgresStore, PostgresStore]):
    one, other = two
    one.tick(work(told("a")), turn)
    done: list[Done] = []
    one.tick(work(told("b")), meanwhile(other, work(told("c"), told("hello", to=BEN)), done))

    assert [handled.before.id for handled in done[0].handled] == [BEN]
    assert done[0].held == {ANA}
    (handled,) = other.tick(work(look=done[0].held), turn).handled
    assert handled.outcome.state == "a;b;c;"


def test_a_message_left_by_a_process_that_died_is_found_by_the_next_scan(two: tuple[PostgresStore, PostgresStore]):
    one, other = two
    one.tick(work(told("a")), turn)
    one.tick(work(told("b")), meanwhile(other, work(told("c")), []))

    assert [handled.inbound.id for handled in one.tick(work(scan=True), turn).handled] == ["c"]


def test_a_message_delivered_to_two_is_handled_once(two: tuple[PostgresStore, PostgresStore]):
    one, other = two
    handled = [*one.tick(work(told("a", "m1")), turn).handled, *other.tick(work(told("a", "m1")), turn).handled]

    assert len(handled) == 1


def test_the_whole_run_is_leased_not_only_its_head(two: tuple[PostgresStore, PostgresStore]):
    one, other = two
    (run,) = one.tick(work(told("say a")), turn).runs
    one.tick(work(sent=(Sent(run.postings[0].id),)), turn)

    assert not other.tick(work(scan=True), turn).runs


def test_who_takes_over_posts_what_the_dead_left_before_its_own(two: tuple[PostgresStore, PostgresStore]):
    one, other = two
    one.tick(work(told("say a")), turn)
    (run,) = other.tick(work(told("say b"), now=NOW + LEASE), turn).runs

    assert [posting.payload for posting in run.postings] == ["say a 0", "say a 1", "say b 0", "say b 1"]


def test_who_stands_still_in_the_middle_of_a_tick_loses_it_to_another(database: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(postgres.SESSION, "idle_in_transaction_session_timeout", "100")
    one, other = PostgresStore(database, clock=GIVEN), PostgresStore(database, clock=GIVEN)
    one.prepare()
    done: list[Done] = []
    with pytest.raises(StoreDown):                       # what it did is undone; another one waits for the same key
        one.tick(work(told("a")), meanwhile(other, work(told("a")), done))

    assert [handled.inbound.id for handled in done[0].handled] == ["a"]
    one.close()
    other.close()


def test_who_stood_still_for_longer_than_its_lease_cannot_give_it_back(two: tuple[PostgresStore, PostgresStore]):
    one, other = two
    (run,) = one.tick(work(told("say a")), turn).runs
    assert other.tick(work(scan=True, now=NOW + LEASE), turn).runs

    late = Unsent(run.postings[0].id, ANA, 0, "late")
    assert not one.tick(work(unsent=(late,), scan=True, now=NOW + LEASE + 1), turn).runs


def test_a_due_timer_is_fired_by_one_of_them(two: tuple[PostgresStore, PostgresStore]):
    one, other = two
    one.tick(work(told("due 1")), turn)
    done: list[Done] = []
    due = work(told("hello"), fire=True, now=NOW + 1_000)
    fired = one.tick(due, meanwhile(other, replace(due, inbound=()), done))

    assert [handled.inbound.origin for handled in fired.handled] == ["channel", "timer"]
    assert not done[0].handled
    assert not other.tick(replace(due, inbound=(), now=NOW + 9_000), turn).handled


def test_two_that_make_the_same_conversations_in_opposite_order_do_not_wait_for_each_other(
        two: tuple[PostgresStore, PostgresStore]):
    faults: list[Exception] = []

    def run(store: PostgresStore, step: int) -> None:
        try:
            for n in range(20):
                batch = [told("say a", f"m{n}", f"whatsapp:1:{n}-{k}") for k in range(20)][::step]
                store.tick(work(*batch, scan=True, fire=True), turn)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(store, step)) for store, step in zip(two, (1, -1), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    two[0].tick(work(scan=True), turn)
    assert faults == []


def test_leases_go_by_the_clock_of_the_database_not_of_a_process(database: str):
    early, late = PostgresStore(database), PostgresStore(database)
    early.prepare()
    assert early.tick(work(told("say a"), now=0), turn).runs

    assert not late.tick(work(scan=True, now=9_999_999_999_999), turn).runs
    (until,) = execute(database, "SELECT DISTINCT next_at - extract(epoch FROM now()) * 1000 AS left FROM outbox")
    assert 0 < until["left"] <= LEASE
    early.close()
    late.close()


def test_many_that_start_on_an_empty_database_set_it_up_once(database: str):
    faults: list[Exception] = []

    def start() -> None:
        store = PostgresStore(database)
        try:
            store.prepare()
        except Exception as fault:
            faults.append(fault)
        finally:
            store.close()

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_what_the_database_refuses_is_not_the_databases_fault(two: tuple[PostgresStore, PostgresStore]):
    def without_a_kind(before: Conversation, inbound: Inbound) -> Outcome:
        outcome = turn(before, inbound)
        return changed(outcome, entry=changed(outcome.entry, kind=None))  # type: ignore[arg-type]

    for text in ("a NUL \0", "lone \ud800"):
        with pytest.raises(DBAPIError):
            two[0].tick(work(told(text)), turn)
    with pytest.raises(IntegrityError):
        two[0].tick(work(told("hello")), without_a_kind)
    assert len(two[0].tick(work(told("hello")), turn).handled) == 1


def test_a_connection_that_is_lost_costs_one_tick(database: str, two: tuple[PostgresStore, PostgresStore]):
    one, _ = two
    one.tick(work(told("a")), turn)
    execute(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'talktable'")

    with pytest.raises(StoreDown):
        one.tick(work(told("b")), turn)
    assert one.tick(work(told("b")), turn).handled[0].outcome.state == "a;b;"


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "postgres://nobody@no-such-host.invalid/none"])
def test_a_database_that_cannot_be_reached_is_said_to_be_down(url: str):
    store = PostgresStore(url)
    with pytest.raises(StoreDown):
        store.prepare()
    store.close()


def test_a_database_that_is_not_there_or_lets_nobody_in_is_said_to_be_down(database: str):
    store = PostgresStore(f"{database}_not?sslmode=disable")
    with pytest.raises(StoreDown, match="does not exist"):
        store.prepare()
    store.close()


def test_every_commit_is_on_disk_before_it_is_told_whatever_the_server_says(database: str):
    execute(database, f"ALTER DATABASE {database.rpartition('/')[2]} SET synchronous_commit = off")
    store = PostgresStore(database)
    store.prepare()
    shown = store.transaction(lambda connection: connection.exec_driver_sql("SHOW synchronous_commit").scalar())
    assert shown == "on"
    store.close()
