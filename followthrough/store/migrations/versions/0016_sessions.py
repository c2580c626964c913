"""Who is signed in, who is about to be, and codes for when the provider is down."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0016"
down_revision = "0015"

WOULD_LOSE = ()


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "session",
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash"),
    )
    op.create_index("ix_session_person", "session", ["person"])
    op.create_index("ix_session_ends_at", "session", ["ends_at"])
    op.create_table(
        "sign_in",
        sa.Column("state_hash", sa.String(), nullable=False),
        sa.Column("browser_hash", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("code_verifier", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash"),
    )
    op.create_index("ix_sign_in_ends_at", "sign_in", ["ends_at"])
    op.create_table(
        "break_glass",
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("code_hash"),
    )


def downgrade() -> None:
    """Takes it back; people sign in again."""
    op.drop_table("break_glass")
    op.drop_table("sign_in")
    op.drop_table("session")
