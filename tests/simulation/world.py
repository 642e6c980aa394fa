"""Users, a network that loses and doubles, a platform that refuses, and a server that dies between any two steps.

The server is the real one: worker, outbox, turns, store. Only its thread, its sockets and its clock are ours.
"""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from itertools import count
from math import log
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from loguru import logger

from dsl.build import build
from dsl.table import Table
from runtime.channels.port import Accepted, Delivery, Undelivered
from runtime.effects import Call, Message
from runtime.events import Answered, Chose, Event, Failed, Said
from runtime.gathering import GATHER_S
from runtime.machine import advance
from runtime.outbox import SETTLE_MS, Outbox, Report
from runtime.policy import Backoff
from runtime.store.port import Conversation, Done, Inbound, Outcome, Receipt, Store, StoreDown, TakeTurn, Work
from runtime.turns import Turns
from runtime.worker import Worker
from tests.simulation.ledger import Ledger
from tests.simulation.loop import PROCESS, Crash, Loop
from tests.simulation.stores import Stored

BOT = Path(__file__).parent / "bot"

LOST, DOUBLED, UNANSWERED = 0.05, 0.10, 0.05     # of webhooks: never come, come twice, their 200 gets lost
REFUSED = 0.20                                   # of posts, and of calls
STEP_DIES, TICK_DIES = 0.0007, 0.0025            # by these, a process dies in about 5 % of the turns
DISK_FULL, COMMIT_UNHEARD = 0.002, 0.001         # of turns and ticks: the store says no, or says nothing any more
COMMIT_S = 0.03                                  # on average, until a commit is on the disk; what comes gathers
STATUS_S = 0.3                                   # on average, that statuses gather for a webhook
IN_A_ROW = 2                                     # times that chance may be against the same thing

WORDS = ("pizza", "pizza", "3", "5", "7", "yes", "yes", "no", "banana", "menu", "12", "nothing")
TAPS = (("main", "Pizza"), ("pizza.sure", "Yes"), ("pizza.sure", "No"), ("pizza.size", "gone"))

PAUSES_S = (1.0, 1.0, 2.0, 16.0)                 # of a user, on average: mostly in haste, sometimes called away

SOON = Backoff(base_ms=500, ceiling_ms=5_000)    # no posting of ours is ever given up


class Driven(Worker):
    """Its rounds are taken by the loop, not by a thread."""

    _next = _free = 0.0                          # when a round is due; when the last one's commit is on the disk

    def __init__(self, *args: Any, loop: Loop, dice: Random) -> None:
        super().__init__(*args)
        self._simulated, self._dice = loop, dice

    def start(self) -> None:
        self._wake(0)

    async def accept(self, inbound: Any, receipts: Any = ()) -> None:
        self._wake(0)
        await super().accept(inbound, receipts)

    def report(self, report: Report) -> None:
        super().report(report)
        self._wake(GATHER_S)

    def _wake(self, wait_s: float) -> None:
        at = max(self._free, self._loop.time() + wait_s)
        if not self._next or at < self._next:
            self._next = at
            self._loop.call_at(at, self._round, at)

    def _round(self, at: float) -> None:
        if at != self._next:                     # an earlier one has been called for
            return
        self._next = 0.0
        self._simulated.commit_s = self._dice.expovariate(1 / COMMIT_S)
        self._free = at + self._simulated.commit_s
        self.cycle(0.0)
        self._wake(self._wait_s() if self.healthy else self._pause_s)


