"""The commands for the database: its version, a copy of it, and back."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runtime.__main__ import main
from runtime.store import schema
from tests.runtime.test_settings import GIVEN

BOT = Path(__file__).parents[3] / "bots" / "clinic"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TALKTABLE_DATABASE_URL", raising=False)
    return tmp_path


def call(*args: str) -> Result:
    return CliRunner().invoke(main, list(args), catch_exceptions=False)


def test_an_empty_database_is_brought_to_this_version(here: Path):
    newest = schema.newest()
    assert call("db", "current").stdout == f"empty (this program: {newest})\n"
    assert not list(here.iterdir())          # a slip in the address makes no file
    for before in ("empty", newest):
        done = call("db", "upgrade")
        assert (done.stdout, done.stderr.splitlines()[1]) == (f"{newest}\n", f"before    {before}")
    assert call("db", "current").stdout == f"{newest} (this program: {newest})\n"


@pytest.mark.parametrize("command", ["current", "upgrade"])
def test_a_database_that_cannot_be_used_is_one_line(command: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TALKTABLE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    failed = call("db", command)
    which, why = failed.output.splitlines()
    assert (failed.exit_code, which) == (3, "database  postgresql://nobody@127.0.0.1:1/none")
    assert why.startswith("talktable: the database cannot be used: ")


def test_a_server_says_which_database_it_cannot_use(monkeypatch: pytest.MonkeyPatch):
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TALKTABLE_DATABASE_URL", "sqlite:///nowhere/talk.db")

    failed = call("run", str(BOT))
    assert failed.exit_code == 3
    assert failed.output.splitlines()[-1].startswith(
        "talktable: the database sqlite:///nowhere/talk.db cannot be used: ")


@pytest.mark.parametrize("args", [("db", "current"), ("db", "upgrade"), ("dlq", "list"), ("backup", "saved.db")])
def test_which_database_is_meant_is_said_beside_what_programs_read(args: tuple[str, ...]):
    assert call(*args).stderr.splitlines()[0] == "database  sqlite:///talktable.db"


def test_a_backup_is_restored_into_an_empty_database(here: Path, monkeypatch: pytest.MonkeyPatch):
    call("db", "upgrade")
    assert call("backup", "saved.db").stdout.startswith("written to saved.db: 0 conversation")
    assert "`saved.db` exists already" in call("backup", "saved.db").output

    assert "there is no folder `nowhere`" in call("backup", "nowhere/saved.db").output

    monkeypatch.setenv("TALKTABLE_DATABASE_URL", "sqlite:///other.db")
    assert re.match(r"restored from saved\.db of 20\d\d-\S+: 0 conversation, ", call("restore", "saved.db").stdout)
    (here / "words.db").write_text("words")
    refused = call("restore", "words.db")
    assert (refused.exit_code, refused.output.splitlines()[1][:30]) == (3, "talktable: nothing was restore")
