"""Alerts without a route that need no incident."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Applies this revision."""
    with op.batch_alter_table("unstarted_alert") as table:
        table.add_column(sa.Column("set_aside_by", sa.String(), nullable=True))
        table.add_column(sa.Column("set_aside_because", sa.String(), nullable=True))
