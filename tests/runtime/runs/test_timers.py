"""Timers of a question: set, fired, cancelled, late."""

from __future__ import annotations

from runtime.effects import CancelTimer, SetTimer
from tests.runtime.runs.bots import due_now, remembering
from tests.runtime.small_bots import Bot, goes, question, start


def reminding() -> Bot:
    bot = Bot()
    bot.flow("main", ["rest", "main.q"])
    question(bot, rows=[goes("nudge", ["push", "quiet", True], event="after:1800"), goes("bye", event="after:43200"),
                        goes("help", ["push", "again", True], event=bot.reply("help"))])
    bot.run("nudge", bot.say("Still there?"), ["return", None])
    bot.run("bye", ["jump", "bye"])
    bot.flow("bye", bot.say("Bye."), ["end"])
    bot.run("help", bot.say("Say yes."), ["return", None])
    return bot


def test_a_question_sets_its_timers_when_it_is_asked():
    talk = start(reminding())

    assert [effect.due for effect in talk.effects(SetTimer)] == [1_000_000 + 1_800_000, 1_000_000 + 43_200_000]


def test_a_timer_says_its_line_and_the_question_does_not_come_again():
    talk = remembering(start(reminding()))

    assert due_now(talk) == ["Still there?"]
    assert [frame.step for frame in talk.state.frames] == ["main.q"]
    assert talk.state.frames[0].fired == (1800,)
    assert due_now(talk) == []
    assert talk.notes == ["late"]


def test_a_timer_may_leave_and_the_others_are_cancelled():
    talk = remembering(start(reminding()))

    assert due_now(talk, 1) == ["Bye.", "(end)"]
    assert [effect.name for effect in talk.effects(CancelTimer)] == ["0:main.q:1800"]


def test_a_timer_whose_condition_does_not_hold_is_over():
    bot = Bot()
    bot.flow("main", ["rest", "main.q"])
    question(bot, rows=[goes(None, bot.say("Hm?"), event="after:60", guard=bot.expr(False))])
    talk = remembering(start(bot))

    assert due_now(talk) == []
    assert talk.state.frames[0].fired == (60,)


def test_only_what_leaves_the_question_cancels_its_timers():
    talk = start(reminding())
    talk.says("help")
    talk.says("blue whale")
    assert talk.effects(CancelTimer) == []

    talk.says("yes")
    assert len(talk.effects(CancelTimer)) == 2


def test_a_timer_of_an_earlier_visit_is_late():
    talk = remembering(start(reminding()))
    talk.says("yes")
    talk.waits(60)
    talk.says("hey")

    assert due_now(talk) == []
    assert talk.notes == ["late"]


def test_a_timer_fires_under_a_question_that_lies_over_its_own():
    bot = reminding()
    bot.run("help", ["rest", "main.more"])
    bot.menu("main.more", "More?", ("no", "No", goes("no more")), kind="choose")
    bot.run("no more", ["return", None])
    talk = remembering(start(bot))
    talk.says("help")

    assert due_now(talk) == ["Still there?"]
    assert talk.step == "main.more"
    assert talk.says("no") == ["Well? [Yes]"]
    talk.says("help")
    assert due_now(talk, 1) == ["Bye.", "(end)"]
    assert talk.state.frames == ()


def test_a_timer_that_stores_something_does_it_for_its_own_flow():
    bot = Bot()
    bot.flow("main", ["rest", "main.q"])
    question(bot, rows=[goes(None, ["set", ["local", "late"], bot.expr(True)], event="after:60")])
    bot.anywhere = [goes("over", ["push", "again", False], event=bot.reply("over"))]
    bot.run("over", ["rest", "anywhere.q"])
    bot.menu("anywhere.q", "Over?", ("yes", "Yes", goes("back")), kind="choose", flow="anywhere")
    bot.run("back", ["return", None])
    talk = remembering(start(bot))
    talk.says("over")

    due_now(talk)
    assert [frame.locals for frame in talk.state.frames] == [{"late": True}, {}]


def test_a_question_asked_in_a_timer_block_is_answered_and_the_first_comes_again():
    bot = reminding()
    bot.run("nudge", ["rest", "main.busy"])
    bot.menu("main.busy", "Are you busy?", ("no", "No", goes("back")), kind="choose")
    bot.run("back", ["return", None])
    talk = remembering(start(bot))

    assert due_now(talk) == ["Are you busy? [No]"]
    assert talk.says("no") == ["Well? [Yes]"]
