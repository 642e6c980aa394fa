"""How far the cleaning has come: one row, which whoever cleans has locked."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    sweep = op.create_table(
        "sweep",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False))
    op.bulk_insert(sweep, [{"id": 1, "part": 0, "after": "[]", "next_at": 0}])
