"""A bot of a few words, a Graph API that takes everything down, and a server between the two, over real HTTP.

    hello         "1: hello", with the number of the turn
    menu          three buttons;  long menu: one whose id does not fit
    call NAME …   runs an action with the rest as `text`; its result is said
    wait 5        a timer of five seconds;  forget: cancelled
    twice         two messages
    raise         a turn that fails
"""

import asyncio
import hmac
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from aiohttp import web
from msgspec.structs import replace

from dsl.table import Action, Limits, Table
from runtime.effects import Call, CancelTimer, Choice, Effect, Offer, Say, SetTimer
from runtime.events import Answered, Chose, Event, Failed, Said, TimedOut, Undelivered
from runtime.serve import Server, assemble, serve
from runtime.settings import Settings
from runtime.state import Frame, State, Turn
from runtime.store.sql import SqlStore
from runtime.telemetry import log_to

LIMITS = Limits(text=4096, body=1024, header=60, footer=60, caption=1024, buttons=3, button_title=20, rows=10,
                row_title=24, row_description=72, list_button=20, link_title=20)
ACCOUNT, USER, SECRET, VERIFY = "100200300", "15557770001", "a-secret-of-the-app", "a-token-to-verify"
LONG = "x" * 300


def table(actions: dict[str, Action] | None = None) -> Table:
    return Table(bot="toy", languages=["en"], timezone="UTC", start="main", limits=LIMITS, actions=actions or {},
                 texts=[{"en": ["Sorry about that."]}], system={"failed": 0})


def advance(table: Table, state: State, event: Event) -> Turn:
    if isinstance(event, Undelivered):
        return Turn(state)
    after = replace(state, turn=state.turn + 1, frames=(Frame(flow="main", step="main.word"),))
    return Turn(after, tuple(effects(after, event)))


def effects(state: State, event: Event) -> list[Effect]:
    match event:
        case Said(text="menu"):
            return [Offer("main.word", "Which?", (Choice("a", "Ann"), Choice("b", "Bob")), "buttons")]
        case Said(text="long menu"):
            return [Offer("main.word", "Which?", (Choice(LONG, "Long"),), "buttons")]
        case Said(text="twice"):
            return [Say(f"{state.turn}: one"), Say(f"{state.turn}: two")]
        case Said(text="raise"):
            raise KeyError("a word the user wrote")
        case Said(text=text) if text.startswith("call "):
            _, name, *words = text.split(" ")
            return [Call(f"c{state.turn}", name, {"text": " ".join(words)})]
        case Said(text=text) if text.startswith("wait "):
            return [SetTimer("main.word", event.at + 1000 * int(text[5:]))]
        case Said(text="forget"):
            return [CancelTimer("main.word")]
        case Said(text=text):
            return [Say(f"{state.turn}: {text}")]
        case Chose(step=step, option=option):
            return [Say(f"{state.turn}: chose {step} {option[:5]} {len(option)}")]
        case Answered(result=result):
            return [Say(f"{state.turn}: answered {json.dumps(result)}")]
        case Failed(kind=kind, reason=reason):
            return [Say(f"{state.turn}: failed {kind} {reason}".strip())]
        case TimedOut(name=name):
            return [Say(f"{state.turn}: timed out {name}")]
    return [Say(f"{state.turn}: {type(event).__name__} {getattr(event, 'kind', '')}".strip())]


