"""Files that users send, fetched in two hops from a platform of our own."""

import asyncio
import base64
import hashlib
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from dsl.build import build
from dsl.table import Action
from runtime.actions import load_functions
from runtime.calls import Actions
from runtime.effects import Call
from runtime.events import Answered, Failed
from runtime.media import File, Media, MediaFailed, fetch
from runtime.sim.media import File as Sent
from runtime.sim.simulator import Simulator
from tests.runtime.sim.beside import talk
from tests.runtime.test_actions import api
from tests.runtime.toy import table

PICTURE = b"\xff\xd8 a picture"
DIGEST = hashlib.sha256(PICTURE)


class Asked(AbstractResolver):
    """Knows no host, and remembers which it was asked for."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    async def resolve(self, host: str, port: int = 0,
                      family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        self.hosts.append(host)
        raise OSError("no network in tests")

    async def close(self) -> None: ...


class Platform:
    """Answers as the Graph API does, with what a test changes; remembers what came."""

    def __init__(self, content: bytes = PICTURE, status: int = 200, raw: str | None = None, **changed: Any) -> None:
        self.content, self.status, self.raw, self.changed = content, status, raw, changed
        self.seen: list[tuple[str, str | None]] = []
        self.resolver = Asked()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.raw_path, request.headers.get("Authorization")))
        if request.path.startswith("/v25.0/"):
            url = f"http://{request.host}/files/a%2Fb?hash=x%3D"
            told = {"messaging_product": "whatsapp", "id": "77", "url": url, "mime_type": "image/jpeg",
                    "sha256": DIGEST.hexdigest(), "file_size": str(len(PICTURE)), **self.changed}
            return web.Response(text=self.raw) if self.raw is not None else web.json_response(told)
        return web.Response(body=self.content, status=self.status, headers={"Location": "/elsewhere"})

    def fetch(self, sent: dict[str, Any] | None = None, at_most: int = 1_000) -> File:
        async def live() -> File:
            connector = aiohttp.TCPConnector(resolver=self.resolver)
            async with api(self.answer) as url, aiohttp.ClientSession(connector=connector) as session:
                return await Media(session, url + "/", "v25.0", "t0ken").fetch(sent or {"id": "77"}, at_most)
        return asyncio.run(live())

    def refuses(self, sent: dict[str, Any] | None = None, at_most: int = 1_000) -> str:
        with pytest.raises(MediaFailed) as fault:
            self.fetch(sent, at_most)
        return str(fault.value)


class TestTwoHops:
    def test_the_id_gives_an_address_and_the_address_the_file(self):
        platform = Platform()

        assert platform.fetch() == File(PICTURE, "image/jpeg")
        assert platform.seen == [("/v25.0/77", "Bearer t0ken"), ("/files/a%2Fb?hash=x%3D", "Bearer t0ken")]

    def test_an_id_is_one_part_of_a_path_whatever_it_holds(self):
        platform = Platform()
        platform.fetch({"id": "../me?x"})
        assert platform.seen[0][0] == "/v25.0/..%2Fme%3Fx"

    @pytest.mark.parametrize("hash_", [DIGEST.hexdigest().upper(), base64.b64encode(DIGEST.digest()).decode()])
    def test_a_hash_may_be_written_either_way(self, hash_: str):
        assert Platform(sha256=hash_).fetch({"id": "77", "sha256": hash_}).content == PICTURE

    def test_without_a_type_it_has_the_one_of_the_message(self):
        assert Platform(mime_type=None).fetch({"id": "77", "mime": "image/png"}).mime == "image/png"


class TestHosts:
    @pytest.mark.parametrize("host", ["lookaside.fbsbx.com", "LOOKASIDE.fbsbx.com", "scontent.xx.fbcdn.net"])
    def test_the_platforms_own_hosts_are_asked(self, host: str):
        platform = Platform(url=f"https://{host}/whatsapp_business/attachments/?mid=77")
        with pytest.raises(aiohttp.ClientConnectorError):
            platform.fetch()
        assert [host.lower() for host in platform.resolver.hosts] == [host.lower()]

    @pytest.mark.parametrize("url", [
        "https://evil.example.com/", "http://lookaside.fbsbx.com/", "https://lookaside.fbsbx.com.evil.com/",
        "https://fbcdn.net.evil.com/", "https://evilfbcdn.net/", "https://lookaside.fbsbx.com@evil.com/",
        "https://127.0.0.1/", "http://127.0.0.1:1/", "http://169.254.169.254/latest", "file:///etc/passwd", "", "https://",
        "https://[::1", None, 7])
    def test_no_other_host_is_told_our_token(self, url: object):
        platform = Platform(url=url)

        assert re.search("names no address|none of the platform's hosts", platform.refuses())
        assert (len(platform.seen), platform.resolver.hosts) == (1, [])

    def test_a_redirect_is_not_followed(self):
        platform = Platform(status=302)
        assert platform.refuses() == "`127.0.0.1` answered 302"
        assert len(platform.seen) == 2


class TestWhatIsRefused:
    @pytest.mark.parametrize("platform", [
        Platform(content=b"another"), Platform(sha256=None), Platform(sha256="nonsense!"), Platform(sha256="")])
    def test_a_file_that_is_not_what_its_hash_says(self, platform: Platform):
        assert platform.refuses() == "it is not what its hash says"

    def test_nor_what_the_message_said(self):
        other = base64.b64encode(hashlib.sha256(b"another").digest()).decode()
        assert Platform().refuses({"id": "77", "sha256": other}) == "it is not what its hash says"

    def test_one_that_says_it_is_too_large_is_not_even_asked_for(self):
        platform = Platform(file_size=1_001)
        assert platform.refuses(at_most=1_000) == "it has more than 1000 bytes"
        assert len(platform.seen) == 1

    @pytest.mark.parametrize("size", [None, "many", -1, 5])
    def test_one_that_is_larger_than_it_said(self, size: object):
        assert Platform(file_size=size).refuses(at_most=10) == "it has more than 10 bytes"

    @pytest.mark.parametrize("raw", ["<html>", "[]", "", "[" * 10_000])
    def test_an_answer_that_cannot_be_read(self, raw: str):
        assert Platform(raw=raw).refuses() == "the platform's answer cannot be read"

    @pytest.mark.parametrize("status", [401, 404, 500])
    def test_an_address_that_is_over(self, status: int):
        assert Platform(status=status).refuses() == f"`127.0.0.1` answered {status}"


class TestActions:
    AUTHOR = ("from runtime.media import fetch\n\nasync def weigh(photo):\n    file = await fetch(photo)\n"
              "    return {'bytes': len(file.content), 'mime': file.mime}\n")

    def run(self, folder: Path, media: Callable[[aiohttp.ClientSession, str], Media | None]) -> Any:
        (folder / "actions.py").write_text(self.AUTHOR)
        bot = table({"weigh": Action(params={"photo": "image"}, python="actions.weigh")})
        platform = Platform()

        async def live() -> Any:
            async with api(platform.answer) as url, aiohttp.ClientSession() as session:
                actions = Actions(bot, load_functions(bot, folder), None, {}, media=media(session, url))
                return await actions.run(Call("c1", "weigh", {"photo": {"id": "77", "mime": "image/jpeg"}}), "k", 0)
        return asyncio.run(live())

    def test_an_action_fetches_what_it_was_given(self, tmp_path: Path):
        result = self.run(tmp_path, lambda session, url: Media(session, url, "v25.0", "t0ken"))
        assert result == Answered("c1", {"bytes": len(PICTURE), "mime": "image/jpeg"})

    def test_where_nothing_can_be_fetched_it_fails(self, tmp_path: Path):
        assert self.run(tmp_path, lambda session, url: None) == Failed("c1", "failure")
        with pytest.raises(MediaFailed, match="connected to WhatsApp"):
            asyncio.run(fetch({"id": "77"}))


def test_a_user_sends_a_photo_and_the_bot_knows_what_is_in_it(tmp_path: Path):
    bot = tmp_path / "weigher"
    bot.mkdir()
    (bot / "actions.py").write_text(TestActions.AUTHOR)
    (bot / "domain.yml").write_text(
        "bot: weigher\nlanguages: [en]\nstart: main\nslots: {photo: image}\n"
        "records: {weight: {bytes: number, mime: {type: text, max: 40}}}\n"
        "actions: {weigh: {params: {photo: image}, returns: weight, python: actions.weigh}}\n")
    (bot / "main.flow").write_text(
        'flow main\n  ask photo "Send me a photo."\n'
        '  call weigh(photo) into weight\n    on failure\n      say "Lost."\n      end\n'
        '  say "{weight.bytes} bytes of {weight.mime}."\n  end\n')
    built = build(bot)
    assert built.table is not None, built.diagnostics

    async def story(simulator: Simulator) -> None:
        simulator.say("15557770001", "hi")
        await simulator.advance(2_000)
        await simulator.until(lambda ledger: len(ledger.said("15557770001")) == 1)
        simulator.send_file("15557770001", Sent(PICTURE, "image/jpeg"))
        await simulator.advance(2_000)
        await simulator.until(lambda ledger: len(ledger.said("15557770001")) == 2)
        assert simulator.ledger.said("15557770001") == ["Send me a photo.", f"{len(PICTURE)} bytes of image/jpeg."]
    talk(tmp_path, story, table=built.table, bot=bot)