class World:
    """One seed's worth: `run` ends when everything has come to rest, or raises what was not as it must be."""

    def __init__(self, table: Table, stored: Callable[[Iterator[int]], Stored], seed: int, users: int,
                 messages: int = 18) -> None:
        self.dice, self.ledger = Random(seed), Ledger()
        self._table, self._turns = table, Turns(table, advance)
        self._stored = stored(count())
        self._users, self._messages = users, messages
        self.loop = Loop(self._lifetime, self._died)
        self._process = 0
        self._worker: Driven | None = None
        self._requests: dict[asyncio.Future[bool], None] = {}         # in the order of their coming
        self._under_way: set[asyncio.Task[None]] = set()
        self._platform = Platform(self)

    def run(self) -> Ledger:
        self._boot()
        with _undisturbed():
            for user in range(self._users):
                self.start(self._write, f"whatsapp:1:{user}")
            self.loop.run(self.loop.time() + 36_000, self._is_over)
        self.ledger.closed(self._table, self._stored.states())
        return self.ledger

    def close(self) -> None:
        self.loop.close()
        self._stored.close()

    def _is_over(self) -> bool:
        if self.loop.faults:
            raise self.loop.faults[0]
        return not self._under_way and self._process > 0 and self.ledger.is_even

    def by_chance(self, share: float) -> bool:
        return self.dice.random() < share

    def _lifetime(self) -> int:
        """As many steps as it takes until one of them is struck, each by the same chance."""
        return int(log(1.0 - self.dice.random()) / log(1.0 - STEP_DIES))

    def _now(self) -> int:
        return int(self.loop.time() * 1_000)

    def start(self, act: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None:
        """A task of the world outside: what it raises ends the run."""
        def ended(task: asyncio.Task[None]) -> None:
            self._under_way.discard(task)
            if fault := task.exception():
                self.loop.faults.append(fault)

        context = copy_context()
        context.run(PROCESS.set, 0)
        task = self.loop.create_task(act(*args), context=context)
        self._under_way.add(task)
        task.add_done_callback(ended, context=context)

    # --- the server, and its end

    def _boot(self) -> None:
        def begin() -> None:
            PROCESS.set(self._process)
            self.loop.call_soon(self._serve)

        self._process += 1
        self.loop.alive = self._process
        copy_context().run(begin)

    def _serve(self) -> None:
        store = Watched(self._stored.open(), self)
        store.prepare()
        self.ledger.same(self._stored.states())
        outbox = Outbox(self._platform, self._platform, self._now, rate=80, chance=self.dice.random)
        self._worker = Driven(store, self._turns, self._turns.failed, self._now, outbox.committed, outbox.lease_ms,
                              SETTLE_MS, loop=self.loop, dice=self.dice)
        self._worker.start()

    def _died(self) -> None:
        self.ledger.happened["crashes"] += 1
        self._worker = None
        for request in self._requests:
            if not request.done():
                request.set_result(False)
        self._requests.clear()
        self.loop.call_later(self.dice.uniform(0.05, 2.0), self._boot)

    # --- users, and the network between them and the server

    async def _write(self, conversation: str) -> None:
        for n in range(self._messages):
            await self.loop.nap(self.dice.expovariate(1 / self.dice.choice(PAUSES_S)))
            inbound = Inbound(conversation, f"m{n}", "", address="+1", at=self._now())
            self.start(self._deliver, inbound, self._event())

    def _event(self) -> Event:
        if self.by_chance(0.3):
            step, option = self.dice.choice(TAPS)
            return Chose(step=step, option=option)
        return Said(text=self.dice.choice(WORDS))

    async def _deliver(self, inbound: Inbound, event: Event) -> None:
        for _ in range(2 if self.by_chance(DOUBLED) else 1):
            async def post() -> bool:
                told = msgspec.structs.replace(event, at=self._now(), seed=1)
                return await self.post(Inbound(inbound.conversation, inbound.id, msgspec.json.encode(told).decode(),
                                                address=inbound.address, at=inbound.at))
            await self.until_heard(post)
            self.ledger.answered(inbound)

    async def until_heard(self, post: Callable[[], Coroutine[Any, Any, bool]]) -> None:
        """As the platform does: again and again, until a 200 arrives."""
        misfortunes = 0
        while True:
            await self.loop.nap(self.dice.expovariate(10))
            if misfortunes < IN_A_ROW and self.by_chance(LOST):
                misfortunes += 1
            elif await post():
                if misfortunes == IN_A_ROW or not self.by_chance(UNANSWERED):
                    return
                misfortunes += 1
            await self.loop.nap(self.dice.uniform(0.2, 1.5))

    async def post(self, *inbound: Inbound, receipts: tuple[Receipt, ...] = ()) -> bool:
        """A request to the server; False: 503, or the connection broke."""
        if self._worker is None:
            return False
        request = self.loop.create_future()
        self._requests[request] = None
        context = copy_context()
        context.run(PROCESS.set, self._process)
        self.loop.create_task(self._take(self._worker, inbound, receipts, request), context=context)
        heard: bool = await request
        self._requests.pop(request, None)
        return heard

    async def _take(self, worker: Driven, inbound: tuple[Inbound, ...], receipts: tuple[Receipt, ...],
                    request: "asyncio.Future[bool]") -> None:
        try:
            await worker.accept(inbound, receipts)
        except StoreDown:
            request.set_result(False)
        else:
            request.set_result(True)


class Platform:
    """The platform and the actions, as the outbox meets them: now and then they refuse, or their answer gets lost."""

    timeout_s = 4.0

    def __init__(self, world: World) -> None:
        self._world, self._dice = world, world.dice
        self._refused: dict[str, int] = {}
        self._news: list[Receipt] = []           # statuses that no webhook has told yet

    async def send(self, to: str, message: Message, key: str) -> Delivery:
        await self._world.loop.nap(self._dice.expovariate(20))
        if self._is_refused(key):
            match self._dice.randrange(4):
                case 0:
                    return Undelivered("503", scope="platform", backoff=SOON)
                case 1:
                    return Undelivered("429 code 131056", scope="conversation", backoff=SOON)
                case 2:                          # the request itself was lost
                    return Undelivered("timeout", "unknown", backoff=SOON)
                case _:                          # only its answer was
                    self._took(key)
                    return Undelivered("timeout", "unknown", backoff=SOON)
        self._took(key)
        await self._world.loop.nap(self._dice.expovariate(20))
        return Accepted(f"wamid.{key}")

    def _is_refused(self, key: str) -> bool:
        if self._refused.get(key, 0) < IN_A_ROW and self._world.by_chance(REFUSED):
            self._refused[key] = self._refused.get(key, 0) + 1
            self._world.ledger.happened["refusals"] += 1
            return True
        return False

    def _took(self, key: str) -> None:
        try:
            self._world.ledger.took(key)
        except AssertionError as fault:          # the outbox would take it for a fault of the channel
            self._world.loop.faults.append(fault)
        if not self._news:
            self._world.start(self._tell)
        self._news += [Receipt(provider_id=f"wamid.{key}", key=key, status=status)
                       for status in self._dice.choice((("sent",), ("delivered",), ("sent", "delivered")))]

    async def _tell(self) -> None:
        """What became of messages: in any order, packed into two webhooks."""
        await self._world.loop.nap(self._dice.expovariate(1 / STATUS_S))
        told, self._news = self._news, []
        self._dice.shuffle(told)
        middle = self._dice.randrange(len(told))
        for receipts in (told[:middle], told[middle:]):
            if receipts:
                await self._world.until_heard(partial(self._world.post, receipts=tuple(receipts)))

    async def seen(self, message_id: str, typing: bool) -> None:
        await self._world.loop.nap(self._dice.expovariate(50))

    async def run(self, call: Call, key: str, attempts: int) -> Answered | Failed | None:
        await self._world.loop.nap(self._dice.expovariate(2))
        if self._is_refused(key):
            return self._dice.choice((None, Failed(call=call.id, kind="reason", reason="sold_out"),
                                     Failed(call=call.id, kind="timeout")))
        return Answered(call=call.id, result=call.args["size"] * 2)


class Watched:
    """A store that tells the ledger of every commit, and is where a process may die."""

    def __init__(self, store: Store, world: World) -> None:
        self._store, self._world = store, world
        self.prepare, self.close = store.prepare, store.close

    def _strike(self) -> None:
        if self._world.by_chance(TICK_DIES):
            raise Crash

    def tick(self, work: Work, turn: TakeTurn) -> Done:
        def mortal(before: Conversation, inbound: Inbound) -> Outcome:
            self._strike()
            if self._world.by_chance(DISK_FULL):
                raise StoreDown("disk full")
            return turn(before, inbound)

        ledger, faults = self._world.ledger, self._world.loop.faults
        try:
            self._strike()
            done = self._store.tick(work, mortal)
            ledger.committed(done, work.now)
        except StoreDown:
            ledger.happened["store down"] += 1
            raise
        except Exception as fault:               # the worker would go on, event by event
            faults.append(fault)
            raise
        self._strike()
        if self._world.by_chance(COMMIT_UNHEARD):
            ledger.happened["store down"] += 1
            raise StoreDown("connection lost")
        return done


def kiosk() -> Table:
    built = build(BOT)
    assert built.table is not None, built.diagnostics
    return built.table


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No log; and no collector, which finds little among a seed's tasks and takes a tenth of the time."""
    logger.disable("runtime")
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        logger.enable("runtime")


def played(table: Table, stored: Callable[[Iterator[int]], Stored], seed: int, users: int) -> World:
    """One seed, played to its end.

    Raises:
        AssertionError: something was not as it must be.
    """
    world = World(table, stored, seed, users)
    try:
        world.run()
    finally:
        world.close()
    return world
