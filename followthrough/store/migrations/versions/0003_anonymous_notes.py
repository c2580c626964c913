"""Anonymous notes; without SQLite's row numbers, which would tell their order."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0003"
down_revision = "0002"

WOULD_LOSE = (("anonymous notes", "SELECT 1 FROM anonymous_note LIMIT 1"),)


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "anonymous_note",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("batch", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_anonymous_note_batch", "anonymous_note", ["batch"])
    op.create_index("ix_anonymous_note_incident_id", "anonymous_note", ["incident_id"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("anonymous_note")
