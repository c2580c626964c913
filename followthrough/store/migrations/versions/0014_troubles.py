"""The namespace of the workflows that the database tells of; mails that are set aside; troubles."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0014"
down_revision = "0013"

WOULD_LOSE = (("mails that are set aside", "SELECT 1 FROM mail WHERE state = 'SET_ASIDE' LIMIT 1"),)


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "engine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("namespace_id", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "trouble",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("what_to_do", sa.String(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("told_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_trouble_kind", "trouble", ["kind"])
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps states as text
        op.execute("ALTER TYPE mailstate ADD VALUE IF NOT EXISTS 'SET_ASIDE'")
    op.add_column("mail", sa.Column("request", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Takes it back; troubles that last are found again, and the engine is that of the next start."""
    op.drop_column("mail", "request")
    op.drop_table("trouble")
    op.drop_table("engine")
