"""Tables by hand for tests of the machine: texts, steps and runs as short as they can be said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgspec.structs import astuple, replace

from dsl.table import Action, Flow, Limits, Message, Option, Row, Session, Step, Table, Var
from runtime.effects import Call, CancelTimer, Close, Offer, Say, SetTimer
from runtime.events import Answered, Chose, Failed, Said, Sent
from runtime.machine import advance
from runtime.state import State, Turn, decode_state, encode_state

WHATSAPP = Limits(
    text=4096, body=1024, header=60, footer=60, caption=1024, buttons=3, button_title=20, rows=10, row_title=24,
    row_description=72, list_button=20, link_title=20,
)
SYSTEM = {
    "invalid": "{*reason}", "stale_tap": "That button is from earlier.", "unsupported": "I can't use {*kind}.",
    "did_you_mean": "Did you mean one of these?", "none_of_these": "None of these", "more": "More…",
    "choose": "Choose", "yes": "Yes", "no": "No", "welcome_back": "Welcome back! Go on?", "resume": "Go on",
    "restart": "Start over", "moved": "This service has changed.", "failed": "Something went wrong.",
    "opted_out": "You won't hear from us.", "reason.choice": "Please choose one of the options.",
    "reason.text": "Please write a text.", "reason.integer": "Please send a whole number.",
    "reason.boolean": "Please answer yes or no.", "reason.media": "Please send {*kind}.",
    "reason.too_long": "At most {*limit} characters.", "reason.at_most": "It has to be {*limit} or less.",
    "reason.location": "Please send a location.",
    "kind.audio": "a voice note", "kind.image": "a photo", "kind.unsupported": "that kind of message",
}
_SHOWN = re.compile(r"\{([@*]?)(\w+)\}")


class Bot:
    """Gathers a table. In texts `{slot}`, `{@local}` and `{*given}` are filled."""

    def __init__(self, **more: Any) -> None:
        self.texts: list[dict[str, list[Any]]] = []
        self.exprs: list[Any] = []
        self.patterns: list[str] = []
        self.steps: dict[str, Step] = {}
        self.flows: dict[str, Flow] = {}
        self.runs: dict[str, list[Any]] = {}
        self.anywhere: list[Row] = []
        self.starts: list[Row] = []
        self.more = {"slots": {}, "session": Session(), **more}
        self.system = {name: self.text(words) for name, words in SYSTEM.items()}

    # --- pools

    def text(self, words: str, **languages: str) -> int:
        self.texts.append({tag: _parts(said) for tag, said in {"en": words, **languages}.items()})
        return len(self.texts) - 1

    def expr(self, code: Any) -> int:
        self.exprs.append(code)
        return len(self.exprs) - 1

    def pattern(self, source: str) -> str:
        self.patterns.append(source)
        return f"pattern:{len(self.patterns) - 1}"

    def reply(self, *words: str) -> str:
        return "reply:" + ",".join(str(self.text(said)) for said in words)

    def say(self, words: str, **more: Any) -> list[Any]:
        return ["say", {"text": self.text(words), **more}]

    # --- steps and flows

    def run(self, name: str, *ops: list[Any]) -> str:
        self.runs[name] = list(ops)
        return name

    def flow(self, name: str, *ops: list[Any], **more: Any) -> str:
        self.flows[name] = Flow(self.run(name, *ops), **more)
        return name

    def step(
        self, at: str, kind: str, text: str | None = None, rows: list[Row] | None = None, /, **more: Any,
    ) -> str:
        flow = more.pop("flow", at.partition(".")[0])
        for key in ("hint", "invalid", "skip", "team"):
            if isinstance(more.get(key), str):
                more[key] = self.text(more[key])
        more["suggest"] = [self.text(words) for words in more.get("suggest", ())]
        message = more.pop("message", None) or (None if text is None else Message(self.text(text)))
        self.steps[at] = Step(kind, flow, rows or [], message=message, **more)
        return at

    def menu(self, name: str, text: str, *options: tuple[str, str, Row | None], kind: str = "menu", **more: Any) -> str:
        """Options as (id, title, row): the row's event is filled in."""
        shown = [Option(key, self.text(title)) for key, title, _ in options]
        rows = [Row(f"option:{key}", row.guard, row.ops, row.target) for key, _, row in options if row is not None]
        self.step(name, kind, text, [*more.pop("rows", []), *rows], options=shown, **more)
        if kind == "menu":
            self.flow(name, ["rest", name], menu=True)
        return name

    def table(self, start: str = "main", **more: Any) -> Table:
        known = {
            "bot": "small", "languages": ["en"], "timezone": "UTC", "start": start, "limits": WHATSAPP,
            "flows": self.flows, "steps": self.steps, "runs": self.runs, "anywhere": self.anywhere,
            "starts": self.starts, "system": self.system, "texts": self.texts, "exprs": self.exprs,
            "patterns": self.patterns, **self.more, **more,
        }
        return Table(**known)


