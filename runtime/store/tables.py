"""The tables. Every key but those of `identity` and `upload` leads with the conversation, so that they can be spread
over databases; `sweep` is each database's own.

The hot path uses them through SQLAlchemy Core (`Model.__table__`); the classes are for people and reports.
State and payloads are text, not a JSON type: nothing queries inside them, and `jsonb` refuses what users may write.
Times are milliseconds since 1970, UTC.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from runtime.store.status import TO_SEND

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")     # SQLite counts up by itself only in INTEGER


def _number() -> sa.Column[int]:
    return sa.Column(BIG, primary_key=True, autoincrement=True)


def _where(name: str, columns: tuple[str, ...], condition: str) -> sa.Index:
    return sa.Index(name, *columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


class ConversationRow(SQLModel, table=True):
    __tablename__ = "conversation"

    id: str = Field(primary_key=True)
    tag: str
    turns: int = Field(default=0, sa_type=sa.BigInteger)
    state: str = ""
    contact: str = ""
    updated_at: int = Field(default=0, sa_type=sa.BigInteger)


class InboxRow(SQLModel, table=True):
    """A row that is done keeps its key, which is what drops a second delivery, and nothing else."""

    __tablename__ = "inbox"

    id: int | None = Field(default=None, sa_column=_number())
    conv: str
    msg_id: str
    origin: str
    address: str
    body: str
    received_at: int = Field(sa_type=sa.BigInteger)
    done: bool = Field(default=False, sa_column=sa.Column(sa.Boolean, nullable=False, server_default=sa.false()))

    __table_args__ = (
        sa.UniqueConstraint("conv", "msg_id"),
        _where("inbox_undone_conv", ("conv", "id"), "NOT done"),
        _where("inbox_undone", ("id",), "NOT done"),
    )


class JournalRow(SQLModel, table=True):
    __tablename__ = "journal"

    conv: str = Field(primary_key=True)
    msg_id: str = Field(primary_key=True)
    turn: int = Field(sa_type=sa.BigInteger)
    at: int = Field(sa_type=sa.BigInteger)
    table_version: str
    kind: str
    event: str | None
    step_from: str | None
    step_to: str | None
    trace: str
    effects: str
    error: str | None
    took_us: int


class OutboxRow(SQLModel, table=True):
    """`next_at` is "not before": a lease while a process posts, the back-off after a failure.

    `leased` until it is known what became of the posting: a row that comes up for posting and still is may have been
    sent by a process that died. `marked_at` is when `status` or `delivery` was last written.
    """

    __tablename__ = "outbox"

    id: int | None = Field(default=None, sa_column=_number())
    conv: str
    key: str = Field(index=True)
    kind: str
    payload: str
    attempts: int = Field(default=0, sa_column=sa.Column(sa.Integer, nullable=False, server_default="0"))
    status: int = Field(default=0, sa_column=sa.Column(sa.SmallInteger, nullable=False, server_default="0"))
    next_at: int = Field(default=0, sa_column=sa.Column(sa.BigInteger, nullable=False, server_default="0"))
    provider_id: str | None = Field(default=None, index=True)
    error: str | None = None
    leased: bool = Field(default=False, sa_column=sa.Column(sa.Boolean, nullable=False, server_default=sa.false()))
    delivery: str | None = None              # the furthest that a status told: sent, delivered, read, failed …
    marked_at: int = Field(default=0, sa_column=sa.Column(sa.BigInteger, nullable=False, server_default="0"))

    __table_args__ = (
        _where("outbox_unsent_conv", ("conv", "id"), f"status = {TO_SEND}"),
        _where("outbox_unsent", ("id",), f"status = {TO_SEND}"),
    )


class TimerRow(SQLModel, table=True):
    __tablename__ = "timer"

    conv: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    due: int = Field(index=True, sa_type=sa.BigInteger)


class IdentityRow(SQLModel, table=True):
    """What a user is called, and whose conversation it is; `since` is when that user was first heard of."""

    __tablename__ = "identity"

    account: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    conv: str = Field(index=True)
    since: int = Field(sa_type=sa.BigInteger)


class SweepRow(SQLModel, table=True):
    """How far the cleaning has come, in one row, which whoever cleans has locked."""

    __tablename__ = "sweep"

    id: int = Field(primary_key=True)
    part: int                                # which of `runtime.store.sweep.parts` is under way
    after: str                               # JSON: the key of the last row that was looked at; `[]`: the beginning
    next_at: int = Field(sa_type=sa.BigInteger)              # not before: it rests after each time through everything


# What is undone and unsent, in the very words of the partial indexes: SQLite does not know `done = 0` for the same, nor
# PostgreSQL a parameter.
UNDONE = sa.text("NOT inbox.done")
UNSENT = sa.text(f"outbox.status = {TO_SEND}")


class UploadRow(SQLModel, table=True):
    """A file that was brought to the platform, by what is in it (`runtime.channels.uploads`), and its id there."""

    __tablename__ = "upload"

    number: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    media_id: str
    until: int = Field(sa_type=sa.BigInteger)
