"""Alerts that started no incident."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0008"
down_revision = "0007"

WOULD_LOSE = (("alerts without a route", "SELECT 1 FROM unstarted_alert LIMIT 1"),)


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "unstarted_alert",
        sa.Column("dedup_key", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("first_at", UTCDateTime(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("dedup_key"),
    )
    op.create_index("ix_unstarted_alert_last_at", "unstarted_alert", ["last_at"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("unstarted_alert")
