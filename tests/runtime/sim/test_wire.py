"""Webhooks on their way: signed as Meta signs, packed, mixed, repeated, and tried again for seven days."""

import asyncio
import hmac
import json
from hashlib import sha256
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.channels.envelope import Heard, parse, walk
from runtime.sim.webhooks import Update, envelope, written
from runtime.sim.wire import Network
from runtime.sim.world import Number
from tests.runtime.sim.business import ACCOUNT, USER, Business, opened, play

DAY_MS = 86_400_000


def network(**how: Any) -> Network:
    return Network(**how)


class TestBytes:
    def test_the_signature_is_over_escaped_bytes_that_nobody_writes_again_the_same(self):
        async def story(business: Business) -> None:
            business.sim.user(USER, name="Zoë <a@b.c>")
            business.sim.say(USER, "50% https://a.b 👍")
            await business.sim.advance()

            [body] = business.bodies
            assert body.isascii()
            for escaped in (rb"https:\/\/a.b", rb"50\u0025", rb"Zo\u00eb \u003Ca\u0040b.c>", rb"\ud83d\udc4d"):
                assert escaped in body
            again = json.dumps(json.loads(body), separators=(",", ":")).encode()
            signature = hmac.new(b"simulated-app-secret", again, sha256).hexdigest()
            assert business.headers[0]["X-Hub-Signature-256"] != f"sha256={signature}"
        play(story)

    def test_while_secrets_rotate_both_sign(self):
        async def story(business: Business) -> None:
            for n in range(20):
                business.sim.say(USER, str(n))
                await business.sim.advance()
            made = {hmac.new(secret, body, sha256).hexdigest() == headers["X-Hub-Signature-256"][7:]
                    for body, headers in zip(business.bodies, business.headers, strict=True)
                    for secret in (b"the-next-secret",)}
            assert made == {True, False}
        play(story, secrets=["simulated-app-secret", "the-next-secret"])

    @given(seed=st.integers(0, 10_000), count=st.integers(1, 60))
    @settings(max_examples=60, deadline=None)
    def test_however_they_are_packed_our_own_parser_finds_every_message(self, seed: int, count: int):
        updates = [Update(f"w{n}", "messages", {"from": f"1555000{n % 7:04}", "id": f"w{n}", "timestamp": "1767225600",
                                               "type": "text", "text": {"body": "/%@<"}}) for n in range(count)]
        updates.insert(count // 2, Update("f", "user_preferences", {"x": 1}))
        document = parse(written(envelope(updates, Number(), Random(seed))))

        heard = [item for item in walk(document, ACCOUNT, 1_767_225_600_000) if isinstance(item, Heard)]
        assert sorted(item.id for item in heard) == sorted(f"w{n}" for n in range(count))



class TestOne:
    def test_a_message_may_be_on_its_way_for_long_and_is_as_old_as_its_sending(self):
        async def story(business: Business) -> None:
            began = business.sim.clock()
            business.sim.send(USER, {"type": "text", "text": {"body": "late"}}, late_ms=60_000)
            await business.sim.advance(59_999)
            assert business.bodies == []
            await business.sim.advance(1)
            [message] = business.values("messages")
            assert message["timestamp"] == str(began // 1000)
        play(story)

    def test_the_last_message_of_a_user_is_delivered_once_more(self):
        async def story(business: Business) -> None:
            business.sim.say(USER, "one")
            id = business.sim.say(USER, "two")
            await business.sim.advance()
            business.sim.repeat(USER)
            await business.sim.advance()
            assert business.heard()[2:] == [id]
            assert business.sim.ledger.inbound[id].acknowledged == 2
        play(story)

class TestTravel:
    def test_updates_gather_and_go_in_batches(self):
        async def story(business: Business) -> None:
            business.sim.network = network(batch=400, hold_ms=50)
            ids = [business.sim.say(f"1555{n:07}", "hi") for n in range(1000)]
            await business.sim.advance(49)
            assert business.bodies == []
            await business.sim.advance(1)
            assert len(business.bodies) == 3
            assert sorted(business.heard()) == sorted(ids)
        play(story)

    def test_the_later_may_come_first(self):
        async def story(business: Business) -> None:
            business.sim.network = network(batch=1, reorder_ms=5_000)
            ids = [business.sim.say(USER, str(n)) for n in range(20)]
            await business.sim.advance(5_000)
            assert business.heard() != ids
            assert sorted(business.heard()) == sorted(ids)
        play(story)

    def test_some_come_again_as_they_were_and_some_in_other_bytes(self):
        async def story(business: Business) -> None:
            business.sim.network = network(batch=1, duplicates=0.5)
            ids = [business.sim.say(USER, str(n)) for n in range(40)]
            await business.sim.advance(60_000)

            again = [id for id in ids if business.sim.ledger.inbound[id].delivered > 1]
            same = [body for body in set(business.bodies) if business.bodies.count(body) > 1]
            assert 10 < len(again) < 30
            assert 0 < len(same) < len(again)
            assert set(business.heard()) == set(ids)
        play(story)

    def test_only_so_many_are_under_way_at_once(self):
        async def story(business: Business) -> None:
            business.sim.network = network(batch=1, concurrency=3)
            business.gate.clear()
            for n in range(7):
                business.sim.say(USER, str(n))
            task = asyncio.create_task(business.sim.advance())
            for _ in range(20):
                await asyncio.sleep(0)
            assert len(business.bodies) == 3
            business.gate.set()
            await task
            assert len(business.bodies) == 7
        play(story)

    def test_the_same_seed_gives_the_same_journey(self):
        def journey(seed: int) -> list[bytes]:
            seen: list[bytes] = []

            async def story(business: Business) -> None:
                business.sim.network = network(batch=5, reorder_ms=900, duplicates=0.3, lost_acks=0.2)
                for n in range(30):
                    business.sim.say(f"1555{n % 4:07}", str(n))
                await business.sim.advance(DAY_MS)
                seen.extend(business.bodies)
            play(story, seed=seed)
            return seen

        assert journey(7) == journey(7)
        assert journey(7) != journey(8)

    @pytest.mark.parametrize("wrong", [{"batch": 0}, {"batch": 1001}, {"concurrency": 0}, {"duplicates": 1.0},
                                       {"lost_acks": -0.1}, {"hold_ms": -1}])
    def test_a_network_that_cannot_be_is_refused(self, wrong: dict[str, float]):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, Network)


class TestRetries:
    def test_what_is_not_answered_with_200_comes_again_less_and_less_often(self):
        async def story(business: Business) -> None:
            business.answers = [503, ConnectionError(), TimeoutError(), 204]
            id = business.sim.say(USER, "hi")
            await business.sim.advance()
            assert len(business.bodies) == 2
            await business.sim.advance(10_000 + 30_000)
            assert len(business.bodies) == 4
            await business.sim.advance(60_000)

            assert len(business.bodies) == 5
            assert len(set(business.bodies)) == 1
            entry = business.sim.ledger.inbound[id]
            assert (entry.delivered, entry.acknowledged, entry.given_up) == (5, 1, False)
        play(story)

    def test_for_seven_days(self):
        async def story(business: Business) -> None:
            business.answers = [503] * 100
            id = business.sim.say(USER, "hi")
            await business.sim.advance(8 * DAY_MS)
            assert business.sim.ledger.inbound[id].given_up
            assert business.sim.ledger.unacknowledged() == [id]
            count = len(business.bodies)
            await business.sim.advance(30 * DAY_MS)
            assert len(business.bodies) == count
            assert 15 < count < 30
        play(story)

    def test_an_answer_that_is_lost_is_as_good_as_none(self):
        async def story(business: Business) -> None:
            business.sim.network = network(batch=1, lost_acks=0.4)
            ids = [business.sim.say(USER, str(n)) for n in range(30)]
            await business.sim.advance(DAY_MS)

            entries = [business.sim.ledger.inbound[id] for id in ids]
            assert any(entry.lost for entry in entries)
            assert all(entry.delivered == entry.lost + 1 == entry.acknowledged for entry in entries)
        play(story)


class TestStatuses:
    def test_a_message_is_sent_delivered_and_read_with_our_own_key(self):
        async def story(business: Business) -> None:
            await opened(business)
            answer = (await business.says("hi", biz_opaque_callback_data="k")).json()
            await business.sim.advance(600_000)

            statuses = business.values("statuses")
            assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
            assert {status["id"] for status in statuses} == {answer["messages"][0]["id"]}
            assert {status["biz_opaque_callback_data"] for status in statuses} == {"k"}
            assert all("pricing" in status for status in statuses)
        play(story)
