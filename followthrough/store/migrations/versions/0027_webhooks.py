"""Events that go out by webhooks, how far each is, and how their endpoints do."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0027"
down_revision = "0026"

WOULD_LOSE = (
    ("events that wait to be delivered by webhooks", "SELECT 1 FROM webhook_delivery WHERE state = 'waits' LIMIT 1"),
    ("that webhooks are disabled", "SELECT 1 FROM webhook_endpoint WHERE disabled_at IS NOT NULL LIMIT 1"),
)


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_webhook_event_at", "webhook_event", ["at"])
    op.create_index("ix_webhook_event_incident_id", "webhook_event", ["incident_id"])
    op.create_table(
        "webhook_delivery",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("next_at", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", UTCDateTime(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("event_id", "endpoint"),
    )
    op.create_index("ix_webhook_delivery_next", "webhook_delivery", ["endpoint", "state", "next_at"])
    op.create_index("ix_webhook_delivery_untold", "webhook_delivery", ["told", "endpoint"])
    op.create_table(
        "webhook_endpoint",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("failing_since", UTCDateTime(), nullable=True),
        sa.Column("paused_until", UTCDateTime(), nullable=True),
        sa.Column("disabled_at", UTCDateTime(), nullable=True),
        sa.Column("disabled_because", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    """Takes it back; of what was delivered nothing is left."""
    op.drop_table("webhook_endpoint")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_event")
