"""The simulator behind HTTP: the Graph API with its broken connections, and the control plane."""

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from runtime.commands.sim import shake_hands
from runtime.sim.app import Webhook, alive, application, listening
from runtime.sim.clock import Clock, real
from runtime.sim.templates import approve
from runtime.sim.wire import Network
from tests.runtime.sim.beside import clinic
from tests.runtime.sim.business import ACCOUNT, TOKEN, USER, Business

TEXT = {"messaging_product": "whatsapp", "to": f"+{USER}", "type": "text", "text": {"body": "hi"}}


class Client:
    def __init__(self, session: aiohttp.ClientSession, url: str, business: Business) -> None:
        self.session, self.url, self.business = session, url, business

    async def ask(self, method: str, path: str, document: object = None, **more: Any) -> tuple[int, Any]:
        data = None if document is None else json.dumps(document)
        async with self.session.request(method, self.url + path, data=data, **more) as response:
            return response.status, await response.json()

    async def send(self) -> tuple[int, Any]:
        return await self.ask("POST", f"/v25.0/{ACCOUNT}/messages", TEXT, headers={"Authorization": f"Bearer {TOKEN}"})


@contextlib.asynccontextmanager
async def served(**how: Any) -> AsyncIterator[Client]:
    business = Business(**how)
    sock = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    business.sim.graph.url = url
    async with aiohttp.ClientSession() as session, listening(application(business.sim), sock):
        yield Client(session, url, business)


def play(story: Callable[[Client], Awaitable[None]], **how: Any) -> None:
    async def run() -> None:
        async with asyncio.timeout(30), served(**how) as client:
            await story(client)
    asyncio.run(run())


class TestGraph:
    def test_a_message_over_http(self):
        async def story(client: Client) -> None:
            client.business.sim.say(USER, "hi")
            status, answer = await client.send()
            assert (status, answer["contacts"][0]["wa_id"]) == (200, USER)
            status, answer = await client.ask("POST", f"/v25.0/{ACCOUNT}/messages", TEXT)
            assert (status, answer["error"]["code"]) == (401, 190)
        play(story)

    @pytest.mark.parametrize("lost", ["before", "after"])
    def test_a_connection_that_breaks_really_breaks(self, lost: str):
        async def story(client: Client) -> None:
            client.business.sim.say(USER, "hi")
            await client.ask("POST", "/sim/faults", {"target": "messages", "lost": lost, "next": 1})
            with pytest.raises(aiohttp.ClientConnectionError):
                await client.send()
            assert len(client.business.sim.ledger.said(USER)) == (lost == "after")
            assert (await client.send())[0] == 200
        play(story)

    def test_a_proxys_page_and_a_throttles_headers(self):
        async def story(client: Client) -> None:
            for rule in ({"status": 502, "next": 1}, {"code": 80007, "next": 1}):
                await client.ask("POST", "/sim/faults", rule)
            async with client.session.get(f"{client.url}/v25.0/1") as response:
                assert (response.status, response.content_type) == (502, "text/html")
            async with client.session.get(f"{client.url}/v25.0/1") as response:
                usage = json.loads(response.headers["X-Business-Use-Case-Usage"])
                assert usage["200300400"][0]["estimated_time_to_regain_access"] == 1
                assert response.headers["Retry-After"] == "60"
        play(story)

    def test_a_file_goes_up_as_a_form_and_comes_down_in_two_hops(self):
        async def story(client: Client) -> None:
            form = aiohttp.FormData({"messaging_product": "whatsapp"})
            form.add_field("file", b"\x89PNG\r\n--x\0", filename="a.png", content_type="image/png")
            told = {"Authorization": f"Bearer {TOKEN}"}
            async with client.session.post(f"{client.url}/v25.0/{ACCOUNT}/media", data=form, headers=told) as response:
                id = (await response.json())["id"]
            _, about = await client.ask("GET", f"/v25.0/{id}", headers=told)
            async with client.session.get(about["url"], headers=told) as response:
                assert (await response.read(), response.content_type) == (b"\x89PNG\r\n--x\0", "image/png")
            broken = told | {"Content-Type": "multipart/form-data; boundary=x"}
            path = f"{client.url}/v25.0/{ACCOUNT}/media"
            async with client.session.post(path, data=b"--y", headers=broken) as answer:
                assert answer.status == 400
        play(story)


