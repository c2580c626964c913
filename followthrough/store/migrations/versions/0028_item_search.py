"""Action items' words, and who may have to decide about them, in a table that the database keeps; and lists' orders."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

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
FORGET = "DELETE FROM item_search WHERE item_id = {}.id"
KEPT_ON_POSTGRESQL = f"""
CREATE FUNCTION keep_item_search() RETURNS trigger AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN {FORGET.format("OLD")}; END IF;
    IF TG_OP <> 'DELETE' THEN INSERT INTO item_search ({COLUMNS}) VALUES ({ON_POSTGRESQL.format("NEW")}); END IF;
    RETURN NULL;
END $$ LANGUAGE plpgsql
"""  # noqa: S608 -- of nothing but what stands above


def upgrade() -> None:
    """Applies this revision."""
    for table, indexes in ORDERS.items():
        for name in BEFORE[table]:
            op.drop_index(name, table)
        for name, columns in indexes.items():
            op.create_index(name, table, columns)
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
    )
    op.create_index("ix_item_search_status", "item_search", ["status"])
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    of_item = ON_POSTGRESQL if on_postgresql else ON_SQLITE
    op.execute(f"INSERT INTO item_search ({COLUMNS}) SELECT {of_item.format('action_item')} FROM action_item")  # noqa: S608
    if on_postgresql:
        op.execute(KEPT_ON_POSTGRESQL)
        op.execute(
            "CREATE TRIGGER keep_item_search AFTER INSERT OR UPDATE OR DELETE ON action_item "
            "FOR EACH ROW EXECUTE FUNCTION keep_item_search()"
        )
        return
    put = f"INSERT INTO item_search ({COLUMNS}) SELECT {ON_SQLITE.format('NEW')}"
    for event, statements in {
        "INSERT": [FORGET.format("NEW"), put],
        "UPDATE": [FORGET.format("OLD"), put],
        "DELETE": [FORGET.format("OLD")],
    }.items():
        op.execute(
            f"CREATE TRIGGER keep_item_search_{event.lower()} AFTER {event} ON action_item "
            f"BEGIN {'; '.join(statements)}; END"
        )
