"""Dead letters: what will not be posted again unless a person says so. For people, not for the tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import SQLModel

from runtime.store.status import DEAD, DROPPED, TO_SEND
from runtime.store.tables import JournalRow, OutboxRow

J, O = (SQLModel.metadata.tables[model.__tablename__] for model in (JournalRow, OutboxRow))             # noqa: E741


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A posting that was set aside, and the place of the flow that made it."""

    id: int
    conversation: str                        # the tag, which says nothing of the user
    turn: int
    step: str | None                         # where the conversation rested after that turn; none: unknown
    kind: str                                # message or call
    error: str
    attempts: int
    since: int                               # milliseconds since 1970, UTC
    request: str                             # JSON of the effect


def dead_letters(connection: sa.Connection, ids: Sequence[int] = ()) -> list[DeadLetter]:
    """All of them, or those of these ids; oldest first."""
    wanted = sa.select(O).where(O.c.status == DEAD).order_by(O.c.id)
    rows = connection.execute(wanted.where(O.c.id.in_(ids)) if ids else wanted).all()
    turns = {row.id: int(row.key.split(":")[1]) for row in rows}
    steps = {(row.conv, row.turn): row.step_to for row in connection.execute(
        sa.select(J.c.conv, J.c.turn, J.c.step_to).where(
            J.c.conv.in_({row.conv for row in rows}), J.c.turn.in_(set(turns.values()))))} if rows else {}
    return [DeadLetter(id=row.id, conversation=row.key.split(":")[0], turn=turns[row.id],
                       step=steps.get((row.conv, turns[row.id])), kind=row.kind, error=row.error or "",
                       attempts=row.attempts, since=row.marked_at, request=row.payload) for row in rows]


def retry(connection: sa.Connection, ids: Sequence[int]) -> list[int]:
    """Post these again, as if for the first time; the ids of those that were dead letters.

    They keep their place: within a conversation the older goes first. Where a run is under way they wait for its
    lease, so that nobody posts beside it.
    """
    run = O.alias()
    lease = (sa.select(sa.func.coalesce(sa.func.max(run.c.next_at), 0))
             .where(run.c.conv == O.c.conv, run.c.status == TO_SEND, run.c.leased).scalar_subquery())
    again = (sa.update(O).where(O.c.id.in_(ids), O.c.status == DEAD)
             .values(status=TO_SEND, attempts=0, next_at=lease, delivery=None, error=None).returning(O.c.id))
    return sorted(connection.execute(again).scalars())


def drop(connection: sa.Connection, ids: Sequence[int], now: int) -> list[int]:
    """Give these up for good; the ids of those that were dead letters. The rows stay, with their errors."""
    gone = (sa.update(O).where(O.c.id.in_(ids), O.c.status == DEAD)
            .values(status=DROPPED, marked_at=now).returning(O.c.id))
    return sorted(connection.execute(gone).scalars())
