"""Who has opted out hears no more than answers."""

from __future__ import annotations

from dsl.table import Action
from runtime.events import Happened
from tests.runtime.small_bots import Bot, goes, start


def newsletter() -> Bot:
    bot = Bot(events={"news": {}, "deal": {}}, actions={"find": Action()})
    bot.menu("main", "Well?", ("out", "Stop", goes("out")), ("in", "Start", goes("in")),
             ("find", "Find", goes("find!")))
    bot.run("out", ["opt", "out"], ["rest", "main"])
    bot.run("in", ["opt", "in"], ["rest", "main"])
    bot.run("find!", ["jump", "find"])
    bot.flow("find", ["rest", "find.find"])
    bot.step("find.find", "call", None, [goes("found", event="result")], name="find")
    bot.run("found", bot.say("Found."), ["jump", "main"])
    bot.anywhere = [goes(None, bot.say("News!"), ["track", "news", []], event="event:news"),
                    goes("deal", event="event:deal")]
    bot.run("deal", ["jump", "find"])
    return bot


def test_after_opt_out_the_bot_only_answers():
    talk = start(newsletter())
    talk.says("stop")

    assert talk.event(Happened(name="news")) == ["Track(news, {})"]
    assert set(talk.notes) == {"dropped"}
    assert talk.says("hello")[-1] == "Well? [Stop, Start, Find]"
    talk.says("start")
    assert talk.event(Happened(name="news")) == ["News!", "Track(news, {})", "Well? [Stop, Start, Find]"]


def test_the_result_of_what_the_user_asked_for_is_an_answer():
    talk = start(newsletter())
    talk.says("stop")
    talk.says("find")

    assert talk.answers(1) == ["Found.", "Well? [Stop, Start, Find]"]


def test_the_result_of_what_the_bot_began_is_not():
    talk = start(newsletter())
    talk.says("stop")
    talk.event(Happened(name="deal"))

    assert talk.answers(1) == []
    assert talk.step == "main"


def test_an_opt_out_without_a_word_is_confirmed():
    bot = newsletter()
    bot.run("out", ["opt", "out"], ["end"])
    talk = start(bot)

    assert talk.says("stop") == ["You won't hear from us.", "(end)"]


def test_an_opt_out_that_goes_on_waiting_is_confirmed_too():
    bot = newsletter()
    bot.anywhere.append(goes(None, ["opt", "out"], event=bot.reply("enough")))
    talk = start(bot)

    assert talk.says("enough") == ["You won't hear from us.", "Well? [Stop, Start, Find]"]
    assert talk.state.opted_out


def test_an_opt_out_that_calls_an_action_is_confirmed():
    bot = newsletter()
    bot.run("out", ["opt", "out"], ["jump", "find"])

    assert start(bot).says("stop") == ["find()", "You won't hear from us."]
