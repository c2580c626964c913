"""Whom a mail is for, which daily mail it became a part of, what nobody wants, and which addresses take no mail."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Applies this revision."""
    for column in ("person", "sent_in", "reference"):
        op.add_column("mail", sa.Column(column, sa.String(), nullable=True))
        op.create_index(f"ix_mail_{column}", "mail", [column])
    op.create_table(
        "unsubscribed",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person", "kind"),
    )
    op.create_table(
        "bounced_address",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address"),
    )
