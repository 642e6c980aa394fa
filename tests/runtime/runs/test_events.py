"""Events from outside: taken, kept waiting, dropped."""

from __future__ import annotations

from runtime.events import Happened, Said
from runtime.state import State
from tests.runtime.runs.bots import booking, shop
from tests.runtime.small_bots import Talk, goes, question, start


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
