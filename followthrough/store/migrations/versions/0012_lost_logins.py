"""Since when a vendor does not know us."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0012"
down_revision = "0011"

WOULD_LOSE = ()


def upgrade() -> None:
    """Applies this revision."""
    op.add_column("vendor_pause", sa.Column("login_lost_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    """Takes it back; a vendor that does not know us says so again."""
    op.drop_column("vendor_pause", "login_lost_at")
