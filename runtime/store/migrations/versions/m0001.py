"""The first: inbox, journal, state, outbox, timers.

On PostgreSQL rows that are written again and again leave room on their page for their next version, and are cleaned
up after long before a fifth of the table is dead.
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")   # SQLite counts up by itself only in INTEGER

BUSY = {"fillfactor": 70, "autovacuum_vacuum_scale_factor": 0.01}


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("turns", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        postgresql_with=BUSY)
    _inbox()
    op.create_table(
        "journal",
        sa.Column("conv", sa.String(), primary_key=True),
        sa.Column("msg_id", sa.String(), primary_key=True),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("table_version", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("event", sa.String()),
        sa.Column("step_from", sa.String()),
        sa.Column("step_to", sa.String()),
        sa.Column("trace", sa.String(), nullable=False),
        sa.Column("effects", sa.String(), nullable=False),
        sa.Column("error", sa.String()),
        sa.Column("took_us", sa.Integer(), nullable=False))
    _outbox()
    op.create_table(
        "timer",
        sa.Column("conv", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("due", sa.BigInteger(), nullable=False, index=True))


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("conv", sa.String(), nullable=False),
        sa.Column("msg_id", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.UniqueConstraint("conv", "msg_id"),
        postgresql_with=BUSY)
    _partial("inbox_undone_conv", "inbox", ["conv", "id"], "NOT done")
    _partial("inbox_undone", "inbox", ["id"], "NOT done")


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("conv", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False, index=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("status", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("next_at", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("provider_id", sa.String(), index=True),
        sa.Column("error", sa.String()),
        sa.Column("leased", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("delivery", sa.String()),
        sa.Column("marked_at", sa.BigInteger(), nullable=False, server_default="0"),
        postgresql_with=BUSY)
    _partial("outbox_unsent_conv", "outbox", ["conv", "id"], "status = 0")
    _partial("outbox_unsent", "outbox", ["id"], "status = 0")


def _partial(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
