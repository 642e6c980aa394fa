"""Replies and calls on their way out of the real server: refused, lost, late, and to whom."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from dsl.table import Action, Http
from runtime.serve import assemble
from runtime.settings import SettingsError
from runtime.store.memory import MemoryStore
from tests.runtime.toy import USER, Client, Graph, advance, graph, play, running, settings, table


def said(text: str, id: str) -> dict[str, Any]:
    return {"id": id, "timestamp": "1757100000", "type": "text", "text": {"body": text}}


def where(post: dict[str, Any]) -> tuple[str, str]:
    return post.get("to") or post["recipient"], post["text"]["body"]


class TestNames:
    """One user under all their names, from webhook to reply."""

    MINE, OTHER, NEW = "US.1349abc", "US.77zzz", "15550002222"

    def test_one_conversation_is_answered_where_its_user_wrote_from_last(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.send(said("one", "w1") | {"from": USER, "from_user_id": self.MINE})
            assert where(await api.message()) == (f"+{USER}", "1: one")
            await client.send(said("two", "w2") | {"from_user_id": self.MINE})
            assert where(await api.message()) == (self.MINE, "2: two")
            await client.send(said("three", "w3") | {"from": USER})
            assert where(await api.message()) == (f"+{USER}", "3: three")
        play(tmp_path, story)

    def test_with_a_new_number_it_goes_on_there_and_who_gets_the_old_one_begins_anew(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.send(said("one", "w1") | {"from": USER})
            assert where(await api.message()) == (f"+{USER}", "1: one")
            await client.send({"from": USER, "id": "w2", "type": "system", "system": {
                "type": "user_changed_number", "wa_id": self.NEW, "user_id": self.MINE}})
            await client.send(said("two", "w3") | {"from": self.NEW})
            assert where(await api.message()) == (f"+{self.NEW}", "2: two")
            await client.send(said("three", "w4") | {"from": USER, "from_user_id": self.OTHER})
            assert where(await api.message()) == (f"+{USER}", "1: three")
        play(tmp_path, story)

    def test_what_is_still_to_be_said_never_reaches_who_has_the_number_now(self, tmp_path: Path):
        now = [1_800_000_000_000]

        async def story(client: Client, api: Graph) -> None:
            await client.send(said("wait 60", "w1") | {"from": USER, "from_user_id": self.MINE})
            await client.send(said("hello", "w2") | {"from": USER, "from_user_id": self.OTHER})
            assert where(await api.message()) == (f"+{USER}", "1: hello")
            now[0] += 61_000
            assert where(await api.message()) == (self.MINE, "2: timed out main.word")
        play(tmp_path, story, clock=lambda: now[0])


class TestDelivery:
    def test_what_the_platform_does_not_take_goes_again_and_holds_what_is_behind_it(self, tmp_path: Path,
                                                                                    monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("runtime.policy.Backoff.wait_ms", lambda backoff, failures, chance: 10)

        async def story(client: Client, api: Graph) -> None:
            api.answers = [(500, "<html>"), (400, '{"error": {"code": 131000}}'), (200, "no JSON"), (200, "{}")]
            await client.say("twice")

            assert await api.texts(6) == ["1: one"] * 5 + ["1: two"]
        play(tmp_path, story)

    def test_what_the_platform_refuses_is_set_aside_and_what_is_behind_it_goes(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            api.answers = [(400, '{"error": {"code": 131009}}')]
            await client.say("twice")
            assert await api.texts(2) == ["1: one", "1: two"]
        play(tmp_path, story)

    def test_an_answer_that_was_lost_is_made_up_for_by_a_status(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            api.answers = [(502, "<html>")]
            await client.say("twice")
            key = (await api.message())["biz_opaque_callback_data"]
            await client.status("wamid.lost", "sent", key)
            assert await api.text() == "1: two"
        play(tmp_path, story, settle=3_600)

    def test_a_user_who_is_gone_begins_anew_when_they_write_again(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.say("twice")
            keys = [(await api.message())["biz_opaque_callback_data"] for _ in range(2)]
            await client.status("wamid.out1", "failed", keys[0], 131026)
            await client.say("hello")
            assert await api.text() == "2: hello"
        play(tmp_path, story)

    def test_one_user_who_cannot_be_reached_does_not_hold_the_others(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            api.answers = [(400, '{"error": {"code": 131026}}')]
            await client.say("hello", user="15550000001")
            assert await api.text() == "1: hello"
            await client.say("hello", user="15550000002")

            assert (await api.message())["to"] == "+15550000002"
        play(tmp_path, story)


class TestActions:
    def test_a_function_of_the_bot_is_called_and_its_result_is_an_event(self, tmp_path: Path):
        (tmp_path / "actions.py").write_text("def shout(text):\n    return {'loud': text.upper()}\n")

        async def story(client: Client, api: Graph) -> None:
            await client.say("call shout at nine")
            assert await api.text() == '2: answered {"loud": "AT NINE"}'
        play(tmp_path, story, table({"shout": Action(params={"text": "text"}, python="actions.shout")}))

    def test_a_function_that_fails_is_an_event_too(self, tmp_path: Path):
        (tmp_path / "actions.py").write_text(
            "from runtime.actions import Refused\n\ndef no(text):\n    raise Refused(text) if text else KeyError\n")
        bot = table({"no": Action(params={"text": "text"}, python="actions.no", reasons=["taken"])})

        async def story(client: Client, api: Graph) -> None:
            await client.say("call no taken")
            await client.say("call no ")
            assert sorted(text[3:] for text in await api.texts(2)) == ["failed failure", "failed reason taken"]
        play(tmp_path, story, bot)

    def test_a_service_is_called_with_its_key(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        seen: list[str] = []

        async def echo(request: web.Request) -> web.Response:
            seen.append(request.headers["Idempotency-Key"])
            return web.json_response({"q": request.query["text"]})

        async def run() -> None:
            app = web.Application()
            app.router.add_get("/echo", echo)
            runner = web.AppRunner(app)
            await runner.setup()
            sock = socket.create_server(("127.0.0.1", 0))
            await web.SockSite(runner, sock).start()
            monkeypatch.setenv("ECHO_API", f"http://127.0.0.1:{sock.getsockname()[1]}")
            bot = table({"echo": Action(params={"text": "text"}, http=Http("GET", "${ECHO_API}/echo"))})
            async with graph() as api, running(api, tmp_path, bot) as client:
                await client.say("call echo a&b")
                assert await api.text() == '2: answered {"q": "a&b"}'
                assert seen[0].endswith(":0:0")
            await runner.cleanup()
        asyncio.run(run())

    def test_a_bot_whose_actions_want_what_is_not_there_is_not_started(self, tmp_path: Path):
        bot = table({"a": Action(http=Http("GET", "${NO_SUCH}/")), "b": Action(python="actions.b")})

        with pytest.raises(SettingsError) as fault:
            assemble(bot, tmp_path, settings("http://x", tmp_path / "db"), advance, MemoryStore(), environment={})
        assert fault.value.faults == [
            "action `a`: the environment variable `NO_SUCH` is not set",
            "action `b`: there is no `actions.py` in the bot's folder"]

    def test_nor_one_whose_actions_would_call_in_the_clear_but_in_development(self, tmp_path: Path):
        bot, own = table({"a": Action(http=Http("GET", "${API}/"))}), settings("http://x", tmp_path / "db")
        named = {"API": "http://api.example.com"}

        with pytest.raises(SettingsError) as fault:
            assemble(bot, tmp_path, own, advance, MemoryStore(), environment=named)
        assert fault.value.faults == ["action `a`: `api.example.com` is not called over `https`"]
        assert assemble(bot, tmp_path, replace(own, development=True), advance, MemoryStore(), environment=named)
