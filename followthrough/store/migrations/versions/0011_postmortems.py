"""The texts of postmortems in a table of their own."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Applies this revision; texts that are in documents are moved."""
    postmortem = op.create_table(
        "postmortem",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id"),
    )
    incident = sa.table("incident", sa.column("id", sa.String), sa.column("document", sa.JSON))
    connection = op.get_bind()
    for incident_id, document in connection.execute(sa.select(incident.c.id, incident.c.document)).all():
        if (written := document.get("postmortem")) is not None:
            text, at = written.pop("text"), datetime.fromisoformat(written["at"])
            connection.execute(postmortem.insert().values(incident_id=incident_id, text=text, at=at))
            connection.execute(incident.update().where(incident.c.id == incident_id).values(document=document))
