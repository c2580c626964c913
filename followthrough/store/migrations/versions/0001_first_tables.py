"""The read model, the local tracker and the outbox."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0001"
down_revision = None

WOULD_LOSE = (
    (
        "incidents, action items and mails",
        "SELECT 1 FROM incident UNION SELECT 1 FROM action_item UNION SELECT 1 FROM mail LIMIT 1",
    ),
)


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "action_item",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("proposed_at", UTCDateTime(), nullable=False),
        sa.Column("due", UTCDateTime()),
        sa.Column("next_at", UTCDateTime()),
        sa.Column("next_kind", sa.String()),
        sa.Column("escalation_level", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.String()),
        sa.Column("ended_at", UTCDateTime()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_action_item_due", "action_item", ["due"])
    op.create_index("ix_action_item_incident_id", "action_item", ["incident_id"])
    op.create_index("ix_action_item_owner", "action_item", ["owner"])
    op.create_index("ix_action_item_status", "action_item", ["status"])
    op.create_index("ix_action_item_team", "action_item", ["team"])
    op.create_index("ix_action_item_ticket", "action_item", ["ticket"])

    op.create_table(
        "incident",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("dedup_key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("declared_at", UTCDateTime(), nullable=False),
        sa.Column("resolved_at", UTCDateTime()),
        sa.Column("ended_at", UTCDateTime()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_incident_dedup_key", "incident", ["dedup_key"])
    op.create_index("ix_incident_service", "incident", ["service"])
    op.create_index("ix_incident_status", "incident", ["status"])
    op.create_index("ix_incident_team", "incident", ["team"])

    op.create_table(
        "local_sprint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("end", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("team", "first_day"),
    )
    op.create_index("ix_local_sprint_team", "local_sprint", ["team"])

    op.create_table(
        "mail",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String()),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("state", sa.Enum("QUEUED", "SENT", "REFUSED", name="mailstate"), nullable=False),
        sa.Column("answer", sa.String()),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_mail_incident_id", "mail", ["incident_id"])
    op.create_index("ix_mail_item_id", "mail", ["item_id"])
    op.create_index("ix_mail_kind", "mail", ["kind"])
    op.create_index("ix_mail_state", "mail", ["state"])

    op.create_table(
        "timeline",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("author", sa.String()),
        sa.PrimaryKeyConstraint("record_id", "number"),
    )
    op.create_index("ix_timeline_incident_id", "timeline", ["incident_id"])

    op.create_table(
        "local_ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=False),
        sa.Column("due", sa.Date()),
        sa.Column("sprint_id", sa.Integer()),
        sa.ForeignKeyConstraint(["sprint_id"], ["local_sprint.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("item_id"),
    )


def downgrade() -> None:
    """Takes it back; nothing is left."""
    op.drop_table("local_ticket")
    op.drop_table("timeline")
    op.drop_table("mail")
    op.drop_table("local_sprint")
    op.drop_table("incident")
    op.drop_table("action_item")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TYPE mailstate")
