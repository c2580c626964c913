"""Comments on postmortems, corrections of them, and their pages in Confluence."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0025"
down_revision = "0024"

WOULD_LOSE = (
    ("comments on postmortems", "SELECT 1 FROM postmortem_comment LIMIT 1"),
    ("corrections of postmortems", "SELECT 1 FROM postmortem_correction LIMIT 1"),
    ("which pages postmortems have in Confluence", "SELECT 1 FROM confluence_page LIMIT 1"),
)


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "postmortem_comment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_postmortem_comment_incident_id", "postmortem_comment", ["incident_id"])
    op.create_table(
        "postmortem_correction",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("override", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "number"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "confluence_page",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("page_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id"),
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("confluence_page")
    op.drop_table("postmortem_correction")
    op.drop_table("postmortem_comment")
