"""The Graph side: what is taken, what is refused and with which code, as time and users have it."""

from dataclasses import replace
from typing import Any

import pytest

from runtime.channels.whatsapp import payload
from runtime.effects import Choice, Contact, Location, Media, Offer, Say
from runtime.sim.graph import Request
from runtime.sim.simulator import Answer
from runtime.sim.statuses import Habits
from tests.runtime.sim.business import (
    ACCOUNT,
    BODY,
    FILLED,
    MESSAGES,
    TEXT,
    USER,
    Business,
    code,
    opened,
    play,
    template,
)

DAY_MS = 86_400_000


class TestMessages:
    def test_a_message_is_accepted_and_has_an_id(self):
        async def story(business: Business) -> None:
            await opened(business)
            answer = (await business.says("hello", biz_opaque_callback_data="k1")).json()

            assert answer["contacts"] == [{"input": f"+{USER}", "wa_id": USER}]
            assert answer["messages"][0]["id"].startswith("wamid.")
            assert business.sim.ledger.outbound["k1"].ids == [answer["messages"][0]["id"]]
        play(story)

    @pytest.mark.parametrize("message", [
        Say("Where are you?", wants="location"), Say("Read", link=("More", "https://a.b")), Say("Hi", header="H"),
        Offer("main", "Which?", (Choice("a", "Ann"), Choice("b", "Bob")), "buttons"),
        Offer("main", "Which?", (Choice("a", "Ann", "She"),), "list", button="Choose"),
        Media("image", "https://a.b/c.png", "Look"), Media("document", "https://a.b/c.pdf"), Media("audio", "https://a"),
        Location("4.7", "-74.04", "Norte", "Calle 1"), Contact("Ana", ("+15551230000",)),
    ], ids=lambda message: type(message).__name__)
    def test_all_that_our_channel_sends_is_taken(self, message: Any):
        async def story(business: Business) -> None:
            await opened(business)
            assert code(await business.send(payload(message))) is None
            assert business.sim.ledger.lines[-1].speaker == "bot"
        play(story)

    @pytest.mark.parametrize(("message", "wanted"), [
        ({"type": "text"}, 131008),
        ({"type": "text", "text": {"body": "x" * 4097}}, 131009),
        ({"type": "poem", "poem": {}}, 100),
        ({"type": "interactive", "interactive": {"type": "button", "body": {"text": "?"}, "action": {"buttons": [
            {"type": "reply", "reply": {"id": str(n), "title": str(n)}} for n in range(4)]}}}, 131009),
        ({"type": "interactive", "interactive": {"type": "button", "action": {"buttons": [5]}}}, 100),
        ({"type": "interactive", "interactive": 5}, 100),
        ({"type": "interactive", "interactive": {"type": "product", "body": 5, "action": {
            "catalog_id": "1", "product_retailer_id": "1"}}}, 100),
        ({"type": "template", "template": {"name": "a", "language": {"code": "en"}, "components": [5]}}, 100),
        ({**TEXT, "context": 5}, 100),
        ({**TEXT, "context": {"message_id": "wamid.none"}}, 131009),
        ({"type": "image", "image": {"id": "1"}}, 131009),
        ({"type": "reaction", "reaction": {"message_id": "wamid.none", "emoji": "👍"}}, 131009),
    ])
    def test_what_does_not_fit_is_refused_with_its_code(self, message: dict[str, Any], wanted: int):
        async def story(business: Business) -> None:
            await opened(business)
            assert code(await business.send(message)) == wanted
            assert business.sim.ledger.never_sent()
        play(story)

    @pytest.mark.parametrize("body", [b"", b"[]", b"[" * 100_000, b"\xff", b'{"type": 5}', b'{"to": 5}', b"{}"])
    def test_whatever_comes_is_answered_in_the_envelope(self, body: bytes):
        async def story(business: Business) -> None:
            reply = await business.sim.call(Request(method="POST", path=MESSAGES, token="simulated-access-token",
                                                    body=body))
            assert isinstance(reply, Answer)
            assert reply.status == 400
            assert set(reply.json()["error"]) == {"message", "type", "code", "error_data", "is_transient", "fbtrace_id"}
        play(story)

    def test_the_limits_are_those_of_metas_own_examples(self):
        async def story(business: Business) -> None:
            await opened(business)
            listed = {"type": "interactive", "interactive": {
                "type": "list", "body": {"text": "B"}, "action": {"button": "Choose", "sections": [
                    {"title": "S", "rows": [{"id": "r1", "title": "Row", "description": "D"}]}]}}}
            assert code(await business.send(listed)) is None
            assert business.sim.ledger.lines[-1].options == (("Row", "r1"),)
        play(story)

    def test_an_id_that_is_not_there_is_said_as_meta_says_it(self):
        async def story(business: Business) -> None:
            answer = await business.call("POST", "/v25.0/999/messages", {"messaging_product": "whatsapp",
                                                                         "to": "+1", **TEXT})
            assert (answer.status, code(answer), answer.json()["error"]["error_subcode"]) == (400, 100, 33)
            assert (await business.call("GET", "/v25.0/nothing/like/it")).status == 404
            assert code(await business.call("GET", "/v25.0/12345")) == 100
        play(story)

    def test_a_message_is_marked_as_read_once_it_is_there(self):
        async def story(business: Business) -> None:
            id = await opened(business)
            mark = {"messaging_product": "whatsapp", "status": "read", "message_id": id,
                    "typing_indicator": {"type": "text"}}
            assert (await business.call("POST", MESSAGES, mark)).json() == {"success": True}
            assert business.sim.ledger.inbound[id].read == 1
            assert code(await business.call("POST", MESSAGES, mark | {"message_id": "wamid.none"})) == 131009
        play(story)


