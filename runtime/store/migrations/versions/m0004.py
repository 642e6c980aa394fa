"""Files that were brought to the platform, by number and by what is in them."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("number", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("media_id", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False))
