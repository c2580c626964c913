"""${message}"""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}

WOULD_LOSE = ()


def upgrade() -> None:
    """Applies this revision."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Takes it back."""
    ${downgrades if downgrades else "pass"}
