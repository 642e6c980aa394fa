"""What the bot said did not reach the user: what the bot does about it."""

from __future__ import annotations

import pytest

from dsl.table import UNDELIVERED, Template
from runtime.events import Happened, TimedOut, Undelivered
from runtime.state import Frame, State
from tests.runtime.small_bots import Bot, Talk, goes

EVENT = f"event:{UNDELIVERED}"
TEMPLATE = "Template(hello_v1, en, (), (), )"


def bot(*rows: object, anywhere: tuple[object, ...] = (), starts: tuple[object, ...] = ()) -> Bot:
    """A question, its reminder, and rows that are told of what was lost."""
    made = Bot(templates={"hello_v1": Template({}, {})}, events={UNDELIVERED: {"reason": "text"}})
    made.flow("main", ["rest", "main.name"])
    made.step("main.name", "ask", "Your name?", [*rows, goes("named", event="answer")], slot=["slot", "name"],
              type="text")
    made.run("named", made.say("Thanks."), ["end"])
    made.run("again", ["template", "hello_v1", []], ["return", None])
    made.anywhere, made.starts = list(anywhere), list(starts)
    return made


def asked(made: Bot) -> Talk:
    talk = Talk(made.table(slots={}))
    assert talk.says("hi") == ["Your name?"]
    return talk


HERE = goes("again", ["push", "again", True], event=EVENT)
EVERYWHERE = goes("again", ["push", "again", False], event=EVENT)


def test_the_step_where_it_was_said_takes_its_row_and_does_not_ask_again():
    talk = asked(bot(HERE, anywhere=(goes("never", event=EVENT),)))
    assert talk.event(Undelivered(step="main.name", reason="window")) == [TEMPLATE]
    assert (talk.step, len(talk.state.frames)) == ("main.name", 1)


def test_else_anywhere_does():
    talk = asked(bot(anywhere=(EVERYWHERE,)))
    assert talk.event(Undelivered(step="main.name")) == [TEMPLATE]
    assert talk.step == "main.name"


def test_where_the_conversation_has_ended_anywhere_leads_nowhere_further():
    talk = asked(bot(anywhere=(EVERYWHERE,)))
    assert talk.says("Ana") == ["Thanks.", "(end)"]
    assert talk.event(Undelivered(step=None)) == [TEMPLATE, "(end)"]
    assert talk.step is None


def test_or_a_flow_starts_on_it_and_knows_the_reason():
    made = bot(starts=(goes("lost", event=EVENT),))
    made.flow("lost", made.say("It was the {@reason}."), ["end"])
    talk = Talk(made.table())
    assert talk.event(Undelivered(step=None, reason="window")) == ["It was the window.", "(end)"]


def test_where_nothing_takes_it_nothing_is_done():
    talk = asked(bot())
    assert talk.event(Undelivered(step="main.name")) == []
    assert talk.notes == ["unawaited"]


@pytest.mark.parametrize("step", ["main.other", None])
def test_what_was_said_elsewhere_is_over(step: str | None):
    talk = asked(bot(HERE, anywhere=(EVERYWHERE,)))
    assert talk.event(Undelivered(step=step)) == []
    assert talk.notes == ["late"]


def test_so_it_is_when_the_conversation_has_ended_since():
    talk = asked(bot(anywhere=(EVERYWHERE,)))
    talk.says("Ana")
    assert talk.event(Undelivered(step="main.name")) == []


def test_a_step_that_has_another_name_by_now_is_the_same_step():
    made = bot(HERE)
    talk = Talk(made.table(was={"main.title": "main.name"}))
    talk.says("hi")
    assert talk.event(Undelivered(step="main.title")) == [TEMPLATE]


def test_while_an_action_is_under_way_it_is_too_late():
    made = bot(HERE)
    made.flow("main", made.say("A moment."), ["rest", "main.look"])
    made.step("main.look", "call", None, [goes("named", event="result")], name="look")
    talk = Talk(made.table())
    assert talk.says("hi") == ["A moment.", "look()"]
    assert talk.event(Undelivered(step="main.look")) == []
    assert talk.answers() == ["Thanks.", "(end)"]


def test_who_wants_no_messages_gets_none_because_one_was_lost():
    talk = asked(bot(HERE))
    talk.state = State(talk.state.table, talk.state.frames, opted_out=True)
    assert talk.event(Undelivered(step="main.name")) == []
    assert talk.notes == ["dropped"]


def test_a_conversation_whose_place_is_gone_is_not_moved_for_it():
    talk = Talk(bot(HERE).table(), State("old", (Frame("gone", "gone.step"),)))
    assert talk.event(Undelivered(step="gone.step")) == []
    assert talk.state.frames == (Frame("gone", "gone.step"),)


def test_what_fails_over_it_says_so_and_asks_nothing():
    made = bot(goes("again", ["push", "again", True], event=EVENT))
    made.run("again", ["jump", "nowhere"])
    talk = asked(made)
    assert talk.event(Undelivered(step="main.name")) == ["Something went wrong."]
    assert (talk.step, talk.notes) == ("main.name", ["unknown"])


def test_an_event_from_outside_by_that_name_is_none():
    """Only a message that was lost makes it; it waits for nothing."""
    talk = asked(bot())
    assert talk.event(Happened(name=UNDELIVERED)) == []
    assert talk.event(TimedOut(name="0:main.name:1", due=1)) == []
