"""What is over is deleted, in SQL: one step is a transaction that goes through the next `BATCH` rows of a table.

Rows are taken in the order of the table's key, so that a step costs the same on a table of any size and no index is
written for its sake. Where the last one ended stands in a row that a step locks: of several processes one sweeps at a
time, any of them goes on where another stopped, and all rest together.

A conversation goes with what its user is called; what else was of it is nobody's from then on, and goes when its turn
comes, in the same sweep.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from dsl.table import Retention
from runtime.store.port import REST_MS
from runtime.store.status import DEAD, DROPPED, SENT
from runtime.store.tables import (
    UNSENT,
    ConversationRow,
    IdentityRow,
    InboxRow,
    JournalRow,
    OutboxRow,
    SweepRow,
    TimerRow,
)

BATCH = 1_000                                # rows of one step

C, D, I, J, O, S, T = (                                                                                 # noqa: E741
    SQLModel.metadata.tables[model.__tablename__]
    for model in (ConversationRow, IdentityRow, InboxRow, JournalRow, OutboxRow, SweepRow, TimerRow)
)

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Part:
    """A table in the order of its key: rows that are deleted, and such as lose what is in some of their columns."""

    table: sa.Table
    key: tuple[sa.Column[Any], ...]
    over: Condition
    less: tuple[tuple[Condition, dict[str, Any]], ...] = ()

    def between(self, after: tuple[Any, ...], last: tuple[Any, ...]) -> Condition:
        key: sa.ColumnElement[Any] = sa.tuple_(*self.key)
        return sa.and_(key > sa.tuple_(*after) if after else sa.true(), key <= sa.tuple_(*last) if last else sa.true())


def tidy(connection: sa.Connection, keep: Retention, now: int) -> int:
    """One step, at `now` milliseconds; when to come again."""
    if connection.dialect.name == "postgresql":              # what a crash brings back is deleted once more
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
    mine = connection.execute(sa.select(S).with_for_update(skip_locked=True)).first()
    if mine is None:                                         # another process is at it
        return now
    if now < mine.next_at <= now + REST_MS:                  # further ahead only if a clock was wrong
        return int(mine.next_at)
    wanted = parts(keep, now)
    after = _swept(connection, wanted[mine.part], tuple(json.loads(mine.after)))
    part = mine.part if after else mine.part + 1
    next_at = now if part < len(wanted) else now + REST_MS
    connection.execute(sa.update(S).values(part=part % len(wanted), after=json.dumps(after), next_at=next_at))
    return next_at


def parts(keep: Retention, now: int) -> list[Part]:
    """What is over at `now`, always in this order: `SweepRow.part` counts them."""
    ended = sa.false() if not keep.conversations else sa.and_(
        C.c.updated_at < _before(keep.conversations, now),
        ~sa.exists().where(T.c.conv == C.c.id),
        ~sa.exists().where(I.c.conv == C.c.id),              # not even the id of a message, by which a repeat is known
        ~sa.exists().where(O.c.conv == C.c.id, UNSENT))
    return [
        Part(I, (I.c.id,), sa.and_(I.c.done, _is_past(I.c.received_at, keep.keys, now))),
        Part(C, (C.c.id,), ended),
        Part(J, (J.c.conv, J.c.msg_id), sa.or_(_is_past(J.c.at, keep.journal, now), _is_nobodys(J))),
        _outbox(keep, now),
    ]


def _outbox(keep: Retention, now: int) -> Part:
    """A message goes when neither it nor what became of it is kept any more; before that, the one without the other."""
    settled = O.c.status.in_((SENT, DROPPED))
    message, word = (sa.and_(settled, _is_past(O.c.marked_at, seconds, now))
                     for seconds in (keep.messages, keep.statuses))
    dead = sa.and_(O.c.status == DEAD, _is_past(O.c.marked_at, keep.dead_letters, now))
    # Without its text it can never be sent again: it counts as dropped, and no failure that is told later wakes it.
    less = ((sa.and_(message, O.c.payload != ""), {"payload": "", "status": DROPPED}),
            (sa.and_(word, O.c.delivery.is_not(None)), {"delivery": None, "provider_id": None, "error": None}))
    return Part(O, (O.c.id,), sa.or_(sa.and_(message, word), dead, _is_nobodys(O)), less)


def _before(seconds: int, now: int) -> int:
    return now - 1_000 * seconds


def _is_past(at: sa.Column[Any], seconds: int, now: int) -> Condition:
    return at < _before(seconds, now) if seconds else sa.false()


def _is_nobodys(table: sa.Table) -> Condition:
    return ~sa.exists().where(C.c.id == table.c.conv)


def _swept(connection: sa.Connection, part: Part, after: tuple[Any, ...]) -> tuple[Any, ...]:
    """Delete what is over among the `BATCH` rows after this key; the key of the last of them, nothing at the end."""
    found = connection.execute(sa.select(*part.key).where(part.between(after, ())).order_by(*part.key)
                               .offset(BATCH - 1).limit(1)).first()
    last = tuple(found) if found else ()
    here = part.between(after, last)
    if part.table is C:
        _forget(connection, sa.and_(here, part.over), part.over)
        return last
    connection.execute(sa.delete(part.table).where(here, part.over))
    for condition, emptied in part.less:
        connection.execute(sa.update(part.table).where(here, condition).values(emptied))
    return last


def _forget(connection: sa.Connection, here: Condition, over: Condition) -> None:
    """Conversations and what their users are called. Who is about to write into one holds its names: those that can
    be had at once are taken first, and then it is asked again whether the conversation is over."""
    seen = list(connection.execute(sa.select(C.c.id).where(here)).scalars())
    if not seen:
        return
    names = sa.select(D.c.conv).where(D.c.conv.in_(seen)).order_by(D.c.account, D.c.kind, D.c.value)
    ours = Counter(connection.execute(names.with_for_update(skip_locked=True)).scalars())
    all_ = Counter(connection.execute(names).scalars())
    free = [name for name in seen if ours[name] == all_[name]]
    ended = list(connection.execute(sa.select(C.c.id).where(C.c.id.in_(free), over)
                                    .with_for_update(skip_locked=True)).scalars())
    for gone in (sa.delete(D).where(D.c.conv.in_(ended)), sa.delete(C).where(C.c.id.in_(ended))):
        connection.execute(gone)
