"""The user sees what was meant, as far as the JSON on the wire shows it, and nothing that it does not."""

from typing import Any

import pytest
from msgspec.structs import replace

from runtime.channels.whatsapp import payload
from runtime.effects import Choice, Contact, Location, Media, Message, Offer, Say, Template
from runtime.rehearsal.phone import seen

IMAGE = "https://example.org/a.jpg"
TWO = (Choice("yes", "Yes"), Choice("no", "No", "Not now"))
LONG = Offer("a step with a long name " * 9, "Which?", TWO, "buttons")

WHOLE: tuple[Message, ...] = (
    Say("Hello"), Say("Hello", header="News", footer="Bye"), Say("Hello", image=IMAGE),
    Say("Hello", header="News", image=IMAGE, footer="Bye"), Say("Hello", wants="location"),
    Say("Prices", header="News", footer="Bye", link=("Open", IMAGE)), Say("Prices", image=IMAGE, link=("Open", IMAGE)),
    replace(LONG, options=TWO[:1]), Offer("main", "Which?", TWO[:1], "buttons", "News", None, "Bye"),
    Offer("main", "Which?", TWO[:1], "buttons", image=IMAGE),
    Offer("main", "Which?", TWO, "list", "News", None, "Bye", "Choose"), Offer("main", "Which?", TWO, "numbered"),
    Offer("main", "Which?", TWO, "numbered", "News", None, "Bye"),
    Media("video", IMAGE, "Our film"), Media("sticker", IMAGE), Location("38.71", "-9.14", "The café", "Rossio"),
    Contact("Clara", ("+351912345678",)), Contact("Clara"),
    Template("t", "en", (("name", "Ana"), ("city", "Bogotá")), ("Coming",), "Ana, come to Bogotá."),
    Template("t", "en", ()),
)


@pytest.mark.parametrize("message", WHOLE, ids=lambda message: type(message).__name__)
def test_what_whatsapp_can_show_is_seen_whole(message: Message):
    assert seen(payload(message), message) == message


FILES: tuple[Message, ...] = (
    Media("image", "media/map.png", "Our map"), Say("Hello", image="media/map.png"), Media("image", "1234"),
    Offer("main", "Which?", TWO[:1], "buttons", image="media/map.png"),
)


@pytest.mark.parametrize("message", FILES, ids=lambda message: type(message).__name__)
def test_a_file_is_seen_though_the_wire_has_only_its_id(message: Message):
    assert seen(payload(message, {"media/map.png": "900"}), message) == message
    assert seen(payload(Media("image", "1234")), Say("Hi")) == Media("image", "1234")


CUT: tuple[tuple[Message, Message], ...] = (
    (Media("audio", IMAGE, "Our song"), Media("audio", IMAGE)),
    (Offer("main", "Which?", TWO, "list", image=IMAGE, button="Choose"), Offer("main", "Which?", TWO, "numbered")),
    (Say("x" * 1_025, link=("Open", IMAGE)), Say("x" * 1_025 + f"\n\nOpen: {IMAGE}")),
    (Template("t", "en", (("name", "Ana\nLima"),)), Template("t", "en", (("name", "Ana Lima"),))),
)


@pytest.mark.parametrize(("message", "shown"), CUT, ids=lambda message: type(message).__name__)
def test_what_it_cannot_show_is_not_seen(message: Message, shown: Message):
    assert seen(payload(message), message) == shown


CHANGED: tuple[tuple[dict[str, Any], Message, Message], ...] = (
    ({"type": "text", "text": {"body": "Which?"}}, Offer("main", "Which?", TWO, "numbered"), Say("Which?")),
    (payload(Offer("other", "Which?", TWO[:1], "buttons")), Offer("main", "Which?", TWO[:1], "buttons"),
     Offer("", "Which?", (Choice("other:yes", "Yes"),), "buttons")),
    (payload(Offer("other", "Which?", TWO[:1], "buttons")), Say("Which?"),
     Offer("", "Which?", (Choice("other:yes", "Yes"),), "buttons")),
    (payload(Template("u", "en", ())), Template("t", "en", (), (), "Hello"), Template("u", "en", ())),
)


@pytest.mark.parametrize(("body", "meant", "shown"), CHANGED, ids=range(len(CHANGED)))
def test_what_is_on_the_wire_decides(body: dict[str, Any], meant: Message, shown: Message):
    assert seen(body, meant) == shown