class Talk:
    """A conversation with a table; every state goes through JSON, and every event has a time."""

    def __init__(self, table: Table, state: State | None = None) -> None:
        self.table = table
        self.state = state or State()
        self.turn = Turn(self.state)
        self.at = 1_000_000

    def event(self, event: Any) -> list[str]:
        self.turn = advance(self.table, decode_state(encode_state(self.state)), replace(event, at=event.at or self.at))
        self.state = self.turn.state
        return shown(self.turn.effects)

    def says(self, text: str) -> list[str]:
        return self.event(Said(text=text))

    def taps(self, step: str, option: str) -> list[str]:
        return self.event(Chose(step=step, option=option))

    def sends(self, kind: str, **value: Any) -> list[str]:
        return self.event(Sent(kind=kind, value=value))

    def waits(self, seconds: int) -> None:
        self.at += seconds * 1000

    def answers(self, result: Any = None) -> list[str]:
        return self.event(Answered(call=str(self.state.frames[-1].call), result=result))

    def fails(self, kind: str = "failure", reason: str = "") -> list[str]:
        return self.event(Failed(call=str(self.state.frames[-1].call), kind=kind, reason=reason))

    @property
    def step(self) -> str | None:
        return self.state.frames[-1].step if self.state.frames else None

    @property
    def notes(self) -> list[str]:
        return [fired.note for fired in self.turn.trace if fired.note]

    @property
    def rows(self) -> list[tuple[str, int]]:
        return [(fired.step, fired.row) for fired in self.turn.trace if fired.row >= 0]

    def effects(self, kind: type) -> list[Any]:
        return [effect for effect in self.turn.effects if isinstance(effect, kind)]


def shown(effects: Iterable[Any]) -> list[str]:
    """Effects as a reader would note them down; timers are left out."""
    return [line for effect in effects if (line := _line(effect)) is not None]


def _line(effect: Any) -> str | None:
    match effect:
        case Say(text=text):
            return text
        case Offer(text=text, options=options):
            return f"{text} [{', '.join(choice.title for choice in options)}]"
        case Close(reason=reason):
            return f"({reason})"
        case Call(action=action, args=args):
            return f"{action}({', '.join(f'{name}={value}' for name, value in args.items())})"
        case SetTimer() | CancelTimer():
            return None
    return f"{type(effect).__name__}({', '.join(str(value) for value in astuple(effect) if value is not None)})"


def goes(target: str | None = None, *ops: list[Any], event: str = "", guard: int | None = None) -> Row:
    return Row(event, guard, list(ops), target)


def _parts(words: str) -> list[Any]:
    parts: list[Any] = []
    at = 0
    for match in _SHOWN.finditer(words):
        parts.append(words[at : match.start()])
        name = match[2]
        code = {"": ["slot", name], "@": ["local", name, "unknown"], "*": ["given", name]}[match[1]]
        parts.append(["show", "unknown", [], code])
        at = match.end()
    return [part for part in [*parts, words[at:]] if part != ""]


__all__ = ["WHATSAPP", "Action", "Bot", "Row", "Session", "Talk", "Var", "goes", "shown"]


def question(bot: Bot, name: str = "main.q", text: str = "Well?", **more: object) -> str:
    """A choose of one option, which ends the conversation."""
    bot.run(f"{name}!", bot.say("Fine."), ["end"])
    return bot.menu(name, text, ("yes", "Yes", goes(f"{name}!")), kind="choose", **more)


def start(bot: Bot, **more: object) -> Talk:
    talk = Talk(bot.table(**more))
    talk.says("hey")
    return talk
