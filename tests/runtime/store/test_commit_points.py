"""The process dies after each statement, before and after each COMMIT, in turn; then another takes over.

A conversation with two users is played on the store by a small process: it accepts, posts what is leased, notes what
was posted. Wherever it dies, the one after it must come to the same state, and no post may be missing.
"""

import gc
import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from runtime.store.port import Done, Inbound, Sent, Unsent, Work
from runtime.store.sql import SqlStore
from tests.runtime.store.test_contract import ANA, BEN, LEASE, NOW, told, turn
from tests.runtime.store.watching import watched

# What the platform delivers, in its order: a batch again and again until it is answered.
WEBHOOKS = ((told("say hello", "a1"), told("due 2", "b1", BEN)), (told("say more", "a2"), told("say hi", "b2", BEN)),
            (told("call it", "a3"), told("due 1", "a4")))


@pytest.fixture(scope="module", autouse=True)
def by_itself() -> Iterator[None]:
    """As in a process of its own, which has nothing of thousands of tests to look through for garbage."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


class Died(BaseException):
    """The process is no more."""


@dataclass
class World:
    """All that outlives a process: the database, and what the receivers and the platform remember."""

    url: str
    dies_at: int = -1                        # the point at which the process dies, once
    points: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    answered: int = 0                        # webhooks

    def reach(self, point: str) -> None:
        self.points.append(point)
        if len(self.points) - 1 == self.dies_at:
            raise Died

    def live(self) -> None:
        """Processes, one after the other, until there is nothing left to do."""
        for _ in range(2):
            store = SqlStore(self.url, (f"tag{n}" for n in itertools.count()).__next__)
            watch(store, self.reach)
            try:
                with watched(after=lambda text, _: self.reach(after(text))):
                    store.prepare()
                    self.work(store)
            except Died:
                continue
            finally:
                store.close()
                gc.collect()                 # with a process its connection goes, which holds the file
            return

    def work(self, store: SqlStore) -> None:
        sent: tuple[Sent, ...] = ()
        for _ in range(7):
            waiting = WEBHOOKS[self.answered:self.answered + 1]
            done = self.tick(store, waiting[0] if waiting else (), sent)
            self.answered += len(waiting)
            sent = self.post(done)

    def tick(self, store: SqlStore, inbound: tuple[Inbound, ...], sent: tuple[Sent, ...]) -> Done:
        now = NOW + (10_000 if self.answered == len(WEBHOOKS) else 0)        # timers are due when all has been said
        work = Work(now=now, inbound=inbound, sent=sent, fire=True, scan=True, lease_ms=LEASE)
        done = store.tick(work, turn)
        self.reach("after COMMIT")
        return done

    def post(self, done: Done) -> tuple[Sent, ...]:
        sent = []
        for run in done.runs:
            for posting in run.postings:
                self.posts.append(f"{run.conversation} {posting.payload}")
                self.reach("after a post")
                sent.append(Sent(posting.id, f"wamid.{posting.id}"))
        return tuple(sent)


def after(statement: str) -> str:
    return "after " + " ".join(statement.split()[:3])


def watch(store: SqlStore, reach: Callable[[str], None]) -> None:
    @sa.event.listens_for(store._engine, "after_cursor_execute")
    def executed(connection: object, cursor: object, statement: str, *rest: object) -> None:
        reach(after(statement))

    @sa.event.listens_for(store._engine, "commit")
    def committing(connection: object) -> None:
        reach("before COMMIT")


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What must be the same wherever the process died."""
    queries = {
        "state": "SELECT id, turns, state, contact FROM conversation ORDER BY id",
        "journal": "SELECT conv, msg_id, turn FROM journal ORDER BY conv, turn",
        "inbox": "SELECT conv, msg_id, done FROM inbox ORDER BY conv, id",
        "outbox": "SELECT conv, payload, status FROM outbox ORDER BY conv, id",
        "timers": "SELECT conv, name FROM timer",
    }
    engine = sa.create_engine(f"sqlite:///{path}")
    with closing(engine.raw_connection()) as connection:
        return {name: connection.cursor().execute(query).fetchall() for name, query in queries.items()}


def without_a_fault() -> World:
    world = World("sqlite://")
    world.live()
    return world


CALM = without_a_fault()


def once(posts: list[str]) -> dict[str, list[str]]:
    """What each user got, in order, repeats left out."""
    got: dict[str, list[str]] = {}
    for post in dict.fromkeys(posts):
        got.setdefault(post.split()[0], []).append(post)
    return got


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    path = tmp_path_factory.mktemp("calm") / "talk.db"
    World(f"sqlite:///{path}").live()
    return contents(path)


def test_the_conversation_has_everything_in_it(right: dict[str, list[tuple[object, ...]]]):
    assert [row[:2] for row in right["journal"]] == [
        (ANA, "a1"), (ANA, "a2"), (ANA, "a3"), (ANA, "a4"), (ANA, right["journal"][4][1]),
        (BEN, "b1"), (BEN, "b2"), (BEN, right["journal"][7][1])]
    assert len(right["outbox"]) == len(CALM.posts) == 8
    assert {row[2] for row in right["outbox"]} == {1}
    assert right["timers"] == []


@pytest.mark.parametrize("point", [pytest.param(n, id=f"{n} {name}") for n, name in enumerate(CALM.points)])
def test_wherever_the_process_dies_the_next_comes_to_the_same(
        point: int, tmp_path: Path, right: dict[str, list[tuple[object, ...]]]):
    world = World(f"sqlite:///{tmp_path / 'talk.db'}", dies_at=point)
    world.live()

    assert contents(tmp_path / "talk.db") == right
    assert once(world.posts) == once(CALM.posts)
    repeated = len(world.posts) - len(CALM.posts)
    assert repeated <= 4                     # those posted, and not noted, when it died


def test_a_posting_given_back_by_who_lost_its_lease_changes_nothing(tmp_path: Path):
    with closing(SqlStore(f"sqlite:///{tmp_path / 'talk.db'}")) as store:
        store.prepare()
        posting = store.tick(Work(now=NOW, inbound=(told("say hi"),), lease_ms=LEASE), turn).runs[0].postings[0]
        store._leases.clear()                # as in a process that never had it

        late = Work(now=NOW + 1, unsent=(Unsent(posting.id, ANA, 0, "late"),), scan=True, lease_ms=LEASE)
        assert not store.tick(late, turn).runs
