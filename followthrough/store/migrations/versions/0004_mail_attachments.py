"""Files in mails: charts and calendar entries."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "mail_attachment",
        sa.Column("mail_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("content_id", sa.String(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["mail_key"], ["mail.key"]),
        sa.PrimaryKeyConstraint("mail_key", "name"),
    )
