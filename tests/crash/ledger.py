"""Users who write without a pause, servers that die under them, and what must be true afterwards."""

import asyncio
import random
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.crash.servers import Servers
from tests.runtime.toy import message, sign, webhook

PATIENCE_S = 2.0                             # how long a user's message waits for its 200 before it comes again
LONGEST = 20                                 # messages of one user: WhatsApp lets through bursts of 45


@dataclass(slots=True)
class Ledger:
    """What was acknowledged, and what came out."""

    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    posted: dict[str, list[str]] = field(default_factory=dict)       # texts by user, in the order they came
    refused: int = 0                         # 503s and lost connections, after which the message came again
    happened: Counter[str] = field(default_factory=Counter)
    begun: float = field(default_factory=time.monotonic)

    def expected(self, user: str) -> list[str]:
        return [f"{n}: {text}" for n, text in enumerate(self.acknowledged[user], 1)]

    @property
    def lost(self) -> list[str]:
        """Acknowledged messages without their reply. Replies are numbered: one handled twice makes the next wrong."""
        return [text for user in self.acknowledged
                for text in set(self.expected(user)) - set(self.posted.get(user, ()))]

    @property
    def doubled(self) -> list[str]:
        """Replies that no message called for."""
        return [text for user, texts in self.posted.items() for text in set(texts) - set(self.expected(user))]

    @property
    def out_of_order(self) -> list[str]:
        return [user for user, texts in self.posted.items() if list(dict.fromkeys(texts)) != self.expected(user)]

    @property
    def again(self) -> int:
        """Posts whose answer a dying process did not live to note: they are posted once more, which we do promise."""
        return sum(len(texts) - len(set(texts)) for texts in self.posted.values())

    def told(self, where: str) -> str:
        events = ", ".join(f"{count} {what}" for what, count in sorted(self.happened.items()))
        count = sum(map(len, self.acknowledged.values()))
        seconds = time.monotonic() - self.begun
        return (f"{where}, {seconds:.0f} s: survived {events}; {count} messages acknowledged "
                f"({self.refused} times refused first), lost {len(self.lost)}, "
                f"doubled {len(self.doubled)}, posted again {self.again}")


class Fleet:
    """Users, servers on one database, and a Graph API that writes down what these post."""

    def __init__(self, database: str, folder: Path, count: int, seed: int = 1) -> None:
        self.ledger, self.dice = Ledger(), random.Random(seed)
        self._graph = socket.create_server(("127.0.0.1", 0))
        self.servers = Servers(f"http://127.0.0.1:{self._graph.getsockname()[1]}", database, folder, count)
        self.ledger.happened = self.servers.happened

    async def run(self, users: int, chaos: Callable[["Fleet"], Awaitable[None]], unsent: Callable[[], int]) -> Ledger:
        """Let `users` write while `chaos` does what it does; return when every reply has come and is marked as sent."""
        app = web.Application()
        app.router.add_post("/{version}/{number}/messages", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.SockSite(runner, self._graph).start()
        try:
            with self.servers.running():
                async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as self._session:
                    await self._talk_all(users, chaos)
                    for _ in range(300):                     # the ledger tells what is missing after that
                        if not self.ledger.lost and not await asyncio.to_thread(unsent):
                            break
                        await asyncio.sleep(0.1)
        finally:
            await runner.cleanup()
        return self.ledger

    async def _talk_all(self, users: int, chaos: Callable[["Fleet"], Awaitable[None]]) -> None:
        for n in range(len(self.servers.webhooks)):
            await self.ready(n)
        over = asyncio.Event()
        talking = asyncio.gather(*(self._talk(n, over) for n in range(users)))
        await chaos(self)
        over.set()
        await talking

    async def ready(self, n: int, status: int = 200) -> None:
        await self.servers.ready(self._session, n, status)

    async def answered(self) -> float:
        """Wait until all that is acknowledged by now has its reply; seconds that it took."""
        start, by_now = time.monotonic(), {user: len(texts) for user, texts in self.ledger.acknowledged.items()}
        while any(len(set(self.ledger.posted.get(user, ()))) < count for user, count in by_now.items()):
            await asyncio.sleep(0.02)
        return time.monotonic() - start

    async def _talk(self, n: int, over: asyncio.Event) -> None:
        said: list[str] = []
        while not over.is_set():
            if len(said) % LONGEST == 0:                     # another user: nobody can be told more at such a pace
                user = f"1555{n:03}{len(self.ledger.acknowledged):04}"
                said = self.ledger.acknowledged.setdefault(user, [])
            text = f"w{len(said)}"
            body = webhook(message(text, f"wamid.{user}.{text}", user))
            while not await self._say(body):
                self.ledger.refused += 1
                await asyncio.sleep(0.2)
            said.append(text)
            await asyncio.sleep(0.05)                        # the servers share two cores with us
            if self.dice.random() < 0.1:
                await self._say(body)                        # as WhatsApp does when our 200 was lost

    async def _say(self, body: bytes) -> bool:
        url = self.dice.choice(self.servers.webhooks)
        try:
            async with self._session.post(url, data=body, headers={"X-Hub-Signature-256": sign(body)}) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("status") == "read":
            return web.json_response({"success": True})
        self.ledger.posted.setdefault(body["to"].lstrip("+"), []).append(body["text"]["body"])
        return web.json_response({"messages": [{"id": f"wamid.{body['biz_opaque_callback_data']}"}]})


def even(ledger: Ledger, rows: Sequence[tuple[str, int]], unsent: int) -> None:
    """Nothing lost, nothing doubled, everything in order: to the users, and in the database.

    Args:
        rows: conversations and how many turns the journal has of each.
        unsent: how many postings were not marked as sent.
    """
    assert (ledger.lost, ledger.doubled, ledger.out_of_order) == ([], [], [])
    assert {conversation.rpartition(":")[2]: turns for conversation, turns in rows} == {
        f"{user}": len(texts) for user, texts in ledger.acknowledged.items()}
    assert unsent == 0
