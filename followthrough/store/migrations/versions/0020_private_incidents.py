"""Which incidents are private, and who may see them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

WOULD_LOSE = (("that incidents are private", "SELECT 1 FROM incident WHERE private LIMIT 1"),)


def upgrade() -> None:
    """Applies this revision; until now none was."""
    op.create_table(
        "may_see",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "person"),
    )
    op.create_index("ix_may_see_person", "may_see", ["person"])
    op.add_column("incident", sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("may_see")
    op.drop_column("incident", "private")
