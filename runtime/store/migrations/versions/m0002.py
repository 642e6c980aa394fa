"""What users are called: one row for each name, leading to their conversation."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.create_table(
        "identity",
        sa.Column("account", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), primary_key=True),
        sa.Column("conv", sa.String(), nullable=False, index=True),
        sa.Column("since", sa.BigInteger(), nullable=False))