class TestWindow:
    def test_who_has_not_written_for_a_day_gets_templates_only(self):
        async def story(business: Business) -> None:
            business.sim.world.templates.add("reminder", "en", "UTILITY", (BODY,), "APPROVED")
            assert code(await business.says("hi", "+15550000000")) is None           # nobody knows this number
            business.sim.user(USER)
            assert code(await business.says("hello?")) == 131047
            await opened(business)
            await business.sim.advance(DAY_MS - 1)
            assert code(await business.says("still here")) is None
            await business.sim.advance(1)
            assert code(await business.says("too late")) == 131047
            assert code(await business.send(template(FILLED))) is None
        play(story)

    def test_or_is_told_so_in_a_status(self):
        async def story(business: Business) -> None:
            business.sim.user(USER)
            business.sim.habits = Habits(late="status")
            assert code(await business.says("hello?", biz_opaque_callback_data="k")) is None
            await business.sim.advance(1_000)

            [status] = business.values("statuses")
            assert (status["status"], status["errors"][0]["code"]) == ("failed", 131047)
            assert status["biz_opaque_callback_data"] == "k"
        play(story)


class TestRates:
    def test_one_user_takes_a_burst_and_then_one_in_six_seconds(self):
        async def story(business: Business) -> None:
            await opened(business)
            assert [code(await business.says("x")) for _ in range(46)] == [None] * 45 + [131056]
            await business.sim.advance(5_999)
            assert code(await business.says("x")) == 131056
            await business.sim.advance(1)
            assert [code(await business.says("x")) for _ in range(2)] == [None, 131056]
        play(story)

    def test_a_number_sends_and_receives_eighty_a_second(self):
        async def story(business: Business) -> None:
            users = [str(15550000000 + n) for n in range(40)]
            for user in users:
                business.sim.say(user, "hi")
            answers = [await business.says("x", f"+{user}") for user in [*users, users[0]]]

            assert [code(answer) for answer in answers] == [None] * 40 + [130429]
            assert (answers[-1].status, answers[-1].headers["Retry-After"]) == (429, "1")
            await business.sim.advance(13)
            assert code(await business.says("x", f"+{users[0]}")) is None
        play(story)


