"""When a question comes again, and when it does not."""

from __future__ import annotations

from runtime.events import Sent
from tests.runtime.machine.clinic import MAIN, SURE, at_sure, clinic, table
from tests.runtime.small_bots import Bot, Talk, goes


def test_a_do_from_anywhere_comes_back_and_the_question_comes_again_once():
    talk = at_sure()

    assert talk.says("help") == ["I can book visits.", SURE]
    assert talk.rows == [("anywhere", 0), ("anywhere.help", 0)]
    assert talk.step == "book.sure"


def test_a_jump_from_anywhere_never_comes_back():
    talk = at_sure()

    assert talk.says("Home") == [MAIN]
    assert len(talk.state.frames) == 1


def test_a_say_of_anywhere_leaves_the_question_which_comes_again():
    assert at_sure().says("hello") == ["Hello to you.", SURE]


def test_a_kind_of_message_that_anywhere_takes():
    assert at_sure().sends("audio", id="1") == ["I can't listen.", SURE]


def test_a_kind_of_message_nobody_takes_is_a_bad_answer():
    talk = at_sure()

    assert talk.sends("poll") == ["I can't use that kind of message.", SURE]
    assert talk.sends("image", id="1") == ["I can't use a photo.", SURE]
    assert talk.state.misses == 2


def test_a_reaction_is_not_answered_unless_a_row_takes_it():
    talk = at_sure()

    assert talk.sends("reaction", emoji="👍") == []
    assert talk.sends("reaction", emoji="") == []
    assert talk.event(Sent(kind="edit")) == []
    assert (talk.step, talk.state.misses) == ("book.sure", 0)


def test_what_is_no_message_is_not_anything():
    bot = clinic()
    bot.anywhere.append(goes(None, bot.say("Anything."), event="kind:anything"))
    talk = Talk(bot.table("welcome"))
    talk.says("menu")

    assert talk.event(Sent(kind="revoke")) == []
    assert talk.event(Sent(kind="poll")) == ["Anything.", MAIN]


def test_a_reaction_is_taken_whatever_its_skin_tone():
    bot = clinic()
    bot.anywhere.append(goes(None, bot.say("Glad to hear."), event="reaction:👍"))
    bot.anywhere.append(goes(None, bot.say("Oh."), event="reaction:"))
    talk = Talk(bot.table("welcome"))
    talk.says("hey")

    assert talk.sends("reaction", emoji="👍🏽") == ["Glad to hear.", MAIN]
    assert talk.sends("reaction", emoji="😢") == ["Oh.", MAIN]


def test_a_reaction_does_not_begin_a_conversation():
    assert Talk(table()).sends("reaction", emoji="👍") == []


def test_an_on_block_runs_over_the_step_with_the_locals_of_its_flow():
    bot = Bot()
    bot.flow("main", ["set", ["local", "n"], bot.expr(7)], ["rest", "main.q"])
    rows = [goes("block", ["push", "again", True], event=bot.reply("why"))]
    bot.menu("main.q", "Sure?", ("yes", "Yes", goes("done")), kind="choose", rows=rows)
    bot.run("block", ["set", ["local", "n"], bot.expr(["+", ["local", "n", "integer"], 1])], bot.say("Because {@n}."),
            ["return", None])
    bot.run("done", bot.say("n is {@n}."), ["end"])
    talk = Talk(bot.table())
    talk.says("hey")

    assert talk.says("why") == ["Because 8.", "Sure? [Yes]"]
    assert talk.says("yes") == ["n is 8.", "(end)"]


def test_a_block_can_leave_for_a_question_of_its_flow():
    bot = Bot()
    bot.flow("main", ["rest", "main.q"])
    rows = [goes("block", ["push", "again", True], event=bot.reply("why"))]
    bot.menu("main.q", "Sure?", ("yes", "Yes", goes("done")), kind="choose", rows=rows)
    bot.menu("main.p", "Really?", ("yes", "Yes", goes("done")), kind="choose")
    bot.run("block", ["rest", "main.p"])
    bot.run("done", ["leave"], ["again", "main.q"])
    talk = Talk(bot.table())
    talk.says("hey")

    assert talk.says("why") == ["Really? [Yes]"]
    assert [frame.step for frame in talk.state.frames] == ["main.q", "main.p"]
    assert talk.says("yes") == ["Sure? [Yes]"]
    assert [frame.step for frame in talk.state.frames] == ["main.q"]
