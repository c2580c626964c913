"""What people say of a postmortem beside its text, and where else it is kept; only here, and not in a workflow."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from followthrough.store.tables import UTCDateTime


class PostmortemCommentRow(SQLModel, table=True):
    """What somebody said of a text, until its author or they themselves say that it is settled, and after that."""

    __tablename__ = "postmortem_comment"

    id: str = Field(primary_key=True)
    incident_id: str = Field(index=True)
    at: datetime = Field(sa_type=UTCDateTime)
    by: str
    quote: str
    """The passage that it is about; empty for the whole."""
    text: str
    settled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    settled_by: str | None = None
    answer: str = ""


class PostmortemCorrectionRow(SQLModel, table=True):
    """A text that stands instead of what was published; ``number`` counts from 1, so that of two at once one is."""

    __tablename__ = "postmortem_correction"

    incident_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: str = Field(unique=True)
    at: datetime = Field(sa_type=UTCDateTime)
    by: str
    reason: str
    text: str
    override: str = ""
    """Why sentences that blame may stay."""


class ConfluencePageRow(SQLModel, table=True):
    """The page of an incident's postmortem in Confluence."""

    __tablename__ = "confluence_page"

    incident_id: str = Field(primary_key=True)
    asked_by: str
    asked_at: datetime = Field(sa_type=UTCDateTime)
    page_id: str = ""
    """Empty until it is there."""
    url: str = ""
    written_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When it was last brought to what the postmortem says."""
    problem: str = ""
    """Why it is not, when it was tried last."""
