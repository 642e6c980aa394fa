"""The store in SQL: one function, `tick`, one transaction.

Written in SQLAlchemy Core for SQLite and PostgreSQL alike: of the statements only the constructor of `INSERT … ON
CONFLICT` differs, the expression for "now", and `FOR UPDATE SKIP LOCKED`, which SQLAlchemy leaves out on SQLite by
itself. On SQLite one thread owns the file and writes it (a second writing connection makes both wait);
`synchronous=FULL` costs nothing here, because all that waits shares one commit. PostgreSQL is in `postgres`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, ProgrammingError
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from dsl.table import Retention
from runtime.clock import Clock, system_clock
from runtime.store import schema
from runtime.store.among import among
from runtime.store.links import Links, LinkStatements
from runtime.store.marks import Marks, MarkStatements, is_doubtful
from runtime.store.port import (
    RUN,
    Conversation,
    Done,
    Handled,
    Inbound,
    Posting,
    Run,
    StoreDown,
    TakeTurn,
    Work,
    new_tag,
    posting_key,
    timed_out,
)
from runtime.store.sweep import tidy
from runtime.store.tables import UNDONE, UNSENT, ConversationRow, InboxRow, JournalRow, OutboxRow, TimerRow

# Rows taken by one scan, timers fired at once, conversations looked through for something to post: bounds on one
# transaction. What is left over is found by the next one.
SCAN, TIMERS, OFFERS = 500, 200, 1_000

SILENT_S = 1.0                               # a database may take who is silent for longer to stand still
ALIVE = sa.text("SELECT 1")

LEASES = 10_000                              # how many leases are remembered

# A page that many commits changed is brought home once: twice the messages a second of SQLite's own 1,000 pages, for a
# log file of up to 64 MB.
WAL_PAGES = 16_384
CACHE_KIB = 16_384                           # pages that are held in memory

BUSY_S = 1                                   # how long SQLite waits for another writer: a backup, somebody's shell

OUR_FAULT = (DataError, IntegrityError, InterfaceError, ProgrammingError)

C, I, J, O, T = (                                                                                       # noqa: E741
    SQLModel.metadata.tables[model.__tablename__]
    for model in (ConversationRow, InboxRow, JournalRow, OutboxRow, TimerRow)
)


Leases = dict[int, int]                      # of postings this process was given: until when, on the store's clock

GIVEN = sa.bindparam("now", type_=sa.BigInteger)             # the clock of whoever gives the work


class SqlStore:
    """Inbox, state, journal, outbox and timers in one file."""

    def __init__(self, url: str, tag: Callable[[], str] = new_tag, clock: Clock = system_clock,
                 wait_s: int = BUSY_S) -> None:
        self._tag, self._clock = tag, clock
        self._engine = sqlite_engine(url, wait_s)
        self._path = self._engine.url.database or ""
        self._lock: sqlite3.Connection | None = None
        self._sql = Statements(sqlite.insert, GIVEN)
        self._leases: Leases = {}

    def prepare(self) -> None:
        def take_over(connection: sa.Connection) -> None:
            schema.prepare(connection)
            self._set_back(connection)
            connection.execute(self._sql.release)

        self.alone()
        self.transaction(take_over)

    def _set_back(self, connection: sa.Connection) -> None:
        """If the clock was set back while nobody ran, what waits is not to wait that much longer."""
        now = self._clock()
        last = max(connection.execute(newest).scalar() or 0 for newest in self._sql.newest)
        if last > now:
            connection.execute(self._sql.sooner, {"by": last - now, "now": now})

    def alone(self) -> None:
        """Make sure that no other process works on the file, from now until `close` or our end, however that comes.

        Raises:
            StoreDown: another one does.
        """
        if not self._path or self._lock:
            return
        # SQLite's own lock on a file beside: the system gives it back when its process is gone, on every platform.
        try:
            lock = sqlite3.connect(f"{self._path}.lock", timeout=0, isolation_level=None, check_same_thread=False)
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise StoreDown(f"{type(fault).__name__}: {fault}") from fault
            raise StoreDown(f"another process works on `{self._path}`: SQLite is for one; for more, use "
                            f"PostgreSQL") from fault
        self._lock = lock

    def transaction(self, act: Callable[[sa.Connection], Any]) -> Any:
        """What `act` returns, committed.

        Raises:
            StoreDown: nothing was.
        """
        try:
            with self._engine.begin() as connection:
                return act(connection)
        except DBAPIError as fault:
            raise StoreDown(f"{type(fault.orig).__name__}: {fault.orig}") from fault

    def tidy(self, keep: Retention, now: int) -> int:
        return int(self.transaction(lambda connection: tidy(connection, keep, now)))

    def close(self) -> None:
        self._engine.dispose()
        if self._lock:
            self._lock.close()
            self._lock = None

    def tick(self, work: Work, turn: TakeTurn) -> Done:
        try:
            with self._engine.begin() as connection:
                tick = Tick(connection, self._sql, work, turn, self._tag, self._leases)
                done = tick.run()
        except OUR_FAULT:
            raise
        except DBAPIError as fault:
            raise StoreDown(f"{type(fault.orig).__name__}: {fault.orig}") from fault
        remember(self._leases, tick.leased)
        return done


def sqlite_engine(url: str, wait_s: int) -> sa.Engine:
    """One connection, in WAL mode, whose commits are on disk when they return."""
    engine = sa.create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False, "timeout": wait_s})

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None                    # transactions begin where we say, not where sqlite3 thinks
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


class Statements:
    """Every statement of a tick, made once so that SQLAlchemy compiles each once.

    `clock` is milliseconds since 1970: an expression of the database, or `GIVEN`.
    """

    def __init__(self, insert: Callable[[sa.Table], Any], clock: sa.ColumnElement[int]) -> None:
        self.clock = clock

        self.add_conversations = insert(C).on_conflict_do_nothing(index_elements=["id"])
        self.add_inbox = insert(I).on_conflict_do_nothing(index_elements=["conv", "msg_id"])
        self.lock = (sa.select(C.c.id, C.c.tag, C.c.turns, C.c.state, C.c.contact)
                     .where(among(C.c.id, "convs")).order_by(C.c.id).with_for_update(skip_locked=True))
        self.waiting = (sa.select(I.c.id, I.c.conv, I.c.msg_id, I.c.body, I.c.origin, I.c.address)
                        .where(UNDONE, among(I.c.conv, "convs")).order_by(I.c.id))
        self.undone = sa.select(I.c.conv).where(UNDONE).order_by(I.c.id).limit(SCAN)
        self.keep = (sa.update(C).where(C.c.id == sa.bindparam("conv"))
                     .values({c: sa.bindparam(c) for c in ("turns", "state", "contact", "updated_at")}))
        self.done = sa.update(I).where(among(I.c.id, "ids")).values(done=True, body="", address="")
        # A message whose id is forgotten may come again while its turn is still on record.
        self.write = insert(J).on_conflict_do_nothing(index_elements=["conv", "msg_id"])
        self.post = sa.insert(O)

        timer = insert(T)
        self.set_timer = timer.on_conflict_do_update(index_elements=["conv", "name"], set_={"due": timer.excluded.due})
        self.drop_timer = sa.delete(T).where(T.c.conv == sa.bindparam("c"), T.c.name == sa.bindparam("n"))
        self.fires = sa.select(T.c.conv).where(T.c.due <= clock).order_by(T.c.due).limit(TIMERS)
        self.due = (sa.select(T.c.conv, T.c.name, T.c.due)
                    .where(T.c.due <= clock, among(T.c.conv, "convs")).order_by(T.c.due))

        self.links = LinkStatements(insert)
        self.marks = MarkStatements(clock)
        self.ready = sa.select(O.c.conv).where(UNSENT, O.c.next_at <= clock).order_by(O.c.id).limit(SCAN)
        self.queue = (sa.select(O.c.id, O.c.conv, O.c.key, O.c.kind, O.c.payload, O.c.attempts, O.c.leased,
                                is_doubtful(O.c.error).label("in_doubt"), (O.c.next_at <= clock).label("due"))
                      .where(UNSENT, among(O.c.conv, "convs")).order_by(O.c.id))
        self.own = (sa.select(O.c.conv).where(among(O.c.id, "ids"), UNSENT, O.c.next_at <= clock)
                    .with_for_update(skip_locked=True))
        self.lease = (sa.update(O).where(among(O.c.id, "ids"))
                      .values(next_at=clock + sa.bindparam("for"), leased=True).returning(O.c.id, O.c.next_at))
        self.contacts = sa.select(C.c.id, C.c.contact).where(among(C.c.id, "convs"))
        self.newest = [sa.select(told).order_by(table.c.id.desc()).limit(1)
                       for table, told in ((I, I.c.received_at), (O, O.c.marked_at))]
        self.sooner = (sa.update(O).where(UNSENT, O.c.next_at > sa.bindparam("now"))
                       .values(next_at=O.c.next_at - sa.bindparam("by")))
        self.release = sa.update(O).where(UNSENT, O.c.leased).values(next_at=0)


class Tick:
    """One transaction, in the order that makes it right."""

    def __init__(self, connection: sa.Connection, sql: Statements, work: Work, turn: TakeTurn,
                 tag: Callable[[], str], leases: Leases) -> None:
        placed = Links(connection.execute, sql.links, work.now, tag).placed(work.inbound)
        work = replace(work, inbound=placed)
        self.execute, self.sql, self.work, self.turn, self.tag = connection.execute, sql, work, turn, tag
        self.leases, self.leased = leases, Leases()
        self.now = {"now": work.now} if sql.clock is GIVEN else {}
        self.marks = Marks(connection.execute, sql.marks, work, self.now, leases)

    def run(self) -> Done:
        self.accept(self.work.inbound)
        wanted = {inbound.conversation for inbound in self.work.inbound} | self.work.look
        if self.work.fire:
            wanted |= set(self.execute(self.sql.fires, self.now).scalars())
        if self.work.scan:
            wanted |= set(self.execute(self.sql.undone).scalars())
        held = self.lock(wanted)
        if self.work.fire and held:
            self.fire(list(held))
        handled = self.handle(held)
        self.marks.write()
        self.accept(self.marks.closing)
        contacts = {handled.before.id: handled.outcome.contact for handled in handled}
        runs, left = self.claim({*self.work.offer, *contacts, *self.marks.moved}, contacts)
        return Done(tuple(handled), tuple(runs), frozenset(left),
                    frozenset(wanted - held.keys()).union(one.conversation for one in self.marks.closing))

    def accept(self, inbound: Sequence[Inbound]) -> None:
        if not inbound:
            return
        # Sorted: two processes that insert the same rows in opposite order would wait for each other.
        names = sorted({one.conversation for one in inbound})
        self.execute(self.sql.add_conversations,
                     [{"id": name, "tag": self.tag(), "turns": 0, "state": "", "contact": "", "updated_at": 0}
                      for name in names])
        self.execute(self.sql.add_inbox,
                     [{"conv": one.conversation, "msg_id": one.id, "origin": one.origin, "address": one.address,
                       "body": one.event, "received_at": self.work.now}
                      for one in sorted(inbound, key=lambda one: one.conversation)])

    def fire(self, held: list[str]) -> None:
        """Due timers become events. Only under their conversation's lock, as all that is done with timers."""
        due = self.execute(self.sql.due, {**self.now, "convs": held}).all()
        if due:
            self.accept([timed_out(row.conv, row.name, row.due, self.work.now) for row in due])
            self.execute(self.sql.drop_timer, [{"c": row.conv, "n": row.name} for row in due])

    def lock(self, wanted: set[str]) -> dict[str, Conversation]:
        if not wanted:
            return {}
        return {row.id: Conversation(*row) for row in self.execute(self.sql.lock, {"convs": sorted(wanted)})}

    def handle(self, held: dict[str, Conversation]) -> list[Handled]:
        """Take the turns. A statement after the lock: what it reads was committed before the lock was ours."""
        if not held:
            return []
        rows = self.execute(self.sql.waiting, {"convs": list(held)}).all()
        handled, heard_at = [], monotonic()
        for row in rows:
            if monotonic() > heard_at + SILENT_S:
                self.execute(ALIVE)
                heard_at = monotonic()
            before = held[row.conv]
            inbound = Inbound(row.conv, row.msg_id, row.body, row.origin, row.address)
            outcome = self.turn(before, inbound)
            handled.append(Handled(before, inbound, outcome))
            held[row.conv] = replace(before, turns=before.turns + 1, state=outcome.state, contact=outcome.contact)
        if rows:
            self.keep([held[name] for name in dict.fromkeys(row.conv for row in rows)], handled)
            self.execute(self.sql.done, {"ids": [row.id for row in rows]})
        return handled

    def keep(self, changed: list[Conversation], handled: list[Handled]) -> None:
        now = self.work.now
        self.execute(self.sql.keep, [{"conv": one.id, "turns": one.turns, "state": one.state, "contact": one.contact,
                                      "updated_at": now} for one in changed])
        self.execute(self.sql.write, [journal_row(one, now) for one in handled])
        if posted := [row for one in handled for row in outbox_rows(one)]:
            self.execute(self.sql.post, posted)
        timers = {(one.before.id, name): due for one in handled for name, due in one.outcome.timers}
        if timers:
            self.set_timers(timers)

    def set_timers(self, timers: dict[tuple[str, str], int | None]) -> None:
        kept = [{"conv": conv, "name": name, "due": due} for (conv, name), due in timers.items() if due is not None]
        gone = [{"c": conv, "n": name} for (conv, name), due in timers.items() if due is None]
        if kept:
            self.execute(self.sql.set_timer, kept)
        if gone:
            self.execute(self.sql.drop_timer, gone)

    def claim(self, offered: set[str], contacts: dict[str, str]) -> tuple[list[Run], set[str]]:
        """Up to `room` conversations whose oldest unsent row is due, with all their unsent rows in order.

        Every row of a run is leased: were it only the first, the second would look due as soon as the first is sent.
        """
        room = max(0, self.work.room)
        if self.work.scan and room:
            offered |= set(self.execute(self.sql.ready, self.now).scalars())
        names = sorted(offered - self.work.busy)
        if not names or not room:
            return [], set(names)
        left, names = set(names[OFFERS:]), names[:OFFERS]
        queues: dict[str, list[Posting]] = {}
        waits: set[str] = set()
        doubtful: set[str] = set()
        for row in self.execute(self.sql.queue, {**self.now, "convs": names}):
            may_be_sent = row.leased and row.kind == "message" and self.work.settle_ms > 0
            if row.conv not in queues and not row.due:
                waits.add(row.conv)
            elif may_be_sent and row.conv not in waits:
                (waits if row.conv in queues else doubtful).add(row.conv)
            if row.conv not in waits:
                queues.setdefault(row.conv, []).append(
                    Posting(row.id, row.key, row.kind, row.payload, row.attempts, bool(row.in_doubt)))
        left |= set(list(queues)[room:])
        queues = {name: queue[:RUN] for name, queue in list(queues.items())[:room]}
        heads = [queue[0].id for queue in queues.values()]
        own = set(self.execute(self.sql.own, {**self.now, "ids": heads}).scalars())
        if unclear := doubtful & own:
            self.marks.settle(unclear)
        queues = {name: queue for name, queue in queues.items() if name in own - doubtful}
        if not queues:
            return [], left
        leased = self.execute(self.sql.lease, {
            **self.now, "ids": [posting.id for queue in queues.values() for posting in queue],
            "for": self.work.lease_ms})
        self.leased = {row.id: row.next_at for row in leased}
        if unknown := [name for name in queues if name not in contacts]:
            contacts = contacts | {row.id: row.contact
                                   for row in self.execute(self.sql.contacts, {"convs": unknown})}
        return [Run(name, contacts[name], tuple(queue)) for name, queue in queues.items()], left


def remember(leases: Leases, leased: Leases) -> None:
    """Add what a committed tick leased. The oldest, long over by now, make room."""
    for posting in leased:
        leases.pop(posting, None)                            # so that it goes to the end
    leases.update(leased)
    for posting in list(leases)[:max(0, len(leases) - LEASES)]:
        del leases[posting]


def journal_row(handled: Handled, now: int) -> dict[str, Any]:
    entry, inbound = handled.outcome.entry, handled.inbound
    return {"conv": inbound.conversation, "msg_id": inbound.id, "turn": handled.before.turns, "at": now,
            "table_version": entry.table, "kind": entry.kind, "event": entry.event, "step_from": entry.step_from,
            "step_to": entry.step_to, "trace": entry.trace, "effects": entry.effects, "error": entry.error,
            "took_us": entry.took_us}


def outbox_rows(handled: Handled) -> Iterator[dict[str, Any]]:
    for index, (kind, payload) in enumerate(handled.outcome.postings):
        yield {"conv": handled.before.id, "key": posting_key(handled.before, index), "kind": kind, "payload": payload}
