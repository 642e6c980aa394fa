"""The machine on tables made by hand: every test is one thing an author or a user would see."""

from __future__ import annotations

import msgspec
from small_bots import Bot, goes

from dsl.table import Table
from runtime.effects import Close, Offer, Say
from runtime.events import Chose, Said
from runtime.machine import advance
from runtime.state import State, Turn, decode_state, encode_state


class Talk:
    """A conversation with a table; every state goes through JSON."""

    def __init__(self, table: Table, state: State | None = None) -> None:
        self.table = table
        self.state = state or State()
        self.turn = Turn(self.state)
        self.at = 1_000_000

    def event(self, event: object) -> list[object]:
        event = msgspec.structs.replace(event, at=event.at or self.at)
        self.turn = advance(self.table, decode_state(encode_state(self.state)), event)
        self.state = self.turn.state
        return list(self.turn.effects)

    def says(self, text: str) -> list[str]:
        return shown(self.event(Said(text=text)))

    def taps(self, step: str, option: str) -> list[str]:
        return shown(self.event(Chose(step=step, option=option)))

    @property
    def at_step(self) -> str | None:
        return self.state.frames[-1].step if self.state.frames else None


def shown(effects: list[object]) -> list[str]:
    """Messages as a reader would note them down."""
    lines = []
    for effect in effects:
        if isinstance(effect, Say):
            lines.append(effect.text)
        elif isinstance(effect, Offer):
            lines.append(f"{effect.text} [{', '.join(choice.title for choice in effect.options)}]")
        elif isinstance(effect, Close):
            lines.append(f"({effect.reason})")
    return lines


def clinic() -> Table:
    bot = Bot()
    bot.flow("welcome", bot.say("Hi!"), ["jump", "main"])
    bot.menu("main", "How can we help?", ("book", "Book a visit", goes("book!")), ("hours", "Opening hours", goes("hours")))
    bot.run("book!", ["jump", "book"])
    bot.run("hours", bot.say("9 to 5."), ["rest", "main"])
    bot.flow("book", ["rest", "book.name"])
    return bot.table("welcome")


def test_a_first_message_starts_the_conversation():
    talk = Talk(clinic())

    assert talk.says("hello") == ["Hi!", "How can we help? [Book a visit, Opening hours]"]
    assert talk.at_step == "main"


def test_a_tap_takes_the_option():
    talk = Talk(clinic())
    talk.says("hello")

    assert talk.taps("main", "hours") == ["9 to 5.", "How can we help? [Book a visit, Opening hours]"]


def test_an_option_can_be_typed():
    talk = Talk(clinic())
    talk.says("hello")

    assert talk.says("opening HOURS!")[0] == "9 to 5."
    assert talk.says("2")[0] == "9 to 5."
    assert talk.says("openng hours")[0] == "9 to 5."
