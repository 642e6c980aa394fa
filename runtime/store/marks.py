"""What became of postings, written into the outbox by a tick: sent, to be tried again, dead letters, statuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from runtime.store.among import among
from runtime.store.port import Inbound, Work, undelivered, unreachable
from runtime.store.prepared import Execute, Prepared
from runtime.store.receipts import Standing, doubted, told
from runtime.store.status import DEAD, DROPPED, IN_DOUBT, SENT, TO_SEND
from runtime.store.tables import UNSENT, JournalRow, OutboxRow

NEVER = -1                                   # the lease of a posting that was never ours

LOST = "undelivered"                         # the kind of a turn in which the flow was told

J, O = (SQLModel.metadata.tables[model.__tablename__] for model in (JournalRow, OutboxRow))             # noqa: E741


class MarkStatements:
    """Compiled once. `clock` is milliseconds since 1970."""

    def __init__(self, dialect: sa.Dialect, clock: sa.ColumnElement[int]) -> None:
        def made(statement: sa.sql.ClauseElement) -> Prepared:
            return Prepared(statement, dialect)

        row = O.c.id == sa.bindparam("row")
        at: sa.BindParameter[int] = sa.bindparam("at")
        conv = O.c.conv == sa.bindparam("c")
        fault: sa.ColumnElement[str] = sa.func.coalesce(sa.bindparam("fault"), O.c.error)
        later = clock + sa.bindparam("wait")

        self.sent = made(sa.update(O).where(row, UNSENT)
                         .values(status=SENT, leased=False, provider_id=sa.bindparam("provider"), marked_at=at))
        # Only while it is leased to us: who stood still for longer than that has no say any more.
        self.unsent = made(sa.update(O).where(row, UNSENT, O.c.next_at == sa.bindparam("ours"))
                           .values(attempts=O.c.attempts + sa.bindparam("tried"), next_at=later, leased=False,
                                   error=fault))
        self.behind = made(sa.update(O).where(conv, UNSENT, O.c.id > sa.bindparam("row"),
                                              O.c.next_at == sa.bindparam("ours")).values(next_at=later, leased=False))
        self.dead = made(sa.update(O).where(row, UNSENT)
                         .values(status=DEAD, leased=False, attempts=O.c.attempts + 1, error=fault, marked_at=at))
        self.drop = made(sa.update(O).where(conv, UNSENT, O.c.kind == "message")
                         .values(status=DROPPED, leased=False, error=fault, marked_at=at))

        self.lost = made(sa.select(O.c.id, O.c.conv, O.c.key).where(among(O.c.id, "rows"), O.c.status == DEAD)
                         .order_by(O.c.id))
        self.said = made(sa.select(J.c.conv, J.c.turn, J.c.step_to)
                         .where(among(J.c.conv, "convs"), among(J.c.turn, "turns"), J.c.kind != LOST))

        self.standing = made(sa.select(O.c.id, O.c.conv, O.c.status, O.c.attempts, O.c.leased, O.c.provider_id,
                                       O.c.delivery, O.c.error, O.c.key)
                             .where(sa.or_(among(O.c.id, "rows"), among(O.c.key, "keys"),
                                           among(O.c.provider_id, "providers")))
                             .order_by(O.c.id).with_for_update())
        change = sa.update(O).where(row).values(
            {name: sa.bindparam(f"new_{name}") for name in ("status", "attempts", "leased", "provider_id", "delivery",
                                                            "error")} | {"marked_at": at})
        self.change, self.again = made(change), made(change.values(next_at=later))
        # Not those that are themselves in doubt: that another one arrived says nothing of them.
        self.free = made(sa.update(O).where(among(O.c.conv, "convs"), UNSENT, ~O.c.leased,
                                            ~is_doubtful(O.c.error)).values(next_at=0))
        doubt = sa.case((sa.and_(O.c.leased, O.c.kind == "message"), IN_DOUBT), else_=O.c.error)
        self.settle = made(sa.update(O).where(among(O.c.conv, "convs"), UNSENT)
                           .values(next_at=clock + sa.bindparam("for"), leased=False, error=doubt))


class Marks:
    """The marks of one tick.

    Args:
        ours: of postings this process was given, until when they are leased to it.
    """

    def __init__(self, execute: Execute, sql: MarkStatements, work: Work, now: Mapping[str, int],
                 ours: Mapping[int, int]) -> None:
        self._execute, self._sql, self._work, self._now, self._ours = execute, sql, work, now, ours
        self._at = {"at": work.now}
        self.moved: set[str] = set()         # conversations that may have something to post now
        self.closing: list[Inbound] = []     # for those whose user is gone, or did not get what was said
        self._lost = {one.posting: one.lost for one in work.dead if one.lost}

    def write(self) -> None:
        """All of the work's; rows are locked in the order of their ids, as every process does."""
        work = self._work
        rows = self._standing() if work.receipts else {}
        if work.sent:
            self._execute(self._sql.sent, [{"row": one.posting, "provider": one.provider_id, **self._at}
                                           for one in sorted(work.sent, key=lambda one: one.posting)])
        for statement in (self._sql.unsent, self._sql.behind) if work.unsent else ():
            self._execute(statement, [
                {"row": one.posting, "c": one.conversation, "wait": one.wait_ms, "fault": doubted(one),
                 "tried": int(bool(one.error)), "ours": self._ours.get(one.posting, NEVER), **self._now}
                for one in sorted(work.unsent, key=lambda one: one.posting)])
        if work.dead:
            self._execute(self._sql.dead, [{"row": one.posting, "fault": one.error, **self._at}
                                           for one in sorted(work.dead, key=lambda one: one.posting)])
        for one in work.gone:
            self._is_gone(one.conversation, one.posting, one.error)
        if rows:
            self._told(rows)
        if self._lost:
            self._tell()

    def settle(self, conversations: set[str]) -> None:
        """Give what may have been sent the time to be told of."""
        self._execute(self._sql.settle, {"convs": sorted(conversations), "for": self._work.settle_ms, **self._now})

    def _standing(self) -> dict[int, tuple[Standing, str]]:
        """The rows that statuses are about, and their keys; with them, all rows of this work are locked."""
        work = self._work
        ours = [one.posting for marks in (work.sent, work.unsent, work.dead, work.gone) for one in marks]
        # Never an empty list: SQLAlchemy would make a subquery of it, and the database read the whole table.
        found = self._execute(self._sql.standing, {
            "rows": ours or [NEVER], "keys": [one.key or "" for one in work.receipts],
            "providers": [one.provider_id for one in work.receipts]})
        return {row.id: (Standing(id=row.id, conversation=row.conv, status=row.status, attempts=row.attempts,
                                  leased=row.leased, provider_id=row.provider_id, delivery=row.delivery,
                                  error=row.error), row.key) for row in found}

    def _told(self, rows: Mapping[int, tuple[Standing, str]]) -> None:
        accepted = {one.posting: one.provider_id for one in self._work.sent}
        by_key = {key: id for id, (_, key) in rows.items()}
        by_provider = {row.provider_id: id for id, (row, _) in rows.items() if row.provider_id}
        by_provider |= {provider: id for id, provider in accepted.items() if provider}
        before = {id: _sent(row, accepted) for id, (row, _) in rows.items()}
        after = dict(before)
        for receipt in self._work.receipts:
            id = by_key.get(receipt.key or "", by_provider.get(receipt.provider_id))
            if id is not None:
                after[id] = told(after[id], receipt)
        changed = [row for id, row in after.items() if row != before[id]]
        settled = {row.conversation for row in changed
                   if before[row.id].status == TO_SEND and row.status != TO_SEND}
        if settled:
            self.moved |= settled
            self._execute(self._sql.free, {"convs": sorted(settled)})
        for statement, is_again in ((self._sql.change, False), (self._sql.again, True)):
            if written := [self._row(row) for row in changed if (row.wait_ms is not None) == is_again]:
                self._execute(statement, written)
        for row in changed:
            if row.status == DROPPED:
                self._is_gone(row.conversation, row.id, row.error or "")
        self._lost |= {row.id: row.lost for row in changed if row.lost}

    def _row(self, row: Standing) -> dict[str, Any]:
        told = {f"new_{name}": getattr(row, name)
                for name in ("status", "attempts", "leased", "provider_id", "delivery", "error")}
        return {"row": row.id, **told, **self._at} | ({} if row.wait_ms is None else {"wait": row.wait_ms, **self._now})

    def _is_gone(self, conversation: str, posting: int, error: str) -> None:
        """Drop what is unsent, and close; unless the user has just written, and is there."""
        if any(one.conversation == conversation and one.origin == "channel" for one in self._work.inbound):
            self._execute(self._sql.dead, {"row": posting, "fault": error, **self._at})
            return
        self._execute(self._sql.drop, {"c": conversation, "fault": error, **self._at})
        self.closing.append(unreachable(conversation, posting, self._work.now))


    def _tell(self) -> None:
        """The flow of what did not reach the user; not of what it did because it had been told: that would not end."""
        lost = [(row.conv, int(row.key.split(":")[1]), self._lost[row.id])
                for row in self._execute(self._sql.lost, {"rows": list(self._lost)})]
        if not lost:
            return
        said = {(row.conv, row.turn): row.step_to for row in self._execute(self._sql.said, {
            "convs": sorted({conv for conv, _, _ in lost}), "turns": sorted({turn for _, turn, _ in lost})})}
        self.closing += [undelivered(conv, turn, said[conv, turn], reason, self._work.now)
                         for conv, turn, reason in lost if (conv, turn) in said]


def is_doubtful(error: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(error, "").startswith(IN_DOUBT)


def _sent(row: Standing, accepted: Mapping[int, str | None]) -> Standing:
    """The row as this very tick marked it."""
    if row.id not in accepted or row.status != TO_SEND:
        return row
    return Standing(id=row.id, conversation=row.conversation, status=SENT, attempts=row.attempts,
                    provider_id=accepted[row.id], delivery=row.delivery, error=row.error)
