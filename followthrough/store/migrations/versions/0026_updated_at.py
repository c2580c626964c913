"""When incidents and action items were written last, for programs that keep a copy of them."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Applies this revision. What is there counts as written now, so that nobody misses it."""
    for name in ("incident", "action_item"):
        op.add_column(name, sa.Column("updated_at", UTCDateTime(), nullable=True))
        table = sa.table(name, sa.column("updated_at", UTCDateTime()))
        op.execute(table.update().values(updated_at=datetime.now(UTC)))
        op.create_index(f"ix_{name}_by_update", name, ["updated_at", "id"])
