"""One row that is written again and again, to see that writing works."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0010"
down_revision = "0009"

WOULD_LOSE = ()


def upgrade() -> None:
    """Applies this revision."""
    heartbeat = op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(heartbeat, [{"id": 1, "at": datetime.now(UTC)}])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("heartbeat")
