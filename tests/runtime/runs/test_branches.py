"""Branches, loops, slots, and what a flow gives to another and takes back."""

from __future__ import annotations

from tests.runtime.small_bots import Bot, Talk, Var, goes, question, start


def test_a_branch_is_taken_if_its_test_holds():
    bot = Bot()
    bot.flow("main", ["branch", bot.expr(False), "a"], ["branch", bot.expr(["==", 1, 1]), "b"], ["go", "a"])
    bot.run("a", bot.say("A"), ["end"])
    bot.run("b", bot.say("B"), ["end"])

    assert Talk(bot.table()).says("hey") == ["B", "(end)"]


def test_a_loop_binds_each_item_of_a_copy_and_may_rest_in_between():
    bot = Bot()
    bot.flow("main", ["set", ["slot", "colours"], bot.expr(["list", "red", "blue"])],
             ["each", "for.c", bot.expr(["slot", "colours"])], ["go", "loop"])
    bot.run("loop", ["next", "for.c", ["local", "c"], "done"], ["clear", ["slot", "colours"]], ["rest", "main.q"])
    bot.menu("main.q", "{@c}?", ("yes", "Yes", goes("loop")), kind="choose")
    bot.run("done", bot.say("That was all."), ["end"])
    talk = Talk(bot.table(slots={"colours": Var("list of text")}))

    assert talk.says("hey") == ["red? [Yes]"]
    assert talk.says("yes") == ["blue? [Yes]"]
    assert talk.says("yes") == ["That was all.", "(end)"]


def test_a_local_without_a_flow_is_nowhere():
    bot = Bot()
    bot.menu("main", "Well?", ("go", "Go", goes("main")))
    bot.anywhere = [goes(None, ["set", ["local", "x"], bot.expr(1)], event=bot.reply("x"))]
    talk = Talk(bot.table())

    assert talk.says("x") == ["Well? [Go]"]
    assert talk.state.frames[0].locals == {}


def test_a_loop_over_nothing_does_nothing():
    bot = Bot()
    bot.flow("main", ["each", "for.c", bot.expr(None)], ["next", "for.c", ["local", "c"], "done"])
    bot.run("done", bot.say("Nothing."), ["end"])

    assert Talk(bot.table()).says("hey") == ["Nothing.", "(end)"]


def test_a_slot_that_is_cleared_has_no_value():
    bot = Bot(slots={"name": Var("text")})
    bot.flow("main", ["set", ["slot", "name"], bot.expr("Ana")], question_and(bot))

    talk = start(bot)
    assert talk.state.slots == {"name": "Ana"}
    talk.says("yes")
    assert talk.state.slots == {}


def question_and(bot: Bot) -> list[object]:
    question(bot)
    return ["rest", "main.q"]


def test_the_end_keeps_what_outlives_the_session():
    bot = Bot(slots={"a": Var("text"), "b": Var("text", keep=True)})
    bot.flow("main", *[["set", ["slot", name], bot.expr("x")] for name in ("a", "b", "language")], ["end"])
    talk = start(bot)

    assert talk.state.slots == {"b": "x", "language": "x"}


def test_a_do_gives_values_and_takes_one_back():
    bot = Bot()
    bot.flow("main", ["rest", "main.ask_name"])
    bot.step("main.ask_name", "do", None, [goes("after", event="return")], name="ask_name",
             args=[["kind", bot.expr("first")], ["gone", bot.expr(None)]], into=["local", "name"])
    bot.flow("ask_name", bot.say("Your {@kind} name?{@gone}"), ["return", bot.expr(["upper", "ana"])])
    bot.run("after", bot.say("Hello {@name}."), ["end"])

    assert Talk(bot.table()).says("hey") == ["Your first name?", "Hello ANA.", "(end)"]


def test_a_return_without_value_leaves_the_variable_unset():
    bot = Bot()
    bot.flow("main", ["set", ["local", "x"], bot.expr("old")], ["rest", "main.f"])
    bot.step("main.f", "do", None, [goes("after", event="return")], name="f", into=["local", "x"])
    bot.flow("f", ["return", None])
    bot.run("after", bot.say("[{@x}]"), ["end"])

    assert Talk(bot.table()).says("hey")[0] == "[]"


def test_a_flow_that_was_jumped_to_and_returns_comes_to_the_start():
    bot = Bot()
    bot.flow("main", ["rest", "main.q"])
    bot.menu("main.q", "Well?", ("yes", "Yes", goes("there")), kind="choose")
    bot.run("there", ["jump", "f"])
    bot.flow("f", bot.say("Here."), ["return", None])
    talk = start(bot)

    assert talk.says("yes") == ["Here.", "Well? [Yes]"]


def test_a_return_out_of_a_block_leaves_the_flow_of_the_step():
    bot = Bot()
    bot.flow("main", ["rest", "main.f"])
    bot.step("main.f", "do", None, [goes("after", event="return")], name="f", into=["local", "x"])
    bot.flow("f", ["rest", "f.q"])
    question(bot, "f.q", rows=[goes("out", ["push", "again", True], event=bot.reply("stop"))])
    bot.run("out", ["leave"], ["return", bot.expr("stopped")])
    bot.run("after", bot.say("It {@x}."), ["end"])
    talk = start(bot)

    assert talk.says("stop") == ["It stopped.", "(end)"]
