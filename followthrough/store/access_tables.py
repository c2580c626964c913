"""Who is signed in, and what proves it. Of secrets only hashes are kept."""

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from followthrough.store.tables import UTCDateTime


class SessionRow(SQLModel, table=True):
    """A browser in which somebody is signed in; it is gone when that ends."""

    __tablename__ = "session"

    secret_hash: str = Field(primary_key=True)
    person: str = Field(index=True)
    door: str
    """What they signed in by."""
    begun_at: datetime = Field(sa_type=UTCDateTime)
    seen_at: datetime = Field(sa_type=UTCDateTime)
    ends_at: datetime = Field(sa_type=UTCDateTime, index=True)


class SignInRow(SQLModel, table=True):
    """A sign-in that has begun: somebody is at the provider, who comes back with ``state``."""

    __tablename__ = "sign_in"

    state_hash: str = Field(primary_key=True)
    browser_hash: str
    """Of the cookie of the browser that began it."""
    nonce: str
    code_verifier: str
    to: str
    """The page to go on with."""
    ends_at: datetime = Field(sa_type=UTCDateTime, index=True)


class BreakGlassRow(SQLModel, table=True):
    """A code to sign in by without the provider, once; it is kept."""

    __tablename__ = "break_glass"

    code_hash: str = Field(primary_key=True)
    person: str
    reason: str
    made_at: datetime = Field(sa_type=UTCDateTime)
    ends_at: datetime = Field(sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class TokenRow(SQLModel, table=True):
    """A token of a person or of a program; it stays after its end."""

    __tablename__ = "token"

    id: str = Field(primary_key=True)
    secret_hash: str = Field(unique=True)
    name: str
    person: str | None = Field(default=None, index=True)
    """Whose it is; None for a service's."""
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    made_by: str | None = None
    """None for whoever was at the machine."""
    made_at: datetime = Field(sa_type=UTCDateTime)
    ends_at: datetime = Field(sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class TerminalRow(SQLModel, table=True):
    """A terminal that asks for a token of whoever signs in in a browser; it is gone when it has it."""

    __tablename__ = "terminal"

    secret_hash: str = Field(primary_key=True)
    """Of what the terminal shows to get its token: a code that the browser brought it, or one of its own."""
    code_hash: str | None = Field(default=None, unique=True)
    """Of the code that somebody types in a browser, where there is none beside the terminal."""
    challenge: str | None = None
    """Of a code that a browser brings: only who began can answer it."""
    name: str
    person: str | None = None
    """None until somebody has agreed."""
    ends_at: datetime = Field(sa_type=UTCDateTime, index=True)
