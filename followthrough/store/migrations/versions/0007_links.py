"""Links that were used, and calendar addresses that were given up."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0007"
down_revision = "0006"

WOULD_LOSE = (
    (
        "which links were used and can be used no more",
        "SELECT 1 FROM used_link UNION SELECT 1 FROM revoked_calendar LIMIT 1",
    ),
)


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


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("revoked_calendar")
    op.drop_table("used_link")
