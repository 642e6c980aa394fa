"""What a story's user does comes back from a webhook as the same event."""

from typing import Any

import pytest

from runtime.channels.envelope import Heard, walk
from runtime.events import Event, Said, Sent
from runtime.rehearsal.deeds import content

CARD = {"name": "Luis", "phones": ["+351912345678"]}
SAME = (
    Said(text="hi"), Said(text=""), Said(text="", ad={"source_id": "a1"}),
    Sent(kind="image", value={"id": "a.jpg"}), Sent(kind="audio", value={"id": "a.ogg"}),
    Sent(kind="document", value={"id": "d1", "mime": "application/pdf", "caption": "for you", "filename": "a.pdf"}),
    Sent(kind="contact", value=CARD), Sent(kind="order", value={"catalog_id": "c"}), Sent(kind="unsupported"),
)


def heard(event: Said | Sent, about: str | None = None) -> Event:
    message = {"from": "15557770001", "id": "w1", "timestamp": "1", **content(event, about)}
    value: dict[str, Any] = {"metadata": {"phone_number_id": "1"}, "messages": [message]}
    [item] = walk({"entry": [{"changes": [{"field": "messages", "value": value}]}]}, "1", 0)
    assert isinstance(item, Heard)
    return item.event


def without_seed(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__ if name != "seed"}


@pytest.mark.parametrize("event", SAME, ids=str)
def test_a_deed_comes_back_as_it_was(event: Said | Sent):
    assert without_seed(heard(event)) == without_seed(event)


def test_whatever_file_is_sent_has_an_id():
    assert without_seed(heard(Sent(kind="sticker")))["value"] == {"id": "a-file"}


def test_degrees_are_numbers_on_the_wire_where_they_are_numbers():
    written = {"latitude": "38.5", "longitude": "-9", "name": "7"}

    assert content(Sent(kind="location", value=written), None)["location"] == {
        "latitude": 38.5, "longitude": -9, "name": "7"}
    for what in ("north", "NaN", "1e400", "1" * 400):
        assert content(Sent(kind="location", value={"latitude": what}), None)["location"] == {"latitude": what}


def test_a_reaction_is_to_what_the_bot_said_last():
    assert without_seed(heard(Sent(kind="reaction", value={"emoji": "👍"}), "wamid.7"))["value"] == {
        "emoji": "👍", "message": "wamid.7"}
