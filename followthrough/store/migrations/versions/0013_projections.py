"""Which run of a workflow wrote a record last, and where in its history."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0013"
down_revision = "0012"

WOULD_LOSE = ()


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "projection",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("history_length", sa.Integer(), nullable=False),
        sa.Column("earlier_runs", sa.String(), nullable=False),
        sa.Column("writes", sa.Integer(), nullable=False),
        sa.Column("check_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("record_id"),
    )
    op.create_index("ix_projection_check_at", "projection", ["check_at"])


def downgrade() -> None:
    """Takes it back; who wrote what is found out again."""
    op.drop_table("projection")
