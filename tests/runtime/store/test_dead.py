"""Dead letters, as a person sees and moves them."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from runtime.store.dead import dead_letters, drop, retry
from runtime.store.opening import Database
from runtime.store.port import Dead, Posting, Unsent
from runtime.store.postgres import PostgresStore
from runtime.store.sql import GIVEN, SqlStore
from tests.runtime.store.test_contract import ANA, BEN, LEASE, NOW, payloads, receipt, tick, told


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    tags = (f"tag{n}" for n in count())
    made: Database
    if request.param == "sqlite":
        made = SqlStore(f"sqlite:///{tmp_path / 'talk.db'}", lambda: next(tags))
    else:
        made = PostgresStore(request.getfixturevalue("database"), lambda: next(tags), GIVEN)
    made.prepare()
    yield made
    made.close()


def refused(store: Database, *texts: str, to: str = ANA) -> list[Posting]:
    """The postings of these turns, each of them a dead letter."""
    postings = [posting for run in tick(store, *(told(f"say {text}", to=to) for text in texts)).runs
                for posting in run.postings]
    tick(store, dead=tuple(Dead(posting.id, to, "400 code 131009") for posting in postings))
    return postings


def test_a_dead_letter_tells_what_why_and_where(store: Database):
    first, _ = refused(store, "hello")
    (letter, _) = store.transaction(dead_letters)

    assert (letter.id, letter.conversation, letter.turn, letter.kind) == (first.id, "tag0", 0, "message")
    assert (letter.error, letter.attempts, letter.since, letter.request) == ("400 code 131009", 1, NOW, "say hello 0")
    assert store.transaction(lambda connection: dead_letters(connection, [first.id])) == [letter]


def test_the_step_is_that_after_the_turn(store: Database):
    refused(store, "one", "two")

    assert [(letter.turn, letter.step) for letter in store.transaction(dead_letters)] == [
        (0, "main.name"), (0, "main.name"), (1, "main.name"), (1, "main.name")]


def test_what_is_posted_again_keeps_its_place_and_begins_anew(store: Database):
    old = refused(store, "old")
    tick(store, told("say new"), room=0)
    assert store.transaction(lambda connection: retry(connection, [p.id for p in reversed(old)])) == [
        posting.id for posting in old]

    (run,) = tick(store, scan=True).runs
    assert [(posting.payload, posting.attempts) for posting in run.postings] == [
        ("say old 0", 0), ("say old 1", 0), ("say new 0", 0), ("say new 1", 0)]


def test_nobody_posts_it_beside_a_run_that_is_under_way(store: Database):
    old = refused(store, "old")
    tick(store, told("say new"))
    store.transaction(lambda connection: retry(connection, [old[0].id]))

    assert not tick(store, scan=True, now=NOW + LEASE - 1).runs
    assert payloads(tick(store, scan=True, now=NOW + LEASE)) == {ANA: ["say old 0", "say new 0", "say new 1"]}


def test_what_is_dropped_is_never_posted(store: Database):
    (first, second) = refused(store, "hello")
    assert store.transaction(lambda connection: drop(connection, [first.id, 999], NOW)) == [first.id]

    assert [letter.id for letter in store.transaction(dead_letters)] == [second.id]
    assert store.transaction(lambda connection: retry(connection, [first.id])) == []
    assert not tick(store, scan=True).runs


def test_only_dead_letters_are_moved(store: Database):
    (run,) = tick(store, told("say hello", to=BEN)).runs
    waiting, _ = run.postings
    tick(store, unsent=(Unsent(waiting.id, BEN, 5_000, "500"),))

    assert store.transaction(lambda connection: retry(connection, [waiting.id])) == []
    assert store.transaction(lambda connection: drop(connection, [waiting.id], NOW)) == []
    assert store.transaction(dead_letters) == []


def test_one_that_turns_out_to_have_arrived_is_no_dead_letter(store: Database):
    (first, _) = refused(store, "hello")
    tick(store, receipts=(receipt(first, "delivered"),))

    assert first.id not in [letter.id for letter in store.transaction(dead_letters)]
