"""The bot's own functions and HTTP calls, over real HTTP where it is HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from loguru import logger

from dsl.table import Action, Http
from runtime.actions import ActionsError, load_functions, missing_environment
from runtime.calls import LONGEST_ANSWER, Actions
from runtime.effects import Call
from runtime.events import Answered, Failed
from tests.runtime.toy import table

AUTHOR = '''
"""What an author writes."""
from __future__ import annotations

import asyncio
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from runtime.actions import Refused, idempotency_key


@dataclass
class Visit:
    id: str
    at: datetime
    price: Decimal


def book(clinic: str, at: datetime) -> Visit:
    return Visit(clinic + "!", at, Decimal("1.50"))


async def async_book(clinic):
    return {"id": clinic, "key": idempotency_key.get()}


def key():
    return idempotency_key.get()


def taken(): raise Refused("taken")
def undeclared(): raise Refused("no such reason")
def broken(): return 1 / 0
def leaving(): sys.exit(1)
def unshowable(): return object()
def nothing(): pass
async def slow(): await asyncio.Event().wait()
def stuck(): threading.Event().wait()
'''


@asynccontextmanager
async def api(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    sock = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, sock).start()
    yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    await runner.cleanup()


def http(method: str, path: str, **more: Any) -> Action:
    headers = more.pop("headers", {})
    return Action(http=Http(method, "${API}" + path, headers), **more)


def call_http(action: Action, args: dict[str, Any], status: int = 200, text: str = "{}",
              attempts: int = 0, headers: dict[str, str] | None = None) -> tuple[Any, list[dict[str, Any]]]:
    """The result, and what the other side saw."""
    seen: list[dict[str, Any]] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append({"method": request.method, "path": request.raw_path, "body": await request.text(),
                     "headers": request.headers})
        return web.Response(status=status, text=text, headers=headers)

    async def live() -> Any:
        async with api(answer) as url, aiohttp.ClientSession() as session:
            actions = Actions(table({"it": action}), {}, session, {"API": url, "TOKEN": "s3"})
            return await actions.run(Call("c1", "it", args), "9f2c:0:0", attempts)
    return asyncio.run(live()), seen


class TestHttp:
    def test_what_is_not_in_the_url_of_a_get_is_its_query(self):
        result, (seen,) = call_http(http("GET", "/c/{city}/all?x=1"),
                                    {"city": "São Paulo/1?", "n": 3, "on": True, "no": None})

        assert (seen["method"], seen["path"]) == ("GET", "/c/S%C3%A3o%20Paulo%2F1%3F/all?x=1&n=3&on=true")
        assert seen["body"] == ""
        assert result == Answered("c1", result={})

    def test_what_is_not_in_the_url_of_a_post_is_its_body(self):
        _, (seen,) = call_http(http("POST", "/orders/{id}"), {"id": "7", "items": ["a"], "note": "é"})

        assert (seen["path"], seen["body"]) == ("/orders/7", '{"items":["a"],"note":"é"}')
        assert seen["headers"]["Content-Type"] == "application/json"

    def test_the_call_carries_its_key_and_the_domains_headers(self):
        action = http("GET", "/", headers={"Authorization": "Bearer ${TOKEN}", "X-Who": "{who}"})
        _, (seen,) = call_http(action, {"who": "a\r\nX-Evil: {b}"})

        assert seen["headers"]["Idempotency-Key"] == "9f2c:0:0"
        assert seen["headers"]["Authorization"] == "Bearer s3"
        assert seen["headers"]["X-Who"] == "a X-Evil: {b}"

    def test_what_a_user_wrote_is_never_looked_at_again(self):
        _, (seen,) = call_http(http("GET", "/{a}/{b}"), {"a": "${TOKEN}{b}", "b": "../x"})

        assert seen["path"] == "/%24%7BTOKEN%7D%7Bb%7D/..%2Fx"

    def test_decimals_come_back_exact(self):
        assert call_http(http("GET", "/"), {}, text='{"km": 1.20}')[0] == Answered("c1", result={"km": "1.20"})

    def test_an_empty_answer_is_no_value(self):
        assert call_http(http("DELETE", "/"), {}, status=204, text="")[0] == Answered("c1")

    def test_a_declared_reason_is_a_reason(self):
        action = http("POST", "/", reasons=["taken"], retry=3)
        assert call_http(action, {}, 409, '{"reason": "taken"}')[0] == Failed("c1", "reason", "taken")

    @pytest.mark.parametrize(("status", "text"), [
        (409, '{"reason": "other"}'), (409, '{"reason": 7}'), (404, "<html>"), (404, "[" * 100_000),
        (500, '{"reason": "taken"}'), (200, "<html>"), (200, '"\\ud800"'), (200, '"' + "x" * LONGEST_ANSWER + '"')])
    def test_any_other_answer_is_a_failure(self, status: int, text: str):
        assert call_http(http("POST", "/", reasons=["taken"]), {}, status, text)[0] == Failed("c1", "failure")

    def test_a_redirect_is_not_followed(self):
        result, seen = call_http(http("GET", "/"), {}, 302, headers={"Location": "/elsewhere"})
        assert (result, len(seen)) == (Failed("c1", "failure"), 1)

    def test_an_answer_that_does_not_come_is_a_timeout(self):
        async def silent(request: web.Request) -> web.StreamResponse:
            await asyncio.Event().wait()
            raise AssertionError

        async def live() -> Any:
            async with api(silent) as url, aiohttp.ClientSession() as session:
                actions = Actions(table({"it": http("GET", "/", timeout=0)}), {}, session, {"API": url})
                return await actions.run(Call("c1", "it", {}), "k", 0)
        assert asyncio.run(live()) == Failed("c1", "timeout")

    def test_nobody_there_is_a_failure(self):
        async def live() -> Any:
            async with aiohttp.ClientSession() as session:
                actions = Actions(table({"it": http("GET", "/")}), {}, session, {"API": "http://127.0.0.1:1"})
                return await actions.run(Call("c1", "it", {}), "k", 0)
        assert asyncio.run(live()) == Failed("c1", "failure")

    @pytest.mark.parametrize(("status", "asked"), [(500, 10), (404, 12), (200, 12)])
    def test_a_host_that_fails_ten_times_in_a_row_is_left_alone(self, status: int, asked: int):
        seen: list[str] = []

        async def answer(request: web.Request) -> web.StreamResponse:
            seen.append(request.path)
            return web.Response(status=status)

        async def live() -> Any:
            async with api(answer) as url, aiohttp.ClientSession() as session:
                actions = Actions(table({"it": http("GET", "/")}), {}, session, {"API": url}, clock=lambda: 0.0)
                return [await actions.run(Call("c1", "it", {}), "k", 0) for _ in range(12)]
        told = asyncio.run(live())
        assert len(seen) == asked
        assert told[-1] == (Answered("c1") if status == 200 else Failed("c1", "failure"))

    def test_the_domain_says_how_often_it_is_tried_again(self):
        action = http("GET", "/", retry=2)

        assert call_http(action, {}, 500, attempts=1)[0] is None
        assert call_http(action, {}, 500, attempts=2)[0] == Failed("c1", "failure")


def call_python(folder: Path, function: str, args: dict[str, Any] | None = None, **more: Any) -> Any:
    (folder / "actions.py").write_text(AUTHOR)
    bot = table({"it": Action(python=f"actions.{function}", **more)})
    functions = load_functions(bot, folder)

    async def live() -> Any:
        async with aiohttp.ClientSession() as session:
            return await Actions(bot, functions, session, {}).run(Call("c1", "it", args or {}), "9f2c:0:0", 0)
    return asyncio.run(live())


class TestPython:
    def test_parameters_come_as_their_types_and_results_go_as_plain_json(self, tmp_path: Path):
        params = {"clinic": "text", "at": "datetime"}
        result = call_python(tmp_path, "book", {"clinic": "c1", "at": "2026-03-02T09:00:00"}, params=params)

        assert result == Answered("c1", result={"id": "c1!", "at": "2026-03-02T09:00:00Z", "price": "1.50"})

    def test_an_async_function_is_awaited(self, tmp_path: Path):
        assert call_python(tmp_path, "async_book", {"clinic": "c1"}).result == {"id": "c1", "key": "9f2c:0:0"}

    def test_a_thread_knows_the_key_too(self, tmp_path: Path):
        assert call_python(tmp_path, "key").result == "9f2c:0:0"

    def test_nothing_is_a_result(self, tmp_path: Path):
        assert call_python(tmp_path, "nothing") == Answered("c1")

    def test_a_refusal_gives_its_reason(self, tmp_path: Path):
        assert call_python(tmp_path, "taken", reasons=["taken"]) == Failed("c1", "reason", "taken")

    @pytest.mark.parametrize("function", ["undeclared", "broken", "leaving", "unshowable"])
    def test_whatever_else_is_raised_is_a_failure(self, tmp_path: Path, function: str):
        assert call_python(tmp_path, function, reasons=["taken"]) == Failed("c1", "failure")

    def test_a_wrong_parameter_is_a_failure(self, tmp_path: Path):
        assert call_python(tmp_path, "key", {"unheard": 1}) == Failed("c1", "failure")

    @pytest.mark.parametrize("function", ["slow", "stuck"])
    def test_one_that_does_not_end_is_a_timeout(self, tmp_path: Path, function: str):
        assert call_python(tmp_path, function, timeout=0) == Failed("c1", "timeout")

    def test_the_trace_is_in_the_log(self, tmp_path: Path):
        lines: list[str] = []
        sink = logger.add(lambda message: lines.append(str(message)), format="{extra} {message}", level="ERROR")
        call_python(tmp_path, "broken")
        logger.remove(sink)

        assert "an action failed" in lines[0]
        assert "in broken" in lines[0]

    def test_an_action_that_the_bot_does_not_have_fails(self):
        async def live() -> Any:
            async with aiohttp.ClientSession() as session:
                return await Actions(table(), {}, session, {}).run(Call("c1", "it", {}), "k", 0)
        assert asyncio.run(live()) == Failed("c1", "failure", "unknown action")


class TestLoading:
    def test_every_fault_is_told_at_once(self, tmp_path: Path):
        (tmp_path / "actions.py").write_text("there = 1")
        (tmp_path / "broken.py").write_text("1 / 0")
        (tmp_path / "lib").mkdir()
        (tmp_path / "lib" / "more.py").write_text("def ok(): pass")
        python = {"a": "actions.there", "b": "actions.missing", "c": "broken.it", "d": "nowhere.it", "e": "lib.more.ok"}
        bot = table({name: Action(python=path) for name, path in python.items()})

        with pytest.raises(ActionsError) as fault:
            load_functions(bot, tmp_path)
        assert str(fault.value).splitlines() == [
            "action `a`: `actions` has no function `there`",
            "action `b`: `actions` has no function `missing`",
            "action `c`: `broken.py` cannot be loaded: ZeroDivisionError: division by zero",
            "action `d`: there is no `nowhere.py` in the bot's folder"]

    def test_variables_that_are_not_set_are_named(self):
        bot = table({"a": http("GET", "/", headers={"X": "${TOKEN}"}), "b": Action(python="actions.b")})

        assert missing_environment(bot, {"API": "x"}) == ["action `a`: the environment variable `TOKEN` is not set"]


def test_the_longest_action_decides_how_long_a_call_may_take():
    async def live() -> tuple[float, float]:
        async with aiohttp.ClientSession() as session:
            two = table({"a": Action(timeout=5), "b": Action(timeout=30)})
            return Actions(two, {}, session, {}).timeout_s, Actions(table(), {}, session, {}).timeout_s
    assert asyncio.run(live()) == (30.0, 0.0)
