"""The Graph side: what is taken, what is refused and with which code, as time and users have it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.channels.whatsapp import payload
from runtime.effects import Choice, Contact, Location, Media, Offer, Say
from runtime.sim.graph import Request
from runtime.sim.media import File
from runtime.sim.simulator import Answer
from runtime.sim.statuses import Habits
from tests.runtime.sim.business import ACCOUNT, USER, WABA, Business, code, opened, play

DAY_MS = 86_400_000
MESSAGES = f"/v25.0/{ACCOUNT}/messages"
TEXT = {"type": "text", "text": {"body": "hi"}}
BODY = {"type": "BODY", "text": "Dear {{1}}, see you on {{2}}."}
FILLED = {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "Monday"}]}


def template(*components: dict[str, Any], name: str = "reminder") -> dict[str, Any]:
    held: dict[str, Any] = {"name": name, "language": {"code": "en"}}
    return {"type": "template", "template": held | ({"components": list(components)} if components else {})}


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


class TestMedia:
    PNG = File(b"\x89PNG" + b"\0" * 100, "image/png", "a.png")

    async def upload(self, business: Business, file: File | None, **fields: str) -> Answer:
        return await business.call("POST", f"/v25.0/{ACCOUNT}/media", file=file,
                                   fields={"messaging_product": "whatsapp", **fields})

    def test_a_file_is_uploaded_sent_and_fetched_in_two_hops(self):
        async def story(business: Business) -> None:
            await opened(business)
            id = (await self.upload(business, self.PNG)).json()["id"]
            assert code(await business.send({"type": "image", "image": {"id": id, "caption": "Look"}})) is None
            assert code(await business.send({"type": "video", "video": {"id": id}})) == 131053

            about = (await business.call("GET", f"/v25.0/{id}")).json()
            assert (about["mime_type"], about["file_size"]) == ("image/png", 104)
            assert about["sha256"] == self.PNG.sha256.hex()
            path = about["url"].removeprefix("http://graph.invalid")
            fetched = await business.call("GET", path)
            assert (fetched.body, fetched.type) == (self.PNG.content, "image/png")
            assert (await business.call("GET", path, token="no")).status == 401
        play(story)

    def test_an_address_lives_five_minutes_an_upload_thirty_days(self):
        async def story(business: Business) -> None:
            id = (await self.upload(business, self.PNG)).json()["id"]
            path = (await business.call("GET", f"/v25.0/{id}")).json()["url"].removeprefix("http://graph.invalid")
            await business.sim.advance(5 * 60_000)
            assert (await business.call("GET", path)).status == 404
            await business.sim.advance(30 * DAY_MS - 5 * 60_000 - 1)
            assert (await business.call("GET", f"/v25.0/{id}")).status == 200
            await business.sim.advance(1)
            assert code(await business.call("GET", f"/v25.0/{id}")) == 100
        play(story)

    def test_what_a_user_sends_lives_seven_days(self):
        async def story(business: Business) -> None:
            business.sim.send_file(USER, File(b"%PDF", "application/pdf", "a.pdf"), "My papers")
            await business.sim.advance()
            held = business.values("messages")[0]["document"]
            assert (held["filename"], held["caption"]) == ("a.pdf", "My papers")
            path = held["url"].removeprefix("http://graph.invalid")
            assert (await business.call("GET", path)).body == b"%PDF"
            await business.sim.advance(7 * DAY_MS)
            assert code(await business.call("GET", f"/v25.0/{held['id']}")) == 100
        play(story)

    def test_a_file_that_is_no_good_is_refused_and_one_can_be_deleted(self):
        async def story(business: Business) -> None:
            assert code(await self.upload(business, None)) == 100
            assert code(await self.upload(business, File(b"x", "application/x-sh"))) == 100
            assert code(await self.upload(business, File(b"x" * 600_000, "image/webp"))) == 131053
            assert code(await business.call("POST", f"/v25.0/{ACCOUNT}/media", file=self.PNG)) == 100
            id = (await self.upload(business, self.PNG, type="image/png")).json()["id"]
            assert (await business.call("DELETE", f"/v25.0/{id}")).json() == {"success": True}
            assert code(await business.call("GET", f"/v25.0/{id}")) == 100
        play(story)


TEMPLATES = f"/v25.0/{WABA}/message_templates"
MADE: dict[str, Any] = {"name": "reminder", "language": "en", "category": "UTILITY", "components": [BODY]}


class TestTemplates:
    def test_a_template_is_made_reviewed_used_paused_and_deleted(self):
        async def story(business: Business) -> None:
            await opened(business)
            made = (await business.call("POST", TEMPLATES, MADE)).json()
            assert made["status"] == "PENDING"
            assert code(await business.send(template(FILLED))) == 132001
            await business.sim.advance(60_000)
            change = json.loads(business.bodies[-1])["entry"][0]["changes"][0]
            assert (change["field"], change["value"]["event"]) == ("message_template_status_update", "APPROVED")
            assert code(await business.send(template(FILLED))) is None
            assert business.sim.ledger.lines[-1].text == "reminder(Ana, Monday)"
            assert code(await business.send(template())) == 132000

            for status, wanted in (("PAUSED", 132015), ("DISABLED", 132016)):
                found = business.sim.world.templates.by_id(made["id"])
                assert found
                business.sim.set_template(found, status)
                assert code(await business.send(template(FILLED))) == wanted
            edited = {"components": [{"type": "BODY", "text": "Hello."}]}
            assert (await business.call("POST", f"/v25.0/{made['id']}", edited)).json() == {"success": True}
            await business.sim.advance(60_000)
            assert (await business.call("GET", f"/v25.0/{made['id']}")).json()["status"] == "APPROVED"
            assert code(await business.send(template())) is None

            assert len((await business.call("GET", TEMPLATES, query={"status": "APPROVED"})).json()["data"]) == 1
            assert (await business.call("DELETE", TEMPLATES, query={"name": "reminder"})).json() == {"success": True}
            assert (await business.call("GET", TEMPLATES)).json()["data"] == []
            assert code(await business.call("DELETE", TEMPLATES, query={"name": "reminder"})) == 100
            assert code(await business.send(template())) == 132001
        play(story)

    @pytest.mark.parametrize("change", [
        {"name": "Reminder"}, {"category": "POETRY"}, {"language": ""}, {"components": 5}, {"components": []},
        {"components": [{"type": "BODY", "text": "{{1}} is first"}]},
        {"components": [{"type": "BODY", "text": "x" * 1025}]},
        {"components": [BODY, {"type": "FOOTER", "text": "{{1}}"}]},
        {"components": [BODY, {"type": "HEADER", "text": "x" * 61}]},
        {"components": [BODY, {"type": "BUTTONS", "buttons": [{}] * 11}]},
    ])
    def test_a_definition_with_a_fault_is_refused(self, change: dict[str, Any]):
        async def story(business: Business) -> None:
            assert code(await business.call("POST", TEMPLATES, MADE | change)) == 100
        play(story)

    def test_a_name_is_used_once_in_a_language(self):
        async def story(business: Business) -> None:
            assert code(await business.call("POST", TEMPLATES, MADE)) is None
            assert code(await business.call("POST", TEMPLATES, MADE)) == 100
            assert code(await business.call("POST", "/v25.0/1/message_templates", MADE)) == 100
        play(story)

    def test_an_edit_with_a_fault_changes_nothing(self):
        async def story(business: Business) -> None:
            id = (await business.call("POST", TEMPLATES, MADE)).json()["id"]
            assert code(await business.call("POST", f"/v25.0/{id}", {"components": []})) == 100
        play(story)

SHAPES: list[dict[str, Any]] = [
    TEXT, template(FILLED), {"type": "image", "image": {"link": "https://a.b", "caption": "C"}},
    {"type": "interactive", "interactive": {"type": "button", "header": {"type": "text", "text": "H"},
                                            "body": {"text": "B"}, "footer": {"text": "F"}, "action": {"buttons": [
                                                {"type": "reply", "reply": {"id": "1", "title": "1"}}]}}},
    {"type": "interactive", "interactive": {"type": "list", "body": {"text": "B"}, "action": {
        "button": "C", "sections": [{"title": "S", "rows": [{"id": "1", "title": "1"}]}]}}},
    {"type": "contacts", "contacts": [{"name": {"formatted_name": "A", "first_name": "A"},
                                       "phones": [{"phone": "1"}]}]},
    {"type": "location", "location": {"latitude": 1.0, "longitude": 2.0}},
    {"type": "reaction", "reaction": {"message_id": "w", "emoji": ""}, "context": {"message_id": "w"}},
]
JUNK = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
                    max_leaves=4)


def spoiled(value: Any, path: list[int], junk: Any) -> Any:
    """The same with junk in one place: `path` says which item of each list and object to go into."""
    if not path or not isinstance(value, dict | list) or not value:
        return junk
    if isinstance(value, list):
        at = path[0] % len(value)
        return [spoiled(item, path[1:], junk) if n == at else item for n, item in enumerate(value)]
    at = path[0] % len(value)
    return {key: spoiled(item, path[1:], junk) if n == at else item for n, (key, item) in enumerate(value.items())}


class TestUsersAnswer:
    def test_a_templates_button_is_tapped(self):
        async def story(business: Business) -> None:
            buttons = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Book again"},
                                                      {"type": "URL", "text": "More", "url": "https://a.b"}]}
            business.sim.world.templates.add("gone", "en", "UTILITY", ({"type": "BODY", "text": "Gone."}, buttons),
                                             "APPROVED")
            business.sim.user(USER)
            assert code(await business.send(template(name="gone"))) is None
            business.sim.tap(USER, "Book again")
            await business.sim.advance()
            [tapped] = business.values("messages")
            assert (tapped["type"], tapped["button"]) == ("button", {"payload": "Book again", "text": "Book again"})
        play(story)

    def test_a_voice_note_and_an_opt_out(self):
        async def story(business: Business) -> None:
            business.sim.send_file(USER, File(b"ogg", "audio/ogg; codecs=opus"))
            business.sim.opt_out(USER)
            await business.sim.advance()
            assert business.values("messages")[0]["audio"]["voice"] is True
            changes = [change for body in business.bodies for entry in json.loads(body)["entry"]
                       for change in entry["changes"] if change["field"] == "user_preferences"]
            assert changes[0]["value"]["user_preferences"][0]["value"] == "stop"
            assert business.sim.user(USER).opted_out
        play(story)


@given(shape=st.sampled_from(SHAPES), path=st.lists(st.integers(0, 9), min_size=1, max_size=8), junk=JUNK)
@settings(max_examples=100, deadline=None)
def test_no_message_however_spoiled_breaks_anything(shape: dict[str, Any], path: list[int], junk: Any):
    async def story(business: Business) -> None:
        business.sim.world.templates.add("reminder", "en", "UTILITY", (BODY,), "APPROVED")
        await opened(business)
        whole = {"messaging_product": "whatsapp", "to": f"+{USER}", "biz_opaque_callback_data": "k", **shape}
        answer = await business.call("POST", MESSAGES, spoiled(whole, path, junk))
        assert answer.status in (200, 400)
        await business.sim.advance(60_000)
    play(story)


@given(path=st.lists(st.integers(0, 9), min_size=1, max_size=8), junk=JUNK)
@settings(max_examples=60, deadline=None)
def test_nor_does_a_definition_of_a_template(path: list[int], junk: Any):
    async def story(business: Business) -> None:
        whole = {**MADE, "components": [BODY | {"example": {"body_text": [["Ana", "Monday"]]}}, {
            "type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Yes"}]}]}
        await opened(business)
        answer = await business.call("POST", TEMPLATES, spoiled(whole, path, junk))
        assert answer.status in (200, 400)
        await business.sim.advance(60_000)
        for found in list(business.sim.world.templates):
            assert (await business.send(template(FILLED, name=found.name))).status in (200, 400)
        assert code(await business.call("POST", TEMPLATES, whole | {"name": "whole"})) is None
    play(story)
