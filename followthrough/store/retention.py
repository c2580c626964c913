"""What is done for the tables themselves: what is old is deleted, some rows at a time, so that nobody waits for it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Engine, delete, func, inspect, select, update
from sqlmodel import Session, SQLModel, col

from followthrough.domain.answered.webhook.delivery import KEPT
from followthrough.domain.replayed.names import MailState
from followthrough.store.access_tables import BreakGlassRow, SessionRow, SignInRow, TerminalRow, TokenRow
from followthrough.store.alerts import KEPT_FOR
from followthrough.store.tables import MailAttachmentRow, MailRow, UnstartedAlertRow
from followthrough.store.webhook_tables import WebhookDeliveryRow, WebhookEventRow

BATCH = 500

TOKENS_KEPT = timedelta(days=365)
"""After they ended or were revoked it can be seen for so long that there were; also break-glass codes."""

OVER: dict[type[SQLModel], Callable[[datetime], ColumnElement[bool]]] = {
    SessionRow: lambda now: col(SessionRow.ends_at) < now,
    SignInRow: lambda now: col(SignInRow.ends_at) < now,
    TerminalRow: lambda now: col(TerminalRow.ends_at) < now,
    TokenRow: lambda now: func.coalesce(col(TokenRow.revoked_at), col(TokenRow.ends_at)) < now - TOKENS_KEPT,
    BreakGlassRow: lambda now: col(BreakGlassRow.ends_at) < now - TOKENS_KEPT,
    UnstartedAlertRow: lambda now: col(UnstartedAlertRow.last_at) < now - KEPT_FOR,
    WebhookDeliveryRow: lambda now: col(WebhookDeliveryRow.event_id).in_(
        select(col(WebhookEventRow.id)).where(col(WebhookEventRow.at) < now - KEPT)
    ),
    WebhookEventRow: lambda now: col(WebhookEventRow.at) < now - KEPT,
}
"""Rows that go, in this order."""

SENT = [state for state in MailState if state.done or state is MailState.REFUSED]


def forget_old(database: Engine, now: datetime, mails: timedelta) -> int:
    """Deletes what is over, and empties mails that are older than that; how many rows."""
    return sum(_delete(database, table, over(now)) for table, over in OVER.items()) + _empty(database, now - mails)


def look_at_sizes(database: Engine) -> None:
    """Of SQLite's tables and their columns, by samples: it chooses indexes by them. PostgreSQL does so by itself."""
    if database.dialect.name == "sqlite":
        with database.begin() as connection:
            connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
            connection.exec_driver_sql("ANALYZE")


def _delete(database: Engine, table: type[SQLModel], over: ColumnElement[bool]) -> int:
    [key] = inspect(table).primary_key
    some = select(key).where(over).limit(BATCH)
    deleted = 0
    while True:
        with Session(database) as session, session.begin():
            went: CursorResult[Any] = session.connection().execute(delete(table).where(key.in_(some)))
        deleted += went.rowcount
        if went.rowcount < BATCH:
            return deleted


def _empty(database: Engine, before: datetime) -> int:
    """The texts and files of mails that are over. The rows stay: no mail of such a key is sent again."""
    key = col(MailRow.key)
    old = col(MailRow.at) < before, col(MailRow.html) != "", col(MailRow.state).in_(SENT)
    some = select(key).where(*old).order_by(key).limit(BATCH)
    last, emptied = "", 0
    while True:
        with Session(database) as session, session.begin():
            keys = session.scalars(some.where(key > last)).all()
            session.execute(delete(MailAttachmentRow).where(col(MailAttachmentRow.mail_key).in_(keys)))
            session.execute(update(MailRow).where(key.in_(keys)).values(text="", html=""))
        emptied += len(keys)
        if len(keys) < BATCH:
            return emptied
        last = keys[-1]
