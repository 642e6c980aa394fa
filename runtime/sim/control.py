"""The control plane, `/sim/…`: what a person or a test in any language does to the simulated world.

JSON in and out. A mistake is answered with 400 and a sentence in `error`. Nobody is asked for a password: whoever can
reach the port can do all of it, so it listens on this machine only unless told otherwise.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from runtime.sim.faults import Rule
from runtime.sim.media import File
from runtime.sim.simulator import Simulator
from runtime.sim.world import TROUBLES, User

Json = dict[str, Any]
S = TypeVar("S", bound=msgspec.Struct)

_TELLS = frozenset(field.name for field in fields(User)) - {"pace", "wrote_at", "phone"}


class Mistaken(ValueError):
    """What was asked cannot be done; the message says why."""


def control(simulator: Simulator) -> web.Application:
    """The routes below `/sim`."""
    on = Control(simulator)
    app = web.Application(middlewares=[_mistakes], client_max_size=64 * 1024 * 1024)
    for method, path, handler in (
            ("GET", "/users", on.users), ("POST", "/users", on.put_user), ("POST", "/say", on.say),
            ("POST", "/tap", on.tap), ("POST", "/send", on.send), ("POST", "/file", on.file),
            ("POST", "/notify", on.notify),
            ("GET", "/faults", on.faults), ("POST", "/faults", on.add_fault), ("DELETE", "/faults", on.clear_faults),
            ("GET", "/clock", on.clock), ("POST", "/clock", on.advance),
            ("GET", "/network", on.network), ("POST", "/network", on.change_network),
            ("GET", "/habits", on.habits), ("POST", "/habits", on.change_habits),
            ("POST", "/tokens", on.token), ("POST", "/number", on.number), ("POST", "/templates", on.template),
            ("GET", "/ledger", on.ledger), ("GET", "/transcript", on.transcript)):
        app.router.add_route(method, path, handler)
    return app


@web.middleware
async def _mistakes(request: web.Request,
                    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    try:
        return await handler(request)
    except (Mistaken, LookupError, msgspec.ValidationError) as fault:
        text = fault.args[0] if fault.args else type(fault).__name__
        return web.json_response({"error": str(text)}, status=400)


class Control:
    """A method for each route."""

    def __init__(self, simulator: Simulator) -> None:
        self._sim = simulator

    # --- users and what they do -------------------------------------------------------------------------------

    async def users(self, request: web.Request) -> web.Response:
        now, world = self._sim.clock(), self._sim.world
        return _answer([_told(user) | {"wrote_at": user.wrote_at, "window_open": world.is_open(user, now)}
                        for user in world.users])

    async def put_user(self, request: web.Request) -> web.Response:
        """`phone`, and anything that a user is: `name`, `tells_phone`, `on_whatsapp`, `blocked`, `opted_out` …"""
        body = await _body(request)
        phone = _wants(body, "phone")
        if unknown := sorted(set(body) - _TELLS):
            raise Mistaken(f"a user has no `{unknown[0]}`")
        kinds = {field.name: type(getattr(User(phone=""), field.name)) for field in fields(User)}
        for name, value in body.items():
            if not isinstance(value, kinds[name]):
                raise Mistaken(f"`{name}` wants a {'word' if kinds[name] is str else 'true or false'}")
        return _answer(_told(self._sim.user(phone, **body)))

    async def say(self, request: web.Request) -> web.Response:
        body = await _body(request)
        return _answer({"id": self._sim.say(_wants(body, "user"), _wants(body, "text"))})

    async def tap(self, request: web.Request) -> web.Response:
        """`user`, and the title (or id) of what they were shown."""
        body = await _body(request)
        return _answer({"id": self._sim.tap(_wants(body, "user"), _wants(body, "title"))})

    async def send(self, request: web.Request) -> web.Response:
        """`user`, and a `message` of any kind as it stands in a webhook: its type and what goes with it."""
        body = await _body(request)
        user, message = _wants(body, "user"), body.get("message")
        if not isinstance(message, dict):
            raise Mistaken("`message` wants an object")
        return _answer({"id": self._sim.send(user, message)})

    async def file(self, request: web.Request) -> web.Response:
        """`user`, `mime`, the `content` in base64, `name`, `caption`."""
        body = await _body(request)
        try:
            content = b64decode(_wants(body, "content"), validate=True)
        except ValueError:
            raise Mistaken("`content` wants base64") from None
        made = File(content, _wants(body, "mime"), str(body.get("name", "")))
        return _answer({"id": self._sim.send_file(_wants(body, "user"), made, str(body.get("caption", "")))})

    async def notify(self, request: web.Request) -> web.Response:
        """A webhook of another `field`, with its `value`."""
        body = await _body(request)
        part, value = _wants(body, "field"), body.get("value")
        if not isinstance(value, dict) or part in ("messages", "statuses"):
            raise Mistaken("`field` wants another one than messages, and `value` an object")
        self._sim.notify(part, value)
        return _answer({})

    # --- what goes wrong, and when ------------------------------------------------------------------------------

    async def faults(self, request: web.Request) -> web.Response:
        return _answer(self._sim.faults.told())

    async def add_fault(self, request: web.Request) -> web.Response:
        self._sim.faults.add(msgspec.convert(await _body(request), Rule))
        return _answer(self._sim.faults.told())

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._sim.faults.clear()
        return _answer([])

    async def clock(self, request: web.Request) -> web.Response:
        return _answer({"now": self._sim.clock()})

    async def advance(self, request: web.Request) -> web.Response:
        """Let `seconds` pass at once; back when everything that is due by then has happened."""
        seconds = (await _body(request)).get("seconds")
        if not isinstance(seconds, int | float) or not 0 <= seconds <= 366 * 86_400:
            raise Mistaken("`seconds` wants a number from 0 to a year's")
        await self._sim.advance(round(seconds * 1000))
        return _answer({"now": self._sim.clock()})

    async def network(self, request: web.Request) -> web.Response:
        return _answer(self._sim.network)

    async def change_network(self, request: web.Request) -> web.Response:
        self._sim.network = _changed(self._sim.network, await _body(request))
        return _answer(self._sim.network)

    async def habits(self, request: web.Request) -> web.Response:
        return _answer(self._sim.habits)

    async def change_habits(self, request: web.Request) -> web.Response:
        self._sim.habits = _changed(self._sim.habits, await _body(request))
        return _answer(self._sim.habits)

    # --- the business's own affairs -----------------------------------------------------------------------------

    async def token(self, request: web.Request) -> web.Response:
        """A `token` is good from now on: for good, for `seconds`, or (0) no more."""
        body = await _body(request)
        token, seconds = _wants(body, "token"), body.get("seconds")
        if seconds is not None and (not isinstance(seconds, int | float) or isinstance(seconds, bool)):
            raise Mistaken("`seconds` wants a number")
        self._sim.world.tokens[token] = None if seconds is None else self._sim.clock() + round(seconds * 1000)
        return _answer({})

    async def number(self, request: web.Request) -> web.Response:
        """What the number or its account suffers from: `trouble`, or nothing."""
        trouble = (await _body(request)).get("trouble", "")
        if trouble and trouble not in TROUBLES:
            raise Mistaken(f"`trouble` wants one of {', '.join(TROUBLES)}")
        self._sim.world.number = replace(self._sim.world.number, trouble=str(trouble))
        return _answer({"trouble": trouble})

    async def template(self, request: web.Request) -> web.Response:
        """A template is there at once: `name`, `language`, `text`, `category`; or gets another `status`."""
        body = await _body(request)
        name, language = _wants(body, "name"), _wants(body, "language")
        templates = self._sim.world.templates
        found, status = templates.find(name, language), str(body.get("status", "APPROVED"))
        if found is None:
            components = ({"type": "BODY", "text": _wants(body, "text")},)
            found = templates.add(name, language, str(body.get("category", "UTILITY")), components, status)
        else:
            self._sim.set_template(found, status)
        return _answer((templates.find(name, language) or found).document())

    # --- what happened ------------------------------------------------------------------------------------------

    async def ledger(self, request: web.Request) -> web.Response:
        return _answer(self._sim.ledger.document())

    async def transcript(self, request: web.Request) -> web.Response:
        """Who said what; of one `user`, or of all."""
        user = request.query.get("user", "").lstrip("+ ")
        return _answer([asdict(line) for line in self._sim.ledger.lines if user in ("", line.user)])


def _answer(document: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(document), content_type="application/json")


async def _body(request: web.Request) -> Json:
    try:
        document = msgspec.json.decode(await request.read())
    except (ValueError, RecursionError):
        raise Mistaken("the body is not JSON") from None
    if not isinstance(document, dict):
        raise Mistaken("the body is not an object")
    return document


def _wants(body: Json, name: str) -> str:
    """A word out of the body, and out of it."""
    value = body.pop(name, None)
    if not isinstance(value, str) or not value:
        raise Mistaken(f"`{name}` is missing")
    return value


def _changed(settings: S, told: Json) -> S:
    return msgspec.convert(msgspec.to_builtins(settings) | told, type(settings))


def _told(user: User) -> Json:
    return {"phone": user.phone} | {name: getattr(user, name) for name in sorted(_TELLS)}
