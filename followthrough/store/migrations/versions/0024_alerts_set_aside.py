"""Alerts without a route that need no incident."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

WOULD_LOSE = (
    (
        "why alerts without a route were set aside",
        "SELECT 1 FROM unstarted_alert WHERE set_aside_by IS NOT NULL LIMIT 1",
    ),
)


def upgrade() -> None:
    """Applies this revision."""
    with op.batch_alter_table("unstarted_alert") as table:
        table.add_column(sa.Column("set_aside_by", sa.String(), nullable=True))
        table.add_column(sa.Column("set_aside_because", sa.String(), nullable=True))


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("unstarted_alert", "set_aside_because")
    op.drop_column("unstarted_alert", "set_aside_by")
