"""Through whose token somebody said what stands on a timeline."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0015"


def upgrade() -> None:
    """Applies this revision."""
    op.add_column("timeline", sa.Column("through", sa.String(), nullable=True))
