"""`talktable dlq`, on a database that a server has worked on."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runtime.__main__ import main
from runtime.commands.database import opened
from runtime.store.opening import WAIT_S, open_store
from runtime.store.port import Conversation, Dead, Entry, Inbound, Outcome, Work


def turn(before: Conversation, inbound: Inbound) -> Outcome:
    entry = Entry(table="t", kind="said", event=None, step_from=None, step_to="book.city", trace="[]", effects="[]",
                  error=None, took_us=1)
    return Outcome(state="", contact="", entry=entry, postings=(("message", '{"type":"say","text":"¿Cuándo?"}'),) * 2)


@pytest.fixture(params=["sqlite", "postgresql"])
def ids(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Two dead letters, in a database that is worked on."""
    monkeypatch.chdir(tmp_path)
    url = "sqlite:///talktable.db" if request.param == "sqlite" else request.getfixturevalue("database")
    monkeypatch.setenv("TALKTABLE_DATABASE_URL", url)
    store = open_store(url)
    store.prepare()
    (run,) = store.tick(Work(now=1_757_100_000_000, inbound=(Inbound("c", "m", "{}"),)), turn).runs
    store.tick(Work(now=1_757_100_000_000, dead=tuple(
        Dead(posting.id, "c", "400 code 131009:\n\tno such thing") for posting in run.postings)), turn)
    yield [posting.id for posting in run.postings]
    store.close()


def call(*args: str) -> Result:
    return CliRunner().invoke(main, ["dlq", *args], catch_exceptions=False)


def test_the_list_has_a_line_for_each(ids: list[int]):
    head, first, second = (line.split() for line in call("list").stdout.splitlines())

    assert head == ["id", "since", "conversation", "step", "kind", "tries", "error"]
    assert first[:2] == [str(ids[0]), "2025-09-05T19:20:00+00:00"]
    assert first[3:] == ["book.city", "message", "1", "400", "code", "131009:", "no", "such", "thing"]
    assert second[0] == str(ids[1])


def test_programs_get_json(ids: list[int]):
    letters = json.loads(call("list", "--format", "json").stdout)

    assert [letter["id"] for letter in letters] == ids
    assert letters[0]["request"] == {"type": "say", "text": "¿Cuándo?"}
    assert json.loads(call("show", str(ids[1]), "--format", "json").stdout) == letters[1]


def test_one_is_shown_whole(ids: list[int]):
    shown = call("show", str(ids[0])).output

    assert "error:        400 code 131009:" in shown
    assert "step:         book.city\n" in shown
    assert '"text": "¿Cuándo?"' in shown


def test_they_are_posted_again_or_dropped(ids: list[int]):
    assert call("retry", str(ids[0])).stdout == "1 to be posted again\n"
    assert json.loads(call("drop", "--all", "--format", "json").stdout) == {"done": [ids[1]], "missing": []}
    assert call("list").stderr.splitlines()[1:] == ["no dead letters"]


def test_what_is_no_dead_letter_is_a_problem(ids: list[int]):
    moved = call("retry", str(ids[0]), "999")

    assert (moved.exit_code, moved.stdout) == (1, "1 to be posted again\n")
    assert moved.stderr.splitlines()[1:] == ["talktable: there is no dead letter 999"]
    assert call("show", "999").exit_code == 1


@pytest.mark.parametrize("args", [("retry",), ("drop", "1", "--all"), ("show", "9" * 30), ("retry", "0")])
def test_which_ones_is_to_be_said(ids: list[int], args: tuple[str, ...]):
    assert call(*args).exit_code == 2


def test_a_server_that_writes_without_a_pause_is_waited_for(tmp_path: Path):
    with opened(f"sqlite:///{tmp_path / 'talk.db'}") as database:
        waits = database.transaction(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout").scalar())

    assert waits == 1_000 * WAIT_S


def test_without_a_database_there_is_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert call("list").exit_code == 3
    assert not list(tmp_path.iterdir())
    (tmp_path / "talktable.db").touch()
    assert "talktable db" in call("list").output
    (tmp_path / "talktable.db").write_text("no database")
    assert call("list").exit_code == 3
