"""WhatsApp's limits as the one data file has them, and whole messages held against them."""

from typing import Any

import pytest

from dsl.diagnostics import Severity
from dsl.limits import Fault, data, faults, has_emoji, kind, limits, media_types, too_long, units


def message(of: str, **parts: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": "+573001234567", "type": of.partition(".")[0], **parts}


def buttons(*titles: str, **parts: Any) -> dict[str, Any]:
    replies = [{"type": "reply", "reply": {"id": f"id{n}", "title": title}} for n, title in enumerate(titles)]
    return message("interactive", interactive={
        "type": "button", "body": {"text": "What?"}, "action": {"buttons": replies}, **parts})


def listed(sections: list[dict[str, Any]], **parts: Any) -> dict[str, Any]:
    return message("interactive", interactive={
        "type": "list", "body": {"text": "What?"}, "action": {"button": "Choose", "sections": sections}, **parts})


def rows(count: int, start: int = 0, **parts: Any) -> list[dict[str, Any]]:
    return [{"id": f"r{start + n}", "title": f"Row {n}", **parts} for n in range(count)]


def said(sent: dict[str, Any]) -> list[str]:
    return [f"{fault.path} {fault.what}" for fault in faults(kind(sent), sent)]


def test_the_limits_of_a_table_are_those_of_the_file() -> None:
    known = limits()
    assert (known.text, known.body, known.header, known.footer, known.caption) == (4096, 1024, 60, 60, 1024)
    assert (known.buttons, known.button_title, known.list_button, known.link_title) == (3, 20, 20, 20)
    assert (known.rows, known.row_title, known.row_description) == (10, 24, 72)


def test_every_field_of_the_file_is_of_a_known_type() -> None:
    known = {"string", "array", "object", "boolean", "integer", "number"}
    for rules in data()["messages"].values():
        assert {field["type"] for field in rules["fields"]} <= known


@pytest.mark.parametrize("sent", [
    message("text", text={"body": "Hi"}), buttons("One", "Two"), listed([{"rows": rows(10)}]),
    listed([{"title": "A", "rows": rows(2)}, {"title": "B", "rows": rows(2, 2, description="x")}]),
    message("image", image={"link": "https://a.example/a.png", "caption": "A"}),
    message("location", location={"latitude": 4.7, "longitude": -74.1}),
    message("contacts", contacts=[{"name": {"formatted_name": "Ana", "first_name": "Ana"}}]),
    {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1", "typing_indicator": {"type": "text"}},
    message("template", template={"name": "note_v1", "language": {"code": "en"},
                                  "components": [{"type": "body", "parameters": [{"type": "text", "text": "x"}]}]}),
    buttons("One", header={"type": "image", "image": {"link": "https://a.example/a.png"}}),
])
def test_a_message_as_it_should_be_has_no_fault(sent: dict[str, Any]) -> None:
    assert said(sent) == []


@pytest.mark.parametrize(("sent", "fault"), [
    (message("text", text={"body": ""}), "text.body is 0, at least 1 are needed"),
    (message("text", text={"body": " "}), "text.body is only white space"),
    (message("text", text={"body": "x" * 4097}), "text.body is 4097 of 4096 characters"),
    (message("text", text={"body": 5}), "text.body is no string"),
    (message("text"), "text.body is required"),
    (message("text", text="Hi"), "text.body is required"),
    ({"messaging_product": "sms", "to": "1", "type": "text", "text": {"body": "Hi"}},
     "messaging_product is not `whatsapp`"),
    ({"messaging_product": "whatsapp", "recipient": "co.1", "type": "text", "text": {"body": "Hi"}},
     "recipient does not fit ^[A-Z]{2}\\.(ENT\\.)?[A-Za-z0-9]{1,128}$"),
    (buttons("One", "One"), "interactive.action.buttons[].reply.title is not unique"),
    (buttons("1", "2", "3", "4"), "interactive.action.buttons is 4 of 3"),
    (buttons("x" * 21), "interactive.action.buttons[0].reply.title is 21 of 20 characters"),
    (buttons("One", header={"type": "text"}), "interactive.header.text is required"),
    (buttons("One", header={"type": "gif"}), "interactive.header.type is none of text, image, video, document"),
    (listed([{"rows": rows(6)}, {"title": "B", "rows": rows(5, 6)}]),
     "interactive.action.sections[0].title is required"),
    (listed([{"title": "A", "rows": rows(6)}, {"title": "B", "rows": rows(5, 6)}]),
     "interactive.action.sections[].rows[] is 11 of 10 in all"),
    (listed([{"rows": rows(1, id=" a")}]),
     "interactive.action.sections[0].rows[0].id begins or ends with a space"),
    (message("image", image={"link": "ftp://a"}), "image.link is no address of the web"),
    (message("image", image={"link": "https://a", "id": "1"}),
     "image.id exactly one of image.id, image.link is needed"),
    (message("audio", audio={"id": "1", "caption": "x"}), "audio.caption must not be there"),
    (message("location", location={"latitude": 91, "longitude": 0}), "location.latitude is 91 of 90"),
    (message("location", location={"latitude": True, "longitude": 0}), "location.latitude is no number"),
    (message("template", template={"name": "N", "language": {"code": "en"}}),
     "template.name does not fit ^[a-z0-9_]+$"),
    (message("template", template={"name": "n", "language": {"code": "en"}, "components": [
        {"type": "body", "parameters": [{"text": "a\nb"}]}]}),
     "template.components[0].parameters[0].text has a line break, a tab or more than four spaces in a row"),
    (message("template", template={"name": "n", "language": {"code": "en"}, "components": [
        {"type": "button", "sub_type": "URL", "parameters": [{"text": "a"}]}]}),
     "template.components[0].index is required"),
    (message("contacts", contacts=[]), "contacts is 0, at least 1 are needed"),
])
def test_what_whatsapp_would_refuse_is_named_with_its_place(sent: dict[str, Any], fault: str) -> None:
    assert fault in said(sent)


def test_where_sources_disagree_the_lower_number_is_a_warning() -> None:
    long = listed([{"rows": rows(1)}], body={"text": "x" * 1025})
    assert faults("interactive.list", long) == (
        Fault("interactive.body.text", "is 1025 of 1024 characters", Severity.WARNING),)
    longer = listed([{"rows": rows(1)}], body={"text": "x" * 4097})
    assert [fault.severity for fault in faults("interactive.list", longer)] == [Severity.ERROR]
    people = [{"name": {"formatted_name": "A"}}]
    for count, severity in ((6, Severity.WARNING), (258, Severity.ERROR)):
        fault, = faults("contacts", message("contacts", contacts=people * count))
        assert fault.severity is severity


def test_emoji_are_counted_both_ways() -> None:
    assert faults("interactive.button", buttons("🎂" * 11)) == (
        Fault("interactive.action.buttons[0].reply.title", "is 22 of 20 characters", Severity.WARNING),)
    assert (units("añ👍"), too_long("👍" * 2, 2), too_long("👍👍👍", 2), too_long("ab", 2)) == (
        4, Severity.WARNING, Severity.ERROR, None)


def test_emoji_in_rows_and_line_breaks_in_cards_are_spoken_of() -> None:
    spotted, = faults("interactive.list", listed([{"rows": rows(1, title="🎂")}]))
    assert (spotted.what, spotted.severity) == ("has an emoji, which WhatsApp may refuse here", Severity.WARNING)
    card = {"card_index": 0, "header": {"type": "image"}, "body": {"text": "a\nb\nc\nd"}}
    sent = message("interactive", interactive={
        "type": "carousel", "body": {"text": "x"}, "action": {"cards": [card, card]}})
    assert "interactive.action.cards[0].body.text has 3 of 2 line breaks" in said(sent)
    assert (has_emoji("1️⃣"), has_emoji("👍"), has_emoji("→ ok")) == (True, True, False)


def test_a_kind_that_does_not_exist_is_a_fault() -> None:
    assert said(message("poem")) == ["type there is no kind of message `poem`"]


def test_a_message_of_nonsense_has_faults_and_does_no_harm() -> None:
    sections = {"type": "list", "action": {"sections": [1, {"rows": 5}]}}
    for nonsense in ({}, {"type": "interactive", "interactive": sections}, {"type": "contacts", "contacts": "x"},
                     {"type": "interactive", "interactive": [1]}):
        assert said(nonsense)


def test_the_kinds_of_media_are_listed() -> None:
    assert media_types("image") == ("image/jpeg", "image/png")
