"""`talktable chat`: the bot in the terminal."""

import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from runtime.commands.common import BOT, build_or_leave

if TYPE_CHECKING:
    import asyncio

    from prompt_toolkit.completion import Completer

    from dsl.build import Build
    from dsl.table import Table
    from runtime.actions import Function
    from runtime.chat import Chat, RunAction
    from runtime.effects import Call, Message
    from runtime.events import Answered, Failed

T = TypeVar("T")

HELP = """\
/state        where the conversation rests
/slots        what it remembers
/back         take the last line back
/wait 30m     let time pass
/resume       the team gives the conversation back
/reload       read the bot's files again and go on
/save-story F write what was said as a story to file F
/quit"""


@click.command()
@BOT
@click.option("--plain", is_flag=True, help="read lines from standard input and print plain lines, for scripts")
def command(bot: Path, plain: bool) -> None:
    """Talk to BOT. Its actions are really run; /help says what else there is."""
    talk(bot, plain=plain or not sys.stdin.isatty())


def talk(bot: Path, *, plain: bool) -> None:
    """Hold the conversation until standard input ends."""
    built = build_or_leave(bot)
    if plain:
        _plain(bot, built)
        return
    import asyncio

    asyncio.run(_drawn(bot, built))


@asynccontextmanager
async def chatting(bot: Path, built: "Build") -> AsyncIterator["Chat"]:
    """A chat whose actions are really run."""
    assert built.table is not None
    async with _acting(built.table, _functions(bot, built.table)) as run:
        yield _chat(built.table, run)


def _chat(table: "Table", run: "RunAction") -> "Chat":
    from runtime.chat import Chat

    return Chat(table, run, lambda: int(time.time() * 1000))


def _functions(bot: Path, table: "Table") -> "dict[str, Function]":
    """What the bot's actions call; those that will fail are told."""
    from runtime.actions import ActionsError, load_functions, missing_environment

    for missing in missing_environment(table, os.environ):
        click.echo(f"talktable: {missing}; the action will fail", err=True)
    try:
        return load_functions(table, bot)
    except ActionsError as fault:
        click.echo(f"talktable: some actions will fail: {fault}", err=True)
        return {}


@asynccontextmanager
async def _acting(table: "Table", functions: "dict[str, Function]") -> "AsyncIterator[RunAction]":
    """A way to run the bot's actions."""
    from loguru import logger

    from runtime.calls import Actions
    from runtime.events import Failed

    logger.remove()
    async with AsyncExitStack() as open_now:
        session = None
        if any(action.http for action in table.actions.values()):
            from runtime.outgoing import outgoing

            session = await open_now.enter_async_context(outgoing(development=True))
        actions = Actions(table, functions, session, os.environ, development=True)

        async def run(call: "Call") -> "Answered | Failed":
            for attempt in range(table.actions[call.action].retry + 1):
                result = await actions.run(call, f"chat:{call.id}", attempt)
                if result is not None:
                    return result
            return Failed(call=call.id, kind="failure")

        yield run


def _plain(bot: Path, built: "Build") -> None:
    from runtime.drawing import plain

    assert built.table is not None
    with ExitStack() as open_now:
        chat = _chat(built.table, _at_once(built.table, _functions(bot, built.table), open_now))
        for line in sys.stdin:
            text = line.rstrip("\r\n")
            click.echo(f"> {text}")
            for message in _result(chat.line(text)):
                for shown in plain(message):
                    click.echo(shown)


def _at_once(table: "Table", functions: "dict[str, Function]", open_now: ExitStack) -> "RunAction":
    """Runs each action to its end, on a loop that begins with the first: asyncio is a fifth of what a start costs."""

    @cache
    def started() -> "tuple[asyncio.Runner, RunAction]":
        import asyncio

        runner = open_now.enter_context(asyncio.Runner())
        acting = _acting(table, functions)
        open_now.callback(lambda: runner.run(acting.__aexit__(None, None, None)))
        return runner, runner.run(acting.__aenter__())

    async def run(call: "Call") -> "Answered | Failed":
        runner, act = started()
        return runner.run(act(call))

    return run


