"""Two processes place events of the same users at the same time: here, two stores on one PostgreSQL."""

import random
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from runtime.store.port import Inbound, StoreDown, Work
from runtime.store.postgres import PostgresStore
from runtime.store.sql import GIVEN
from tests.postgres import execute
from tests.runtime.store.test_contract import NOW, turn
from tests.runtime.store.test_identities import OLD, X, said
from tests.runtime.store.test_postgres import meanwhile, work

USERS, TICKS = 5, 40


@pytest.fixture
def two(database: str) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    stores = PostgresStore(database, clock=GIVEN), PostgresStore(database, clock=GIVEN)
    for store in stores:
        store.prepare()
    yield stores
    for store in stores:
        store.close()


def test_a_name_that_another_uses_is_not_waited_for(two: tuple[PostgresStore, PostgresStore]):
    one, other = two
    one.tick(work(said("a", bsuid=X, phone=OLD)), turn)

    one.tick(work(said("b", phone=OLD)), meanwhile(other, work(said("c", bsuid=X)), []))
    (handled,) = other.tick(work(scan=True), turn).handled
    assert handled.outcome.state == "a;b;c;"


def test_whatever_names_come_first_every_event_is_handled_once_and_every_user_is_one(
        two: tuple[PostgresStore, PostgresStore], database: str):
    handled: Counter[str] = Counter()

    def tick(store: PostgresStore, told: list[Inbound]) -> None:
        for _ in range(20):
            try:
                done = store.tick(Work(now=NOW, inbound=tuple(told), scan=True, room=0), turn)
            except StoreDown:                # a deadlock: WhatsApp comes again
                continue
            handled.update(one.inbound.id for one in done.handled)
            return
        pytest.fail("never stored")

    def live(store: PostgresStore, name: str, chance: random.Random) -> None:
        for n in range(TICKS):
            told = []
            for m in range(3):
                user = chance.randrange(USERS)
                names = {"bsuid": f"CO.{user}", "wa_id": f"5700{user}0", "phone": f"5700{user}1"}
                some = chance.sample(sorted(names), chance.randint(1, 3))
                told.append(said(f"{name}{n}.{m}", **{kind: names[kind] for kind in some}))
            tick(store, told)

    threads = [threading.Thread(target=live, args=(store, name, random.Random(name)))
               for store, name in zip(two, "ab", strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for user in range(USERS):
        tick(two[0], [said(f"last{user}", bsuid=f"CO.{user}", wa_id=f"5700{user}0", phone=f"5700{user}1")])

    assert len(handled) == 2 * TICKS * 3 + USERS
    assert set(handled.values()) == {1}
    assert len(execute(database, "SELECT DISTINCT conv FROM identity")) == USERS
    assert execute(database, "SELECT 1 FROM inbox WHERE conv NOT IN (SELECT conv FROM identity)") == []
