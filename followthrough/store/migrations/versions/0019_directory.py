"""People from a directory."""

import sqlalchemy as sa
from alembic import op

from followthrough.store.tables import UTCDateTime

revision = "0019"
down_revision = "0018"

WOULD_LOSE = (
    ("people and groups of a directory", "SELECT 1 FROM directory_user UNION SELECT 1 FROM directory_group LIMIT 1"),
)


def upgrade() -> None:
    """Applies this revision."""
    directory = op.create_table(
        "directory",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scim_at", UTCDateTime(), nullable=True),
        sa.Column("csv_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(directory, [{"id": 1, "version": 0}])
    op.create_table(
        "directory_user",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("user_name", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("entry", sa.JSON(), nullable=False),
        sa.Column("person", sa.JSON(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("modified_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_name"),
    )
    op.create_index("ix_directory_user_external_id", "directory_user", ["external_id"])
    op.create_table(
        "directory_group",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("modified_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_directory_group_external_id", "directory_group", ["external_id"])
    op.create_index("ix_directory_group_name", "directory_group", ["name"])
    op.create_table(
        "directory_problem",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("directory_problem")
    op.drop_table("directory_group")
    op.drop_table("directory_user")
    op.drop_table("directory")
