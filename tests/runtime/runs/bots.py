"""Bots that several of these tests talk to, and timers that come due."""

from __future__ import annotations

from dsl.table import Action
from runtime.effects import SetTimer
from runtime.events import TimedOut
from tests.runtime.small_bots import Bot, Talk, Var, goes, question


def booking(**rows: str) -> Bot:
    bot = Bot(actions={"book": Action({"n": "integer"}, "datetime")}, slots={"n": Var("integer")})
    bot.menu("main", "Well?", ("go", "Go", goes("go", ["set", ["slot", "n"], bot.expr(3)])))
    bot.run("go", ["jump", "book"])
    bot.flow("book", ["rest", "book.book"])
    outcomes = [goes(f"book.{name}", event=event) for name, event in rows.items()]
    bot.step("book.book", "call", None, [goes("book.done", event="result"), *outcomes], name="book",
             args=[["n", bot.expr(["slot", "n"])]], into=["local", "at"])
    bot.run("book.done", bot.say("At {@at}."), ["jump", "main"])
    for name in rows:
        bot.run(f"book.{name}", bot.say(f"{name}: {{@at}}"), ["jump", "main"])
    return bot


def shop() -> Bot:
    bot = Bot(events={"arrived": {"order": "text", "n": "integer"}, "quiet": {}, "sold": {}})
    bot.menu("main", "Well?", ("go", "Go", goes("go")))
    bot.run("go", ["jump", "ask"])
    bot.flow("ask", ["rest", "ask.q"])
    question(bot, "ask.q", rows=[goes("sold", ["push", "again", True], event="event:sold")])
    bot.run("sold", bot.say("Sold {@n}."), ["return", None])
    bot.flow("arrived", bot.say("{@order} is here, {@n}."), ["end"])
    bot.starts = [goes("arrived", event="event:arrived")]
    return bot


def due_now(talk: Talk, number: int = 0) -> list[str]:
    """The timer of the first asking that is set as `number` fires when it is due."""
    timer = sorted(TIMERS[id(talk)].items(), key=lambda item: item[1])[number]
    return talk.event(TimedOut(name=timer[0], due=timer[1]))


TIMERS: dict[int, dict[str, int]] = {}


def remembering(talk: Talk) -> Talk:
    TIMERS[id(talk)] = {effect.name: effect.due for effect in talk.effects(SetTimer)}
    return talk
