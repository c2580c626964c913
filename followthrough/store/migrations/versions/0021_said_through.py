"""Through whose token somebody said what stands on a timeline."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

WOULD_LOSE = (("through whose token things were said", "SELECT 1 FROM timeline WHERE through IS NOT NULL LIMIT 1"),)


def upgrade() -> None:
    """Applies this revision."""
    op.add_column("timeline", sa.Column("through", sa.String(), nullable=True))


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("timeline", "through")
