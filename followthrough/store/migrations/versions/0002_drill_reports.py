"""Reports of drills, and mails that belong to no incident."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0002"
down_revision = "0001"

WOULD_LOSE = (
    ("reports of drills", "SELECT 1 FROM drill_report LIMIT 1"),
    ("mails that belong to no incident", "SELECT 1 FROM mail WHERE incident_id IS NULL LIMIT 1"),
)


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "drill_report",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id"),
    )
    op.create_index("ix_drill_report_started_at", "drill_report", ["started_at"])
    op.create_index("ix_drill_report_team", "drill_report", ["team"])
    with op.batch_alter_table("mail") as mail:
        mail.alter_column("incident_id", existing_type=sa.String(), nullable=True)


def downgrade() -> None:
    """Takes it back."""
    with op.batch_alter_table("mail") as mail:
        mail.alter_column("incident_id", existing_type=sa.String(), nullable=False)
    op.drop_table("drill_report")
