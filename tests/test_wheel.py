"""What is installed is all that is needed: the project built as a wheel, and used from an environment of its own.

Nothing is fetched: the libraries it needs are those of the environment that runs this.
"""

import json
import os
import signal
import site
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path

import pytest

from runtime.store import schema

ROOT = Path(__file__).parent.parent
ENV = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
SECRETS = {f"TALKTABLE_WHATSAPP_{name}": "1x2y3z"
           for name in ("APP_SECRET", "VERIFY_TOKEN", "ACCESS_TOKEN", "PHONE_NUMBER_ID")}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment in which the wheel is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    ran(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), folder=ROOT)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", symlinks=os.name != "nt")
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    ran(sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet", "--no-deps",
        "--no-index", "--disable-pip-version-check", str(wheel), folder=folder)
    (there,) = (folder / "venv").glob("**/site-packages")
    (there / "beside.pth").write_text("\n".join(site.getsitepackages()))     # behind what is in the wheel
    return programs


@pytest.fixture(scope="module")
def bot(installed: Path) -> Path:
    folder = installed.parent.parent / "work"
    folder.mkdir()
    ran(installed / "talktable", "new", "x", folder=folder)
    return folder / "x"


def ran(*command: str | Path, folder: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, env=ENV)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_the_wheel_that_runs(installed: Path, bot: Path):
    where = ran(installed / "python", "-c", "import dsl, runtime; print(dsl.__file__, runtime.__file__)", folder=bot)

    assert where.count(str(installed.parent)) == 2


def test_a_new_bot_is_checked_and_its_stories_are_played(installed: Path, bot: Path):
    assert ran(installed / "talktable", "check", "x", folder=bot.parent) == "no errors in x\n"
    assert " passed, 0 failed" in ran(installed / "talktable", "test", "x", folder=bot.parent)
    assert "F204" in ran(installed / "talktable", "explain", "F204", folder=bot)


def test_the_migrations_are_in_it(installed: Path, bot: Path):
    newest = schema.newest()

    assert ran(installed / "talktable", "db", "upgrade", folder=bot) == f"{newest}\n"
    assert ran(installed / "talktable", "db", "current", folder=bot) == f"{newest} (this program: {newest})\n"


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGTERM on Windows")
def test_it_serves_and_stops_when_told(installed: Path, bot: Path):
    server = subprocess.Popen([str(installed / "talktable"), "run", "x", "--port", "0"], cwd=bot.parent, text=True,
                              stderr=subprocess.PIPE, env={**ENV, **SECRETS})
    try:
        assert server.stderr
        assert json.loads(server.stderr.readline())["what"] == "compiled"
        listening = json.loads(server.stderr.readline())
        with urllib.request.urlopen(f"http://127.0.0.1:{listening['port']}/readyz", timeout=30) as answer:
            assert answer.status == 200
        server.send_signal(signal.SIGTERM)
        _, rest = server.communicate(timeout=30)
        assert json.loads(rest.splitlines()[-1])["what"] == "stopping"
    finally:
        server.kill()
