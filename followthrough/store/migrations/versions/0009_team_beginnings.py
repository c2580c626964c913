"""Since when each team has been in the organisation file."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0009"
down_revision = "0008"

WOULD_LOSE = ()


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "team_beginning",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("team"),
    )


def downgrade() -> None:
    """Takes it back; teams then begin when this is applied again."""
    op.drop_table("team_beginning")
