"""What becomes of an accepted message, and when it is told."""

from random import Random

import msgspec
import pytest

from runtime.sim.statuses import Habits, Latency, ladder
from runtime.sim.world import User
from tests.runtime.sim.business import Business, opened, play

ANA = User(phone="15557770001")
STEADY = Habits(sent=Latency(10, 0), delivered=Latency(100, 0), read=Latency(1_000, 0))


def steps(habits: Habits, user: User = ANA, kind: str = "text") -> list[tuple[int, str]]:
    return [(step.after_ms, step.status) for step in ladder(habits, Random(1), user, kind, False)]


def habits(**how: float) -> Habits:
    return Habits(sent=STEADY.sent, delivered=STEADY.delivered, read=STEADY.read, **how)


def test_each_step_takes_its_time_after_the_one_before():
    assert steps(STEADY) == [(10, "sent"), (110, "delivered"), (1_110, "read")]


def test_a_chat_that_is_open_is_read_at_once():
    assert steps(habits(skip_delivered=1.0)) == [(10, "sent"), (1_110, "read")]


def test_without_read_receipts_nothing_is_read_and_delivered_is_told():
    silent = User(phone="1", reads=False)
    assert steps(habits(skip_delivered=1.0), silent) == [(10, "sent"), (110, "delivered")]


def test_a_message_may_fail_after_it_was_sent():
    assert steps(habits(fails=1.0)) == [(10, "sent"), (110, "failed")]


def test_a_status_may_be_one_that_nobody_has_heard_of():
    assert [status for _, status in steps(habits(unknown=1.0))] == ["sent", "delivered", "pondered", "read"]


def test_reactions_are_only_sent():
    assert steps(STEADY, kind="reaction") == [(10, "sent")]


def test_latencies_spread_around_their_median():
    chance, drawn = Random(5), Latency(400, 0.5)
    times = sorted(drawn.drawn(chance) for _ in range(1_001))
    assert 370 < times[500] < 430
    assert times[0] < 200
    assert times[-1] > 1_000


def test_a_status_may_come_before_the_call_is_answered():
    async def story(business: Business) -> None:
        await opened(business)
        business.sim.habits = Habits(before_answer=1.0)
        assert business.statuses() == []
        await business.says("hi", biz_opaque_callback_data="k")

        assert business.statuses() == ["sent"]
        await business.sim.advance(600_000)
        assert business.statuses() == ["sent", "delivered", "read"]
        assert business.sim.ledger.outbound["k"].statuses == ["sent", "delivered", "read"]
    play(story)


def test_statuses_may_come_without_contacts_and_prices():
    async def story(business: Business) -> None:
        await opened(business)
        business.bodies.clear()
        business.sim.habits = Habits(bare=True)
        await business.says("hi")
        await business.sim.advance(600_000)
        assert all(b"contacts" not in body and b"pricing" not in body for body in business.bodies)
    play(story)


def test_before_version_24_they_name_a_conversation():
    async def story(business: Business) -> None:
        await opened(business)
        business.sim.habits = Habits(conversation=True)
        await business.says("hi")
        await business.sim.advance(600_000)
        sent, delivered, _ = (status["conversation"] for status in business.values("statuses"))
        assert sent["id"] == delivered["id"]
        assert "expiration_timestamp" in sent
        assert "expiration_timestamp" not in delivered
    play(story)


@pytest.mark.parametrize("wrong", [{"fails": 2}, {"read": {"median_ms": -1}}, {"sent": {"median_ms": 1, "spread": 99}},
                                   {"late": "never"}])
def test_habits_that_cannot_be_are_refused(wrong: dict[str, object]):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Habits)
