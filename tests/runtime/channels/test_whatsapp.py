"""What is posted to WhatsApp, checked against the rules of its own documentation."""

import asyncio

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import limits
from runtime.channels.port import Accepted, Delivery, Later, Undelivered
from runtime.channels.whatsapp import WhatsApp, flat, payload, recipient
from runtime.connections import Answer
from runtime.effects import Choice, Contact, Location, Media, Message, Offer, Say, Template

TWO = (Choice("yes", "Yes"), Choice("no", "No", "Not now"))
IMAGE = "https://example.org/a.png"


def posted(message: Message) -> dict[str, object]:
    """The payload, after making sure that WhatsApp would take it."""
    body = {**recipient("+15557770001"), **payload(message), "biz_opaque_callback_data": "9f2c:4:0"}
    assert limits.faults(limits.kind(body), body) == ()
    return body


@pytest.mark.parametrize(("message", "kind"), [
    (Say("Hi"), "text"),
    (Say("Hi", link=("Open", "https://example.org")), "interactive.cta_url"),
    (Say("Hi", link=("Open", "https://example.org"), header="H", footer="F"), "interactive.cta_url"),
    (Say("Hi", link=("Open", "https://example.org"), image=IMAGE), "interactive.cta_url"),
    (Say("Hi", wants="location"), "interactive.location_request_message"),
    (Say("Hi", wants="location", footer="F"), "text"),
    (Say("Hi", image=IMAGE), "image"),
    (Say("Hi", header="H", footer="F"), "text"),
    (Say("x" * 4000, wants="location"), "text"),
    (Say("x" * 2000, link=("Open", "https://example.org")), "text"),
    (Offer("main", "Which?", TWO, "buttons"), "interactive.button"),
    (Offer("main", "Which?", TWO, "buttons", image=IMAGE, footer="F"), "interactive.button"),
    (Offer("main", "Which?", TWO, "list", button="Choose", header="H", footer="F"), "interactive.list"),
    (Offer("main", "Which?", TWO, "numbered"), "text"),
    (Offer("main", "x" * 2000, TWO, "buttons"), "text"),
    (Offer("main", "Which?", TWO, "list"), "text"),
    (Media("image", IMAGE, "C"), "image"),
    (Media("video", IMAGE), "video"),
    (Media("document", IMAGE, "C"), "document"),
    (Media("audio", IMAGE, "no caption there"), "audio"),
    (Media("sticker", IMAGE, "nor there"), "sticker"),
    (Location("4.7110", "-74.0721", "Norte", "Calle 1"), "location"),
    (Location("4", "-74"), "location"),
    (Contact("Ana Lima", ("+573001112233",)), "contacts"),
    (Contact("Ana Lima"), "contacts"),
    (Template("visit_cancelled_v2", "es", (("at", "2 de\nmarzo"),)), "template"),
    (Template("hello_world", "en_US", ()), "template"),
])
def test_every_message_has_a_form_that_whatsapp_takes(message: Message, kind: str):
    assert limits.kind(posted(message)) == kind


def test_buttons_carry_their_step_and_option():
    body = payload(Offer("book.confirm", "Book?", TWO, "buttons"))

    assert body["interactive"]["action"]["buttons"] == [
        {"type": "reply", "reply": {"id": "book.confirm:yes", "title": "Yes"}},
        {"type": "reply", "reply": {"id": "book.confirm:no", "title": "No"}}]


def test_rows_carry_their_description():
    body = payload(Offer("main", "Which?", TWO, "list", button="Choose"))

    assert body["interactive"]["action"] == {"button": "Choose", "sections": [{"rows": [
        {"id": "main:yes", "title": "Yes"}, {"id": "main:no", "title": "No", "description": "Not now"}]}]}


def test_an_image_stands_above_the_buttons():
    body = payload(Offer("main", "Which?", TWO, "buttons", image=IMAGE))

    assert body["interactive"]["header"] == {"type": "image", "image": {"link": IMAGE}}


PATH = "files/prices.pdf"
IDS = {PATH: "900"}