class TestControl:
    def test_users_write_tap_and_send_what_they_like(self):
        async def story(client: Client) -> None:
            sim = client.business.sim
            _, told = await client.ask("POST", "/sim/users", {"phone": "+" + USER, "name": "Bo", "reads": False})
            assert (told["name"], told["phone"], told["reads"]) == ("Bo", USER, False)
            _, said = await client.ask("POST", "/sim/say", {"user": USER, "text": "hi"})
            buttons = {"type": "interactive", "interactive": {"type": "button", "body": {"text": "Sure?"}, "action": {
                "buttons": [{"type": "reply", "reply": {"id": "sure:yes", "title": "Yes"}}]}}}
            await client.business.send(buttons)
            await client.ask("POST", "/sim/tap", {"user": USER, "title": "Yes"})
            place = {"type": "location", "location": {"latitude": 1.0, "longitude": 2.0}}
            await client.ask("POST", "/sim/send", {"user": USER, "message": place})
            await client.ask("POST", "/sim/file", {"user": USER, "mime": "image/png",
                                                   "content": base64.b64encode(b"png").decode()})
            await client.ask("POST", "/sim/notify", {"field": "account_update", "value": {"event": "x"}})
            _, users = await client.ask("GET", "/sim/users")
            assert users[0]["window_open"] is True
            await client.ask("POST", "/sim/clock", {"seconds": 1})

            got = client.business.values("messages")
            assert got[0]["id"] == said["id"]
            assert got[1]["interactive"]["button_reply"] == {"id": "sure:yes", "title": "Yes"}
            assert got[1]["context"]["id"] == sim.ledger.lines[1].id
            assert [message["type"] for message in got] == ["text", "interactive", "location", "image"]
            _, lines = await client.ask("GET", f"/sim/transcript?user={USER}")
            assert [(line["speaker"], line["text"]) for line in lines][:3] == [
                ("user", "hi"), ("bot", "Sure?"), ("user", "Yes")]
            _, ledger = await client.ask("GET", "/sim/ledger")
            assert ledger["summary"]["inbound"] == {"messages": 4, "deliveries": 4, "acknowledged": 4,
                                                    "unacknowledged": 0}
        play(story)

    def test_network_habits_tokens_troubles_templates_and_the_clock(self):
        async def story(client: Client) -> None:
            sim = client.business.sim
            before = (await client.ask("GET", "/sim/clock"))[1]["now"]
            _, network = await client.ask("POST", "/sim/network", {"duplicates": 0.1})
            assert network == (await client.ask("GET", "/sim/network"))[1]
            assert (network["duplicates"], network["batch"]) == (0.1, 100)
            _, habits = await client.ask("POST", "/sim/habits", {"read": {"median_ms": 5}})
            assert habits == (await client.ask("GET", "/sim/habits"))[1]
            assert (habits["read"]["median_ms"], habits["sent"]["median_ms"]) == (5, 60)

            await client.ask("POST", "/sim/tokens", {"token": TOKEN, "seconds": 0})
            assert (await client.send())[0] == 401
            await client.ask("POST", "/sim/tokens", {"token": TOKEN})
            await client.ask("POST", "/sim/number", {"trouble": "unpaid"})
            assert (await client.send())[1]["error"]["code"] == 131042
            await client.ask("POST", "/sim/number", {"trouble": ""})
            assert (await client.send())[0] == 200

            asked = {"name": "hello", "language": "en", "text": "Hello."}
            assert (await client.ask("POST", "/sim/templates", asked))[1]["status"] == "APPROVED"
            assert (await client.ask("POST", "/sim/templates", asked | {"status": "PAUSED"}))[1]["status"] == "PAUSED"
            _, rules = await client.ask("POST", "/sim/faults", {"code": 1, "every": 2})
            assert rules == (await client.ask("GET", "/sim/faults"))[1]
            assert (await client.ask("DELETE", "/sim/faults"))[1] == []
            await client.ask("POST", "/sim/clock", {"seconds": 90_000})
            assert sim.clock() == before + 90_000_000
        play(story)

    @pytest.mark.parametrize(("path", "asked"), [
        ("/sim/say", {"user": USER}), ("/sim/tap", {"user": USER, "title": "Nothing"}), ("/sim/say", []),
        ("/sim/say", {"user": "Ana", "text": "hi"}), ("/sim/notify", {"field": "x", "value": 1}),
        ("/sim/users", {"phone": USER, "age": 7}), ("/sim/users", {"phone": USER, "name": 7}),
        ("/sim/send", {"user": USER, "message": 5}), ("/sim/file", {"user": USER, "mime": "a/b", "content": "%"}),
        ("/sim/notify", {"field": "messages", "value": {}}), ("/sim/faults", {"target": "moon"}),
        ("/sim/clock", {"seconds": -1}), ("/sim/network", {"batch": 5_000}), ("/sim/habits", {"mood": 1}),
        ("/sim/tokens", {"token": "x", "seconds": "y"}), ("/sim/number", {"trouble": "gloom"}),
        ("/sim/templates", {"name": "new", "language": "en"}),
    ])
    def test_a_mistake_is_a_sentence(self, path: str, asked: object):
        async def story(client: Client) -> None:
            status, answer = await client.ask("POST", path, asked)
            assert (status, list(answer)) == (400, ["error"])
        play(story)

    def test_what_is_no_json_is_a_sentence_too(self):
        async def story(client: Client) -> None:
            async with client.session.post(f"{client.url}/sim/say", data=b"[" * 100_000) as response:
                assert (response.status, await response.json()) == (400, {"error": "the body is not JSON"})
        play(story)


