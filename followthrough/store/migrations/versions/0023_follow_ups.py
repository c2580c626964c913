"""Lists of action items that people have named, and the orders in which those are read."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.online import create_index, drop_index

revision = "0023"
down_revision = "0022"

WOULD_LOSE = (("lists of action items that people have named", "SELECT 1 FROM saved_view LIMIT 1"),)

ORDERS = {
    "ix_action_item_in_incident": ["incident_id", "status", "due", "id"],
    "ix_action_item_by_due": ["status", "due", "id"],
    "ix_action_item_by_priority": ["status", "priority", "due", "id"],
    "ix_action_item_by_severity": ["status", "severity", "due", "id"],
    "ix_action_item_by_title": ["status", "title", "id"],
    "ix_action_item_by_owner": ["status", "owner", "due", "id"],
    "ix_action_item_by_proposed_at": ["status", "proposed_at", "id"],
    "ix_action_item_of_team": ["status", "team", "due", "id"],
    "ix_action_item_of_service": ["status", "service", "due", "id"],
}


def upgrade() -> None:
    """Applies this revision."""
    op.create_table(
        "saved_view",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person", "name"),
        if_not_exists=True,
    )
    for name, columns in ORDERS.items():
        create_index(name, "action_item", columns)
    drop_index("ix_action_item_status", "action_item")
    drop_index("ix_action_item_incident_id", "action_item")
    create_index("ix_incident_private", "incident", ["private"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_incident_private", "incident")
    op.create_index("ix_action_item_status", "action_item", ["status"])
    op.create_index("ix_action_item_incident_id", "action_item", ["incident_id"])
    for name in ORDERS:
        op.drop_index(name, "action_item")
    op.drop_table("saved_view")
