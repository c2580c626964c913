"""Which incidents are private, and what somebody has to decide, read from indexes alone."""

from alembic import op

from followthrough.store.online import create_index, drop_index

revision = "0031"
down_revision = "0030"

WOULD_LOSE = ()

INDEXES = {
    "incident": ("ix_incident_by_privacy", ["private", "id"]),
    "item_search": ("ix_item_search_to_decide", ["status", "asks_for_time", "proposed_by", "item_id"]),
}
BEFORE = {
    "incident": ("ix_incident_private", ["private"]),
    "item_search": ("ix_item_search_status", ["status"]),
}
"""What the new ones begin with."""


def upgrade() -> None:
    """Applies this revision."""
    for table, (name, columns) in INDEXES.items():
        create_index(name, table, columns)
        drop_index(BEFORE[table][0], table)


def downgrade() -> None:
    """Takes it back."""
    for table, (name, columns) in BEFORE.items():
        op.drop_index(INDEXES[table][0], table)
        op.create_index(name, table, columns)
