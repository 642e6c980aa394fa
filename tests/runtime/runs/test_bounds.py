"""What goes over a bound, leads nowhere or fails is undone, and said."""

from __future__ import annotations

import pytest

from runtime.effects import Handover, Say
from runtime.events import Happened, Resumed
from runtime.state import State
from tests.runtime.small_bots import Bot, Talk, Var, goes, start


def failing() -> Bot:
    """A menu whose option does what the bounds do not allow."""
    bot = Bot(slots={"n": Var("integer")})
    bot.menu("main", "Well?", ("go", "Go", goes("go", ["set", ["slot", "n"], bot.expr(1)])))
    return bot


LOOPS = {
    "operations": lambda bot: bot.run("go", ["go", "go"]),
    "messages": lambda bot: bot.run("go", bot.say("Hm."), ["go", "go"]),
    "frames": lambda bot: [
        bot.run("go", ["rest", "main.go"]), bot.flow("deep", ["rest", "main.go"]),
        bot.step("main.go", "do", None, [], name="deep")],
    "unknown": lambda bot: bot.run("go", ["jump", "?"]),
}


@pytest.mark.parametrize("bound", LOOPS)
def test_what_goes_over_a_bound_is_undone_and_said(bound):
    bot = failing()
    LOOPS[bound](bot)
    talk = start(bot)

    assert talk.says("go") == ["Something went wrong.", "Well? [Go]"]
    assert talk.notes == [bound]
    assert ("system.failed", -1) in [(fired.step, fired.row) for fired in talk.turn.trace]
    assert (talk.step, talk.state.slots) == ("main", {})


def test_the_flow_system_failed_says_it_in_its_own_way():
    bot = failing()
    LOOPS["operations"](bot)
    bot.flow("system.failed", bot.say("Oh dear."), ["return", None])
    talk = start(bot)

    assert talk.says("go") == ["Oh dear.", "Well? [Go]"]


def test_the_flow_system_failed_may_fail_itself():
    bot = failing()
    LOOPS["operations"](bot)
    bot.flow("system.failed", ["go", "go"])
    talk = start(bot)

    assert talk.says("go") == ["Something went wrong."]
    assert talk.step == "main"


def test_a_turn_that_is_undone_leaves_the_state_it_came_from_as_it_was():
    bot = failing()
    bot.run("go", ["set", ["slot", "n"], bot.expr(2)], ["go", "go"])
    bot.flow("system.failed", ["set", ["slot", "n"], bot.expr(3)], ["return", None])
    talk = start(bot)
    before = talk.state
    talk.says("go")

    assert before.slots == {}
    assert talk.state.slots == {"n": 3}


def test_a_bot_that_fails_before_it_asks_anything_begins_anew_with_the_next_message():
    bot = Bot()
    bot.flow("main", ["go", "main"])
    talk = Talk(bot.table())

    assert talk.says("hey") == ["Something went wrong.", "(failed)"]
    assert talk.says("hey") == ["Something went wrong.", "(failed)"]
    assert talk.state.frames == ()


def test_a_flow_that_returns_to_a_start_that_returns_is_caught():
    bot = Bot()
    bot.flow("main", ["return", None])

    assert Talk(bot.table()).says("hey") == ["Something went wrong.", "(failed)"]


def test_a_jump_to_system_failed_goes_back_to_the_last_question():
    bot = failing()
    bot.run("go", ["jump", "system.failed"])
    talk = start(bot)

    assert talk.says("go") == ["Something went wrong.", "Well? [Go]"]


def test_who_is_opted_out_stays_so_though_the_flow_fails():
    bot = failing()
    bot.run("go", ["opt", "out"], ["jump", "?"])
    talk = start(bot)
    talk.says("go")

    assert talk.state.opted_out


def test_a_run_that_leads_nowhere_goes_back():
    bot = Bot()
    bot.flow("main", ["rest", "main.f"])
    bot.step("main.f", "do", None, [goes("after", event="return")], name="f")
    bot.flow("f", bot.say("In f."))
    bot.run("after", bot.say("Back."), ["end"])

    assert Talk(bot.table()).says("hey") == ["In f.", "Back.", "(end)"]


def test_a_do_without_a_row_for_its_return_goes_back_too():
    bot = Bot()
    bot.flow("main", ["rest", "main.f"])
    bot.step("main.f", "do", None, [], name="f")
    bot.flow("f", ["rest", "f.g"])
    bot.step("f.g", "do", None, [], name="g")
    bot.flow("g", ["branch", bot.expr(["known", ["slot", "seen"]]), "seen"], ["set", ["slot", "seen"], bot.expr(1)],
             ["return", None])
    bot.run("seen", bot.say("Again."), ["end"])

    assert Talk(bot.table(slots={"seen": Var("integer")})).says("hey") == ["Again.", "(end)"]


def test_a_row_of_anywhere_may_rest_or_return_where_nothing_is_asked():
    bot = Bot()
    bot.menu("main", "Well?", ("go", "Go", goes("main")))
    bot.anywhere = [goes("rest", event=bot.reply("ask")), goes("return", event=bot.reply("back"))]
    bot.run("rest", ["rest", "anywhere.q"])
    bot.menu("anywhere.q", "Hm?", ("yes", "Yes", goes("return")), kind="choose", flow="anywhere")
    bot.run("return", ["return", None])

    assert Talk(bot.table()).says("back") == ["Well? [Go]"]
    talk = Talk(bot.table())
    assert talk.says("ask") == ["Hm? [Yes]"]
    assert talk.says("yes") == ["Well? [Go]"]


@pytest.mark.parametrize("op", [
    ["rest", "?"], ["go", "?"], ["rest", "main.deep"], ["template", "?", []], ["jump", "?"]])


def test_a_name_that_is_not_there_fails(op):
    bot = failing()
    bot.step("main.deep", "do", None, [], name="?")
    bot.run("go", op)

    assert start(bot).says("go") == ["Something went wrong.", "Well? [Go]"]


def test_a_start_that_is_no_flow_fails():
    bot = failing()
    bot.starts = [goes("go", event=bot.reply("hello"))]
    bot.run("go", ["end"])

    assert Talk(bot.table()).says("hello") == ["Something went wrong.", "(failed)"]


def test_who_has_opted_out_is_not_told_that_the_bot_failed_by_itself():
    bot = failing()
    bot.more["events"] = {"news": {}}
    bot.flow("system.failed", ["go", "system.failed"])
    bot.anywhere = [goes("news", event="event:news")]
    bot.run("news", ["go", "news"])
    talk = start(bot)
    talk.state = State(talk.state.table, talk.state.frames, opted_out=True)

    assert talk.event(Happened(name="news")) == []
    assert talk.step == "main"


def test_a_handover_in_silence_only_calls_the_team():
    bot = Bot()
    bot.flow("main", ["rest", "main.team"])
    bot.step("main.team", "handover", "{gone}", [], team="sales")
    talk = start(bot)

    assert talk.effects(Handover) == [Handover("sales")]
    assert talk.effects(Say) == []
    assert talk.event(Resumed()) == ["Handover(sales)"]
