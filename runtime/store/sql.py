"""The store in SQL: one function, `tick`, one transaction.

Written in SQLAlchemy Core for SQLite and PostgreSQL alike: of the statements only the constructor of `INSERT … ON
CONFLICT` differs, the expression for "now", and `FOR UPDATE SKIP LOCKED`, which SQLAlchemy leaves out on SQLite by
itself. On SQLite one thread owns the file and writes it (a second writing connection makes both wait);
`synchronous=FULL` costs nothing here, because all that waits shares one commit. PostgreSQL is in `postgres`.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from operator import attrgetter, itemgetter
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
from runtime.store.claims import Claims, ClaimStatements
from runtime.store.links import Links, LinkStatements
from runtime.store.marks import Marks, MarkStatements
from runtime.store.port import (
    RUN,
    SCAN,
    Conversation,
    Done,
    Handled,
    Inbound,
    Posting,
    PostingKind,
    Run,
    StoreDown,
    TakeTurn,
    Work,
    new_tag,
    posting_key,
    timed_out,
)
from runtime.store.prepared import Execute, Insert, Prepared
from runtime.store.sweep import tidy
from runtime.store.tables import UNDONE, UNSENT, ConversationRow, InboxRow, JournalRow, OutboxRow, TimerRow

TIMERS = 200                                 # fired at once: what is left over is found by the next tick

SILENT_S = 1.0                               # a database may take who is silent for longer to stand still

LEASES = 10_000                              # how many leases are remembered

# A page that many commits changed is brought home once: twice the messages a second of SQLite's own 1,000 pages, for a
# log file of up to 64 MB.
WAL_PAGES = 16_384
CACHE_KIB = 16_384                           # pages that are held in memory
STATEMENTS = 256                             # that stay prepared
BUSY_S = 1                                   # how long SQLite waits for another writer: a backup, somebody's shell
ROOM_BYTES = 1_048_576                       # on the disk of a database that was full: several ticks, or one of a crowd

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
        self._sql = Statements(self._engine.dialect, sqlite.insert, GIVEN)
        self._leases: Leases = {}
        self._was_full = False

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
        # What is next to nothing fits on a full disk, too, and does not say that a message would.
        if self._was_full and not work.brings and shutil.disk_usage(self._path).free < ROOM_BYTES:
            raise StoreDown("the disk is full")
        try:
            with self._engine.begin() as connection:
                tick = Tick(connection, self._sql, work, turn, self._tag, self._leases)
                done = tick.run()
        except OUR_FAULT:
            raise
        except DBAPIError as fault:
            self._was_full |= getattr(fault.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
            raise StoreDown(f"{type(fault.orig).__name__}: {fault.orig}") from fault
        self._was_full = False
        remember(self._leases, tick.leased)
        return done


def sqlite_engine(url: str, wait_s: int) -> sa.Engine:
    """One connection, in WAL mode, whose commits are on disk when they return."""
    engine = sa.create_engine(url, poolclass=StaticPool, connect_args={
        "check_same_thread": False, "timeout": wait_s, "cached_statements": STATEMENTS})

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None                    # transactions begin where we say, not where sqlite3 thinks
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute("PRAGMA temp_store=MEMORY")       # what undoes one statement needs no file

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


class Statements:
    """Every statement of a tick, compiled once.

    `clock` is milliseconds since 1970: an expression of the database, or `GIVEN`.
    """

    def __init__(self, dialect: sa.Dialect, insert: Callable[[sa.Table], Any], clock: sa.ColumnElement[int]) -> None:
        def made(statement: sa.sql.ClauseElement) -> Prepared:
            return Prepared(statement, dialect)

        self.clock = clock

        self.add_conversations = Insert(insert(C).on_conflict_do_nothing(index_elements=["id"])
                                        .returning(C.c.id, C.c.tag), dialect, CONVERSATION)
        self.add_inbox = Insert(insert(I).on_conflict_do_nothing(index_elements=["conv", "msg_id"])
                                .returning(I.c.id, I.c.conv, I.c.msg_id), dialect, (
            "conv", "msg_id", "origin", "address", "body", "received_at", "done"))
        self.lock = made(sa.select(C.c.id, C.c.tag, C.c.turns, C.c.state, C.c.contact)
                         .where(among(C.c.id, "convs")).order_by(C.c.id).with_for_update(skip_locked=True))
        self.waiting = made(sa.select(I.c.id, I.c.conv, I.c.msg_id, I.c.body, I.c.origin, I.c.address)
                            .where(UNDONE, among(I.c.conv, "convs")).order_by(I.c.id))
        self.undone = made(sa.select(I.c.conv).where(UNDONE).order_by(I.c.id).limit(SCAN))
        kept = insert(C)
        self.keep = Insert(kept.on_conflict_do_update(index_elements=["id"], set_={
            c: kept.excluded[c] for c in ("turns", "state", "contact", "updated_at")}), dialect, CONVERSATION)
        self.done = made(sa.update(I).where(among(I.c.id, "ids")).values(done=True, body="", address=""))
        # A message whose id is forgotten may come again while its turn is still on record.
        self.write = Insert(insert(J).on_conflict_do_nothing(index_elements=["conv", "msg_id"]), dialect, JOURNAL)
        self.post = Insert(sa.insert(O), dialect, OUTBOX)
        later = {} if clock is GIVEN else {"next_at": lambda wait: clock + wait}
        self.post_now = Insert(sa.insert(O).returning(O.c.id, O.c.key, O.c.next_at), dialect,
                               (*OUTBOX, "next_at", "leased"), later)
        self.unsent = made(sa.select(O.c.conv).where(UNSENT, among(O.c.conv, "convs")))

        timer = insert(T)
        self.set_timer = made(timer.values({c: sa.bindparam(c) for c in ("conv", "name", "due")}).on_conflict_do_update(
            index_elements=["conv", "name"], set_={"due": timer.excluded.due}))
        self.drop_timer = made(sa.delete(T).where(T.c.conv == sa.bindparam("c"), T.c.name == sa.bindparam("n")))
        self.fires = made(sa.select(T.c.conv).where(T.c.due <= clock).order_by(T.c.due).limit(TIMERS))
        self.due = made(sa.select(T.c.conv, T.c.name, T.c.due)
                        .where(T.c.due <= clock, among(T.c.conv, "convs")).order_by(T.c.due))

        self.links = LinkStatements(dialect, insert)
        self.marks = MarkStatements(dialect, clock)
        self.claims = ClaimStatements(dialect, clock)
        self.alive = made(sa.select(sa.literal_column("1").label("alive")))
        self.newest = [sa.select(told).order_by(table.c.id.desc()).limit(1)
                       for table, told in ((I, I.c.received_at), (O, O.c.marked_at))]
        self.sooner = (sa.update(O).where(UNSENT, O.c.next_at > sa.bindparam("now"))
                       .values(next_at=O.c.next_at - sa.bindparam("by")))
        self.release = sa.update(O).where(UNSENT, O.c.leased).values(next_at=0)


class Tick:
    """One transaction, in the order that makes it right."""

    def __init__(self, connection: sa.Connection, sql: Statements, work: Work, turn: TakeTurn,
                 tag: Callable[[], str], leases: Leases) -> None:
        self.execute, self.sql, self.turn, self.tag = Execute(connection), sql, turn, tag
        placed = Links(self.execute, sql.links, work.now, tag).placed(work.inbound)
        self.work = work = replace(work, inbound=placed)
        self.leases, self.leased = leases, Leases()
        self.begun: dict[str, Conversation] = {}             # by this very tick: nothing can wait in them
        self.now = {"now": work.now} if sql.clock is GIVEN else {}
        self.marks = Marks(self.execute, sql.marks, work, self.now, leases)

    def run(self) -> Done:
        wanted = {inbound.conversation for inbound in self.work.inbound} | self.work.look
        if self.work.fire:
            wanted |= {row.conv for row in self.execute(self.sql.fires, self.now)}
        if self.work.scan:
            wanted |= {row.conv for row in self.execute(self.sql.undone)}
        held = self.lock(wanted)
        fresh = self.accept(self.work.inbound, held)
        if self.work.fire and held:
            fresh += self.fire(held)
        handled = self.handle(held, fresh)
        changed = {one.before.id: held[one.before.id] for one in handled}
        runs = self.keep(changed, handled)
        self.marks.write()
        self.accept(self.marks.closing, {})
        claims = Claims(self.execute, self.sql.claims, self.work, self.now, self.marks)
        said = {one.before.id for one in handled if one.outcome.postings}
        claimed, left = claims.take(changed, said, runs)
        self.leased |= claims.leased
        return Done(tuple(handled), (*runs.values(), *claimed), tuple(left),
                    frozenset(wanted - held.keys()).union(one.conversation for one in self.marks.closing))

    def lock(self, wanted: set[str]) -> dict[str, Conversation]:
        """Those that nobody else holds; new ones are begun."""
        held = self._locked(wanted)
        # Sorted: two processes that insert the same rows in opposite order would wait for each other.
        new = sorted({one.conversation for one in self.work.inbound} - held.keys())
        if new:
            rows = [(name, self.tag(), 0, "", "", 0) for name in new]
            self.begun = {row.id: Conversation(row.id, row.tag)
                          for row in self.execute.insert(self.sql.add_conversations, rows)}
            held |= self.begun | self._locked([name for name in new if name not in self.begun])
        return held

    def _locked(self, wanted: Collection[str]) -> dict[str, Conversation]:
        if not wanted:
            return {}
        return {row.id: Conversation(*row) for row in self.execute(self.sql.lock, {"convs": sorted(wanted)})}

    def accept(self, inbound: Sequence[Inbound], held: Collection[str]) -> list[tuple[int, Inbound]]:
        """Take these in, once each; of those in `held`, whose turn comes now, only the key is kept. What is new."""
        told = {(one.conversation, one.id): one for one in reversed(inbound)}
        rows = [(one.conversation, one.id, one.origin, "", "", self.work.now, True) if one.conversation in held else
                (one.conversation, one.id, one.origin, one.address, one.event, self.work.now, False)
                for one in sorted(inbound, key=attrgetter("conversation"))]
        return [(row.id, told[row.conv, row.msg_id]) for row in self.execute.insert(self.sql.add_inbox, rows)]

    def fire(self, held: dict[str, Conversation]) -> list[tuple[int, Inbound]]:
        """Due timers become events. Only under their conversation's lock, as all that is done with timers."""
        due = self.execute(self.sql.due, {**self.now, "convs": list(held)})
        if not due:
            return []
        self.execute(self.sql.drop_timer, [{"c": row.conv, "n": row.name} for row in due])
        return self.accept([timed_out(row.conv, row.name, row.due, self.work.now) for row in due], held)

    def handle(self, held: dict[str, Conversation], fresh: list[tuple[int, Inbound]]) -> list[Handled]:
        """Take the turns, in the order in which events were stored."""
        if not held:
            return []
        # A statement after the lock: what it reads was committed before the lock was ours.
        known = [name for name in held if name not in self.begun]
        if waited := self.execute(self.sql.waiting, {"convs": known}) if known else []:
            self.execute(self.sql.done, {"ids": [row.id for row in waited]})
        events = [(row.id, Inbound(row.conv, row.msg_id, row.body, row.origin, row.address)) for row in waited] + fresh
        handled, heard_at = [], monotonic()
        for _, inbound in sorted((one for one in events if one[1].conversation in held), key=itemgetter(0)):
            if monotonic() > heard_at + SILENT_S:
                self.execute(self.sql.alive)
                heard_at = monotonic()
            before = held[inbound.conversation]
            outcome = self.turn(before, inbound)
            handled.append(Handled(before, inbound, outcome))
            held[before.id] = Conversation(before.id, before.tag, before.turns + 1, outcome.state, outcome.contact)
        return handled

    def keep(self, changed: dict[str, Conversation], handled: list[Handled]) -> dict[str, Run]:
        """Write what the turns made; what may be posted at once is leased as it is written."""
        if not handled:
            return {}
        now = self.work.now
        self.execute.insert(self.sql.keep, [(one.id, one.tag, one.turns, one.state, one.contact, now)
                                            for one in changed.values()])
        self.execute.insert(self.sql.write, [journal_row(one, now) for one in handled])
        timers = {(one.before.id, name): due for one in handled for name, due in one.outcome.timers}
        if timers:
            self.set_timers(timers)
        return self.post(changed, [row for one in handled for row in outbox_rows(one)])

    def post(self, changed: dict[str, Conversation], rows: list[tuple[str, str, PostingKind, str]]) -> dict[str, Run]:
        at_once = self.alone([row[0] for row in rows])
        self.execute.insert(self.sql.post, [row for row in rows if row[0] not in at_once])
        base = self.work.now if self.sql.clock is GIVEN else 0
        leased = {row.key: row for row in self.execute.insert(self.sql.post_now, [
            (*row, base + self.work.lease_ms, True) for row in rows if row[0] in at_once])}
        self.leased |= {row.id: row.next_at for row in leased.values()}
        queues: dict[str, list[Posting]] = {}
        for conversation, key, kind, payload in rows:
            if key in leased:
                queues.setdefault(conversation, []).append(Posting(leased[key].id, key, kind, payload))
        return {name: Run(name, changed[name].contact, tuple(queue)) for name, queue in queues.items()}

    def alone(self, names: list[str]) -> set[str]:
        """Of these conversations, which each have so many new postings, those that may be leased unseen: nothing
        older is unsent, nothing else of this work concerns them, and nobody has waited longer for the room."""
        work = self.work
        if work.gone or any(receipt.failure for receipt in work.receipts):
            return set()
        room = work.room - work.waiting
        fit = [name for name, count in Counter(names).items() if count <= RUN and name not in work.busy][:max(0, room)]
        return set(fit).difference(row.conv for row in self.execute(self.sql.unsent, {"convs": fit})) if fit else set()

    def set_timers(self, timers: dict[tuple[str, str], int | None]) -> None:
        kept = [{"conv": conv, "name": name, "due": due} for (conv, name), due in timers.items() if due is not None]
        gone = [{"c": conv, "n": name} for (conv, name), due in timers.items() if due is None]
        if kept:
            self.execute(self.sql.set_timer, kept)
        if gone:
            self.execute(self.sql.drop_timer, gone)


