"""Whom a mail is for, which daily mail it became a part of, what nobody wants, and which addresses take no mail."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.online import add_column, create_index
from followthrough.store.tables import UTCDateTime

revision = "0005"
down_revision = "0004"

WOULD_LOSE = (("which mails people do not want", "SELECT 1 FROM unsubscribed LIMIT 1"),)

COLUMNS = ("person", "sent_in", "reference")


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "unsubscribed",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person", "kind"),
        if_not_exists=True,
    )
    op.create_table(
        "bounced_address",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address"),
        if_not_exists=True,
    )
    for column in COLUMNS:
        add_column("mail", sa.Column(column, sa.String(), nullable=True))
    for column in COLUMNS:
        create_index(f"ix_mail_{column}", "mail", [column])


def downgrade() -> None:
    """Takes it back; an address that takes no mail is known again when it bounces."""
    op.drop_table("bounced_address")
    op.drop_table("unsubscribed")
    for column in COLUMNS:
        op.drop_index(f"ix_mail_{column}", "mail")
        op.drop_column("mail", column)
