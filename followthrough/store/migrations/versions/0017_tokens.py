"""Tokens of people and of programs, and terminals that ask for one."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0017"
down_revision = "0016"

WOULD_LOSE = (("tokens that are not revoked", "SELECT 1 FROM token WHERE revoked_at IS NULL LIMIT 1"),)


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "token",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=True),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_index("ix_token_person", "token", ["person"])
    op.create_table(
        "terminal",
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=True),
        sa.Column("challenge", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash"),
        sa.UniqueConstraint("code_hash"),
    )
    op.create_index("ix_terminal_ends_at", "terminal", ["ends_at"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("terminal")
    op.drop_table("token")
