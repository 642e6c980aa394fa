"""A small clinic: a menu of two, a flow that asks before it books, and what is understood anywhere."""

from __future__ import annotations

from dsl.table import Table
from tests.runtime.small_bots import Bot, Talk, goes

MAIN = "How can we help? [Book a visit, Opening hours]"


def clinic(**more: object) -> Bot:
    """A greeting, a menu of two, help from anywhere, and a flow that starts on a word."""
    bot = Bot(**more)
    bot.flow("welcome", bot.say("Hi!"), ["jump", "main"])
    bot.menu("main", "How can we help?", ("book", "Book a visit", goes("book!")),
             ("hours", "Opening hours", goes("hours!")))
    bot.run("book!", ["jump", "book"])
    bot.run("hours!", bot.say("9 to 5."), ["rest", "main"])
    bot.flow("book", ["rest", "book.sure"])
    bot.menu("book.sure", "Shall I book it?", ("yes", "Yes, book it", goes("book.yes")),
             ("no", "No, thanks", goes("book.no")), kind="choose")
    bot.run("book.yes", bot.say("Done."), ["jump", "main"])
    bot.run("book.no", ["jump", "main"])
    bot.flow("help", bot.say("I can book visits."), ["return", None])
    bot.step("anywhere.help", "do", None, [goes("anywhere#2", event="return")], flow="anywhere", name="help")
    bot.run("anywhere#1", ["rest", "anywhere.help"])
    bot.run("anywhere#2", ["return", None])
    bot.anywhere = [
        goes("anywhere#1", ["push", "again", False], event=bot.reply("help")),
        goes("to main", event=bot.reply("menu", "home")),
        goes(None, bot.say("Hello to you."), event=bot.pattern("(?i)^hello")),
        goes("anywhere#3", ["push", "again", False], event="kind:audio"),
    ]
    bot.run("anywhere#3", bot.say("I can't listen."), ["return", None])
    bot.run("to main", ["jump", "main"])
    bot.starts = [goes("book", event=bot.reply("appointment")), goes("book", event="kind:ad")]
    return bot


def table(**more: object) -> Table:
    return clinic(**more).table("welcome")


def at_main(**more: object) -> Talk:
    talk = Talk(table(**more))
    talk.says("hey")
    return talk


def at_sure(**more: object) -> Talk:
    talk = at_main(**more)
    talk.taps("main", "book")
    return talk


SURE = "Shall I book it? [Yes, book it, No, thanks]"
