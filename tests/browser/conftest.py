import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, async_playwright
from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.client import Client

from activities.read_model import ReadModel
from followthrough.domain.replayed.incident.incident import (
    Audience,
    IncidentMoment,
    IncidentMomentKind,
    IncidentPlan,
    IncidentStatus,
    ItemSummary,
    Role,
    RoleHolder,
    SentUpdate,
    UpdateStage,
)
from followthrough.domain.replayed.item.action_item import Evidence, ItemStatus, Moment, MomentKind, Waiver
from followthrough.domain.replayed.postmortem.postmortem import Postmortem, Review
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.domain.replayed.values import EntryKind, Severity
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import MailRow, MailState
from followthrough.web.app import create_app
from tests import records

NOW = datetime.now(UTC)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is not installed; on Debian: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


@contextlib.asynccontextmanager
async def serving(database: Engine) -> AsyncIterator[str]:
    """The dashboard's address. It only reads, so no engine has to run behind it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = Settings(port=listener.getsockname()[1])
        client = await Client.connect("127.0.0.1:9", lazy=True)
        app = create_app(settings, OrganisationFile(Path("followthrough.example.yaml")), client, database)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield settings.resolved_public_url
        server.should_exit = True
        await task


@pytest.fixture(scope="session")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('empty')}/followthrough.db")
    migrate(database)
    async with serving(database) as url:
        yield url
    database.dispose()


@pytest.fixture(scope="session")
async def dashboard(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('dashboard')}/followthrough.db")
    migrate(database)
    write_records(database)
    async with serving(database) as url:
        yield url
    database.dispose()


def write_records(database: Engine) -> None:
    model = ReadModel(database)
    late = records.item(1, due_in_days=0, owner="tomas", proposed_by="ines", proposed_at=NOW - timedelta(days=40))
    assert late.plan is not None
    escalation = Moment(at=NOW + timedelta(days=1), kind=MomentKind.ESCALATE, level=2, to=("nora",))
    late.plan = late.plan.model_copy(update={"due": NOW - timedelta(days=5, hours=1), "next": escalation})
    late.ticket = Ticket(key="PAY-311", url="https://acme.atlassian.net/browse/PAY-311")
    late.sprint = Sprint(id=7, name="Payments 24")
    late.reminders = [Moment(at=NOW - timedelta(days=4), kind=MomentKind.ESCALATE, level=1, to=("marcos",))]
    late.note(NOW - timedelta(days=4), EntryKind.ESCALATION, "Escalated to marcos, level 1: 1 day late")
    proposed = records.item(
        2, title="Load-test the fallback provider every month", status=ItemStatus.PROPOSED, owner="lucia"
    )
    assert proposed.plan is not None
    asked = Moment(at=NOW + timedelta(days=2), kind=MomentKind.REMIND_TO_ACCEPT, to=("lucia",))
    proposed.plan = proposed.plan.model_copy(update={"due": NOW + timedelta(days=20), "next": asked})
    done = records.item(
        3,
        title="Ship a runbook for switching providers",
        status=ItemStatus.CLOSED,
        owner="tomas",
        ended_at=NOW - timedelta(days=2),
    )
    done.evidence = [
        Evidence.model_validate(
            {"url": "https://git.example.com/runbooks/12", "by": "tomas", "at": NOW - timedelta(days=3)}
        )
    ]
    waived = records.item(
        4,
        title="Replace the trust store of the retired checkout",
        owner="lucia",
        status=ItemStatus.WAIVED,
        ended_at=NOW - timedelta(days=1),
    )
    waived.waiver = Waiver(
        reason="The retired checkout is switched off next week.", by="marcos", at=NOW - timedelta(days=1)
    )
    items = (late, proposed, done, waived)
    for item in items:
        model.project_item(item)

    ongoing = records.incident(
        2,
        title="Search answers with errors",
        service="storefront",
        team="platform",
        severity=Severity.SEV1,
        declared_at=NOW - timedelta(minutes=42),
        roles=[
            RoleHolder(role=Role.INCIDENT_COMMANDER, person="sam", at=NOW, acknowledged_at=NOW - timedelta(minutes=40)),
            RoleHolder(role=Role.COMMS_LEAD, person="wei", at=NOW - timedelta(minutes=4)),
        ],
        updates=[
            SentUpdate(
                stage=UpdateStage.IDENTIFIED,
                audience=Audience.CUSTOMERS,
                text="Search is slow; a fix is on its way.",
                by="wei",
                at=NOW - timedelta(minutes=9),
            )
        ],
        plan=IncidentPlan(
            postmortem_due=None,
            auto_resolve=False,
            next=IncidentMoment(
                at=NOW + timedelta(minutes=21), kind=IncidentMomentKind.UPDATE_DUE, subject="customers", to=("wei",)
            ),
        ),
        resolution_proposed_at=NOW - timedelta(minutes=1),
        alerts=3,
    )
    drill = records.incident(
        3,
        title="Practice: the database is gone",
        service="database",
        team="platform",
        drill=True,
        declared_at=NOW - timedelta(days=3),
        status=IncidentStatus.CANCELLED,
        ended_at=NOW - timedelta(days=3),
    )
    published = records.incident(
        1,
        title="Card payments fail",
        declared_at=NOW - timedelta(days=41),
        mitigated_at=NOW - timedelta(days=41),
        resolved_at=NOW - timedelta(days=41),
        published_at=NOW - timedelta(days=36),
        status=IncidentStatus.PUBLISHED,
        roles=[
            RoleHolder(role=Role.INCIDENT_COMMANDER, person="ines", at=NOW, acknowledged_at=NOW - timedelta(days=41))
        ],
        items=[ItemSummary(id=item.id, title=item.title, owner=item.owner, ended_at=item.ended_at) for item in items],
        postmortem_owner="ines",
        postmortem_format="five-whys",
        postmortem=Postmortem(
            text=POSTMORTEM,
            by="ines",
            at=NOW - timedelta(days=37),
            review=Review(by="tomas", at=NOW - timedelta(days=36), approved=True),
        ),
    )
    published.note(
        NOW - timedelta(days=41), EntryKind.STATUS, "Resolved: the new certificate is trusted everywhere", "ines"
    )
    for incident in (published, ongoing, drill):
        model.project_incident(incident)
    with Session(database) as session, session.begin():
        session.add(
            MailRow(
                key=f"{late.id}/9/item-escalation",
                kind="item-escalation",
                incident_id=published.id,
                item_id=late.id,
                recipients=["marcos@example.com"],
                subject="Late: Alert on queue depth",
                text="Tomás owes this since Monday.",
                html='<p style="color: rgb(1, 2, 3)">Tomás owes this.</p><script>document.title = "bad"</script>',
                headers={"References": "<inc-0000000001@followthrough>"},
                at=NOW - timedelta(days=4),
                state=MailState.SENT,
                answer="202 Accepted",
            )
        )


POSTMORTEM = """## What happened

A **provider** changed its certificate and our trust store did not know the new one.

- 14 minutes of failed payments
- [the graph](https://graphs.example.com/1)

<script>document.title = "bad"</script>

[bad](javascript:alert(1)) <img src=x onerror="document.title='bad'">
"""
