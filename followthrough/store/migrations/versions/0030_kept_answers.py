"""Answers of requests that came with a key."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0030"
down_revision = "0029"

WOULD_LOSE = ()


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "kept_answer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_kept_answer_begun_at", "kept_answer", ["begun_at"])


def downgrade() -> None:
    """Takes it back; who asks again with a key is no longer known."""
    op.drop_table("kept_answer")