class TestRealTime:
    def test_things_happen_by_themselves(self):
        async def story(client: Client) -> None:
            sim = client.business.sim
            async with alive(sim):
                id = sim.say(USER, "hi")
                await sim.until(lambda ledger: ledger.inbound[id].acknowledged == 1)
                await client.business.says("hello", biz_opaque_callback_data="k")
                await sim.until(lambda ledger: "sent" in ledger.outbound["k"].statuses)
                await sim.advance(600_000)               # and faster when told
                assert sim.ledger.outbound["k"].statuses[-1] == "read"
        play(story, clock=Clock(real))


class Door:
    """A business's door that gives these answers to the handshake, the last one again and again."""

    def __init__(self, *answers: web.Response) -> None:
        self.answers = list(answers)

    async def open(self, request: web.Request) -> web.Response:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer if answer.status != 200 else web.Response(text=request.query["hub.challenge"])

    async def slow(self, request: web.Request) -> web.Response:
        await request.read()
        await asyncio.Event().wait()
        raise AssertionError


class TestHandshake:
    def test_the_business_is_asked_until_it_answers_as_it_should(self, capsys: pytest.CaptureFixture[str]):
        async def run() -> None:
            door = Door(web.Response(status=403), web.Response(status=403), web.Response(status=200))
            app = web.Application()
            app.router.add_get("/hook", door.open)
            app.router.add_post("/hook", door.slow)
            sock = socket.create_server(("127.0.0.1", 0))
            async with aiohttp.ClientSession() as session, listening(app, sock):
                url = f"http://127.0.0.1:{sock.getsockname()[1]}/hook"
                await shake_hands(Webhook(session, url), "token", pause_s=0.0)
                with pytest.raises(TimeoutError):            # and one that never answers a webhook
                    await Webhook(session, url, patience_s=0.05).post(b"{}", {})
                assert await Webhook(session, f"{url}/no").handshake("token", "1") == "answered 404"
            async with aiohttp.ClientSession() as session:
                assert await Webhook(session, url).handshake("token", "1") == "ClientConnectorError"
                with pytest.raises(ConnectionError):
                    await Webhook(session, url).post(b"{}", {})
        asyncio.run(run())
        assert capsys.readouterr().out.splitlines() == ["waiting for the webhook: it answered 403",
                                                        "the webhook answered the handshake"]


def test_a_bots_templates_are_approved_when_it_is_known():
    sim = Business().sim
    approve(sim.world.templates, clinic())

    assert {(one.name, one.language, one.status) for one in sim.world.templates} == {
        (name, language, "APPROVED") for name in ("visit_cancelled_v2", "visit_reminder_v1")
        for language in ("en", "es")}
    assert {one.name: one.parameters("body") for one in sim.world.templates} == {
        "visit_cancelled_v2": 1, "visit_reminder_v1": 2}


@pytest.mark.parametrize("moments", range(5))
def test_time_ends_when_told_whatever_else_happens_at_that_moment(moments: int):
    async def run() -> None:
        sim = Business(clock=Clock(real)).sim
        sim.network = Network(reorder_ms=3_600_000)
        sim.say(USER, "hi")
        live = asyncio.create_task(sim.live())
        for _ in range(5):                                   # it waits for what is due within the hour
            await asyncio.sleep(0)
        sim.say(USER, "and")
        for _ in range(moments):
            await asyncio.sleep(0)
        live.cancel()
        ended, _ = await asyncio.wait([live], timeout=5)
        live.cancel()
        assert ended == {live}
    asyncio.run(run())


def test_several_addresses_take_turns_and_one_where_nobody_is_loses_nothing():
    async def run() -> None:
        came: list[str] = []

        async def take(request: web.Request) -> web.Response:
            came.append(request.path)
            return web.Response(text=request.query.get("hub.challenge", ""))

        app = web.Application()
        app.router.add_route("*", "/{name}", take)
        sock, gone = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
        first, dead = (f"http://127.0.0.1:{one.getsockname()[1]}" for one in (sock, gone))
        gone.close()
        async with aiohttp.ClientSession() as session, listening(app, sock):
            hook = Webhook(session, f"{first}/a", f"{dead}/b", f"{first}/c")
            assert [await hook.post(b"{}", {}) for _ in range(4)] == [200] * 4
            assert came == ["/a", "/c", "/a", "/c"]
            assert await Webhook(session, f"{first}/a", f"{first}/c").handshake("token", "1") == ""
            assert await hook.handshake("token", "1") == "ClientConnectorError"
    asyncio.run(run())
