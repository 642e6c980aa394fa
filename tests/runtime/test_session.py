"""Silence, and other versions of the bot: where a conversation goes on when it was away, or the bot has changed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dsl.table import Action, Table
from runtime.effects import SetTimer
from runtime.events import Answered, Happened, Opened, Resumed, Said, TimedOut
from runtime.state import Frame, State
from tests.runtime.small_bots import Bot, Session, Talk, Var, goes

DAY = 86_400
MAIN, SURE = "Main? [Book, Hours]", "Sure? [Yes, No]"


def clinic(on_return: str = "resume", **more: object) -> Bot:
    bot = Bot(slots={"name": Var("text"), "visits": Var("integer", keep=True)}, **more)
    bot.more["session"] = Session(DAY, on_return)
    bot.flow("welcome", bot.say("Hi!"), ["jump", "main"])
    bot.menu("main", "Main?", ("book", "Book", goes("book!")), ("hours", "Hours", goes("hours!")))
    bot.run("book!", ["set", ["slot", "name"], bot.expr("Ana")], ["set", ["slot", "visits"], bot.expr(2)],
            ["jump", "book"])
    bot.run("hours!", bot.say("9 to 5."), ["rest", "main"])
    bot.flow("book", ["rest", "book.sure"])
    bot.menu("book.sure", "Sure?", ("yes", "Yes", goes("yes!")), ("no", "No", goes("yes!")), kind="choose")
    bot.run("yes!", bot.say("Fine."), ["jump", "main"])
    bot.anywhere = [goes("home!", event=bot.reply("home"))]
    bot.run("home!", ["jump", "main"])
    bot.starts = [goes("book", event=bot.reply("appointment"))]
    return bot


def away(on_return: str, days: float = 2) -> Talk:
    talk = Talk(clinic(on_return).table("welcome"))
    talk.says("hey")
    talk.says("book")
    talk.waits(int(days * DAY))
    return talk


# --- silence


def test_within_the_session_the_answer_is_taken():
    assert away("resume", 0.9).says("yes") == ["Fine.", MAIN]


def test_resuming_asks_again_and_does_not_take_the_waking_message_as_the_answer():
    talk = away("resume")

    assert talk.says("yes") == [SURE]
    assert talk.notes == ["resume"]
    assert talk.says("yes") == ["Fine.", MAIN]


def test_a_tap_on_the_last_message_only_wakes_it_too():
    assert away("resume").taps("book.sure", "yes") == [SURE]


def test_commands_are_obeyed_after_a_silence():
    assert away("resume").says("home") == [MAIN]
    assert away("ask").taps("main", "hours") == ["9 to 5.", MAIN]


def test_restarting_forgets_what_does_not_outlive_the_session():
    talk = away("restart")

    assert talk.says("yes") == ["Hi!", MAIN]
    assert talk.state.slots == {"visits": 2}


def test_restarting_takes_what_a_flow_starts_on():
    assert away("restart").says("appointment") == [SURE]


def test_asking_lets_the_user_go_on():
    talk = away("ask")

    assert talk.says("yes") == ["Welcome back! Go on? [Go on, Start over]"]
    assert talk.says("hm hm") == ["Please choose one of the options.", "Welcome back! Go on? [Go on, Start over]"]
    assert talk.says("go on") == [SURE]
    assert talk.says("yes") == ["Fine.", MAIN]


def test_asking_lets_the_user_start_over():
    talk = away("ask")
    talk.says("yes")

    assert talk.taps("system.welcome_back", "restart") == ["Hi!", MAIN]
    assert talk.state.slots == {"visits": 2}


def test_another_silence_over_welcome_back_asks_that_again():
    talk = away("ask")
    talk.says("yes")
    talk.waits(2 * DAY)

    assert talk.says("yes") == ["Welcome back! Go on? [Go on, Start over]"]
    assert len(talk.state.frames) == 2


def test_a_bot_without_words_for_it_resumes():
    bot = clinic("ask")
    del bot.system["welcome_back"]
    talk = Talk(bot.table("welcome"))
    talk.says("hey")
    talk.waits(2 * DAY)

    assert talk.says("hm") == [MAIN]


def test_a_reaction_does_not_wake_a_conversation():
    assert away("ask").sends("reaction", emoji="👍") == []


def test_opening_the_chat_wakes_it():
    assert away("resume").event(Opened()) == [SURE]


def test_an_older_time_does_not_turn_the_clock_back():
    talk = away("resume", 0)
    heard = talk.state.heard
    talk.event(Said(text="hm", at=heard - 5000))

    assert talk.state.heard == heard


# --- another version


def with_step(old: Table, name: str) -> State:
    talk = Talk(old)
    talk.says("hey")
    talk.says("book")
    assert talk.step == name
    return talk.state


def test_a_step_that_is_still_there_goes_on():
    state = with_step(clinic().table("welcome"), "book.sure")
    newer = clinic()
    newer.runs["yes!"].insert(0, newer.say("Good."))
    talk = Talk(newer.table("welcome"), state)

    assert talk.says("yes") == ["Good.", "Fine.", MAIN]


def test_a_step_that_was_renamed_goes_on_under_its_new_name():
    state = with_step(clinic().table("welcome"), "book.sure")
    newer = clinic(was={"book": "visit", "book.sure": "book.confirm", "book.confirm": "visit.confirm"})
    newer.flow("visit", ["rest", "visit.confirm"])
    newer.menu("visit.confirm", "Confirm?", ("yes", "Yes", goes("yes!")), kind="choose")
    del newer.steps["book.sure"], newer.flows["book"]
    newer.starts = []
    talk = Talk(newer.table("welcome"), state)

    assert talk.says("hm hm")[1] == "Confirm? [Yes]"
    assert talk.taps("book.sure", "yes")[0] == "That button is from earlier."
    assert talk.says("yes") == ["Fine.", MAIN]


def test_a_timer_of_a_step_that_was_renamed_still_fires():
    def timed(**more: object) -> Bot:
        bot = clinic(**more)
        rows = [goes(None, bot.say("Still there?"), event="after:60")]
        name = "book.sure" if not more else "book.ok"
        bot.menu(name, "Sure?", ("yes", "Yes", goes("yes!")), kind="choose", rows=rows)
        bot.flow("book", ["rest", name])
        return bot

    talk = Talk(timed().table("welcome"))
    talk.says("hey")
    talk.says("book")
    timer = talk.effects(SetTimer)[0]
    newer = Talk(timed(was={"book.sure": "book.ok"}).table("welcome"), talk.state)

    assert newer.event(TimedOut(name=timer.name, due=timer.due)) == ["Still there?"]


def test_names_renamed_in_a_circle_end_somewhere():
    state = with_step(clinic().table("welcome"), "book.sure")
    newer = clinic(was={"book.sure": "x", "x": "book.sure"})

    assert Talk(newer.table("welcome"), state).says("yes")[0] == "Fine."


def test_slots_that_are_gone_are_dropped_and_others_converted():
    state = with_step(clinic().table("welcome"), "book.sure")
    newer = clinic()
    newer.more["slots"] = {"visits": Var("text"), "name": Var("integer")}
    talk = Talk(newer.table("welcome"), replace(state, slots={**state.slots, "gone": 1, "language": "es"}))
    talk.says("hm")

    assert talk.state.slots == {"visits": "2", "language": "es"}


def without_sure(**more: object) -> Bot:
    newer = clinic(**more)
    del newer.steps["book.sure"]
    newer.flow("book", ["jump", "main"])
    return newer


def test_who_was_at_a_step_that_is_gone_comes_to_the_start():
    talk = Talk(without_sure().table("welcome"), with_step(clinic().table("welcome"), "book.sure"))

    assert talk.says("yes") == ["This service has changed.", "Hi!", MAIN]
    assert talk.notes == ["moved"]
    assert talk.says("hours") == ["9 to 5.", MAIN]


def test_who_was_in_a_flow_that_says_where_its_lost_go_comes_there():
    newer = without_sure()
    newer.flow("book", ["jump", "main"], lost="main")
    talk = Talk(newer.table("welcome"), with_step(clinic().table("welcome"), "book.sure"))

    assert talk.says("yes") == ["This service has changed.", MAIN]


def test_a_command_or_a_tap_on_a_menu_is_obeyed_though_the_step_is_gone():
    state = with_step(clinic().table("welcome"), "book.sure")

    assert Talk(without_sure().table("welcome"), state).says("home") == [MAIN]
    assert Talk(without_sure().table("welcome"), state).taps("main", "hours") == ["9 to 5.", MAIN]


def test_a_step_of_another_kind_is_not_the_same():
    state = with_step(clinic().table("welcome"), "book.sure")
    newer = without_sure()
    newer.step("book.sure", "handover", "A nurse.", [], team="nurses")

    assert Talk(newer.table("welcome"), state).says("yes")[0] == "This service has changed."


def test_nobody_is_moved_by_a_timer_and_an_event_waits():
    state = with_step(clinic().table("welcome"), "book.sure")
    newer = without_sure(events={"news": {}})
    newer.anywhere.append(goes(None, newer.say("News!"), event="event:news"))
    talk = Talk(newer.table("welcome"), state)

    assert talk.event(TimedOut(name="0:book.sure:60", due=5)) == []
    assert talk.event(Happened(name="news")) == []
    assert talk.step == "book.sure"
    assert talk.says("yes") == ["This service has changed.", "Hi!", MAIN, "News!", MAIN]


def test_an_event_that_no_row_awaits_any_more_is_dropped():
    state = with_step(clinic().table("welcome"), "book.sure")
    talk = Talk(clinic().table("welcome"), replace(state, waiting=(Happened(name="news"),)))
    talk.says("hm")

    assert talk.state.waiting == ()
    assert "unawaited" in talk.notes


def test_what_was_called_for_a_step_that_is_gone_moves_on_too():
    old = clinic(actions={"find": Action()})
    old.flow("book", ["rest", "book.find"])
    old.step("book.find", "call", None, [], name="find")
    talk = Talk(old.table("welcome"))
    talk.says("hey")
    talk.says("book")
    call = str(talk.state.frames[-1].call)
    newer = Talk(without_sure().table("welcome"), talk.state)

    assert newer.event(Answered(call=call)) == ["This service has changed.", "Hi!", MAIN]
    assert Talk(without_sure().table("welcome"), talk.state).event(Resumed()) == [
        "This service has changed.", "Hi!", MAIN]


def test_a_block_over_a_step_that_is_renamed_moves_with_it():
    old = clinic()
    rows = [goes("why!", ["push", "again", True], event=old.reply("why"))]
    old.menu("book.sure", "Sure?", ("yes", "Yes", goes("yes!")), kind="choose", rows=rows)
    old.run("why!", ["rest", "book.why"])
    old.menu("book.why", "Why?", ("so", "So", goes("back!")), kind="choose")
    old.run("back!", ["return", None])
    talk = Talk(old.table("welcome"))
    for text in ("hey", "book", "why"):
        talk.says(text)
    old.more["was"] = {"book.sure": "book.ok"}
    old.steps["book.ok"] = old.steps.pop("book.sure")
    newer = Talk(old.table("welcome"), talk.state)

    assert newer.says("so") == ["Sure? [Yes]"]
    assert [(frame.flow, frame.step) for frame in newer.state.frames] == [("book", "book.ok")]


# --- states that no turn has made


@pytest.mark.parametrize("frames", [
    (Frame("main"),), (Frame("main", "gone"),), (Frame("gone", "main"),), (Frame("main", "main", call="1.1"),),
    (Frame("main", "main", shares=0),), (Frame("main", "main"), Frame("book", "book.sure")),
    (Frame("main", "main"), Frame("main", "book.sure", back="again")),
    (Frame("main", "main"), Frame("gone", "main", back="again")), (Frame("main", "main", kind="ask"),),
    (Frame("main", "main", back="again", shares=-1),), (Frame("main", "main", back="again"),) * 17,
])
def test_frames_that_cannot_be_are_a_place_that_is_gone(frames):
    talk = Talk(clinic().table("welcome"), State(frames=frames))

    assert talk.says("yes") == ["This service has changed.", "Hi!", MAIN]


def test_a_last_question_that_cannot_be_is_forgotten():
    bot = clinic(actions={"find": Action()})
    bot.flow("book", ["rest", "book.find"])
    bot.step("book.find", "call", None, [], name="find")
    table = bot.table("welcome")
    state = State(frames=(Frame("book", "book.find", call="1.1"),), asked=(Frame("gone", "gone"),))
    talk = Talk(table, state)

    assert talk.fails() == ["Something went wrong.", "(failed)"]
