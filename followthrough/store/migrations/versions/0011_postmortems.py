"""The texts of postmortems in a table of their own."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from followthrough.store.online import batches
from followthrough.store.tables import UTCDateTime

revision = "0011"
down_revision = "0010"

WOULD_LOSE = ()


def upgrade() -> None:
    """Applies this revision; texts that are in documents are moved."""
    postmortem = op.create_table(
        "postmortem",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id"),
        if_not_exists=True,
    )
    incident, connection = _incident(), op.get_bind()
    for keys in batches(incident.c.id):
        some = sa.select(incident.c.id, incident.c.document).where(incident.c.id.in_(keys)).order_by(incident.c.id)
        texts, documents = [], []
        for incident_id, document in connection.execute(some.with_for_update()).all():
            if (written := document.get("postmortem")) is not None and "text" in written:
                text, at = written.pop("text"), datetime.fromisoformat(written["at"])
                texts.append({"incident_id": incident_id, "text": text, "at": at})
                documents.append({"this": incident_id, "document": document})
        if texts:
            connection.execute(postmortem.insert(), texts)
            connection.execute(incident.update().where(incident.c.id == sa.bindparam("this")), documents)


def downgrade() -> None:
    """Takes it back: the texts are in documents again."""
    incident, postmortem = _incident(), sa.table("postmortem", sa.column("incident_id"), sa.column("text", sa.String))
    connection = op.get_bind()
    texts = sa.select(incident.c.id, incident.c.document, postmortem.c.text)
    for incident_id, document, text in connection.execute(
        texts.join(postmortem, postmortem.c.incident_id == incident.c.id)
    ).all():
        if (written := document.get("postmortem")) is not None:
            written["text"] = text
            connection.execute(incident.update().where(incident.c.id == incident_id).values(document=document))
    op.drop_table("postmortem")


def _incident() -> sa.TableClause:
    return sa.table("incident", sa.column("id", sa.String), sa.column("document", sa.JSON))
