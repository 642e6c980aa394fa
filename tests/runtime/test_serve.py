"""From webhook to reply, over real HTTP on loopback, with everything real between."""

import asyncio
import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from msgspec import structs

from dsl.table import Retention
from runtime.serve import kept
from runtime.store.port import REST_MS
from tests.runtime.toy import ACCOUNT, LONG, USER, VERIFY, Client, Graph, message, play, settings, table


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

    def test_a_message_is_marked_as_read_when_it_is_answered(self, tmp_path: Path):
        async def story(client: Client, api: Graph) -> None:
            await client.say("hello", "wamid.1")
            await api.message()
            while not api.marks:
                await asyncio.sleep(0)

            assert api.marks == [{"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"}]
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
