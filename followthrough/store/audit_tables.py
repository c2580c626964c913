"""The audit: its chain, whom pseudonyms stand for, and where the chain begins."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from followthrough.store.tables import UTCDateTime


class AuditEntryRow(SQLModel, table=True):
    """An ``Entry``, as it was chained; no row is ever changed."""

    __tablename__ = "audit_entry"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: str = Field(unique=True)
    at: datetime = Field(sa_type=UTCDateTime, index=True)
    act: str = Field(index=True)
    what: str
    who: str = Field(index=True)
    through: str | None = None
    token: str
    address: str
    whom: str = Field(index=True)
    record: str = Field(index=True)
    outcome: str
    details: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    previous: str
    digest: str


class PseudonymRow(SQLModel, table=True):
    """What a pseudonym stands for; without the row, nothing says."""

    __tablename__ = "pseudonym"
    __table_args__ = (UniqueConstraint("person", "kind", "value"),)

    pseudonym: str = Field(primary_key=True)
    person: str
    """Whose it is; empty for a service's token, and for the address of who is not known."""
    kind: str
    value: str


class AuditAnchorRow(SQLModel, table=True):
    """What the chain follows on, and which organisation file was taken over last; there is one row at most."""

    __tablename__ = "audit_anchor"

    id: int = Field(default=1, primary_key=True)
    number: int
    """Of the last entry that was pruned."""
    digest: str
    organisation_file: str
    """SHA-256 of the file."""