class TestUsers:
    @pytest.mark.parametrize(("about", "wanted"), [({"on_whatsapp": False}, 131026), ({"opted_out": True}, 131050)])
    def test_who_cannot_be_reached_is_told_in_a_status(self, about: dict[str, bool], wanted: int):
        async def story(business: Business) -> None:
            business.sim.user(USER, **about)
            business.sim.world.templates.add("reminder", "en", "MARKETING", (BODY,), "APPROVED")
            assert code(await business.send(template(FILLED))) is None
            await business.sim.advance(1_000)

            assert [status["errors"][0]["code"] for status in business.values("statuses")] == [wanted]
        play(story)

    def test_whom_we_blocked_and_ourselves_we_cannot_write_to(self):
        async def story(business: Business) -> None:
            business.sim.user(USER, blocked=True)
            assert code(await business.says("hi")) == 130403
            assert code(await business.says("hi", "+15550001111")) == 131021
        play(story)

    def test_a_user_is_reached_by_the_id_that_they_have_with_us(self):
        async def story(business: Business) -> None:
            user = business.sim.user(USER, tells_phone=False, username="ana.r")
            await opened(business)
            [message] = business.values("messages")
            assert "from" not in message
            assert message["from_user_id"] == user.bsuid

            answer = (await business.says("hi", user.bsuid)).json()
            assert answer["contacts"] == [{"input": user.bsuid, "user_id": user.bsuid}]
            await business.sim.advance(10_000)
            assert {"recipient_id", "recipient_user_id"} & set(business.values("statuses")[0]) == {"recipient_user_id"}
        play(story)

    def test_such_an_id_in_the_place_of_a_phone_reaches_nobody(self):
        async def story(business: Business) -> None:
            user = business.sim.user(USER)
            await opened(business)
            whole = {"messaging_product": "whatsapp", "to": user.bsuid, **TEXT}
            assert code(await business.call("POST", MESSAGES, whole)) is None
            await business.sim.advance(1_000)
            assert business.values("statuses")[0]["errors"][0]["code"] == 131026
        play(story)

    def test_a_user_who_has_a_new_number_is_the_same_user(self):
        async def story(business: Business) -> None:
            await opened(business)
            after = business.sim.change_number(USER, "+15557779999")
            await business.sim.advance()

            assert business.values("messages")[-1]["system"] == {
                "body": "User Asha changed their number", "wa_id": "15557779999", "user_id": after.bsuid,
                "type": "user_changed_number"}
            assert code(await business.says("hi", "+15557779999")) is None
            assert business.sim.world.user(USER) is None
        play(story)


class TestAccount:
    def test_a_token_is_unknown_good_or_expired(self):
        async def story(business: Business) -> None:
            sim = business.sim
            sim.world.tokens["short"] = sim.clock() + 1_000
            thing = f"/v25.0/{ACCOUNT}"
            assert (await business.call("GET", thing, token="short")).json()["display_phone_number"] == "15550001111"
            await sim.advance(1_000)
            expired = await business.call("GET", thing, token="short")
            assert (expired.status, code(expired), expired.json()["error"]["error_subcode"]) == (401, 190, 463)
            assert code(await business.call("GET", thing, token="no")) == 190
        play(story)

    @pytest.mark.parametrize(("trouble", "wanted", "status"), [
        ("locked", 131031, 403), ("unpaid", 131042, 400), ("blocked", 368, 403), ("maintenance", 131057, 400),
        ("rate limited", 80007, 429)])
    def test_an_account_in_trouble_sends_nothing(self, trouble: str, wanted: int, status: int):
        async def story(business: Business) -> None:
            await opened(business)
            business.sim.world.number = replace(business.sim.world.number, trouble=trouble)
            answer = await business.says("hi")
            assert (code(answer), answer.status) == (wanted, status)
        play(story)

    def test_what_became_of_a_message_can_be_asked(self):
        async def story(business: Business) -> None:
            await opened(business)
            id = (await business.says("hi")).json()["messages"][0]["id"]
            await business.sim.advance(600_000)
            path = f"/v25.0/{ACCOUNT}/message_history"
            [found] = (await business.call("GET", path, query={"message_id": id})).json()["data"]
            assert [event["delivery_status"] for event in found["events"]["data"]] == ["SENT", "DELIVERED", "READ"]
            assert (await business.call("GET", path, query={"message_id": "x"})).json() == {"data": []}
        play(story)