class Graph:
    """Takes down every message and mark; `answers` are given first, then 200 with an id."""

    def __init__(self) -> None:
        self.posts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.marks: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[tuple[int, str]] = []
        self.count = 0
        self.url = ""
        self.gate = asyncio.Event()          # closed: messages are taken down and not answered
        self.gate.set()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.headers.append(dict(request.headers) | {"path": request.path})
        if body.get("status") == "read":
            self.marks.append(body)
            return web.json_response({"success": True})
        self.posts.put_nowait(body)
        await self.gate.wait()
        if self.answers:
            status, text = self.answers.pop(0)
            return web.Response(status=status, text=text)
        self.count += 1
        return web.json_response({"messaging_product": "whatsapp", "messages": [{"id": f"wamid.out{self.count}"}]})

    async def message(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            return await self.posts.get()

    async def text(self) -> str:
        message = await self.message()
        return str(message["text"]["body"] if message["type"] == "text" else message["interactive"]["body"]["text"])

    async def texts(self, count: int) -> list[str]:
        return [await self.text() for _ in range(count)]


@asynccontextmanager
async def graph() -> AsyncIterator[Graph]:
    made = Graph()
    app = web.Application()
    app.router.add_post("/{version}/{number}/messages", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    sock = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, sock).start()
    made.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    yield made
    await runner.cleanup()


class Listening(Server):
    """Tells when it has begun to listen."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


class Client:
    """WhatsApp, as our server meets it."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self.url, self._count = session, url, 0

    async def post(self, body: bytes, **headers: str) -> int:
        given = {"X-Hub-Signature-256": sign(body), "Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.post(f"{self.url}/webhooks/whatsapp", data=body, headers=given) as response:
            return response.status

    async def send(self, *messages: dict[str, Any]) -> int:
        return await self.post(webhook(*messages))

    async def say(self, text: str, id: str = "", user: str = USER) -> int:
        self._count += 1
        return await self.send(message(text, id or f"wamid.in{self._count}", user))

    async def status(self, id: str, word: str, key: str, *codes: int) -> int:
        """What became of a message of ours."""
        told = {"id": id, "status": word, "biz_opaque_callback_data": key, "errors": [{"code": code} for code in codes]}
        return await self.post(json.dumps(envelope(value(statuses=[told]))).encode())

    async def get(self, path: str) -> tuple[int, str]:
        async with self._session.get(self.url + path) as response:
            return response.status, await response.text()


def message(text: str, id: str, user: str = USER, at: int = 1_757_100_000) -> dict[str, Any]:
    return {"from": user, "id": id, "timestamp": str(at), "type": "text", "text": {"body": text}}


def value(*messages: dict[str, Any], account: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    senders = dict.fromkeys(str(message["from"]) for message in messages if message.get("from"))
    contacts = [{"profile": {"name": "Asha"}, "wa_id": sender} for sender in senders]
    return {"messaging_product": "whatsapp", "metadata": {"phone_number_id": account}, "contacts": contacts,
            "messages": list(messages), **more}


def envelope(*values: dict[str, Any], field: str = "messages") -> dict[str, Any]:
    return {"object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": field, "value": value} for value in values]}]}


def webhook(*messages: dict[str, Any]) -> bytes:
    return json.dumps(envelope(value(*messages))).encode()


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def settings(graph_url: str, database: Path | str, **more: Any) -> Settings:
    """Settings for the toy; what may have been sent goes again at once, and nothing is paced, unless `more` says so."""
    more = {"settle": 0, "whatsapp_rate": 0} | more
    return Settings(whatsapp_app_secret=SECRET, whatsapp_verify_token=VERIFY, whatsapp_access_token="a-token-to-post",
                    whatsapp_phone_number_id=ACCOUNT, whatsapp_graph_url=graph_url,
                    database_url=database if isinstance(database, str) else f"sqlite:///{database}", **more)


@asynccontextmanager
async def running(graph: Graph, folder: Path, bot: Table | None = None,
                  clock: Callable[[], int] | None = None, **chosen: int) -> AsyncIterator[Client]:
    """The server on a free port, with its database and its `actions.py` in `folder`."""
    told = settings(graph.url, folder / "talk.db", **chosen)
    store = SqlStore(told.database_url)
    store.prepare()
    more = {"clock": clock} if clock else {}
    app = assemble(bot or table(), folder, told, advance, store, **more)
    server = Listening(uvicorn.Config(app, log_config=None, access_log=False, http="httptools"))
    sock = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve([sock]))
    async with asyncio.timeout(10):
        await server.listens.wait()
    async with aiohttp.ClientSession() as session:
        yield Client(session, f"http://127.0.0.1:{sock.getsockname()[1]}")
    server.should_exit = True
    await task


def play(folder: Path, story: Callable[[Client, Graph], Awaitable[None]], bot: Table | None = None,
         clock: Callable[[], int] | None = None, **chosen: int) -> None:
    """Tell a story between a client and the Graph API, with everything real between."""
    async def run() -> None:
        async with asyncio.timeout(60), graph() as api, running(api, folder, bot, clock, **chosen) as client:
            await story(client, api)
    asyncio.run(run())


if __name__ == "__main__":                   # graph URL, database, port: as a process of its own, to be killed
    graph_url, database, port = sys.argv[1:]
    log_to()
    serve(table(), Path(database).parent, settings(graph_url, Path(database), port=int(port)), advance)
