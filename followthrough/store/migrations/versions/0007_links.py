"""Links that were used, and calendar addresses that were given up."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "used_link",
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("nonce"),
    )
    op.create_table(
        "revoked_calendar",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("addresses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )
