"""Webhooks of every kind, and what is no webhook at all."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.channels.envelope import (
    Heard,
    Item,
    Noted,
    Rejected,
    Renamed,
    Status,
    Unreadable,
    is_signed,
    parse,
    walk,
)
from runtime.events import Chose, Event, Opened, Said, Sent
from tests.runtime.toy import ACCOUNT, SECRET, USER, envelope, message, sign, value

NOW = 1_800_000_000_000
AT = 1_757_100_000_000


def items(*values: dict[str, Any], **more: Any) -> list[Item]:
    return walk(parse(json.dumps(envelope(*values, **more)).encode()), ACCOUNT, NOW)


def heard(**message: Any) -> Heard:
    (item,) = items(value({"from": USER, "id": "wamid.1", "timestamp": "1757100000", **message}))
    assert isinstance(item, Heard)
    return item


def event(**message: Any) -> Event:
    told = heard(**message)
    found = told.event
    assert (told.sent_at, found.at) == (AT, NOW)
    return msgspec.structs.replace(found, at=0, seed=0)


class TestSignature:
    BODY = b'{"text":"caf\\u00e9 \\/ a@b"}'

    def test_the_signature_of_these_bytes_is_accepted(self):
        assert is_signed(self.BODY, sign(self.BODY), [SECRET])

    def test_either_secret_will_do_while_they_are_exchanged(self):
        assert is_signed(self.BODY, sign(self.BODY, "old"), ["new", "old"])

    @pytest.mark.parametrize("header", [
        "", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, sign(BODY, "another"), sign(BODY).upper(),
        sign(BODY)[7:], sign(BODY) + "0", "sha256=ü" + "0" * 63, sign(BODY + b" "), "sha256=" + "€" * 64])
    def test_any_other_is_not(self, header: str):
        assert not is_signed(self.BODY, header, [SECRET])

    def test_without_a_secret_nothing_is_signed(self):
        assert not is_signed(self.BODY, sign(self.BODY, ""), [])


class TestParse:
    @pytest.mark.parametrize("body", [
        b"", b"{", b"\xff\xfe", b"NaN", b"[Infinity]", b"'a'", b"[" * 100_000, b"[" * 66 + b"]" * 66,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b"\xef\xbb\xbf{}", b'"\xed\xa0\x80"'])
    def test_what_is_not_json_or_too_deep_is_unreadable(self, body: bytes):
        with pytest.raises(Unreadable):
            parse(body)

    @pytest.mark.parametrize(("body", "value"), [
        (rb'"a\u0000b"', "a\ufffdb"), (rb'"\ud800 \ud83d\ude00"', "\ufffd 😀"),
        (rb'{"\u0000": "\udfff"}', {"\ufffd": "\ufffd"}),
        (b"1.50", "1.50"), (b"1e999", "1e999"), (b"9" * 5_000, "9" * 5_000), (b"9" * 30, "9" * 30),
        (b"[true, null, 3]", [True, None, 3]),
        (rb'["\ud800", ' + b"9" * 5_000 + b", 1e5]", ["\ufffd", "9" * 5_000, "1e5"]),
        (rb'["\ud800", 7]', ["\ufffd", 7])])
    def test_what_a_database_would_refuse_is_replaced(self, body: bytes, value: object):
        assert parse(body) == value
        msgspec.json.encode(value)


class TestKinds:
    def test_text(self):
        assert event(type="text", text={"body": "Hi"}) == Said("Hi")

    def test_text_from_an_ad(self):
        ad = {"source_id": "7", "ctwa_clid": "abc"}
        assert event(type="text", text={"body": "Hi"}, referral=ad) == Said("Hi", ad=ad)

    def test_a_tap_on_a_button(self):
        reply = {"type": "button_reply", "button_reply": {"id": "book.confirm:yes", "title": "Yes"}}
        assert event(type="interactive", interactive=reply) == Chose("book.confirm", "yes", title="Yes")

    def test_a_tap_on_a_row(self):
        reply = {"type": "list_reply", "list_reply": {"id": "main:a:b", "title": "A", "description": "D"}}
        assert event(type="interactive", interactive=reply) == Chose("main", "a:b", title="A")

    def test_a_quick_reply_of_a_template_says_what_is_on_it(self):
        assert event(type="button", button={"payload": "p1", "text": "Book again"}) == Said("Book again")
        assert event(type="button", button={"payload": "p1"}) == Said("p1")

    @pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
    def test_media_is_kept_by_reference(self, kind: str):
        told = {"id": "9", "mime_type": "a/b", "sha256": "h", "caption": "C", "filename": "f.pdf", "url": "https://x"}
        assert event(type=kind, **{kind: told}) == Sent(
            kind, {"id": "9", "mime": "a/b", "caption": "C", "filename": "f.pdf", "sha256": "h"})

    def test_a_voice_message_of_old_is_audio(self):
        assert event(type="voice", voice={"id": "9"}) == Sent("audio", {"id": "9"})

    def test_location(self):
        place = {"latitude": 37.75, "longitude": -122.42, "name": "N", "address": "A", "url": "https://x"}
        assert event(type="location", location=place) == Sent(
            "location", {"latitude": "37.75", "longitude": "-122.42", "name": "N", "address": "A"})

    def test_contact(self):
        card = {"name": {"formatted_name": "Ana"}, "phones": [{"phone": "+57 300"}, {"wa_id": "5730"}, {}]}
        value = {"name": "Ana", "phones": ["+57 300", "5730"]}
        assert event(type="contacts", contacts=[card]) == Sent("contact", value)

    def test_reaction_and_its_taking_back(self):
        assert event(type="reaction", reaction={"message_id": "w", "emoji": "👍"}) == Sent(
            "reaction", {"emoji": "👍", "message": "w"})
        assert event(type="reaction", reaction={"message_id": "w"}) == Sent("reaction", {"emoji": "", "message": "w"})

    def test_order_as_the_platform_gives_it(self):
        order = {"catalog_id": "1", "product_items": [{"product_retailer_id": "s", "quantity": 2, "item_price": 1.5}]}
        assert event(type="order", order=order) == Sent("order", {
            "catalog_id": "1", "product_items": [{"product_retailer_id": "s", "quantity": 2, "item_price": "1.5"}]})

    def test_the_chat_was_opened(self):
        assert event(type="request_welcome") == Opened()

    def test_an_answered_form(self):
        form = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": "{}"}}
        assert event(type="interactive", interactive=form) == Sent("nfm_reply", {"name": "flow", "response_json": "{}"})

    def test_what_the_platform_could_not_read(self):
        assert event(type="unsupported", unsupported={"type": "poll"}, errors=[{"code": 131051}]) == Sent(
            "unsupported", {"type": "poll"})

    def test_a_kind_nobody_has_heard_of_keeps_its_name(self):
        assert event(type="hologram", hologram={"id": "1"}) == Sent("hologram", {"id": "1"})

    @pytest.mark.parametrize("message", [
        {}, {"type": "text"}, {"type": "text", "text": "Hi"}, {"type": "image", "image": {}}, {"type": 7},
        {"type": "interactive"}, {"type": "interactive", "interactive": {"type": "button_reply"}}, {"type": "UPPER"},
        {"type": "interactive", "interactive": {"type": ["x"]}}, {"type": "contacts", "contacts": []},
        {"type": "button", "button": None}, {"type": "image", "errors": [{"code": 131052}]}, {"type": "x" * 100}])
    def test_a_kind_without_its_object_is_unsupported(self, message: dict[str, Any]):
        assert event(**message) == Sent("unsupported", {})

    @pytest.mark.parametrize("message", [
        {"type": "system", "system": {"type": "user_changed_number"}}, {"type": "edit"}, {"type": "revoke"},
        {"type": "interactive", "interactive": {"type": "call_permission_reply"}}, {"type": "text", "group_id": "g"}])
    def test_what_takes_no_turn_is_noted(self, message: dict[str, Any]):
        (item,) = items(value({"from": USER, "id": "wamid.1", **message}))
        assert isinstance(item, Noted)


class TestWho:
    def test_a_user_known_by_number_only(self):
        found = heard(type="request_welcome")
        assert (found.user, found.address) == (USER, f"+{USER}")

    def test_the_business_scoped_id_names_the_user_and_the_number_reaches_them(self):
        found = heard(type="request_welcome", from_user_id="US.1349abc")
        assert (found.user, found.address) == ("US.1349abc", f"+{USER}")

    def test_a_user_without_a_number(self):
        (item,) = items(value({"id": "w", "type": "text", "text": {"body": "Hi"}, "from_user_id": "US.1349abc"}))
        assert isinstance(item, Heard)
        assert (item.user, item.address) == ("US.1349abc", "US.1349abc")

    def test_the_contact_that_belongs_to_the_message_is_found(self):
        contacts = [{"wa_id": "19998887777", "user_id": "US.other"}, {"wa_id": USER, "user_id": "US.mine"}]
        (item,) = items({**value({"from": USER, "id": "w", "type": "request_welcome"}), "contacts": contacts})
        assert isinstance(item, Heard)
        assert item.user == "US.mine"

    def test_the_only_contact_stands_for_a_message_without_a_sender(self):
        (item,) = items({**value({"id": "w", "type": "request_welcome"}), "contacts": [{"wa_id": USER}]})
        assert isinstance(item, Heard)
        assert item.user == USER

    def test_all_that_the_user_is_called_is_told(self):
        contacts = [{"wa_id": "15557770009", "user_id": "US.mine", "parent_user_id": "US.ENT.mine"}]
        sent = {"from": f"+{USER}", "id": "w", "type": "request_welcome", "from_user_id": "US.mine"}
        (item,) = items({**value(sent), "contacts": contacts})
        assert isinstance(item, Heard)
        assert item.names == {"bsuid": "US.mine", "parent_bsuid": "US.ENT.mine", "wa_id": "15557770009",
                              "phone": USER}
        assert item.address == f"+{USER}"

    def test_what_is_no_name_is_left_out(self):
        contacts = [{"wa_id": "no number", "user_id": 7, "parent_user_id": "*"}]
        (item,) = items({**value({"from": USER, "id": "w", "type": "request_welcome"}), "contacts": contacts})
        assert isinstance(item, Heard)
        assert item.names == {"phone": USER}

    @pytest.mark.parametrize("sender", [None, "", "a b", 7, ["x"], "0" * 100])
    def test_a_message_of_nobody_is_rejected(self, sender: object):
        assert items({**value({"from": sender, "id": "w", "type": "text"}), "contacts": []}) == [
            Rejected("entry[0].changes[0].messages[0]", "no user")]


class TestRenamed:
    def test_a_new_number_comes_with_a_new_id(self):
        system = {"type": "user_changed_number", "wa_id": "15550002222", "user_id": "US.new",
                  "previous_user_id": "US.old", "parent_user_id": "US.ENT.new", "previous_parent_user_id": "US.ENT.old"}
        told = {"from": USER, "id": "w", "timestamp": "1757100000", "type": "system", "system": system}
        assert items(value(told)) == [
            Renamed(ACCOUNT, "+15550002222", "w", AT,
                    was={"bsuid": "US.old", "parent_bsuid": "US.ENT.old", "wa_id": USER, "phone": USER},
                    names={"bsuid": "US.new", "parent_bsuid": "US.ENT.new", "wa_id": "15550002222",
                           "phone": "15550002222"})]

    def test_the_older_form_has_the_number_only(self):
        system = {"type": "user_changed_number", "new_wa_id": "15550002222"}
        (item,) = items(value({"from": USER, "id": "w", "type": "system", "system": system}))
        assert isinstance(item, Renamed)
        assert (item.was, item.names) == ({"wa_id": USER, "phone": USER},
                                          {"wa_id": "15550002222", "phone": "15550002222"})

    def test_a_new_id_of_a_user_without_a_number(self):
        system = {"type": "user_changed_user_id", "user_id": "US.new", "previous_user_id": "US.old"}
        (item,) = items(value({"id": "w", "type": "system", "system": system}))
        assert isinstance(item, Renamed)
        assert (item.was, item.names, item.address) == ({"bsuid": "US.old"}, {"bsuid": "US.new"}, "US.new")

    def test_an_update_of_an_id_is_named_by_what_it_tells(self):
        update = {"wa_id": USER, "user_id": {"previous": "US.old", "current": "US.new"}, "timestamp": "1757100000"}
        assert items(value(user_id_update=[update]), field="user_id_update") == [
            Renamed(ACCOUNT, f"+{USER}", "user_id_update:US.old:US.new", AT, was={"bsuid": "US.old"},
                    names={"bsuid": "US.new", "wa_id": USER})]

    @pytest.mark.parametrize("system", [
        None, {}, {"type": "customer_identity_changed"}, {"type": "user_changed_number", "wa_id": USER},
        {"type": "user_changed_user_id", "user_id": ["US.new"]}])
    def test_what_changes_no_name_is_noted(self, system: object):
        assert items(value({"from": USER, "id": "w", "type": "system", "system": system})) == [Noted("system")]


class TestWalk:
    def test_every_message_of_every_change_is_found_whatever_stands_beside_it(self):
        found = items(value(message("a", "1"), {"from": USER}, message("b", "2")), value(), value(message("c", "3")))

        assert [item.id for item in found if isinstance(item, Heard)] == ["1", "2", "3"]
        assert [item for item in found if isinstance(item, Rejected)] == [
            Rejected("entry[0].changes[0].messages[1]", "no id")]

    def test_a_batch_is_put_into_the_order_of_its_times(self):
        found = items(value(message("late", "1", at=30), message("early", "2", at=10), message("too", "3", at=10)))

        assert [item.id for item in found if isinstance(item, Heard)] == ["2", "3", "1"]

    def test_other_numbers_and_other_fields_are_noted(self):
        assert items(value(message("a", "1"), account="999")) == [Noted("another number")]
        assert items(value(message("a", "1")), field="account_update") == [Noted("account_update")]
        assert items({"messages": [message("a", "1")]}) == [Noted("another number")]

    def test_statuses_carry_our_key_and_their_codes(self):
        statuses = [{"id": "wamid.out", "status": "failed", "biz_opaque_callback_data": "9f2c:4:0",
                     "errors": [{"code": 131047}, {"code": "x"}, 7]}, {"id": "w2", "status": "new word"}, {}]
        assert items(value(statuses=statuses, errors=[{"code": 1}])) == [
            Status(ACCOUNT, "wamid.out", "failed", "9f2c:4:0", (131047,)), Status(ACCOUNT, "w2", "unknown", None),
            Rejected("entry[0].changes[0].statuses[2]", "no id"), Noted("error")]

    @pytest.mark.parametrize("stamp", [None, "", "soon", "-1", "0", "99999999999", "1" * 50, "²", 1.5, [], True])
    def test_a_time_that_cannot_be_is_now(self, stamp: object):
        (item,) = items(value({"from": USER, "id": "w", "type": "request_welcome", "timestamp": stamp}))
        assert isinstance(item, Heard)
        assert item.sent_at == NOW

    json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                               lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                                   st.sampled_from(["id", "from", "type", "text", "body", "image", "interactive",
                                                    "contacts", "button_reply", "timestamp", "errors", "wa_id"]),
                                   inner, max_size=4), max_leaves=12)

    @settings(max_examples=100, deadline=None)
    @given(inner=json_values, kind=st.sampled_from(["text", "interactive", "contacts", "location", "button", "x"]))
    def test_no_content_whatever_raises_and_every_event_can_be_kept(self, inner: object, kind: str):
        body = {"from": USER, "id": "w", "type": kind, kind: inner, "timestamp": inner, "context": inner}
        for document in (inner, {"entry": inner}, {"entry": [{"changes": inner}]},
                         envelope({**value(body), "messages": [body, inner]}),
                         envelope({**value(body), "contacts": inner, "statuses": inner, "errors": inner})):
            for item in walk(parse(msgspec.json.encode(document)), ACCOUNT, NOW):
                if isinstance(item, Heard):
                    msgspec.json.encode(item.event)
