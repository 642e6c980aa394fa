"""Templates: made, reviewed, filled, tapped."""

import json
from typing import Any

import pytest

from tests.runtime.sim.business import BODY, FILLED, MADE, TEMPLATES, USER, Business, code, opened, play, template


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
