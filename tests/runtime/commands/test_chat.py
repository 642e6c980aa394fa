"""The terminal chat as a person sits before it: typed keys in, drawn messages out."""

import asyncio
import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from click.testing import CliRunner
from prompt_toolkit.application import create_app_session
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.plain_text import PlainTextOutput

from runtime.__main__ import main
from runtime.commands.chat import _completer, _line, _tick, chatting, talk
from runtime.commands.common import build_or_leave


@pytest.fixture
def cafe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["new", "cafe"]).exit_code == 0
    return Path("cafe")


def typed(bot: Path, *lines: str) -> str:
    """What the screen shows when these lines are typed."""
    screen = io.StringIO()
    with (create_pipe_input() as keys, redirect_stdout(screen),
          create_app_session(input=keys, output=PlainTextOutput(screen))):
        keys.send_text("".join(f"{line}\r" for line in lines))
        talk(bot, plain=False)
    return plain(screen.getvalue())


def plain(drawn: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", drawn)


def test_a_conversation_is_drawn(cafe: Path):
    out = typed(cafe, "hi", "Ana", "1", "", "/quit")

    assert "│ What is your name? │" in out
    assert "1 Opening hours" in out
    assert "│ We are open from nine to five. │" in out


@pytest.mark.parametrize(("lines", "said"), [
    (["hi", "/state"], "welcome.name"),
    (["/state"], "the conversation has not begun, or is over"),
    (["hi", "Ana", "/slots"], "name: Ana"),
    (["/slots"], "nothing yet"),
    (["hi", "/back"], "taken back"),
    (["/back"], "there is nothing to take back"),
    (["/wait soon"], "say how long: /wait 30m"),
    (["hi", "/wait 2 hours"], "What is your name?"),
    (["/resume"], ""),
    (["/save-story"], "say where to"),
    (["hi", "/save-story told/first_story.yml"], "saved to told/first_story.yml"),
    (["/help"], "/reload       read the bot's files again"),
    (["/hlep"], "/hlep is no command; /help lists them"),
    (["hi", "/reload"], "reloaded; the conversation goes on where it was"),
])
def test_every_command_of_the_chat_answers(cafe: Path, lines: list[str], said: str):
    assert said in typed(cafe, *lines, "/quit")


def test_a_story_that_was_saved_is_played(cafe: Path):
    typed(cafe, "hi", "Ana", "/save-story cafe/stories/told.yml", "/quit")

    assert "3 passed, 0 failed" in CliRunner().invoke(main, ["test", "cafe"]).output


def test_a_story_cannot_be_saved_where_nothing_can_be_written(cafe: Path):
    assert "cannot be written" in typed(cafe, "/save-story cafe/domain.yml/x.yml", "/quit")


def test_a_broken_bot_is_not_loaded_and_the_old_one_goes_on(cafe: Path, capsys: pytest.CaptureFixture[str]):
    async def act() -> None:
        async with chatting(cafe, build_or_leave(cafe)) as chat:
            flow = cafe / "main.flow"
            flow.write_text(flow.read_text().replace("-> goodbye", "-> godbye"))
            await _line(chat, cafe, "/reload")
            assert await _line(chat, cafe, "hi")

    asyncio.run(act())
    assert "the old version goes on" in plain(capsys.readouterr().out)


def test_tab_completes_what_is_on_offer_and_the_commands(cafe: Path):
    async def act() -> list[str]:
        async with chatting(cafe, build_or_leave(cafe)) as chat:
            for line in ("hi", "Ana"):
                await chat.line(line)
            completer = _completer(chat)
            return [found.text for typed in ("o", "/sl")
                    for found in completer.get_completions(Document(typed), None)]  # type: ignore[arg-type]

    assert asyncio.run(act()) == ["Opening hours", "/slots"]


def test_a_timer_that_comes_due_speaks_by_itself(cafe: Path, capsys: pytest.CaptureFixture[str]):
    flow = cafe / "main.flow"
    asked = '"What is your name?"'
    flow.write_text(flow.read_text().replace(asked, f'{asked}\n    after 1s\n      say "Well?"'))

    async def act() -> None:
        async with chatting(cafe, build_or_leave(cafe)) as chat:
            await chat.line("hi")
            chat.ahead += 2_000
            ticking = asyncio.create_task(_tick(chat))
            while chat.talk.timers:
                await asyncio.sleep(0)
            ticking.cancel()

    asyncio.run(act())
    assert "Well?" in plain(capsys.readouterr().out)


def test_actions_that_cannot_run_are_told_at_the_start(cafe: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CAFE_API", raising=False)
    domain = cafe / "domain.yml"
    domain.write_text(domain.read_text() + "actions:\n  a: {python: actions.a}\n  b: {http: {get: '${CAFE_API}/b'}}\n")
    flow = cafe / "main.flow"
    flow.write_text(flow.read_text().replace('  say "We are open', '  call a()\n  call b()\n  say "We are open'))

    held = CliRunner().invoke(main, ["chat", "cafe", "--plain"], input="hi\nAna\nhours\n")

    assert "some actions will fail: action `a`" in held.output
    assert "`CAFE_API` is not set" in held.output
    assert "Sorry, something went wrong on our side." in held.output