def remember(leases: Leases, leased: Leases) -> None:
    """Add what a committed tick leased. The oldest, long over by now, make room."""
    for posting in leased:
        leases.pop(posting, None)                            # so that it goes to the end
    leases.update(leased)
    for posting in list(islice(leases, max(0, len(leases) - LEASES))):
        del leases[posting]


CONVERSATION = ("id", "tag", "turns", "state", "contact", "updated_at")
OUTBOX = ("conv", "key", "kind", "payload")
JOURNAL = ("conv", "msg_id", "turn", "at", "table_version", "kind", "event", "step_from", "step_to", "trace", "effects",
           "error", "took_us")


def journal_row(handled: Handled, now: int) -> tuple[Any, ...]:
    """The columns of `JOURNAL`."""
    entry, inbound = handled.outcome.entry, handled.inbound
    return (inbound.conversation, inbound.id, handled.before.turns, now, entry.table, entry.kind, entry.event,
            entry.step_from, entry.step_to, entry.trace, entry.effects, entry.error, entry.took_us)


def outbox_rows(handled: Handled) -> Iterator[tuple[str, str, PostingKind, str]]:
    """The columns of `OUTBOX`."""
    for index, (kind, payload) in enumerate(handled.outcome.postings):
        yield handled.before.id, posting_key(handled.before, index), kind, payload
