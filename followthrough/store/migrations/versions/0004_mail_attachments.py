"""More states of mails, and files in them: charts and calendar entries.

The states come first: SQLite makes the table of mails anew for them, which it can't while files refer to it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WOULD_LOSE = (
    ("files in mails", "SELECT 1 FROM mail_attachment LIMIT 1"),
    ("mails that wait for a daily one", "SELECT 1 FROM mail WHERE state = 'GATHERED' LIMIT 1"),
)

NEW_STATES = ("GATHERED", "UNNEEDED", "DELIVERED", "BOUNCED")
STATE = sa.Enum("QUEUED", "SENT", "REFUSED", *NEW_STATES, name="mailstate")
NEAREST = {"UNNEEDED": "REFUSED", "DELIVERED": "SENT", "BOUNCED": "REFUSED"}


def upgrade() -> None:
    """Applies this revision."""
    if op.get_bind().dialect.name == "postgresql":
        for state in NEW_STATES:
            op.execute(f"ALTER TYPE mailstate ADD VALUE IF NOT EXISTS '{state}'")
    else:
        with op.batch_alter_table("mail") as mail:
            mail.alter_column("state", type_=STATE)
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


def downgrade() -> None:
    """Takes it back. PostgreSQL keeps the states, which nothing has then."""
    op.drop_table("mail_attachment")
    for state, nearest in NEAREST.items():
        mail = sa.table("mail", sa.column("state", STATE))
        op.execute(mail.update().where(mail.c.state == state).values(state=nearest))
