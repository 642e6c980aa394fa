"""A backup of each database, restored into each."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from runtime.store.backup import backup, restore
from runtime.store.opening import Database, open_store
from runtime.store.port import StoreDown, Work
from tests.postgres import Server, database_on
from tests.runtime.store.test_contract import ANA, BEN, LEASE, NOW, told, turn

Opens = Callable[[str], tuple[str, Database]]


@pytest.fixture
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opens]:
    """An empty database by its kind: its URL, and the store on it."""
    stores: list[Database] = []
    databases = []

    def opened(kind: str) -> tuple[str, Database]:
        url = f"sqlite:///{tmp_path / f'{len(stores)}.db'}"
        if kind == "postgresql":
            server: Server = request.getfixturevalue("postgres")
            databases.append(database_on(server.url))
            url = databases[-1].__enter__()
        stores.append(open_store(url))
        return url, stores[-1]

    yield opened
    for store in stores:
        store.close()
    for database in databases:
        database.__exit__(None, None, None)


@pytest.mark.parametrize("to", ["sqlite", "postgresql"])
@pytest.mark.parametrize("of", ["sqlite", "postgresql"])
def test_a_conversation_goes_on_where_the_backup_left_it(of: str, to: str, opens: Opens, tmp_path: Path):
    (here, before), (there, after) = opens(of), opens(to)
    before.prepare()
    before.tick(Work(now=NOW, inbound=(told("say a"), told("due 1")), room=0, lease_ms=LEASE), turn)

    saved = backup(here, tmp_path / "saved.db", NOW)       # while the store is open
    before.tick(Work(now=NOW, inbound=(told("later"),)), turn)
    assert restore(there, tmp_path / "saved.db") == saved
    assert saved.made_at == NOW
    assert (saved.rows["conversation"], saved.rows["outbox"], saved.rows["timer"]) == (1, 2, 1)

    after.prepare()
    done = after.tick(Work(now=NOW, inbound=(told("say a"), told("say b")), lease_ms=LEASE), turn)
    assert [handled.outcome.state for handled in done.handled] == ["say a;due 1;say b;"]
    assert [posting.payload for posting in done.runs[0].postings] == ["say a 0", "say a 1", "say b 0", "say b 1"]


def test_nothing_is_written_over(opens: Opens, tmp_path: Path):
    url, store = opens("sqlite")
    store.prepare()
    store.tick(Work(now=NOW, inbound=(told("a"),)), turn)
    backup(url, tmp_path / "saved.db", NOW)
    store.close()

    with pytest.raises(StoreDown, match="exists already"):
        backup(url, tmp_path / "saved.db", NOW)
    with pytest.raises(StoreDown, match=r"not empty \(.*conversation.*\)"):
        restore(url, tmp_path / "saved.db")
    assert store.tick(Work(now=NOW, inbound=(told("b"),)), turn).handled[0].before.id == ANA


def test_what_is_no_backup_is_refused(opens: Opens, tmp_path: Path):
    (tmp_path / "words.db").write_text("not a database, just words " * 50)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE timer (id INTEGER)")

    for name in ("words.db", "other.db", "nothing.db"):
        with pytest.raises(StoreDown, match=f"`.*{name}` is no backup, or damaged: "):
            restore(opens("sqlite")[0], tmp_path / name)


def test_what_cannot_be_written_leaves_nothing_behind(opens: Opens, tmp_path: Path):
    (tmp_path / "other.db").touch()
    for url, file, why in ((opens("sqlite")[0], "saved.db", "there is no `"),
                           (f"sqlite:///{tmp_path / 'other.db'}", "saved.db", "there is nothing in it"),
                           ("sqlite:///", "nowhere/saved.db", "there is no folder `")):
        with pytest.raises(StoreDown, match=why):
            backup(url, tmp_path / file, NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["other.db"]


def test_a_backup_that_is_not_what_it_was_is_refused_or_holds_what_it_held(opens: Opens, tmp_path: Path):
    """Whatever byte is another, or however much is missing: never other conversations than those that were saved."""
    url, store = opens("sqlite")
    store.prepare()
    store.tick(Work(now=NOW, inbound=(told("say a"), told("due 1", to=BEN)), room=0), turn)
    backup(url, tmp_path / "saved.db", NOW)
    whole, refused = (tmp_path / "saved.db").read_bytes(), 0
    chance, held = Random(1), held_by(url)

    for n in range(30):
        place, bit = chance.randrange(len(whole)), 1 << n % 8
        changed = whole[:place] if n % 3 == 0 else whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1:]
        (tmp_path / "changed.db").write_bytes(changed)
        target = tmp_path / f"target{n}.db"
        try:
            restore(f"sqlite:///{target}", tmp_path / "changed.db")
        except StoreDown:
            refused += 1
            assert not target.exists()
        else:
            assert held_by(f"sqlite:///{target}") == held
    assert refused > 10


def test_a_text_that_was_changed_in_it_is_noticed(opens: Opens, tmp_path: Path):
    url, store = opens("sqlite")
    store.prepare()
    store.tick(Work(now=NOW, inbound=(told("say a"),), room=0), turn)
    backup(url, tmp_path / "saved.db", NOW)
    with closing(sqlite3.connect(tmp_path / "saved.db")) as opened, opened:
        opened.execute("UPDATE outbox SET payload = 'say b'")

    with pytest.raises(StoreDown, match="what it holds was changed since it was made"):
        restore(opens("sqlite")[0], tmp_path / "saved.db")


def held_by(url: str) -> list[object]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as opened:
        return [opened.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
                for table in ("conversation", "inbox", "journal", "outbox", "timer")]
