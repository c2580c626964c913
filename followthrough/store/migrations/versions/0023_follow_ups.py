"""Lists of action items that people have named, and the orders in which those are read."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

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
    )
    for name, columns in ORDERS.items():
        op.create_index(name, "action_item", columns)
    op.drop_index("ix_action_item_status", "action_item")
    op.drop_index("ix_action_item_incident_id", "action_item")
    op.create_index("ix_incident_private", "incident", ["private"])
