"""Each text of a postmortem that was handed in."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from followthrough.store.online import batches
from followthrough.store.tables import UTCDateTime

revision = "0022"
down_revision = "0021"

WOULD_LOSE = (
    (
        "earlier texts of postmortems",
        "SELECT 1 FROM postmortem_version GROUP BY incident_id HAVING count(*) > 1 LIMIT 1",
    ),
)


def upgrade() -> None:
    """Applies this revision; the texts that are there are the first ones."""
    version = op.create_table(
        "postmortem_version",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "at"),
        if_not_exists=True,
    )
    incident = sa.table("incident", sa.column("id", sa.String), sa.column("document", sa.JSON))
    postmortem = sa.table(
        "postmortem",
        sa.column("incident_id", sa.String),
        sa.column("text", sa.String),
    )
    connection = op.get_bind()
    texts = sa.select(incident.c.document, postmortem.c.text, incident.c.id).join(
        postmortem, postmortem.c.incident_id == incident.c.id
    )
    kept = sa.select(version.c.incident_id)
    for keys in batches(postmortem.c.incident_id):
        some = texts.where(incident.c.id.in_(keys), incident.c.id.not_in(kept))
        for document, text, incident_id in connection.execute(some).all():
            if (written := document.get("postmortem")) is not None:
                at = datetime.fromisoformat(written["at"])
                row = version.insert().values(incident_id=incident_id, at=at, by=written["by"], text=text)
                connection.execute(row)


def downgrade() -> None:
    """Takes it back; the only text of a postmortem is its present one."""
    op.drop_table("postmortem_version")
