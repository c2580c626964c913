"""Until when vendors have asked to be left alone."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0006"
down_revision = "0005"

WOULD_LOSE = ()


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "vendor_pause",
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("vendor"),
    )


def downgrade() -> None:
    """Takes it back; vendors say again when they want to be left alone."""
    op.drop_table("vendor_pause")
