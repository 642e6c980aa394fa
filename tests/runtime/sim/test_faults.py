"""Faults by rule, and what the ledger says of them."""

import asyncio
from typing import Any

import msgspec
import pytest

from runtime.sim.faults import Rule
from runtime.sim.graph import Request
from runtime.sim.simulator import Reset
from tests.runtime.sim.business import ACCOUNT, TOKEN, USER, Business, code, opened, play

TEXT = b'{"messaging_product":"whatsapp","to":"+15557770001","type":"text","text":{"body":"hi"},' \
       b'"biz_opaque_callback_data":"k"}'


def post(body: bytes = TEXT) -> Request:
    return Request(method="POST", path=f"/v25.0/{ACCOUNT}/messages", token=TOKEN, body=body)


@pytest.mark.parametrize(("trigger", "fits"), [
    ({}, [1, 1, 1, 1, 1, 1]), ({"next": 2}, [1, 1, 0, 0, 0, 0]), ({"every": 3}, [0, 0, 1, 0, 0, 1])])
def test_a_rule_fires_always_the_next_times_or_every_so_often(trigger: dict[str, int], fits: list[int]):
    async def story(business: Business) -> None:
        await opened(business)
        business.sim.faults.add(Rule(target="messages", code=131000, **trigger))
        assert [code(await business.says("x")) == 131000 for _ in fits] == [bool(fit) for fit in fits]
    play(story)


def test_or_by_chance_the_same_for_the_same_seed():
    def hits(seed: int) -> list[bool]:
        seen: list[bool] = []

        async def story(business: Business) -> None:
            await opened(business)
            business.sim.faults.add(Rule(target="messages", code=131000, chance=0.3))
            seen.extend([code(await business.says("x")) == 131000 for _ in range(40)])
        play(story, seed=seed)
        return seen

    assert hits(1) == hits(1)
    assert 4 < sum(hits(1)) < 20


def test_a_rule_may_be_for_one_user_or_one_kind_of_message():
    async def story(business: Business) -> None:
        other = "15557770002"
        await opened(business)
        await opened(business, other)
        business.sim.faults.add(Rule(user=other, code=131056))
        business.sim.faults.add(Rule(kind="location", code=131000))
        location = {"type": "location", "location": {"latitude": 1.0, "longitude": 2.0}}

        assert code(await business.says("x")) is None
        assert code(await business.says("x", f"+{other}")) == 131056
        assert code(await business.send(location)) == 131000
        assert [rule["hits"] for rule in business.sim.faults.told()] == [1, 1]
        business.sim.faults.clear()
        assert code(await business.send(location)) is None
    play(story)


def test_a_proxy_answers_in_html():
    async def story(business: Business) -> None:
        await opened(business)
        business.sim.faults.add(Rule(status=502, next=1))
        answer = await business.says("x")
        assert (answer.status, answer.type) == (502, "text/html")
        assert answer.body.startswith(b"<html>")
    play(story)


def test_a_connection_lost_before_the_call_was_taken_takes_nothing():
    async def story(business: Business) -> None:
        await opened(business)
        business.sim.faults.add(Rule(target="messages", lost="before", next=1))
        assert await business.sim.call(post()) == Reset()

        entry = business.sim.ledger.outbound["k"]
        assert (entry.attempts, entry.accepted, entry.refused) == (1, 0, ["lost"])
        assert await business.sim.call(post()) != Reset()
        assert business.sim.ledger.is_exact()
    play(story)


def test_a_message_sent_again_because_its_answer_was_lost_is_in_the_ledger_twice():
    async def story(business: Business) -> None:
        await opened(business)
        business.sim.faults.add(Rule(target="messages", lost="after", next=1))
        assert await business.sim.call(post()) == Reset()
        await business.sim.call(post())

        entry = business.sim.ledger.outbound["k"]
        assert (entry.attempts, entry.accepted, entry.unanswered) == (2, 2, 1)
        assert business.sim.ledger.sent_twice() == ["k"]
        assert not business.sim.ledger.is_exact()
        assert business.sim.ledger.said(USER) == ["hi", "hi"]
    play(story)


def test_an_answer_is_held_back_on_the_simulators_own_clock():
    async def story(business: Business) -> None:
        await opened(business)
        business.sim.faults.add(Rule(stall_ms=20_000, next=1))
        call = asyncio.create_task(business.sim.call(post()))
        await business.sim.until(lambda ledger: bool(ledger.outbound))
        await business.sim.advance(19_999)
        assert not call.done()
        assert business.sim.ledger.outbound["k"].accepted == 1
        await business.sim.advance(1)
        assert await call != Reset()
    play(story)


@pytest.mark.parametrize("wrong", [
    {}, {"code": 1, "next": 1, "every": 2}, {"lost": "after", "code": 1}, {"code": 1, "next": 0}, {"status": 99},
    {"code": 1, "chance": 1.5}, {"code": 1, "target": "moon"}, {"code": 1, "when": "never"}])
def test_a_rule_that_says_nothing_sensible_is_refused(wrong: dict[str, Any]):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Rule)
