"""What is deleted because it is old, and that the documentation says so of every table."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, select

from followthrough.domain.answered.organisation.policies import Policies
from followthrough.domain.answered.webhook.delivery import KEPT as EVENTS_KEPT
from followthrough.domain.replayed.names import MailState
from followthrough.store import (  # noqa: F401 -- fill the metadata
    access_tables,
    alerts,
    audit_tables,
    directory_tables,
    facts,
    kept_answers,
    narrow_items,
    postmortem_tables,
    retention,
    webhook_tables,
)
from followthrough.store.access_tables import BreakGlassRow, SessionRow, SignInRow, TerminalRow, TokenRow
from followthrough.store.retention import TOKENS_KEPT, forget_old, look_at_sizes
from followthrough.store.tables import MailAttachmentRow, MailRow, UnstartedAlertRow
from followthrough.store.webhook_tables import WebhookDeliveryRow, WebhookEventRow

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAILS = timedelta(days=100)
JUST = timedelta(minutes=1)


def rows(name: str, age: timedelta) -> list[SQLModel]:
    """What is of that age beyond what is kept, or less."""
    over = NOW - age
    token: dict[str, Any] = {"secret_hash": name, "name": name, "scopes": [], "made_at": over}
    event = WebhookEventRow(id=name, type="incident", at=over - EVENTS_KEPT, record_id=name, body="")
    return [
        SessionRow(secret_hash=name, person="erin", door="oidc", begun_at=over, seen_at=over, ends_at=over),
        SignInRow(state_hash=name, browser_hash="", nonce="", code_verifier="", to="/", ends_at=over),
        TerminalRow(secret_hash=name, name=name, ends_at=over),
        TokenRow(id=name, **token, ends_at=over - TOKENS_KEPT),
        TokenRow(
            id=f"revoked {name}",
            **token | {"secret_hash": f"revoked {name}"},
            ends_at=NOW,
            revoked_at=over - TOKENS_KEPT,
        ),
        BreakGlassRow(code_hash=name, person="erin", reason="", made_at=over, ends_at=over - TOKENS_KEPT),
        UnstartedAlertRow(
            dedup_key=name,
            source="",
            state="firing",
            title="",
            labels={},
            deliveries=1,
            event="",
            first_at=over,
            at=over,
            last_at=over - alerts.KEPT_FOR,
        ),
        event,
        WebhookDeliveryRow(event_id=name, endpoint="here", state="waits", next_at=over, tries=0, answer=""),
    ]


def mail(key: str, age: timedelta, state: MailState) -> list[SQLModel]:
    said: dict[str, Any] = {
        "kind": "reminder",
        "recipients": ["erin@example.com"],
        "subject": "Late",
        "text": "Late",
        "html": "<p>Late",
    }
    at = NOW - MAILS - age
    return [
        MailRow(key=key, **said, headers={}, at=at, state=state),
        MailAttachmentRow(mail_key=key, name="chart", media_type="image/png", content=b"png"),
    ]


def test_old_rows_go_some_at_a_time_and_the_others_stay(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    with Session(database) as session, session.begin():
        for number in range(3):
            session.add_all(rows(f"old {number}", JUST))
        session.add_all(rows("new", -JUST))
        tables = {type(row) for row in rows("any", JUST)}
        for number in range(3):
            session.add_all(mail(f"old {number}", JUST, MailState.SENT))
        session.add_all(mail("new", -JUST, MailState.SENT))
        session.add_all(mail("waits", JUST, MailState.GATHERED))
    assert tables == retention.OVER.keys()
    assert forget_old(database, NOW, MAILS) == 3 * (len(rows("any", JUST)) + 1)
    with Session(database) as session:
        left = {table: [row.model_dump(mode="json") for row in session.exec(select(table))] for table in tables}
        assert [table for table, found in left.items() if "old 1" in str(found) or "new" not in str(found)] == []
        mails = {
            found.key: (found.text, len(found.attachments), found.subject) for found in session.exec(select(MailRow))
        }
    whole, emptied = ("Late", 1, "Late"), ("", 0, "Late")
    assert mails == {"new": whole, "waits": whole} | {f"old {number}": emptied for number in range(3)}
    assert forget_old(database, NOW, MAILS) == 0


def test_indexes_are_chosen_by_what_is_in_the_tables(database: Engine) -> None:
    with Session(database) as session, session.begin():
        session.add_all(mail("new", -JUST, MailState.SENT))
    look_at_sizes(database)
    with database.connect() as connection:
        known = "SELECT 1 FROM sqlite_stat1 WHERE tbl = 'mail'" if database.dialect.name == "sqlite" else "SELECT 1"
        assert connection.exec_driver_sql(known).first() == (1,)


KINDS = {
    "incidents": (
        "incident action_item timeline may_see postmortem postmortem_version postmortem_comment postmortem_correction "
        "confluence_page anonymous_note drill_report local_ticket local_sprint item_search incident_part repeat_link",
        "never",
    ),
    "mails in the outbox": ("mail mail_attachment", Policies().mails.keep),
    "the audit": ("audit_entry audit_anchor pseudonym", Policies().audit.keep),
    "sessions": ("session sign_in terminal", "over"),
    "tokens": ("token break_glass", TOKENS_KEPT),
    "that a link": ("used_link revoked_calendar", "never"),
    "alerts": ("unstarted_alert", alerts.KEPT_FOR),
    "answers": ("kept_answer", kept_answers.KEPT),
    "events": ("webhook_event webhook_delivery webhook_endpoint", EVENTS_KEPT),
    "people's own": ("saved_view unsubscribed bounced_address", "take them away"),
    "troubles": ("trouble", "over"),
    "people and groups": ("directory directory_user directory_group directory_problem", "deletes"),
    "what the service": ("heartbeat plans projection engine vendor_pause team_beginning", "written over"),
}
"""What the documentation calls tables, and what it says of them."""

IN_WORDS = {730: "2 years", 365: "a year", 30: "30 days", 1: "a day"}


def test_the_documentation_says_of_each_table_when_its_rows_go() -> None:
    assert sorted(" ".join(names for names, _ in KINDS.values()).split()) == sorted(SQLModel.metadata.tables)
    text = Path("docs/operations.md").read_text(encoding="utf-8")
    lines = re.findall(
        r"^\| (.+?) \| (.+) \|$", text.partition("## What is deleted when")[2].partition("\n## ")[0], re.M
    )
    assert len(lines) == len(KINDS) + 2
    for (what, when), (kind, (_, kept)) in zip(lines[2:], KINDS.items(), strict=True):
        assert what.startswith(kind)
        assert (IN_WORDS[kept.days] if isinstance(kept, timedelta) else kept) in when
    assert f"{alerts.KEPT:,}" in text
