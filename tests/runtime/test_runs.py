"""Operations, calls, timers, handovers, events from outside, consent: what happens between two messages of the user."""

from __future__ import annotations

import pytest

from dsl.table import Action, Message, Template
from runtime.effects import (
    Call,
    CancelTimer,
    Choice,
    Contact,
    Handover,
    Location,
    Media,
    Offer,
    Say,
    SetTimer,
    Track,
)
from runtime.effects import Template as SentTemplate
from runtime.events import Answered, Failed, Happened, Resumed, Said, TimedOut
from runtime.state import Frame, State
from tests.runtime.small_bots import Bot, Session, Talk, Var, goes


def question(bot: Bot, name: str = "main.q", text: str = "Well?", **more: object) -> str:
    """A choose of one option, which ends the conversation."""
    bot.run(f"{name}!", bot.say("Fine."), ["end"])
    return bot.menu(name, text, ("yes", "Yes", goes(f"{name}!")), kind="choose", **more)


def start(bot: Bot, **more: object) -> Talk:
    talk = Talk(bot.table(**more))
    talk.says("hey")
    return talk


# --- branches, loops, slots


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


# --- do and return


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


# --- messages


def test_messages_of_every_kind():
    bot = Bot()
    place = {"latitude": "4.6", "longitude": -74, "name": "Norte"}
    url = bot.expr("https://e.example/a.jpg")
    bot.flow(
        "main",
        bot.say("Hi.", header=bot.text("H"), footer=bot.text("F"), image=url, link=[bot.text("Open"), url]),
        ["media", "image", url, bot.text("Nice")],
        ["location", bot.expr(["get", ["list"], "x", "unknown"]), None, None],
        ["location", bot.expr(["slot", "place"]), None, bot.expr("Calle 1")],
        ["contact", bot.expr("Ana"), bot.expr("+571")],
        ["contact", bot.expr(["slot", "card"]), None],
        ["track", "seen", [["what", bot.expr(["+", 1, 1])]]],
        ["end"],
    )
    talk = Talk(bot.table(slots={"place": Var("location"), "card": Var("contact")}),
                State(slots={"place": place, "card": {"name": "Bo", "phones": ["+1", 2]}}))
    talk.says("hey")

    link = "https://e.example/a.jpg"
    assert talk.turn.effects[:-1] == (
        Say("Hi.", "H", link, "F", ("Open", link)), Media("image", link, "Nice"),
        Location("4.6", "-74", "Norte", "Calle 1"), Contact("Ana", ("+571",)), Contact("Bo", ("+1",)),
        Track("seen", {"what": 2}),
    )
    assert talk.notes == ["empty"]


def test_what_a_user_sent_is_sent_on_by_its_id():
    bot = Bot()
    photo, nothing = bot.expr(["slot", "photo"]), bot.expr(["slot", "file"])
    bot.flow("main", ["media", "image", photo, None], bot.say("Hi.", image=photo), ["media", "document", nothing, None],
             ["end"])
    slots = {"photo": {"id": "1234", "mime": "image/png"}, "file": {"mime": "text/plain"}}
    talk = Talk(bot.table(slots={"photo": Var("image"), "file": Var("document")}), State(slots=slots))
    talk.says("hey")

    assert talk.turn.effects[:-1] == (Media("image", "1234"), Say("Hi.", image="1234"))
    assert talk.notes == ["empty"]


@pytest.mark.parametrize("op", [
    ["media", "image", 0, None], ["contact", 0, None], ["list", 0, None, 0, None], ["location", 0, None, None]])
def test_a_message_without_its_value_is_left_out_and_noted(op):
    bot = Bot()
    bot.expr(None)
    bot.flow("main", bot.say("{gone}"), op, ["end"])
    talk = Talk(bot.table())

    assert talk.says("hey") == ["(end)"]
    assert talk.notes == ["empty", "empty"]


def test_a_list_is_one_message_with_a_line_for_each_item():
    bot = Bot(slots={"cart": Var("list of unknown")})
    title, detail = bot.expr(["get", ["it", "unknown"], "n", "text"]), bot.expr(["get", ["it", "unknown"], "p", "text"])
    bot.flow("main", ["list", bot.expr(["slot", "cart"]), bot.text("In your cart:"), title, detail], ["end"])
    talk = Talk(bot.table(), State(slots={"cart": [{"n": "Cup", "p": "5 €"}, {"n": "Jug"}]}))

    assert talk.says("hey")[0] == "In your cart:\n• Cup: 5 €\n• Jug"


