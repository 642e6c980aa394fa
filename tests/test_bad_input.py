"""Whatever bytes stand in a bot's files: diagnostics and exit 1, never a traceback, in a second.

The real commands are called as a person calls them, on a megabyte of anything (`bad_files`). Past so many words a file
of flows is not read on, so as much as is read whole is tried as well.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from runtime.__main__ import main
from tests.bad_files import ANY_FILE, FILES, FLOW_LINES, GOOD, MEGABYTE, ONE_FILE, Bytes, Much, written
from tests.processor import least_s

LONGEST_S = 1.0                              # CPU, of a megabyte

COMMANDS: dict[str, tuple[str, ...]] = {
    "check": ("check", "toy"), "fmt": ("fmt", "toy"), "test": ("test", "toy"), "graph": ("graph", "toy"),
    "build": ("build", "toy", "-o", "toy.json"), "locales": ("locales", "update", "toy"),
}
CASES = [pytest.param(file, what, id=f"{file}: {name}")
         for file in FILES for name, what in {**ANY_FILE, **ONE_FILE[file]}.items()]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good bot, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name, data in GOOD.items():
        write(tmp_path / "toy" / name, data)
    return tmp_path / "toy"


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def said(*command: str) -> tuple[int, str]:
    """The exit code of a command and what it says; nothing but an orderly end will do."""
    result, took = least_s(lambda: CliRunner().invoke(main, command), LONGEST_S)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "our fault" not in result.output, Path(result.output.split()[-1]).read_text()
    assert took < LONGEST_S
    return result.exit_code, result.output


def test_the_bot_they_are_put_into_is_a_good_one(toy: Path):
    assert [said(*COMMANDS[name])[0] for name in ("check", "test", "graph", "build", "locales")] == [0] * 5


@pytest.mark.parametrize(("file", "what"), CASES)
def test_a_megabyte_of_anything_is_read_in_a_second_and_told(toy: Path, file: str, what: Bytes):
    write(toy / file, written(what))

    code, output = said(*COMMANDS["test" if file.startswith("stories") else "check"])

    assert code in (0, 1)
    assert output
    assert len(output) < MEGABYTE


@pytest.mark.parametrize("what", FLOW_LINES.values(), ids=FLOW_LINES)
def test_as_much_as_a_file_may_hold_is_checked_in_a_second(toy: Path, what: Much):
    write(toy / "main.flow", what.full())

    code, output = said("check", "toy")

    assert code in (0, 1)
    assert "F021" not in output


SHORT = {name: ANY_FILE[name] for name in ("nothing", "nul", "noise", "much of '{'")}


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"check"}))
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("what", SHORT.values(), ids=SHORT)
def test_no_command_stumbles_over_a_bad_file(toy: Path, command: str, file: str, what: Bytes):
    write(toy / file, written(what))

    code, _ = said(*COMMANDS[command])

    assert code in (0, 1)


@pytest.mark.parametrize("what", ONE_FILE["main.flow"].values(), ids=ONE_FILE["main.flow"])
def test_fmt_reads_any_file_in_good_time(toy: Path, what: Bytes):
    write(toy / "main.flow", written(what))

    assert said("fmt", "--check", "toy")[0] in (0, 1)


@pytest.mark.parametrize("what", ONE_FILE["locales/es.po"].values(), ids=ONE_FILE["locales/es.po"])
def test_a_bad_translation_is_never_written_over(toy: Path, what: Bytes):
    data = written(what)
    write(toy / "locales/es.po", data)

    code, _ = said(*COMMANDS["locales"])

    assert code == 0 or (toy / "locales/es.po").read_bytes() == data


def test_line_ends_and_a_byte_order_mark_of_another_system_do_not_matter(toy: Path):
    for name, data in GOOD.items():
        write(toy / name, b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))

    assert said("check", "toy") == (0, "no errors in toy\n")
    assert said("test", "toy")[0] == 0


# --- files that are none ----------------------------------------------------------------------------------------


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def as_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("gone")


def as_secret(path: Path) -> None:
    path.chmod(0)


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.parametrize("become", [as_folder, as_loop, as_nowhere, as_secret, as_pipe])
def test_what_is_no_file_is_told(toy: Path, file: str, command: str, become: Callable[[Path], None]):
    become(toy / file)

    code, output = said(*COMMANDS[command])

    assert code in (0, 1, 2, 3)
    assert output or command == "fmt"


@pytest.mark.parametrize("folder", ["locales", "stories"])
@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_folder_that_contains_itself_ends(toy: Path, folder: str, command: str):
    (toy / folder / "again").symlink_to(toy, target_is_directory=True)

    assert said(*COMMANDS[command])[0] in (0, 1)


@pytest.mark.parametrize("arguments", [
    ("check", "nowhere"), ("check", ""), ("check", "a\nb"), ("fmt", "nowhere"), ("test", "nowhere"),
    ("graph", "nowhere"),
    ("build", "toy"), ("build", "toy", "-o", "nowhere/toy.json"), ("graph", "toy", "-o", "nowhere/toy.svg"),
    ("test", "toy", "--junit", "nowhere/out.xml"), ("locales", "update", "nowhere"), ("locales", "updaet", "toy"),
    ("explain", "F999"), ("explain", ""), ("explain", "../F001"), ("explain", "\0"), ("new", "toy"),
    ("new", "nowhere/A"),
    ("new", "toy/main.flow/cafe"), ("chat", "nowhere"), ("run", "nowhere"), ("check", "toy", "--format", "xml"),
    ("test", "toy", "-k", "("),
])
def test_wrong_usage_ends_with_a_line(toy: Path, arguments: tuple[str, ...]):
    code, output = said(*arguments)

    assert code in (1, 2, 3)
    assert output
