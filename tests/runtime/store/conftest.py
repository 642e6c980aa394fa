"""The stores of the contract: what one of them promises, all do."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from runtime.store.memory import MemoryStore
from runtime.store.port import Store
from runtime.store.postgres import PostgresStore
from runtime.store.sql import GIVEN, SqlStore


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    tags = (f"tag{n}" for n in count())
    made: Store
    match request.param:
        case "memory":
            made = MemoryStore(lambda: next(tags))
        case "sqlite":
            made = SqlStore(f"sqlite:///{tmp_path / 'talk.db'}", lambda: next(tags))
        case _:
            made = PostgresStore(request.getfixturevalue("database"), lambda: next(tags), GIVEN)
    made.prepare()
    yield made
    made.close()