def test_a_template_has_its_parameters_as_they_are_shown():
    bot = Bot()
    at = ["show", "date", [["date", "long"]], ["given", "at"]]
    text = {"en": ["On ", at, ": ", ["show", "text", [], ["given", "x"]]], "es": ["El ", at]}
    template = Template({"at": Var("date"), "x": Var("text")}, text, ["Again"])
    bot.flow("main", ["template", "visit", [bot.expr(["as", "date", "2026-03-01"]), bot.expr(["slot", "x"])]], ["end"])
    table = bot.table(templates={"visit": template}, slots={"x": Var("text")}, languages=["en", "es"])

    talk = Talk(table, State(slots={"x": "a\n b"}))
    talk.says("hey")
    assert talk.turn.effects[0] == SentTemplate(
        "visit", "en", (("at", "Mar 1, 2026"), ("x", "a b")), ("Again",), "On March 1, 2026: a\n b")
    talk = Talk(table, State(slots={"language": "es"}))
    talk.says("hey")
    assert talk.turn.effects[0].language == "es"
    assert talk.turn.effects[0].params[1] == ("x", "-")


# --- bounds


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


# --- calls


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


def test_a_call_rests_until_the_action_answers():
    talk = start(booking())

    assert talk.says("go") == ["book(n=3)"]
    assert talk.effects(Call)[0].id == f"{talk.state.turn}.1"
    assert talk.answers("2026-03-01T10:00") == ["At 2026-03-01T10:00:00+00:00.", "Well? [Go]"]
    assert talk.state.asked == ()


def test_a_result_that_is_not_of_the_declared_type_is_a_failure():
    for result in ("blue whale", {"a": 1}, "x" * 5000, [1] * 1001):
        talk = start(booking(failed="failure"))
        talk.says("go")

        assert talk.answers(result) == ["failed: ", "Well? [Go]"]
        assert "result" in talk.notes


def test_an_action_may_answer_nothing():
    talk = start(booking())
    talk.says("go")

    assert talk.answers(None)[0] == "At ."


@pytest.mark.parametrize(("kind", "reason", "said"), [
    ("reason", "taken", "taken: "), ("reason", "other", "failed: "), ("timeout", "", "late: "),
    ("failure", "", "failed: ")])
def test_every_outcome_has_its_row_and_the_rest_is_failure(kind, reason, said):
    talk = start(booking(taken="reason:taken", late="timeout", failed="failure"))
    talk.says("go")

    assert talk.fails(kind, reason)[0] == said


def test_a_timeout_without_a_row_is_a_failure():
    talk = start(booking(failed="failure"))
    talk.says("go")

    assert talk.fails("timeout")[0] == "failed: "


def test_a_failure_nobody_handles_says_so_and_asks_the_last_question_again():
    talk = start(booking())
    talk.says("go")

    assert talk.state.asked == (talk_frame("main"),)
    assert talk.fails() == ["Something went wrong.", "Well? [Go]"]
    assert talk.step == "main"
    assert talk.says("go") == ["book(n=3)"]


def talk_frame(step: str) -> Frame:
    return Frame(step, step, since=1_000_000, kind="menu")


def test_a_failure_nobody_handles_runs_the_flow_system_failed():
    bot = booking()
    bot.flow("system.failed", bot.say("Oh dear."), ["jump", "main"])
    talk = start(bot)
    talk.says("go")

    assert talk.fails() == ["Oh dear.", "Well? [Go]"]


def test_a_call_that_fails_before_any_question_ends_the_conversation():
    bot = booking()
    talk = Talk(bot.table("book"))
    talk.says("hey")

    assert talk.fails() == ["Something went wrong.", "(failed)"]
    assert talk.state.frames == ()


def test_the_flow_system_failed_that_calls_in_vain_does_not_go_round():
    bot = booking()
    bot.flow("system.failed", ["rest", "system.failed.book"])
    bot.step("system.failed.book", "call", None, [], flow="system.failed", name="book")
    talk = Talk(bot.table("book"))
    talk.says("hey")

    assert talk.fails() == ["book()"]
    assert talk.fails() == ["Something went wrong.", "(failed)"]


def test_an_answer_that_nobody_waits_for_is_ignored():
    talk = start(booking())
    talk.says("go")

    assert talk.event(Answered(call="0.0", result=1)) == []
    assert talk.event(Failed(call="0.0", kind="failure")) == []
    assert talk.notes == ["late"]
    call = talk.state.frames[-1].call
    talk.answers(None)
    assert talk.event(Answered(call=str(call))) == []
    assert talk.step == "main"


def test_messages_that_come_while_a_call_is_pending_wait_in_order():
    talk = start(booking())
    talk.says("go")

    assert talk.says("go") == []
    assert talk.says("blue whale") == []
    assert talk.notes == ["waits"]
    assert talk.answers(None) == ["At .", "Well? [Go]", "book(n=3)"]
    assert [event.text for event in talk.state.waiting] == ["blue whale"]
    assert talk.answers(None) == ["At .", "Well? [Go]", "Please choose one of the options.", "Well? [Go]"]
    assert talk.state.waiting == ()


