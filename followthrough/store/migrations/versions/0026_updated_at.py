"""When incidents and action items were written last, for programs that keep a copy of them."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from followthrough.store.online import add_column, batches, create_index
from followthrough.store.tables import UTCDateTime

revision = "0026"
down_revision = "0025"

WOULD_LOSE = ()


def upgrade() -> None:
    """Applies this revision. What is there counts as written now, so that nobody misses it."""
    for name in ("incident", "action_item"):
        add_column(name, sa.Column("updated_at", UTCDateTime(), nullable=True))
        table = sa.table(name, sa.column("id", sa.String), sa.column("updated_at", UTCDateTime()))
        for keys in batches(table.c.id):
            unknown = table.c.id.in_(keys), table.c.updated_at.is_(None)
            op.execute(table.update().where(*unknown).values(updated_at=datetime.now(UTC)))
        create_index(f"ix_{name}_by_update", name, ["updated_at", "id"])


def downgrade() -> None:
    """Takes it back."""
    for name in ("incident", "action_item"):
        op.drop_index(f"ix_{name}_by_update", name)
        op.drop_column(name, "updated_at")
