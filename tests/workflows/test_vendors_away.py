"""docs/runbooks/jira-away.md and sendgrid-away.md, played: each is away for a day, and comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import HttpUrl, SecretStr
from sqlmodel import Session, select

from followthrough.doctor import examine
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import (
    Audience,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    Role,
    RoleHolder,
)
from followthrough.domain.replayed.item.commands import Finish
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.values import Severity
from followthrough.findings import FindingState
from followthrough.metrics import REGISTRY
from followthrough.queues import TASK_QUEUE
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import ActionItemRow, MailRow, MailState
from tests.records import incident
from tests.standins.jira import Fault as NoJira
from tests.standins.jira import JiraStandIn
from tests.standins.sendgrid import API_KEY, SendGridStandIn
from tests.standins.sendgrid import Fault as NoMail
from tests.tracking import jira_settings, organisation
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from tests.workflows.conftest import Play
from tests.workflows.test_queues import accepted_item
from worker import build_worker
from workflows import calls
from workflows.incident import IncidentWorkflow
from workflows.messages.incident import IncidentProgress
from workflows.messages.mail import QueuedNotice

AWAY = 1_000_000
"""Requests, more than are made in a day."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is so at once, and not within ten minutes."""
    for name in ("initial_interval", "maximum_interval"):
        monkeypatch.setattr(calls.RETRY, name, timedelta(seconds=0.5))


@asynccontextmanager
async def at_work(address: str, settings: Settings, organised: Organisation) -> AsyncIterator[Play]:
    client = await new_namespace(address)
    database = open_database(settings.resolved_database_url)
    migrate(database)
    async with build_worker(client, settings, lambda: organised, database):
        yield Play(client, organised, database)
    database.dispose()


def failed_calls() -> float:
    return REGISTRY.get_sample_value("followthrough_tracker_calls_total", {"outcome": "failed"}) or 0


async def test_tickets_come_once_after_a_day_without_jira(address: str, tmp_path: Path) -> None:
    with JiraStandIn() as jira:
        settings = jira_settings(jira, data_dir=tmp_path, TEMPORAL_ADDRESS=address)
        async with at_work(address, settings, organisation()) as play:
            jira.faults.append(NoJira(status=503, times=AWAY))
            failed = failed_calls()
            waits, ends = [await accepted_item(play) for _ in range(2)]
            await ends.give(Finish(by="ana", evidence=HttpUrl("https://git.example.com/change/7")))
            await eventually(failed_calls, lambda found: found > failed + 4)
            told = next(finding for finding in await asyncio.to_thread(examine, settings) if finding.subject == "Jira")
            assert (told.state, "503" in told.sentence) == (FindingState.WRONG, True)
            with Session(play.database) as session:
                assert session.get_one(ActionItemRow, waits.handle.id).ticket is None
            assert not jira.issues

            jira.faults.clear()
            await waits.until(lambda state: state.ticket_seen)
            await eventually(ends.handle.describe, lambda found: found.close_time)
            made = {issue.fields["labels"][-1]: issue.status for issue in jira.issues.values()}
            assert (made[waits.handle.id], made[ends.handle.id], len(jira.issues)) == ("To Do", "Done", 2)
            with Session(play.database) as session:
                kinds = set(session.exec(select(MailRow.kind)))
            assert not kinds & {NoticeKind.TICKET_REFUSED, NoticeKind.TICKET_CONFLICT}


def with_updates() -> Organisation:
    organised = organisation()
    usual = organised.severities[Severity.SEV2]
    often = usual.model_copy(update={"updates": {Audience.INTERNAL: timedelta(hours=4)}})
    return organised.model_copy(update={"severities": {**organised.severities, Severity.SEV2: often}})


def a_day_without_an_update() -> tuple[Incident, list[QueuedNotice]]:
    """An incident that Ana commands, and the mails about it that wait, as they are when a run of it ends."""
    now = datetime.now(UTC)
    due = [now - timedelta(hours=hours) for hours in (22, 18, 14, 10, 6, 2)]
    began = now - timedelta(hours=26)
    declared = incident(
        id=f"inc-{uuid4().hex[:10]}",
        declared_at=began,
        roles=[RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=began, acknowledged_at=began)],
        moments=[
            IncidentMoment(at=at, kind=IncidentMomentKind.UPDATE_DUE, subject="internal", to=("ana",)) for at in due
        ],
    )
    kind = NoticeKind.UPDATE_DUE
    return declared, [
        QueuedNotice(key=f"{declared.id}/{told}/{kind}", kind=kind, to=("ana",), at=at, text="internal")
        for told, at in enumerate(due)
    ]


async def test_after_a_day_without_sendgrid_nobody_is_asked_again_for_each_time_that_passed(
    address: str, tmp_path: Path
) -> None:
    with SendGridStandIn() as sendgrid:
        settings = Settings(sendgrid_api_key=SecretStr(API_KEY), sendgrid_host=sendgrid.url, data_dir=tmp_path)
        async with at_work(address, settings, with_updates()) as play:
            sendgrid.faults = [NoMail(503)] * AWAY
            declared, outgoing = a_day_without_an_update()
            await play.client.start_workflow(
                IncidentWorkflow.run,
                IncidentProgress(incident=declared, outgoing=outgoing),
                id=declared.id,
                task_queue=TASK_QUEUE,
            )

            def states() -> dict[datetime, MailState]:
                query = select(MailRow).where(MailRow.incident_id == declared.id, MailRow.kind == NoticeKind.UPDATE_DUE)
                with Session(play.database) as session:
                    return {row.at: row.state for row in session.exec(query)}

            *over, last = (notice.at for notice in outgoing)
            left_out = dict.fromkeys(over, MailState.UNNEEDED)
            await eventually(states, lambda found: found == left_out | {last: MailState.QUEUED})
            assert not sendgrid.mails
            sendgrid.faults.clear()
            await eventually(states, lambda found: found == left_out | {last: MailState.SENT})
            (late,) = (mail for mail in sendgrid.mails if mail["categories"] == ["update-due"])
            assert "This mail is late:" in late["content"][0]["value"]