def test_a_result_row_is_not_needed_to_come_back():
    bot = booking()
    bot.step("book.book", "call", None, [], name="book")
    talk = start(bot)
    talk.says("go")

    assert talk.answers(None) == ["Well? [Go]"]


# --- timers


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


def due_now(talk: Talk, number: int = 0) -> list[str]:
    """The timer of the first asking that is set as `number` fires when it is due."""
    timer = sorted(TIMERS[id(talk)].items(), key=lambda item: item[1])[number]
    return talk.event(TimedOut(name=timer[0], due=timer[1]))


TIMERS: dict[int, dict[str, int]] = {}


def remembering(talk: Talk) -> Talk:
    TIMERS[id(talk)] = {effect.name: effect.due for effect in talk.effects(SetTimer)}
    return talk


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


# --- handover


def nurses() -> Bot:
    bot = Bot()
    bot.menu("main", "Well?", ("nurse", "Nurse", goes("nurse!")))
    bot.run("nurse!", ["jump", "nurse"])
    bot.flow("nurse", ["rest", "nurse.nurses"])
    bot.step("nurse.nurses", "handover", "A nurse will answer.", [
        goes("back", event="resume"), goes("busy", ["push", "quiet", True], event="after:600"),
        goes("mine", event=bot.reply("menu please")), goes("news", ["push", "again", True], event="event:news")],
        team="nurses")
    bot.run("back", bot.say("I'm back."), ["jump", "main"])
    bot.run("busy", bot.say("All nurses are busy."), ["return", None])
    bot.run("mine", ["jump", "main"])
    bot.run("news", bot.say("News!"), ["return", None])
    bot.anywhere = [goes("menu!", event=bot.reply("menu")), goes("stop!", event=bot.reply("stop"))]
    bot.run("menu!", ["jump", "main"])
    bot.run("stop!", ["jump", "stop"])
    bot.flow("stop", ["rest", "stop.sure"])
    bot.menu("stop.sure", "Stop?", ("yes", "Yes", goes("stop.yes")), ("no", "No", goes("menu!")), kind="choose")
    bot.run("stop.yes", ["opt", "out"], bot.say("Done."), ["end"])
    bot.more["events"] = {"news": {}, "other": {}}
    bot.starts = [goes("main", event="event:other")]
    return bot


def with_nurse() -> Talk:
    talk = start(nurses())
    talk.says("nurse")
    return talk


def test_a_handover_says_its_line_and_calls_the_team():
    talk = with_nurse()

    assert talk.effects(Say) == [Say("A nurse will answer.")]
    assert talk.effects(Handover) == [Handover("nurses")]


def test_what_the_user_says_goes_to_the_team():
    talk = with_nurse()

    for send in (lambda: talk.says("menu"), lambda: talk.says("hello"), lambda: talk.sends("image", id="1"),
                 lambda: talk.taps("main", "nurse")):
        assert send() == []
        assert talk.notes == ["team"]


def test_only_what_leads_to_opt_out_is_for_the_bot():
    talk = with_nurse()

    assert talk.says("Stop") == ["Stop? [Yes, No]"]
    assert talk.says("yes") == ["Done.", "(end)"]
    assert talk.state.opted_out


def test_what_leads_to_opt_out_by_way_of_another_flow_is_for_the_bot():
    bot = nurses()
    bot.step("anywhere.stop", "do", None, [goes("menu!", event="return")], flow="anywhere", name="quiet")
    bot.flow("quiet", ["branch", bot.expr(True), "hush"], ["go", "quiet"])
    bot.run("hush", ["opt", "out"], ["return", None])
    bot.run("calm", ["rest", "anywhere.stop"])
    bot.anywhere.append(goes("calm", ["push", "again", False], event=bot.reply("hush")))
    talk = start(bot)
    talk.says("nurse")

    assert talk.says("menu") == []
    assert talk.says("hush") == ["Well? [Nurse]"]
    assert talk.state.opted_out


def test_a_handover_without_words_only_calls_the_team():
    bot = nurses()
    bot.step("nurse.nurses", "handover", None, [], team="nurses")
    talk = start(bot)

    assert talk.says("nurse") == ["Handover(nurses)"]


def test_what_the_handover_itself_waits_for_is_for_the_bot():
    talk = with_nurse()

    assert talk.says("menu please") == ["Well? [Nurse]"]


def test_a_timer_of_a_handover_runs_and_the_team_goes_on():
    talk = remembering(with_nurse())

    assert due_now(talk) == ["All nurses are busy."]
    assert talk.says("hello") == []


def test_the_team_gives_the_conversation_back():
    talk = with_nurse()

    assert talk.event(Resumed()) == ["I'm back.", "Well? [Nurse]"]
    assert talk.event(Resumed()) == []
    assert talk.notes == ["late"]


