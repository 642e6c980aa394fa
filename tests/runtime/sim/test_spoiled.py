"""No message and no definition, however spoiled, breaks anything."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.sim.business import (
    BODY,
    FILLED,
    MADE,
    MESSAGES,
    TEMPLATES,
    TEXT,
    USER,
    Business,
    code,
    opened,
    play,
    template,
)

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
