"""From webhook to reply, over real HTTP on loopback, with everything real between."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from msgspec import structs

from dsl.table import Action, Http, Retention, Table
from runtime.serve import assemble, kept
from runtime.settings import SettingsError
from runtime.store.memory import MemoryStore
from runtime.store.port import REST_MS
from tests.runtime.toy import (
    ACCOUNT,
    LONG,
    USER,
    VERIFY,
    Client,
    Graph,
    advance,
    graph,
    message,
    running,
    settings,
    table,
)

TOY = Path(__file__).with_name("toy.py")
ROOT = TOY.parent.parent.parent


def play(folder: Path, story: Callable[[Client, Graph], Awaitable[None]], bot: Table | None = None,
         clock: Callable[[], int] | None = None, **chosen: int) -> None:
    async def run() -> None:
        async with asyncio.timeout(60), graph() as api, running(api, folder, bot, clock, **chosen) as client:
            await story(client, api)
    asyncio.run(run())


def tap(id: str, title: str) -> dict[str, object]:
    return {"from": USER, "id": f"wamid.tap{id[:9]}", "timestamp": "1757100001", "type": "interactive",
            "interactive": {"type": "button_reply", "button_reply": {"id": id, "title": title}}}


class TestMessages:
    def test_a_message_is_answered(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            assert await client.say("hello") == 200

            reply = await api.message()
            assert (reply["to"], reply["text"]["body"]) == (f"+{USER}", "1: hello")
            assert api.headers[-1]["path"] == f"/v25.0/{ACCOUNT}/messages"
            assert api.headers[-1]["Authorization"] == "Bearer a-token-to-post"
        play(tmp_path, story)

    def test_a_message_delivered_twice_is_answered_once(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            assert await client.say("hello", "wamid.same") == 200
            assert await client.say("hello", "wamid.same") == 200
            assert await client.say("again") == 200

            assert await api.texts(2) == ["1: hello", "2: again"]
        play(tmp_path, story)

    def test_every_reply_has_a_key_of_its_own_that_says_nothing_of_the_user(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.say("twice")
            await client.say("hello")

            keys = [(await api.message())["biz_opaque_callback_data"] for _ in range(3)]
            tag = keys[0].split(":")[0]
            assert keys == [f"{tag}:0:0", f"{tag}:0:1", f"{tag}:1:0"]
            assert USER not in tag
        play(tmp_path, story)

    def test_a_user_with_a_new_number_goes_on_there_where_the_old_one_stopped(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.say("hello")
            await api.message()
            system = {"type": "user_changed_number", "wa_id": "15550002222"}
            assert await client.send({"from": USER, "id": "w", "type": "system", "system": system}) == 200
            await client.say("again", user="15550002222")
            reply = await api.message()
            assert (reply["to"], reply["text"]["body"]) == ("+15550002222", "2: again")
            await client.say("a stranger", user=USER)
            assert await api.text() == "1: a stranger"
        play(tmp_path, story)

    def test_a_message_is_marked_as_read_while_the_answer_is_on_its_way(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.say("hello", "wamid.1")
            await api.message()

            assert api.marks == [{"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1",
                                  "typing_indicator": {"type": "text"}}]
        play(tmp_path, story)

    def test_messages_of_one_batch_are_handled_in_their_order(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.send(message("second", "w2", at=20), message("first", "w1", at=10),
                              message("third", "w3", at=20))

            assert await api.texts(3) == ["1: first", "2: second", "3: third"]
        play(tmp_path, story)

    def test_many_users_at_once_each_get_their_answers_in_order(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            users = [f"1555777{n:04}" for n in range(100)]
            for word in ("one", "two"):
                answers = await asyncio.gather(*(client.say(word, f"wamid.{word}", user) for user in users))
                assert set(answers) == {200}

            got: dict[str, list[str]] = {}
            for _ in range(200):
                reply = await api.message()
                got.setdefault(reply["to"], []).append(reply["text"]["body"])
            assert got == {f"+{user}": ["1: one", "2: two"] for user in users}
        play(tmp_path, story)

    @pytest.mark.parametrize("text", ["\0", "😀‍🚀", "‏שלום", "\u200b", "x" * 100_000, "'; DROP TABLE inbox; --"])
    def test_whatever_a_user_writes_is_answered(self, tmp_path: Path, text: str):
        async def story(client: Client, api: Graph) -> None:
            assert await client.say(text) == 200
            assert (await api.text())[3:] == text.replace("\0", "\ufffd")
        play(tmp_path, story)

    def test_a_lone_surrogate_is_answered(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            assert await client.say("a\ud800b") == 200
            assert await api.text() == "1: a\ufffdb"
        play(tmp_path, story)

    def test_a_turn_that_fails_is_answered_and_the_conversation_goes_on(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.say("one")
            assert await client.say("raise") == 200
            await client.say("two")

            assert await api.texts(3) == ["1: one", "Sorry about that.", "2: two"]
        play(tmp_path, story)

    def test_a_user_without_a_number_is_answered_too(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.send({"from_user_id": "US.1349abc", "id": "w", "type": "text", "text": {"body": "hello"}})

            reply = await api.message()
            assert reply["recipient"] == "US.1349abc"
            assert "to" not in reply
        play(tmp_path, story)


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


def said(text: str, id: str) -> dict[str, Any]:
    return {"id": id, "timestamp": "1757100000", "type": "text", "text": {"body": text}}


def where(post: dict[str, Any]) -> tuple[str, str]:
    return post.get("to") or post["recipient"], post["text"]["body"]


class TestTaps:
    def test_a_tap_comes_back_as_the_option_it_was_shown_for(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.say("menu")
            shown = await api.message()
            reply = shown["interactive"]["action"]["buttons"][1]["reply"]
            await client.send(tap(reply["id"], reply["title"]))

            assert reply == {"id": "main.word:b", "title": "Bob"}
            assert await api.text() == "2: chose main.word b 1"
        play(tmp_path, story)

    def test_so_does_one_whose_id_would_not_fit(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.say("long menu")
            shown = await api.message()
            id = shown["interactive"]["action"]["buttons"][0]["reply"]["id"]
            await client.say("something else")
            await client.send(tap(id, "Long"))

            assert len(id) < 200
            assert await api.texts(2) == ["2: something else", f"3: chose main.word {LONG[:5]} 300"]
        play(tmp_path, story)


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


class TestTimers:
    def test_a_timer_is_an_event_when_its_time_has_come(self, tmp_path: Path):
        now = [1_757_100_000_000]

        async def story(client: Client, api: Graph) -> None:
            await client.say("wait 1800")
            assert await client.get("/readyz") == (200, "ok")        # one more tick, and nothing is due
            assert api.posts.empty()

            now[0] += 1_800_000
            assert await client.get("/readyz") == (200, "ok")
            assert await api.text() == "2: timed out main.word"
        play(tmp_path, story, clock=lambda: now[0])

    def test_a_cancelled_timer_is_not(self, tmp_path: Path):
        now = [1_757_100_000_000]

        async def story(client: Client, api: Graph) -> None:
            await client.say("wait 1800")
            await client.say("forget")
            now[0] += 1_800_000
            await client.say("hello")
            assert await api.text() == "3: hello"
        play(tmp_path, story, clock=lambda: now[0])


class TestDoor:
    def test_the_handshake_over_real_http(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            asked = f"hub.mode=subscribe&hub.verify_token={VERIFY}&hub.challenge=42"
            assert await client.get(f"/webhooks/whatsapp?{asked}") == (200, "42")
            assert (await client.get("/webhooks/whatsapp?hub.mode=subscribe"))[0] == 403
        play(tmp_path, story)

    def test_a_wrong_signature_and_a_body_too_large_over_real_http(self, tmp_path: Path):
        async def chunks() -> object:
            for _ in range(5):
                yield b" " * 1_000_000

        async def story(client: Client, api: Graph) -> None:
            assert await client.post(b"{}", X_Hub_Signature_256="sha256=" + "0" * 64) == 401
            with contextlib.suppress(aiohttp.ClientError):           # the door may close before all has been said
                assert await client.post(b" " * 4_000_000) == 413
            async with aiohttp.ClientSession() as session:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.post(f"{client.url}/webhooks/whatsapp", data=chunks()) as response:
                        assert response.status == 413
            assert await client.say("hello") == 200
        play(tmp_path, story)

    def test_a_store_that_is_full_is_not_ready_and_takes_nothing(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.say("hello")
            assert await api.text() == "1: hello"
            with sqlite3.connect(tmp_path / "talk.db", isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")                     # as good as full: nobody else can write
                assert (await client.get("/readyz"))[0] == 503
                assert (await client.get("/healthz"))[0] == 200
                assert await client.say("lost?", "wamid.kept") == 503
                other.execute("ROLLBACK")
            assert await client.say("lost?", "wamid.kept") == 200
            assert await api.text() == "2: lost?"
            assert (await client.get("/readyz"))[0] == 200
        play(tmp_path, story)


class Process:
    """The server as a process of its own; what it logs is read line by line."""

    def __init__(self, folder: Path, api: Graph, session: aiohttp.ClientSession) -> None:
        self._folder, self._api, self._session = folder, api, session
        self.log: list[dict[str, Any]] = []

    async def start(self) -> Client:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, str(TOY), self._api.url, str(self._folder / "talk.db"), "0", stderr=subprocess.PIPE,
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        while (line := await self._line())["what"] != "listening":
            pass
        return Client(self._session, f"http://127.0.0.1:{line['port']}")

    async def _line(self) -> dict[str, Any]:
        assert self.process.stderr
        line: dict[str, Any] = json.loads(await self.process.stderr.readline())
        self.log.append(line)
        return line

    async def stopping(self) -> None:
        """Wait for the word that no more will come in."""
        while (await self._line())["what"] != "stopping":
            pass

    async def end(self, how: signal.Signals) -> int:
        assert self.process.stderr
        self.process.send_signal(how)
        self.log += map(json.loads, (await self.process.stderr.read()).splitlines())
        return await self.process.wait()


def outlive(folder: Path, story: Callable[[Process, Graph], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(90), graph() as api, aiohttp.ClientSession() as session:
            process = Process(folder, api, session)
            try:
                await story(process, api)
            finally:
                if process.process.returncode is None:
                    await process.end(signal.SIGKILL)
    asyncio.run(run())


def test_what_is_over_is_deleted_while_it_runs(tmp_path: Path):
    now = [1_757_100_000_000]

    async def story(client: Client, api: Graph) -> None:
        await client.say("one", "w1")
        assert await api.text() == "1: one"
        now[0] += 366 * 86_400_000
        for _ in range(8):                   # to the end of the sweep that began with the process, and one more
            assert await client.get("/readyz") == (200, "ok")
            now[0] += REST_MS
        await client.say("two", "w2")
        assert await api.text() == "1: two"
    play(tmp_path, story, clock=lambda: now[0])


def test_of_what_is_kept_the_operator_has_the_last_word(tmp_path: Path):
    bot = structs.replace(table(), retention=Retention(keys=8 * 86_400, journal=3_600))
    told = replace(settings("http://x", tmp_path / "db"), keep_keys=30, keep_messages=0)

    assert kept(bot, told) == Retention(keys=30 * 86_400, journal=3_600, messages=0)


class TestProcess:
    def test_killed_and_started_again_the_conversation_goes_on(self, tmp_path: Path):
        async def story(process: Process, api: Graph) -> None:
            client = await process.start()
            await client.say("one", "wamid.1")
            assert await api.text() == "1: one"
            await process.end(signal.SIGKILL)

            client = await process.start()
            await client.say("one", "wamid.1")
            await client.say("two", "wamid.2")
            reply = await api.text()
            if reply == "1: one":                                    # it died before it noted that this was taken
                reply = await api.text()
            assert reply == "2: two"
        outlive(tmp_path, story)

    def test_what_was_on_its_way_when_it_was_killed_is_sent_by_the_next(self, tmp_path: Path):
        async def story(process: Process, api: Graph) -> None:
            client = await process.start()
            api.gate.clear()
            assert await client.say("twice", "wamid.1") == 200
            first = await api.message()                              # and no answer to it
            await process.end(signal.SIGKILL)

            api.gate.set()
            await process.start()
            again, second = await api.message(), await api.message()
            assert again == first
            assert second["text"]["body"] == "1: two"
        outlive(tmp_path, story)

    def test_asked_to_stop_it_ends_what_it_began(self, tmp_path: Path):
        async def story(process: Process, api: Graph) -> None:
            client = await process.start()
            api.gate.clear()
            assert await client.say("hello", "wamid.1") == 200
            assert await api.text() == "1: hello"
            process.process.terminate()
            await process.stopping()
            api.gate.set()
            assert await process.end(signal.SIGCONT) in (0, -signal.SIGTERM)

            with sqlite3.connect(tmp_path / "talk.db") as database:
                assert database.execute("SELECT status, provider_id FROM outbox").fetchall() == [(1, "wamid.out1")]
            assert [line["event"] for line in process.log if line["what"] == "turn"] == ["said"]
            assert USER not in json.dumps(process.log)
        outlive(tmp_path, story)

    def test_a_database_that_cannot_be_opened_is_told_at_the_start(self, tmp_path: Path):
        ended = subprocess.run(
            [sys.executable, str(TOY), "http://127.0.0.1:1", str(tmp_path / "no" / "talk.db"), "0"], cwd=ROOT,
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})

        assert ended.returncode != 0
        assert "StoreDown" in ended.stderr