def test_a_handover_has_no_session():
    talk = with_nurse()
    talk.waits(100 * 86_400)

    assert talk.says("hello") == []


def test_an_event_the_handover_waits_for_is_taken_and_another_waits():
    talk = with_nurse()

    assert talk.event(Happened(name="news")) == ["News!"]
    assert talk.event(Happened(name="other")) == []
    assert talk.event(Resumed()) == ["I'm back.", "Well? [Nurse]", "Well? [Nurse]"]


# --- events from outside


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


def test_an_event_begins_a_flow_with_its_parameters():
    talk = Talk(shop().table())

    assert talk.event(Happened(name="arrived", params={"order": "C1", "n": "2", "x": 1})) == ["C1 is here, 2.", "(end)"]


def test_an_event_is_taken_at_a_menu():
    assert start(shop()).event(Happened(name="arrived", params={"order": "C1"}))[0] == "C1 is here, ."


def test_an_event_waits_until_the_step_is_left():
    talk = start(shop())
    talk.says("go")

    assert talk.event(Happened(name="arrived", params={"order": "C1"})) == []
    assert talk.notes == ["waits"]
    assert talk.says("blue whale") == ["Please choose one of the options.", "Well? [Yes]"]
    assert talk.says("yes") == ["Fine.", "(end)", "C1 is here, .", "(end)"]
    assert talk.state.waiting == ()


def test_an_event_of_the_step_is_taken_and_the_question_comes_again():
    talk = start(shop())
    talk.says("go")

    assert talk.event(Happened(name="sold")) == ["Sold .", "Well? [Yes]"]


def test_an_event_that_anywhere_takes_has_its_parameters_in_the_block():
    bot = shop()
    bot.anywhere = [goes("told", ["push", "again", False], event="event:arrived")]
    bot.run("told", bot.say("By the way, {@order}."), ["return", None])
    talk = start(bot)
    talk.says("go")

    assert talk.event(Happened(name="arrived", params={"order": "C1"})) == ["By the way, C1.", "Well? [Yes]"]


def test_an_event_nobody_takes_or_nobody_declared_is_dropped():
    talk = start(shop())

    for name in ("quiet", "gone"):
        assert talk.event(Happened(name=name)) == []
        assert talk.notes == ["unawaited"]
        assert talk.state.waiting == ()


def test_an_event_takes_its_parameters_into_the_locals_that_a_block_shares():
    bot = shop()
    question(bot, "ask.q", rows=[goes("told", ["push", "again", True], event="event:arrived")])
    bot.run("told", bot.say("{@order}!"), ["return", None])
    talk = start(bot)
    talk.says("go")
    talk.event(Happened(name="arrived", params={"order": "C1"}))

    assert talk.state.frames[-1].locals == {"order": "C1"}


def test_an_event_waits_for_a_call_too():
    bot = booking()
    bot.more["events"] = {"arrived": {}}
    bot.starts = [goes("main", event="event:arrived")]
    talk = start(bot)
    talk.says("go")

    assert talk.event(Happened(name="arrived")) == []
    assert talk.answers(None) == ["At .", "Well? [Go]", "Well? [Go]"]


def test_every_event_that_waited_has_its_own_bounds():
    bot = booking()
    bot.run("book.done", *[bot.say("At {@at}.")] * 6, ["jump", "main"])
    talk = start(bot)
    talk.says("go")
    talk.state = State(talk.state.table, talk.state.frames, waiting=(Said(text="x"),) * 2)

    assert talk.answers(None)[-4:] == ["Please choose one of the options.", "Well? [Go]"] * 2


def test_half_a_character_can_wait_too():
    talk = start(booking())
    talk.says("go")
    talk.says("a\ud800")

    assert [event.text for event in talk.state.waiting] == ["a?"]


def test_no_more_than_a_thousand_events_wait():
    talk = start(booking())
    talk.says("go")
    frames = talk.state.frames
    talk.state = State(talk.state.table, frames, waiting=(Said(text="x"),) * 1000)

    talk.says("one more")

    assert (len(talk.state.waiting), talk.notes) == (1000, ["dropped"])


# --- consent


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


# --- a small session


def test_the_last_message_of_the_user_is_remembered():
    talk = start(shop(), session=Session(60))

    assert talk.state.heard == talk.at
    talk.waits(10)
    talk.event(Happened(name="arrived"))
    assert talk.state.heard == talk.at - 10_000


def test_an_offer_names_its_step_and_its_options():
    talk = start(shop())

    assert talk.effects(Offer) == [Offer("main", "Well?", (Choice("go", "Go"),), "buttons")]


def test_a_question_without_words_shows_what_it_can():
    bot = Bot()
    bot.flow("main", ["rest", "main.q"])
    question(bot, message=Message(bot.text("{gone}")))

    assert Talk(bot.table()).says("hey") == ["Choose [Yes]"]
