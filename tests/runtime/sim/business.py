"""A business for tests in one process: it takes down its webhooks, and calls the Graph API."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from runtime.channels.envelope import is_signed, parse, walk
from runtime.sim.graph import Request
from runtime.sim.media import File
from runtime.sim.simulator import Answer, Simulator

ACCOUNT, WABA, TOKEN, USER = "100200300", "200300400", "simulated-access-token", "15557770001"

MESSAGES = f"/v25.0/{ACCOUNT}/messages"
TEXT = {"type": "text", "text": {"body": "hi"}}
BODY = {"type": "BODY", "text": "Dear {{1}}, see you on {{2}}."}
FILLED = {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "Monday"}]}
TEMPLATES = f"/v25.0/{WABA}/message_templates"
MADE: dict[str, Any] = {"name": "reminder", "language": "en", "category": "UTILITY", "components": [BODY]}

Json = dict[str, Any]


class Business:
    """`answers` are given first, then 200; an exception among them is raised."""

    def __init__(self, **how: Any) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[Mapping[str, str]] = []
        self.answers: list[int | Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.sim = Simulator(self.post, **how)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        assert is_signed(body, headers["X-Hub-Signature-256"], ["simulated-app-secret", "the-next-secret"])
        self.bodies.append(body)
        self.headers.append(headers)
        await self.gate.wait()
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer

    # --- what came in ---------------------------------------------------------------------------------------------

    def values(self, part: str) -> list[Json]:
        """All messages or statuses so far."""
        return [item for body in self.bodies for entry in json.loads(body)["entry"] for change in entry["changes"]
                for item in change["value"].get(part, ())]

    def statuses(self) -> list[str]:
        return [status["status"] for status in self.values("statuses")]

    def heard(self) -> list[str]:
        """The ids of messages, as our own parser finds them."""
        now = self.sim.clock()
        return [item.id for body in self.bodies for item in walk(parse(body), ACCOUNT, now) if hasattr(item, "event")]

    # --- calls ------------------------------------------------------------------------------------------------------

    async def call(self, method: str, path: str, document: Json | None = None, *, token: str = TOKEN,
                   query: Mapping[str, str] | None = None, fields: Mapping[str, str] | None = None,
                   file: File | None = None) -> Answer:
        body = b"" if document is None else json.dumps(document).encode()
        reply = await self.sim.call(Request(method=method, path=path, token=token, query=query or {}, body=body,
                                            fields=fields or {}, file=file))
        assert isinstance(reply, Answer)
        return reply

    async def send(self, document: Json, to: str = f"+{USER}", **more: Any) -> Answer:
        field = "recipient" if to[:2].isalpha() else "to"
        whole = {"messaging_product": "whatsapp", "recipient_type": "individual", field: to, **document, **more}
        return await self.call("POST", f"/v25.0/{ACCOUNT}/messages", whole)

    async def says(self, text: str, to: str = f"+{USER}", **more: Any) -> Answer:
        return await self.send({"type": "text", "text": {"body": text}}, to, **more)


def code(answer: Answer) -> int | None:
    """The code of a refusal; none: it was taken."""
    return int(answer.json()["error"]["code"]) if answer.status != 200 else None


def play(story: Callable[[Business], Awaitable[None]], **how: Any) -> None:
    async def run() -> None:
        business = Business(**how)
        async with asyncio.timeout(30):
            await story(business)
        business.sim.close()
    asyncio.run(run())


async def opened(business: Business, user: str = USER) -> str:
    """The user has written just now, so that they may be answered."""
    id = business.sim.say(user, "hi")
    await business.sim.advance()
    return id


def template(*components: dict[str, Any], name: str = "reminder") -> dict[str, Any]:
    held: dict[str, Any] = {"name": name, "language": {"code": "en"}}
    return {"type": "template", "template": held | ({"components": list(components)} if components else {})}