def _result(coroutine: Coroutine[Any, Any, T]) -> T:
    """Of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise RuntimeError("it waits")


async def _drawn(bot: Path, built: "Build") -> None:
    async with chatting(bot, built) as chat:
        await _shown(chat, bot)


async def _shown(chat: "Chat", bot: Path) -> None:
    import asyncio

    from prompt_toolkit import PromptSession
    from prompt_toolkit.formatted_text import ANSI
    from prompt_toolkit.patch_stdout import patch_stdout

    session: PromptSession[str] = PromptSession(completer=_completer(chat), complete_while_typing=False)
    click.echo(f"{chat.table.bot}: say something; /help for what else there is, ctrl-d to leave")
    ticking = asyncio.create_task(_tick(chat))
    try:
        while True:
            # Only what is said while the prompt stands (by a timer) must be drawn above it; the library does
            # that from a thread of its own, which an answer would have to wait for.
            with patch_stdout(raw=True):
                text = (await session.prompt_async(ANSI("\x1b[36m› \x1b[0m"))).strip()
            if text == "/quit":
                return
            _show(await _line(chat, bot, _numbered(chat, text)))
    except (EOFError, KeyboardInterrupt):
        pass
    finally:
        ticking.cancel()


def _completer(chat: "Chat") -> "Completer":
    """Tab completes the options on offer and the commands."""
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document

    class Options(Completer):
        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
            typed = document.text_before_cursor
            offered = [option.title for option in chat.offered.options] if chat.offered else []
            commands = [line.split()[0] for line in HELP.splitlines()] if typed.startswith("/") else []
            for title in [*offered, *commands]:
                if title.casefold().startswith(typed.casefold()):
                    yield Completion(title, start_position=-len(typed))

    return Options()


def _numbered(chat: "Chat", text: str) -> str:
    """The option a number stands for in the drawing; typed numbers mean the same to the bot itself."""
    from runtime.drawing import numbered

    places = {str(number): option.title for number, option in (numbered(chat.offered) if chat.offered else ())}
    return places.get(text, text)


async def _tick(chat: "Chat") -> None:
    import asyncio

    while True:
        due = min(chat.talk.timers.values(), default=chat.time() + 1000)
        await asyncio.sleep(max(0.05, min(1.0, (due - chat.time()) / 1000)))
        _show(await chat.due())


def _show(messages: "Iterable[Message]") -> None:
    from runtime.drawing import drawn

    for message in messages:
        sys.stdout.write(drawn(message) + "\n")
    sys.stdout.flush()


async def _line(chat: "Chat", bot: Path, text: str) -> "Iterable[Message]":
    name, _, rest = text.partition(" ")
    if not text:
        return ()
    if not name.startswith("/"):
        return await chat.line(text)
    match name:
        case "/wait":
            return await _wait(chat, rest.strip())
        case "/resume":
            return await chat.resume()
        case _:
            act = ACTS.get(name)
            click.echo(act(chat, bot, rest.strip()) if act else f"{name} is no command; /help lists them")
            return ()


async def _wait(chat: "Chat", text: str) -> "Iterable[Message]":
    from dsl.scalars import seconds

    length = seconds(text)
    if length is None:
        click.echo("say how long: /wait 30m")
        return ()
    return await chat.wait(length)


def _state(chat: "Chat", bot: Path, rest: str) -> str:
    frames = chat.talk.state.frames
    lines = [f"{frame.step or frame.flow}  {frame.locals or ''}".rstrip() for frame in reversed(frames)]
    timers = [f"{name} at {datetime.fromtimestamp(due / 1000, UTC):%H:%M:%S} UTC"
              for name, due in chat.talk.timers.items()]
    return "\n".join([*(lines or ["the conversation has not begun, or is over"]), *timers])


def _slots(chat: "Chat", bot: Path, rest: str) -> str:
    return "\n".join(f"{name}: {value}" for name, value in chat.talk.state.slots.items()) or "nothing yet"


def _back(chat: "Chat", bot: Path, rest: str) -> str:
    return "taken back" if chat.back() else "there is nothing to take back"


def _reload(chat: "Chat", bot: Path, rest: str) -> str:
    from dsl.build import build
    from dsl.render import text

    built = build(bot)
    if built.table is None:
        return text(built.diagnostics, built.sources, str(bot), colour=True) + "the old version goes on"
    chat.reload(built.table)
    return "reloaded; the conversation goes on where it was"


def _save(chat: "Chat", bot: Path, rest: str) -> str:
    from runtime.chat import as_story

    if not rest:
        return "say where to: /save-story stories/clinic/booked.yml"
    began = datetime.fromtimestamp(chat.started / 1000, ZoneInfo(chat.table.timezone)).isoformat(timespec="minutes")
    path = Path(rest)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_story(chat, path.stem.replace("_", " "), began[:16]), encoding="utf-8")
    except OSError as fault:
        return f"{path} cannot be written: {fault.strerror}"
    return f"saved to {path}"


def _help(chat: "Chat", bot: Path, rest: str) -> str:
    return HELP


ACTS: dict[str, Callable[["Chat", Path, str], str]] = {
    "/state": _state, "/slots": _slots, "/back": _back, "/reload": _reload, "/save-story": _save, "/help": _help,
}