def test_a_file_beside_the_bot_goes_by_its_id_and_a_document_keeps_its_name():
    assert payload(Media("document", PATH, "All of them"), IDS)["document"] == {
        "id": "900", "filename": "prices.pdf", "caption": "All of them"}
    assert payload(Media("image", PATH), IDS)["image"] == {"id": "900"}
    assert payload(Say("Hi", image=PATH), IDS)["image"] == {"id": "900", "caption": "Hi"}
    header = payload(Offer("main", "Which?", TWO, "buttons", image=PATH), IDS)["interactive"]["header"]
    assert header == {"type": "image", "image": {"id": "900"}}


def test_a_file_that_a_user_sent_goes_by_the_id_it_came_with():
    assert payload(Media("image", "1234"))["image"] == {"id": "1234"}


class Beside:
    """One file, whose first id the platform may not take any more."""

    wait_s = 5.0

    def __init__(self, *ids: str | Undelivered | Later) -> None:
        self.ids = list(ids)

    def __contains__(self, address: str) -> bool:
        return address == PATH

    async def id(self, path: str) -> str | Undelivered | Later:
        return self.ids[0]

    def refused(self, path: str) -> bool:
        self.ids.pop(0)
        return bool(self.ids)


class Road:
    """Takes messages with the id `new`, and those without a file."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, object]] = []

    async def post(self, body: bytes, within_s: float) -> Answer:
        assert within_s == 18.0
        self.bodies.append(msgspec.json.decode(body))
        if b'"old"' in body:
            return Answer(400, {}, b'{"error": {"code": 131009}}')
        return Answer(200, {}, b'{"messages": [{"id": "wamid.1"}]}')


def sent(files: Beside, message: Message) -> tuple[Delivery, list[dict[str, object]]]:
    road = Road()
    channel = WhatsApp(road, files)
    assert channel.timeout_s == 23.0
    return asyncio.run(channel.send("+1", message, "k")), road.bodies


def test_a_message_waits_for_its_file():
    assert sent(Beside("new"), Media("document", PATH))[0] == Accepted("wamid.1")
    for later in (Later(2_000), Undelivered("500")):
        assert sent(Beside(later), Media("document", PATH)) == (later, [])


def test_a_message_that_was_refused_for_its_files_id_is_tried_with_another():
    told, _ = sent(Beside("old", "new"), Media("document", PATH))
    assert isinstance(told, Undelivered)
    assert told.verdict == "retry"

    told, _ = sent(Beside("old"), Media("document", PATH))
    assert isinstance(told, Undelivered)
    assert told.verdict == "refused"


@pytest.mark.parametrize("message", [Say("Hi"), Contact("Ana"), Media("image", IMAGE), Media("image", "domain.yml")])
def test_what_has_no_file_beside_the_bot_asks_for_none(message: Message):
    assert sent(Beside(), message)[0] == Accepted("wamid.1")


def test_what_has_no_shape_of_its_own_is_one_text():
    message = Say("Our prices", header="News", footer="Bye", link=("Open", "https://example.org"))

    assert flat(message) == "*News*\n\nOur prices\n\nOpen: https://example.org\n\n_Bye_"


def test_line_breaks_in_the_parameter_of_a_template_become_spaces():
    body = payload(Template("t", "en", (("name", "Ana\n\tLima"), ("city", "a     b"))))

    parameters = body["template"]["components"][0]["parameters"]
    assert [parameter["text"] for parameter in parameters] == ["Ana Lima", "a b"]


def test_a_business_scoped_id_is_never_put_into_to():
    assert recipient("US.1349abc") == {
        "messaging_product": "whatsapp", "recipient_type": "individual", "recipient": "US.1349abc"}


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip)


@settings(max_examples=100, deadline=None)
@given(step=texts, body=texts, titles=st.lists(texts, min_size=1, max_size=3, unique=True),
       shape=st.sampled_from(["buttons", "list", "numbered"]), ids=st.lists(st.text(max_size=400), unique=True))
def test_no_name_of_an_option_makes_a_message_that_is_refused(
        step: str, body: str, titles: list[str], shape: str, ids: list[str]):
    options = tuple(Choice(id, title) for id, title in zip(ids, titles, strict=False)) or TWO
    posted_ids = payload(Offer(step, body, options, shape, button="Choose"))
    found = limits.faults(limits.kind(posted_ids), {**recipient("+15557770001"), **posted_ids})

    assert [fault for fault in found if fault.severity.value == "error" and fault.path.endswith("id")] == []
