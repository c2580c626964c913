"""Through whose token somebody said what stands on a timeline."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Applies this revision."""
    op.add_column("timeline", sa.Column("through", sa.String(), nullable=True))
