"""More states of mails, and files in them: charts and calendar entries.

The states come first: SQLite makes the table of mails anew for them, which it can't while files refer to it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NEW_STATES = ("GATHERED", "UNNEEDED", "DELIVERED", "BOUNCED")


def upgrade() -> None:
    """Applies this revision."""
    if op.get_bind().dialect.name == "postgresql":
        for state in NEW_STATES:
            op.execute(f"ALTER TYPE mailstate ADD VALUE '{state}'")
    else:
        with op.batch_alter_table("mail") as mail:
            mail.alter_column("state", type_=sa.Enum("QUEUED", "SENT", "REFUSED", *NEW_STATES, name="mailstate"))
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
