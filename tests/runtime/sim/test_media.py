"""Files: uploaded, sent, fetched in two hops, and gone after their time."""

import json

from runtime.sim.media import File
from runtime.sim.simulator import Answer
from tests.runtime.sim.business import ACCOUNT, USER, Business, code, opened, play

DAY_MS = 86_400_000


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
