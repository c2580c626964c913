"""Action items' words, and who may have to decide about them, in a table that the database keeps; and lists' orders."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.online import batches, create_index, drop_index

revision = "0028"
down_revision = "0027"

WOULD_LOSE = ()

ORDERS = {
    "incident": {
        "ix_incident_by_declaration": ["declared_at", "id"],
        "ix_incident_of_status": ["status", "declared_at", "id"],
        "ix_incident_of_service": ["service", "declared_at", "id"],
        "ix_incident_of_team": ["team", "declared_at", "id"],
        "ix_incident_by_title": ["title", "private", "id"],
    },
    "action_item": {"ix_action_item_of_owner": ["owner", "incident_id"]},
    "mail": {
        "ix_mail_by_time": ["at", "key"],
        "ix_mail_of_kind": ["kind", "at", "key"],
        "ix_mail_of_person": ["person", "at", "key"],
        "ix_mail_of_state": ["state", "at", "key"],
    },
}
BEFORE = {
    "incident": ("ix_incident_status", "ix_incident_service", "ix_incident_team"),
    "action_item": ("ix_action_item_owner",),
    "mail": ("ix_mail_kind", "ix_mail_person", "ix_mail_state"),
}
"""What the new ones begin with."""

COLUMNS = "item_id, incident_id, status, text, proposed_by, approvers, asks_for_time"
ON_SQLITE = """{0}.id, {0}.incident_id, {0}.status,
    lower({0}.title || char(10) || {0}.id || char(10) || coalesce({0}.ticket, '') || char(10)
        || coalesce(json_extract({0}.document, '$.description'), '')),
    coalesce(json_extract({0}.document, '$.proposed_by'), ''),
    coalesce(json_extract({0}.document, '$.plan.policy.approvers'), ''),
    json_extract({0}.document, '$.extension_wanted.until') IS NOT NULL"""
ON_POSTGRESQL = """{0}.id, {0}.incident_id, {0}.status,
    lower(concat_ws(chr(10), {0}.title, {0}.id, {0}.ticket, {0}.document ->> 'description')),
    coalesce({0}.document ->> 'proposed_by', ''),
    coalesce({0}.document #>> '{{plan,policy,approvers}}', ''),
    {0}.document #>> '{{extension_wanted,until}}' IS NOT NULL"""
KEPT_ON_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION keep_item_search() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM item_search WHERE item_id = OLD.id;
    ELSE
        INSERT INTO item_search ({COLUMNS}) VALUES ({ON_POSTGRESQL.format("NEW")})
        ON CONFLICT (item_id) DO UPDATE SET ({COLUMNS}) = ROW (EXCLUDED.*);
    END IF;
    RETURN NULL;
END $$ LANGUAGE plpgsql
"""  # noqa: S608 -- of nothing but what stands above
FORGET_ON_SQLITE = "DELETE FROM item_search WHERE item_id = {}.id"
PUT_ON_SQLITE = (
    f"{FORGET_ON_SQLITE.format('NEW')}; INSERT INTO item_search ({COLUMNS}) SELECT {ON_SQLITE.format('NEW')}"
)
"""In two steps, because the statement that sets off a trigger decides there what a conflict comes to."""
KEPT_ON_SQLITE = {"insert": PUT_ON_SQLITE, "update": PUT_ON_SQLITE, "delete": FORGET_ON_SQLITE.format("OLD")}


def upgrade() -> None:
    """Applies this revision. Triggers come before the rows that are there, so that none is missed between the two."""
    for table, indexes in ORDERS.items():
        for name, columns in indexes.items():
            create_index(name, table, columns)
        for name in BEFORE[table]:
            drop_index(name, table)
    op.create_table(
        "item_search",
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("approvers", sa.String(), nullable=False),
        sa.Column("asks_for_time", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("item_id"),
        if_not_exists=True,
    )
    op.create_index("ix_item_search_status", "item_search", ["status"], if_not_exists=True)
    _keep()
    of_item = (ON_POSTGRESQL if _on_postgresql() else ON_SQLITE).format("action_item")
    row = sa.text(
        f"INSERT INTO item_search ({COLUMNS}) SELECT {of_item} FROM action_item "  # noqa: S608
        "WHERE id IN :keys ON CONFLICT DO NOTHING"
    ).bindparams(sa.bindparam("keys", expanding=True))
    for keys in batches(sa.table("action_item", sa.column("id", sa.String)).c.id):
        op.get_bind().execute(row, {"keys": keys})


def _keep() -> None:
    if _on_postgresql():
        op.execute(KEPT_ON_POSTGRESQL)
        op.execute("DROP TRIGGER IF EXISTS keep_item_search ON action_item")
        op.execute(
            "CREATE TRIGGER keep_item_search AFTER INSERT OR UPDATE OR DELETE ON action_item "
            "FOR EACH ROW EXECUTE FUNCTION keep_item_search()"
        )
        return
    for event, statement in KEPT_ON_SQLITE.items():
        op.execute(f"CREATE TRIGGER keep_item_search_{event} AFTER {event} ON action_item BEGIN {statement}; END")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def downgrade() -> None:
    """Takes it back."""
    if _on_postgresql():
        op.execute("DROP TRIGGER keep_item_search ON action_item")
        op.execute("DROP FUNCTION keep_item_search")
    else:
        for event in KEPT_ON_SQLITE:
            op.execute(f"DROP TRIGGER keep_item_search_{event}")
    op.drop_table("item_search")
    for table, indexes in ORDERS.items():
        for name in indexes:
            op.drop_index(name, table)
        for name in BEFORE[table]:
            op.create_index(name, table, [name.removeprefix(f"ix_{table}_")])
