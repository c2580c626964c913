"""Events that go out by webhooks, and how far each is."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from followthrough.store.tables import UTCDateTime


class WebhookEventRow(SQLModel, table=True):
    """Something that happened, as it is sent; written in the transaction that writes the record."""

    __tablename__ = "webhook_event"

    id: str = Field(primary_key=True)
    """Also the ``webhook-id``, the same at each try."""
    type: str
    at: datetime = Field(sa_type=UTCDateTime, index=True)
    record_id: str
    incident_id: str | None = Field(default=None, index=True)
    body: str


class WebhookDeliveryRow(SQLModel, table=True):
    """An event on its way to one endpoint."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint"),
        Index("ix_webhook_delivery_next", "endpoint", "state", "next_at"),
        Index("ix_webhook_delivery_untold", "told", "endpoint"),
    )

    number: int = Field(default=None, primary_key=True)
    """Grows, and is the order in which they go out."""
    event_id: str
    endpoint: str
    state: str
    """``DeliveryState``."""
    told: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """The endpoint's workflow knows that there is something to send."""
    next_at: datetime = Field(sa_type=UTCDateTime)
    tries: int = 0
    tried_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    answer: str = ""
    """Of the last try, without what the receiver wrote."""
    took_ms: int | None = None


class WebhookEndpointRow(SQLModel, table=True):
    """How an endpoint does that was tried; what it is stands in the organisation file."""

    __tablename__ = "webhook_endpoint"

    name: str = Field(primary_key=True)
    failing_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Nothing was taken since, of all that was tried; begins anew with what is tried once nothing that failed waits."""
    paused_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    disabled_because: str = ""
