"""What the three bots show from a fresh clone, each command line as a person types it, in a process of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

from dsl.build import build
from tests.runtime.process import ROOT, Process, outlive
from tests.runtime.toy import ACCOUNT, SECRET, VERIFY, Graph

BOTS = ("clinic", "shop", "survey")


def talktable(*arguments: str, typed: str = "", folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "runtime", *arguments], input=typed, capture_output=True, text=True,
                          cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The bots and their stories, to be changed."""
    for name in ("bots", "stories"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_three_bots_have_no_error():
    checked = talktable("check", *(f"bots/{bot}" for bot in BOTS))

    assert checked.returncode == 0
    assert checked.stdout == "".join(f"no errors in bots/{bot}\n" for bot in BOTS)


def test_the_three_bots_are_laid_out():
    assert talktable("fmt", "--check", "bots").returncode == 0


def test_lines_from_a_pipe_hold_a_conversation():
    talk = talktable("chat", "bots/clinic", "--plain", typed="hi\nBook a visit\n")

    assert talk.returncode == 0
    assert talk.stderr == ""
    assert talk.stdout.splitlines() == [
        "> hi", "Hi! I'm the clinic's assistant.", "How can we help you, friend?", "1. Book a visit",
        "2. Opening hours (When we are open)", "3. Talk to a nurse", "Reply STOP to opt out",
        "> Book a visit", "What is your full name?"]


def test_all_stories_pass_and_are_reported(tmp_path: Path):
    played = talktable("test", "stories", "--junit", str(tmp_path / "out.xml"))

    assert played.returncode == 0, played.stdout
    suites = list(ElementTree.parse(tmp_path / "out.xml").iter("testsuite"))
    assert sum(int(suite.get("tests", "")) for suite in suites) == int(played.stdout.split()[0]) >= 50
    assert sum(int(suite.get("failures", "")) for suite in suites) == 0


@pytest.mark.parametrize(("file", "told"), [
    ("bots/clinic/book.flow", "Somebody just took that time"),
    ("bots/shop/shop.flow", "Your cart is empty."), ("bots/survey/main.flow", "All right. Have a good day!")])
def test_changing_one_reply_fails_exactly_the_stories_that_see_it(clone: Path, tmp_path: Path, file: str, told: str):
    text = (clone / file).read_text(encoding="utf-8")
    (clone / file).write_text(text.replace(told, "Quite another thing"), encoding="utf-8")
    stories = [story for path in sorted((clone / "stories").rglob("*.yml"))
               for story in re.split(r"^  - story: ", path.read_text(encoding="utf-8"), flags=re.M)[1:]]

    played = talktable("test", "stories", "--junit", "out.xml", folder=clone)

    cases = list(ElementTree.parse(clone / "out.xml").iter("testcase"))
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    assert len(cases) == len(stories)
    assert failed == {story.splitlines()[0].strip("\"'") for story in stories if told in story} != set()
    assert played.returncode == 1
    assert played.stdout.count("+ sent  Quite another thing") >= len(failed)
    assert file in played.stdout


@pytest.mark.parametrize("bot", BOTS)
def test_the_picture_is_well_formed_and_has_a_panel_for_every_flow(bot: str):
    drawn = talktable("graph", f"bots/{bot}", "--format", "svg")

    picture = ElementTree.fromstring(drawn.stdout)
    table = build(ROOT / "bots" / bot).table
    assert table is not None
    texts = {"".join(node.itertext()).strip() for node in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert set(table.flows) - {name for name in table.flows if name.startswith("system.")} <= texts


# --- the server -------------------------------------------------------------------------------------------------


def clinic_in(folder: Path) -> Callable[[Graph], tuple[list[str], dict[str, str]]]:
    """`talktable run bots/clinic` with secrets set."""
    return lambda api: (["-m", "runtime", "run", "bots/clinic", "--port", "0"], {
        "TALKTABLE_WHATSAPP_APP_SECRET": SECRET, "TALKTABLE_WHATSAPP_VERIFY_TOKEN": VERIFY,
        "TALKTABLE_WHATSAPP_ACCESS_TOKEN": "a-token-to-send", "TALKTABLE_WHATSAPP_PHONE_NUMBER_ID": ACCOUNT,
        "TALKTABLE_WHATSAPP_GRAPH_URL": api.url, "TALKTABLE_DATABASE_URL": f"sqlite:///{folder}/talk.db",
        "TALKTABLE_SETTLE": "0"})


def test_run_answers_a_webhook_once_and_goes_on_where_it_was_when_it_was_killed(tmp_path: Path):
    async def story(server: Process, api: Graph) -> None:
        client = await server.start()
        assert await client.say("hi", "wamid.1") == 200
        assert await api.texts(2) == ["Hi! I'm the clinic's assistant.", "How can we help you, friend?"]
        assert await client.say("hi", "wamid.1") == 200
        assert await client.say("Book a visit", "wamid.2") == 200
        assert await api.text() == "What is your full name?"
        await server.end(signal.SIGKILL)

        client = await server.start()
        assert await client.say("Ana Lima", "wamid.3") == 200
        reply = await api.text()
        if reply == "What is your full name?":                       # it died before it noted that this was taken
            reply = await api.text()
        assert reply.startswith("When were you born?")
    outlive(clinic_in(tmp_path), story)


# --- no command waits for what it does not need -----------------------------------------------------------------

HEAVY = {"aiohttp", "alembic", "asyncio", "babel", "cryptography", "dateparser", "email_validator", "hashlib", "httpx",
         "interegular", "lark", "loguru", "msgspec", "phonenumbers", "prompt_toolkit", "pydantic", "pytz", "re2",
         "regex", "rich", "sqlalchemy", "sqlmodel", "ssl", "starlette", "uvicorn", "uvloop", "watchfiles", "xml",
         "yaml"}
COMPILER = {"msgspec", "yaml"}
PLAYED = {*COMPILER, "babel", "hashlib", "pytz", "re2"}
LOGS = {*COMPILER, "asyncio", "hashlib", "loguru", "ssl"}                # loguru looks for an event loop
SECRETS = {f"TALKTABLE_WHATSAPP_{name}": "a" * 20 for name in ("APP_SECRET", "VERIFY_TOKEN", "ACCESS_TOKEN")} | {
    "TALKTABLE_WHATSAPP_PHONE_NUMBER_ID": "1"}

# What has been imported is told when all is done, or as soon as something is said.
AT_THE_END = """
import sys, runtime.__main__ as talktable
try: talktable.main()
finally: print(*{name.partition('.')[0] for name in sys.modules}, file=open(%r, 'w'))
"""
AT_THE_FIRST_WORD = """
import os, sys
class Said:
    def __getattr__(self, name): return getattr(sys.__stdout__, name)
    def write(self, text):
        with open(%r, 'w') as seen: print(*{name.partition('.')[0] for name in sys.modules}, file=seen)
        os._exit(0)
sys.stdout = sys.stderr = Said()
import runtime.__main__ as talktable
talktable.main()
"""


def imported(program: str, folder: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> set[str]:
    """What of the heavy a command has imported; files it makes are in the folder."""
    arguments = tuple(one.replace("FOLDER", str(folder)) for one in arguments)
    own = {name: text for name, text in os.environ.items() if not name.startswith("TALKTABLE_")}
    subprocess.run([sys.executable, "-c", program % str(folder / "seen"), *arguments], input="hi\n", text=True,
                   cwd=ROOT, capture_output=True, env={**own, **environment, "PYTHONPATH": str(ROOT)}, timeout=60)
    return HEAVY & set((folder / "seen").read_text().split())


@pytest.mark.parametrize(("arguments", "needed"), [
    (("--help",), set()), (("--version",), set()), (("new", "Not a name"), set()), (("explain", "F204"), set()),
    (("locales", "--help"), set()), (("run", "bots/clinic"), set()), (("fmt", "--check", "bots"), {"msgspec"}),
    (("check", "bots/clinic"), COMPILER), (("check", "bots/shop"), COMPILER), (("check", "bots/survey"), COMPILER),
    (("build", "bots/clinic", "-o", "FOLDER/table.json"), {*COMPILER, "hashlib"}), (("graph", "bots/clinic"), COMPILER),
    (("test", "stories/survey"), {*PLAYED, "email_validator"}), (("test", "stories/clinic"), PLAYED),
    (("chat", "bots/clinic", "--plain"), {*COMPILER, "hashlib", "re2"}),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_a_command_imports_nothing_it_may_not_need(tmp_path: Path, arguments: tuple[str, ...], needed: set[str]):
    assert imported(AT_THE_END, tmp_path, arguments, {}) <= needed


@pytest.mark.parametrize(("arguments", "needed"), [
    (("test", "stories"), {*COMPILER, "re2"}), (("test", "stories", "--through", "whatsapp"), {*COMPILER, "re2"}),
    (("dev", "bots/clinic"), {*COMPILER, "hashlib"}), (("run", "bots/clinic"), LOGS),
    (("sim", "--port", "0"), {"asyncio", "ssl"}),
    (("sim", "--port", "0", "--bot", "bots/clinic"), {*COMPILER, "asyncio", "ssl"}),
    (("db", "current"), set()), (("db", "upgrade"), set()), (("dlq", "list"), set()), (("dlq", "retry", "1"), set()),
    (("backup", "FOLDER/saved.db"), set()), (("restore", "README.md"), set()),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_a_command_says_something_before_it_imports_what_is_slow(tmp_path: Path, arguments: tuple[str, ...],
                                                                 needed: set[str]):
    environment = {**SECRETS, "TALKTABLE_DATABASE_URL": f"sqlite:///{tmp_path}/none.db"}

    assert imported(AT_THE_FIRST_WORD, tmp_path, arguments, environment) <= needed
