"""Events reach a receiver however long that is away, in their order and once by id; on the real server."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.webhooks import WebhookEndpoint
from followthrough.domain.replayed.ids import webhooks_id
from followthrough.domain.replayed.incident.commands import ChangeSeverity, Mitigate, ProposeItem, Resolve
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.privacy import ChangePrivacy
from followthrough.domain.replayed.values import Severity
from followthrough.queues import TASK_QUEUE
from followthrough.settings import Settings
from followthrough.store import webhooks
from followthrough.store.database import migrate, open_database
from followthrough.webhook_dispatch import dispatch
from tests.standins.webhooks import SECRET, WebhookStandIn
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from tests.workflows.conftest import IncidentPart, Play
from tests.workflows.test_sprint_planning import a_team
from worker import Workers, build_worker
from workflows.drill import DrillWorkflow
from workflows.messages.drill import DrillRequest

NAME = "warehouse"
SETTINGS = Settings(_env_file=None, webhook_networks=(ip_network("127.0.0.0/8"),))


@pytest.fixture
async def office(
    address: str, organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Play]:
    monkeypatch.setenv("WEBHOOK_SECRET_TEST", SECRET)
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    yield Play(await new_namespace(address), organisation, database)
    database.dispose()


def send_to(office: Play, receiver: WebhookStandIn, **changes: Any) -> None:
    values = {"url": receiver.url, "secrets": ("WEBHOOK_SECRET_TEST",), **changes}
    endpoint = WebhookEndpoint.model_validate(values)
    office.organisation = office.organisation.model_copy(update={"webhooks": {NAME: endpoint}})


def worker(office: Play, settings: Settings = SETTINGS) -> Workers:
    return build_worker(office.client, settings, lambda: office.organisation, office.database)


def logged(office: Play) -> list[webhooks.Logged]:
    with Session(office.database) as session:
        return webhooks.log(session, limit=100)[::-1]


def sender(office: Play) -> WorkflowHandle[Any, Any]:
    return office.client.get_workflow_handle(webhooks_id(NAME))


async def paused(office: Play) -> bool:
    with Session(office.database) as session:
        return webhooks.endpoints(session, [NAME])[NAME].paused_until is not None


async def all_sent(office: Play) -> bool:
    await dispatch(office.client, office.database)
    return all(line.delivery.state != "waits" for line in logged(office))


async def worsened(office: Play) -> IncidentPart:
    incident = await office.declare()
    commander = (await incident.state()).roles[0].person
    await incident.give(ChangeSeverity(by=commander, severity=Severity.SEV1, reason="All shops"))
    await incident.give(Mitigate(by=commander, summary="Rolled back"))
    await incident.give(Resolve(by=commander, summary="Fixed"))
    return incident


async def test_what_happens_while_the_receiver_is_away_comes_once_it_is_back_in_order(office: Play) -> None:
    with WebhookStandIn() as receiver:
        send_to(office, receiver)
        receiver.otherwise = 503
        async with worker(office):
            incident = await worsened(office)
            await dispatch(office.client, office.database)
            await eventually(lambda: paused(office))
            receiver.otherwise = None
            await office.pass_time(sender(office), timedelta(minutes=1))
            await eventually(lambda: tries(receiver, 2))
            assert receiver.took == {}
            receiver.otherwise = 200
            await office.pass_time(sender(office), timedelta(minutes=6))
            await eventually(lambda: all_sent(office))
            lines = logged(office)
    assert len(set(receiver.tries[:2])) == 1
    assert [line.event.id for line in lines] == list(receiver.took)
    told = receiver.types
    assert told[0] == "incident.declared"
    milestones = [kind for kind in told if kind in ("incident.mitigated", "incident.resolved")]
    assert milestones == ["incident.mitigated", "incident.resolved"]
    assert "incident.updated" in told
    data = list(receiver.took.values())[told.index("incident.resolved")]["data"]
    assert data["id"] == incident.handle.id
    assert data["url"].endswith(f"/incidents/{incident.handle.id}")
    assert (data["severity"], data["status"]) == ("SEV1", "resolved")
    versions = [body["data"]["version"] for body in receiver.took.values()]
    assert versions == sorted(versions)
    assert lines[0].delivery.tries == 3


async def tries(receiver: WebhookStandIn, at_least: int) -> bool:
    return len(receiver.tries) >= at_least


async def test_one_that_is_refused_keeps_no_other_back_and_what_waits_is_not_lost(office: Play) -> None:
    with WebhookStandIn() as receiver:
        send_to(office, receiver)
        receiver.answers = [400]
        async with worker(office):
            await worsened(office)
            await dispatch(office.client, office.database)
            await eventually(lambda: tries(receiver, 2))
            first = receiver.tries[0]
            await eventually(lambda: took(receiver, "incident.resolved"))
            assert first not in receiver.took
            await office.pass_time(sender(office), timedelta(minutes=1))
            await eventually(lambda: all_sent(office))
    assert list(receiver.took)[-1] == first


async def took(receiver: WebhookStandIn, kind: str) -> bool:
    return kind in receiver.types


async def ended(office: Play) -> bool:
    return (await sender(office).describe()).status is WorkflowExecutionStatus.COMPLETED


async def test_gone_and_days_without_an_answer_disable_an_endpoint_until_somebody_enables_it(office: Play) -> None:
    with WebhookStandIn() as receiver:
        send_to(office, receiver, events=("incident.declared", "incident.resolved"))
        receiver.answers = [410]
        async with worker(office):
            await worsened(office)
            await dispatch(office.client, office.database)
            await eventually(lambda: ended(office))
            assert "410 Gone" in state(office).disabled_because
            assert receiver.took == {}
            receiver.otherwise = 500
            enable(office)
            await dispatch(office.client, office.database)
            await eventually(lambda: paused(office))
            for _ in range(8):
                before = len(receiver.tries)
                await office.pass_time(sender(office), timedelta(days=1))
                await eventually(lambda: tried_or_ended(office, receiver, before))  # noqa: B023
                if await ended(office):
                    break
            assert "took nothing for 5 days" in state(office).disabled_because
            receiver.otherwise = 200
            enable(office)
            await eventually(lambda: all_sent(office))
    assert receiver.types == ["incident.declared", "incident.resolved"]


async def tried_or_ended(office: Play, receiver: WebhookStandIn, before: int) -> bool:
    return len(receiver.tries) > before or await ended(office)


def state(office: Play) -> Any:
    with Session(office.database) as session:
        return webhooks.endpoints(session, [NAME])[NAME]


def enable(office: Play) -> None:
    with Session(office.database) as session:
        row = webhooks.endpoints(session, [NAME])[NAME]
        assert row.disabled_at is not None
        assert webhooks.enable(session, NAME, datetime.now(UTC))


async def test_private_incidents_and_drills_go_nowhere(office: Play) -> None:
    with WebhookStandIn() as receiver:
        send_to(office, receiver)
        async with worker(office):
            incident = await office.declare(title="About one of us")
            commander = (await incident.state()).roles[0].person
            await incident.give(ChangePrivacy(by=commander, private=True, reason="It is about one of us"))
            propose = ProposeItem(
                by=commander, title="Rotate the key of the vault", owner=commander, kind="prevent", priority="high"
            )
            await incident.give(propose)
            await incident.item(1).until(lambda item: item.plan)
            other = await office.declare(title="Open to all")
            await dispatch(office.client, office.database)
            await eventually(lambda: all_sent(office))
            assert {line.event.incident_id for line in logged(office)} == {other.handle.id}
    assert {body["data"]["title"] for body in receiver.took.values()} == {"Open to all"}


async def test_an_approved_planning_is_told_with_what_is_planned(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET_TEST", SECRET)
    with WebhookStandIn() as receiver:
        values = {"url": receiver.url, "secrets": ("WEBHOOK_SECRET_TEST",), "events": ("planning.approved",)}
        async with a_team(address, tmp_path, SETTINGS, webhooks={NAME: values}) as team:
            part = await team.item()
            await team.approve(part)
            await eventually(lambda: told_of_one(team, receiver))
    (body,) = receiver.took.values()
    planning = {"id": team.planning().id, "team": "payments", "items": [part.handle.id]}
    assert (body["type"], body["data"]) == (
        "planning.approved",
        planning | {"url": f"{SETTINGS.resolved_public_url}/planning/payments"},
    )


async def test_a_finished_drill_is_told_with_its_report(office: Play) -> None:
    with WebhookStandIn() as receiver:
        send_to(office, receiver, events=("drill.finished",), drills=True)
        async with worker(office):
            request = DrillRequest(team="payments", by_hand=True)
            drill = await office.client.start_workflow(
                DrillWorkflow.run, request, id="drill/payments", task_queue=TASK_QUEUE
            )
            incident = await practised(office)
            commander = (await incident.until(lambda state: state.roles)).roles[0].person
            await incident.give(Resolve(by=commander, summary="Rolled back"))
            report = await drill.result()
            await eventually(lambda: told_of_one(office, receiver))
    (body,) = receiver.took.values()
    assert report is not None
    assert (body["type"], body["data"]["id"]) == ("drill.finished", incident.handle.id)
    assert (body["data"]["outcome"], body["data"]["scenario"]) == ("resolved", report.scenario)
    assert body["data"]["to_practise"] == list(report.to_practise)


async def practised(office: Play) -> IncidentPart:
    """The incident of the drill that began."""

    async def found() -> list[str]:
        listed = office.client.list_workflows("WorkflowType = 'IncidentWorkflow'")
        return [execution.id async for execution in listed]

    (incident_id,) = await eventually(found, bool)
    return IncidentPart(office, office.client.get_workflow_handle(incident_id, result_type=Incident))


async def told_of_one(office: Play, receiver: WebhookStandIn) -> bool:
    await dispatch(office.client, office.database)
    return len(receiver.took) == 1


async def test_nothing_goes_to_a_private_network_that_is_not_allowed(office: Play) -> None:
    with WebhookStandIn() as receiver:
        send_to(office, receiver)
        async with worker(office, Settings(_env_file=None)):
            await office.declare()
            await dispatch(office.client, office.database)
            await eventually(lambda: paused(office))
    assert receiver.tries == []
    assert "FOLLOWTHROUGH_WEBHOOK_NETWORKS" in logged(office)[0].delivery.answer
