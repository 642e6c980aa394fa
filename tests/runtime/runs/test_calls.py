"""Calls of actions: their outcomes, and what comes while one is pending."""

from __future__ import annotations

import pytest

from runtime.effects import Call
from runtime.events import Answered, Failed
from runtime.state import Frame
from tests.runtime.runs.bots import booking
from tests.runtime.small_bots import Talk, start


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
