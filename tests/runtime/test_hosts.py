"""Where actions may call, and that the client connects nowhere else."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from dsl.table import Action, Http
from runtime.actions import closed_addresses
from runtime.calls import Actions
from runtime.effects import Call
from runtime.events import Answered, Failed
from runtime.hosts import may_reach, why_not
from runtime.outgoing import outgoing
from tests.runtime.test_actions import api
from tests.runtime.toy import table

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1",
           "255.255.255.255", "240.0.0.1", "198.18.0.1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
           "fec0::1", "ff02::1", "::", "::ffff:10.1.2.3", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
           "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "::10.0.0.1", "not an address"]


class Names(AbstractResolver):
    """A resolver that knows what it was told; counts how often it was asked."""

    def __init__(self, **known: list[str]) -> None:
        self.known, self.asked = known, 0

    async def resolve(self, host: str, port: int = 0,
                      family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        self.asked += 1
        return [ResolveResult(hostname=host, host=address, port=port, proto=0, flags=0,
                              family=socket.AF_INET6 if ":" in address else socket.AF_INET)
                for address in self.known[host.split(".")[0]]]

    async def close(self) -> None: ...


async def never(request: web.Request) -> web.StreamResponse:
    raise AssertionError("nothing may come here")


async def empty(request: web.Request) -> web.StreamResponse:
    return web.json_response({"host": request.headers["Host"]})


def call(url: str, resolver: AbstractResolver, answer: Callable[[web.Request], Awaitable[web.StreamResponse]] = never,
         args: dict[str, Any] | None = None, development: bool = False, times: int = 1) -> Any:
    """What a call to `url` gives; `PORT` in it is where something listens on this machine."""
    async def live() -> Any:
        async with api(answer) as here, outgoing(development, resolver) as session:
            bot = table({"it": Action(http=Http("GET", url.replace("PORT", here.rpartition(":")[2]), {}))})
            actions = Actions(bot, {}, session, {}, development=development)
            for _ in range(times):
                result = await actions.run(Call("c1", "it", args or {}), "k", 0)
            return result
    return asyncio.run(live())


class TestAddresses:
    @pytest.mark.parametrize("address", PUBLIC)
    def test_a_public_address_is_reached(self, address: str):
        assert may_reach(address, may_be_here=False)

    @pytest.mark.parametrize("address", PRIVATE)
    @pytest.mark.parametrize("development", [False, True])
    def test_a_private_one_never(self, address: str, development: bool):
        assert not may_reach(address, may_be_here=development)

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
    def test_this_machine_only_where_it_may_be(self, address: str):
        assert not may_reach(address, may_be_here=False)
        assert may_reach(address, may_be_here=True)


class TestNames:
    @pytest.mark.parametrize("url", ["https://api.example.com", "https://api.example.com:8443/x?y=1",
                                     "http://127.0.0.1:9000/", "http://localhost:9000", "https://[2606:4700::1111]/"])
    def test_what_the_domain_may_name(self, url: str):
        assert why_not(url, True, development=False) is None

    @pytest.mark.parametrize("url", ["", "api.example.com", "ftp://x/", "https:///x", "https://", "https://x:99999999/",
                                     "https://[::1/", "file:///etc/passwd", "https://10.0.0.1/", "http://10.0.0.1/",
                                     "https://[fe80::1]/", "http://api.example.com/", "http://user@10.0.0.1/"])
    def test_what_it_may_not(self, url: str):
        assert why_not(url, True, development=False)

    def test_development_allows_http(self):
        assert why_not("http://api.example.com/", True, development=True) is None

    @pytest.mark.parametrize("named", ["https://", "https://api.", "https://api.example.com", "https://a@",
                                       "https://api.example.com:"])
    def test_a_parameter_never_stands_in_the_host(self, named: str):
        assert why_not(named, False, development=True)

    def test_faults_are_told_by_action_before_anything_is_called(self):
        bot = table({"a": Action(http=Http("GET", "${API}/x", {})), "b": Action(http=Http("GET", "${API}{x}", {})),
                     "c": Action(http=Http("GET", "${OLD}/x", {})), "d": Action(python="actions.d")})

        assert closed_addresses(bot, {"API": "https://api.example.com", "OLD": "http://old.example.com"}, False) == [
            "action `b`: a parameter could change its host: write `/` before it",
            "action `c`: `old.example.com` is not called over `https`"]


class TestCalls:
    @pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"])
    def test_a_name_that_leads_to_no_public_address_is_not_connected_to(self, address: str):
        async def live() -> None:
            async with outgoing(False, Names(evil=[address])) as session:
                await session.get("http://evil.example.com:1/")

        with pytest.raises(aiohttp.ClientConnectorDNSError) as fault:
            asyncio.run(live())
        assert str(fault.value.os_error) == "evil.example.com leads to no public address"

    def test_an_action_that_calls_it_fails(self):
        assert call("https://evil.example.com:PORT/", Names(evil=["127.0.0.1", "::1"])) == Failed("c1", "failure")

    def test_nor_one_that_leads_to_the_credentials_of_a_cloud_even_in_development(self):
        for address in ("169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254"):
            names = Names(evil=[address])
            assert call("http://evil.example.com/", names, development=True) == Failed("c1", "failure")
            assert names.asked == 1

    def test_of_several_addresses_only_those_allowed_are_tried(self):
        names = Names(api=["10.0.0.1", "127.0.0.1"])
        assert call("http://api.example.com:PORT/", names, empty, development=True).result["host"].startswith("api.")

    def test_this_machine_is_called_by_its_name(self):
        assert isinstance(call("http://localhost:PORT/", Names(localhost=["127.0.0.1"]), empty), Answered)
        assert isinstance(call("http://127.0.0.1:PORT/", Names(), empty), Answered)

    @pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f000001", "0177.0.0.1", "[::ffff:7f00:1]"])
    def test_other_ways_to_write_it_lead_nowhere(self, host: str):
        names = Names(**{host.split(".")[0]: ["127.0.0.1"]})
        assert call(f"https://{host}:PORT/", names) == Failed("c1", "failure")

    def test_a_name_is_asked_once_and_what_it_was_is_what_is_called(self):
        names = Names(api=["127.0.0.1"])
        call("http://api.example.com:PORT/", names, empty, development=True, times=3)
        assert names.asked == 1

    @pytest.mark.parametrize("url", ["https://{x}/", "https://api.example.com{x}", "https://{x}.example.com/"])
    def test_an_argument_never_changes_the_host(self, url: str):
        names = Names()
        assert call(url, names, args={"x": "evil.com"}) == Failed("c1", "failure")
        assert names.asked == 0

    @pytest.mark.parametrize("args", [{"x": "."}, {"x": ".."}, {"x": ".", "y": "."}])
    def test_nor_leads_up_the_path(self, args: dict[str, str]):
        assert call("http://127.0.0.1:PORT/c/{x}{y}/all", Names(), args=args) == Failed("c1", "failure")

    def test_cookies_of_one_call_are_not_sent_with_the_next(self):
        seen: list[str | None] = []

        async def answer(request: web.Request) -> web.StreamResponse:
            seen.append(request.headers.get("Cookie"))
            response = web.json_response({})
            response.set_cookie("session", "of one user")
            return response

        call("http://localhost:PORT/", Names(localhost=["127.0.0.1"]), answer, times=2)
        assert seen == [None, None]
