"""What a tick leases to whoever gave it: conversations with all that they have to post, in order."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlmodel import SQLModel

from runtime.store.among import among
from runtime.store.marks import Marks, is_doubtful
from runtime.store.port import OFFERS, RUN, SCAN, Conversation, Posting, Run, Work
from runtime.store.prepared import Execute, Prepared
from runtime.store.tables import UNSENT, ConversationRow, OutboxRow

C, O = (SQLModel.metadata.tables[model.__tablename__] for model in (ConversationRow, OutboxRow))        # noqa: E741


class ClaimStatements:
    """Compiled once. `clock` is milliseconds since 1970."""

    def __init__(self, dialect: sa.Dialect, clock: sa.ColumnElement[int]) -> None:
        def made(statement: sa.sql.ClauseElement) -> Prepared:
            return Prepared(statement, dialect)

        self.ready = made(sa.select(O.c.conv).where(UNSENT, O.c.next_at <= clock).order_by(O.c.id).limit(SCAN))
        self.queue = made(sa.select(O.c.id, O.c.conv, O.c.key, O.c.kind, O.c.payload, O.c.attempts, O.c.leased,
                                    is_doubtful(O.c.error).label("in_doubt"), (O.c.next_at <= clock).label("due"))
                          .where(UNSENT, among(O.c.conv, "convs")).order_by(O.c.id))
        self.own = made(sa.select(O.c.conv).where(among(O.c.id, "ids"), UNSENT, O.c.next_at <= clock)
                        .with_for_update(skip_locked=True))
        self.lease = made(sa.update(O).where(among(O.c.id, "ids"))
                          .values(next_at=clock + sa.bindparam("for"), leased=True).returning(O.c.id, O.c.next_at))
        self.contacts = made(sa.select(C.c.id, C.c.contact).where(among(C.c.id, "convs")))


class Claims:
    """The claims of one tick; `leased` is until when each posting is."""

    def __init__(self, execute: Execute, sql: ClaimStatements, work: Work, now: Mapping[str, int],
                 marks: Marks) -> None:
        self._execute, self._sql, self._work, self._now, self._marks = execute, sql, work, now, marks
        self.leased: dict[int, int] = {}

    def take(self, handled: Mapping[str, Conversation], said: Collection[str],
             runs: Collection[str]) -> tuple[list[Run], list[str]]:
        """Up to `room` conversations whose oldest unsent row is due, those offered first first; who found no room.

        Every row of a run is leased: were it only the first, the second would look due as soon as the first is sent.

        Args:
            handled: those that had a turn in this tick; of them, `said` have something new to post.
            runs: those that have a run already.
        """
        room = max(0, self._work.room - len(runs))
        names, left = self._offered(handled, said, runs, room)
        if not names or not room:
            return [], names + left
        queues, doubtful = self._queues(names)
        ready = [name for name in names if name in queues]
        left = ready[room:] + left
        queues = {name: queues[name][:RUN] for name in ready[:room]}
        heads = [queue[0].id for queue in queues.values()]
        own = {row.conv for row in self._execute(self._sql.own, {**self._now, "ids": heads})}
        if unclear := doubtful & own:
            self._marks.settle(unclear)
        queues = {name: queue for name, queue in queues.items() if name in own - doubtful}
        return (self._runs(queues, handled) if queues else []), left

    def _offered(self, handled: Collection[str], said: Collection[str], runs: Collection[str],
                 room: int) -> tuple[list[str], list[str]]:
        """Whom to look at, and for whom there is no room: all that is offered, and of the others a few."""
        taken = self._work.busy.union(runs)
        names = [name for name in dict.fromkeys(self._work.offer) if name not in taken]
        others = [*handled, *sorted(self._marks.moved)]
        if self._work.scan and room:
            others += [row.conv for row in self._execute(self._sql.ready, self._now)]
        others = [name for name in dict.fromkeys(others) if name not in taken.union(names)]
        fit = max(0, OFFERS * room - len(names))
        return names + others[:fit], [name for name in others[fit:] if name in said or name not in handled]

    def _queues(self, names: list[str]) -> tuple[dict[str, list[Posting]], set[str]]:
        """What is unsent of each whose first posting is due; in whose first it is in doubt whether it was sent."""
        queues: dict[str, list[Posting]] = {}
        waits: set[str] = set()
        doubtful: set[str] = set()
        for row in self._execute(self._sql.queue, {**self._now, "convs": names}):
            may_be_sent = row.leased and row.kind == "message" and self._work.settle_ms > 0
            if row.conv not in queues and not row.due:
                waits.add(row.conv)
            elif may_be_sent and row.conv not in waits:
                (waits if row.conv in queues else doubtful).add(row.conv)
            if row.conv not in waits:
                queues.setdefault(row.conv, []).append(
                    Posting(row.id, row.key, row.kind, row.payload, row.attempts, bool(row.in_doubt)))
        return queues, doubtful

    def _runs(self, queues: Mapping[str, list[Posting]], handled: Mapping[str, Conversation]) -> list[Run]:
        leased = self._execute(self._sql.lease, {
            **self._now, "ids": [posting.id for queue in queues.values() for posting in queue],
            "for": self._work.lease_ms})
        self.leased |= {row.id: row.next_at for row in leased}
        contacts = {name: one.contact for name, one in handled.items()}
        if unknown := [name for name in queues if name not in contacts]:
            contacts |= {row.id: row.contact for row in self._execute(self._sql.contacts, {"convs": unknown})}
        return [Run(name, contacts[name], tuple(queue)) for name, queue in queues.items()]
