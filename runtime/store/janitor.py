"""What is kept for how long: a sweep through the tables, a few rows at a time, in transactions of its own.

Each step looks at the next `BATCH` rows of a table in the order of its key and deletes those whose time is over, so
that it costs the same on a table of any size and no index is written only for its sake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from loguru import logger
from sqlmodel import SQLModel

from runtime.store.opening import Database
from runtime.store.port import StoreDown
from runtime.store.tables import (
    DEAD,
    DROPPED,
    SENT,
    TO_SEND,
    ConversationRow,
    IdentityRow,
    InboxRow,
    JournalRow,
    OutboxRow,
    TimerRow,
)

BATCH = 500                                  # rows of one step
REST_MS = 3_600_000                          # after a sweep through everything
DAY_MS = 86_400_000

C, D, I, J, O, T = (                                                                                    # noqa: E741
    SQLModel.metadata.tables[model.__tablename__]
    for model in (ConversationRow, IdentityRow, InboxRow, JournalRow, OutboxRow, TimerRow)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Days; 0: for ever."""

    keys: int                                # ids of messages that were handled: what keeps repeats out
    journal: int
    messages: int                            # sent, with what became of them, or dropped
    dead: int                                # dead letters
    conversations: int                       # since the last turn; only where nothing is waited for


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table, in the order of `key`, that are deleted where `over` holds."""

    table: sa.Table
    key: tuple[sa.Column[Any], ...]
    over: sa.ColumnElement[bool]

    def after(self, cursor: tuple[Any, ...] | None) -> sa.ColumnElement[bool]:
        return self._key > sa.tuple_(*cursor) if cursor else sa.true()

    def until(self, last: tuple[Any, ...] | None) -> sa.ColumnElement[bool]:
        return self._key <= sa.tuple_(*last) if last else sa.true()

    @property
    def _key(self) -> sa.ColumnElement[Any]:
        return sa.tuple_(*self.key)


class Janitor:
    """`step` now and then, from the thread that owns the store."""

    def __init__(self, store: Database, keep: Keep) -> None:
        self._store, self._keep = store, keep
        self._parts: list[Part] = []         # that are still to be swept
        self._cursor: tuple[Any, ...] | None = None
        self._rests_until = 0

    def step(self, now: int) -> None:
        """Look at the next few rows; nothing while it rests. Never raises."""
        if not self._parts:
            if now < self._rests_until:
                return
            self._parts, self._cursor = parts(self._keep, now), None
            self._rests_until = now + REST_MS
        if not self._parts:
            return
        try:
            self._cursor = self._store.transaction(lambda connection: swept(connection, self._parts[0], self._cursor))
        except StoreDown as fault:                           # a later step tries again
            logger.bind(error=str(fault)).warning("not cleaned up")
            return
        if self._cursor is None:
            self._parts.pop(0)


def parts(keep: Keep, now: int) -> list[Part]:
    """What is over at `now`."""
    found = []
    if keep.keys:
        found.append(Part(I, (I.c.id,), sa.and_(I.c.done, I.c.received_at < now - keep.keys * DAY_MS)))
    settled = [sa.and_(O.c.status.in_(which), O.c.marked_at < now - days * DAY_MS)
               for which, days in (((SENT, DROPPED), keep.messages), ((DEAD,), keep.dead)) if days]
    if settled:
        found.append(Part(O, (O.c.id,), sa.or_(*settled)))
    if keep.journal:
        found.append(Part(J, (J.c.conv, J.c.msg_id), J.c.at < now - keep.journal * DAY_MS))
    if keep.conversations:
        waits = (sa.exists().where(T.c.conv == C.c.id), sa.exists().where(I.c.conv == C.c.id, ~I.c.done),
                 sa.exists().where(O.c.conv == C.c.id, O.c.status == TO_SEND))
        found.append(Part(C, (C.c.id,), sa.and_(C.c.updated_at < now - keep.conversations * DAY_MS, ~sa.or_(*waits))))
    return found


def swept(connection: sa.Connection, part: Part, cursor: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """Delete what is over among the `BATCH` rows after `cursor`; the key of the last of them, none at the end."""
    found = connection.execute(sa.select(*part.key).where(part.after(cursor)).order_by(*part.key)
                               .offset(BATCH - 1).limit(1)).first()
    last = tuple(found) if found else None
    here = sa.and_(part.after(cursor), part.until(last), part.over)
    if part.table is C:
        _forget(connection, here, part.over)
    else:
        connection.execute(sa.delete(part.table).where(here))
    return last


def _forget(connection: sa.Connection, here: sa.ColumnElement[bool], over: sa.ColumnElement[bool]) -> None:
    """Conversations and what their users are called. Who is about to write into one holds its names: they are taken
    first, and then it is asked again whether the conversation is over."""
    names = list(connection.execute(sa.select(C.c.id).where(here)).scalars())
    if not names:
        return
    connection.execute(sa.select(D.c.value).where(D.c.conv.in_(names)).order_by(D.c.account, D.c.kind, D.c.value)
                       .with_for_update()).all()
    ended = list(connection.execute(sa.select(C.c.id).where(C.c.id.in_(names), over)
                                    .with_for_update(skip_locked=True)).scalars())
    for gone in (sa.delete(D).where(D.c.conv.in_(ended)), sa.delete(C).where(C.c.id.in_(ended))):
        connection.execute(gone)
