"""The directory: what it says, as it says it, and whom that makes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from followthrough.store.tables import UTCDateTime


class DirectoryRow(SQLModel, table=True):
    """The one row that changes with each of the others, so that every process can see that something did."""

    __tablename__ = "directory"

    id: int = Field(default=1, primary_key=True)
    version: int = 0
    scim_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When the directory was here last, with the right token; to the minute."""
    csv_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When a file was imported last."""


class DirectoryUserRow(SQLModel, table=True):
    """A user; ``person`` is who was taken over, and stays when the user is deleted, for what they did stays."""

    __tablename__ = "directory_user"

    id: str = Field(primary_key=True)
    source: str
    user_name: str | None = Field(default=None, unique=True)
    """In small letters; none of who was deleted, or came by CSV."""
    external_id: str | None = Field(default=None, index=True)
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """The SCIM resource."""
    entry: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    person: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    version: int = 1
    created_at: datetime = Field(sa_type=UTCDateTime)
    modified_at: datetime = Field(sa_type=UTCDateTime)


class DirectoryGroupRow(SQLModel, table=True):
    """A group; its members are in the document."""

    __tablename__ = "directory_group"

    id: str = Field(primary_key=True)
    name: str = Field(index=True)
    """In small letters."""
    external_id: str | None = Field(default=None, index=True)
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    version: int = 1
    created_at: datetime = Field(sa_type=UTCDateTime)
    modified_at: datetime = Field(sa_type=UTCDateTime)


class DirectoryProblemRow(SQLModel, table=True):
    """Something that was not taken over; it is gone once it is."""

    __tablename__ = "directory_problem"

    key: str = Field(primary_key=True)
    sentence: str
    since: datetime = Field(sa_type=UTCDateTime)
