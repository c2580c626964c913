"""Roles, merging, splitting and reopening on the real server."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import HttpUrl
from sqlmodel import Session, select
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from followthrough.domain.answered.access.actor import AT_THIS_MACHINE
from followthrough.domain.replayed.incident.commands import (
    Acknowledge,
    AssignRole,
    ChangeSeverity,
    IncidentCommand,
    ProposeItem,
    Resolve,
)
from followthrough.domain.replayed.incident.incident import Alert, AlertState, Incident, IncidentStatus, Role
from followthrough.domain.replayed.incident.lifecycle import HandOver, Merge, Reopen, Split
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.item.commands import Accept, Finish, Verify, Waive
from followthrough.domain.replayed.item.lifecycle import ReopenItem
from followthrough.domain.replayed.postmortem.commands import Publish
from followthrough.domain.replayed.values import Severity
from followthrough.gateway import Gateway
from followthrough.organisation_file import OrganisationFile
from followthrough.store.tables import ActionItemRow, IncidentRow, MailRow, TimelineRow
from tests.waiting import eventually, found_rows
from tests.web.conftest import SETTINGS, Web
from tests.workflows.conftest import IncidentPart, Play
from tests.workflows.test_whole_life import refusal

EVIDENCE = HttpUrl("https://example.com/changes/1")


async def pass_time(part: IncidentPart, duration: timedelta) -> None:
    skipper = TimeSkipper(part.play.client, config=TimeSkippingConfig(enabled=False))
    await skipper.fast_forward(part.handle, duration)


def part(play: Play, incident_id: str) -> IncidentPart:
    return IncidentPart(play, play.client.get_workflow_handle(incident_id, result_type=Incident))


def holders(incident: Incident) -> dict[str, str]:
    return {holder.role.value: holder.person for holder in incident.roles}


async def mails(play: Play, incident_id: str, kind: str) -> list[MailRow]:
    """At least one, oldest first."""
    query = select(MailRow).where(MailRow.incident_id == incident_id, MailRow.kind == kind)
    return await found_rows(play.database, query.order_by("at"))


async def all_of(*attempts: Awaitable[object]) -> list[object]:
    return list(await asyncio.gather(*attempts, return_exceptions=True))


async def test_a_role_that_nobody_acknowledges_moves_up_to_a_manager_who_is_asked_again(play: Play) -> None:
    incident = await play.declare(severity=Severity.SEV4)
    await incident.give(AssignRole(by="tomas", role=Role.RESOLVER, person="tomas"))
    await pass_time(incident, timedelta(hours=17))
    moved = await incident.until(lambda it: it.holder(Role.INCIDENT_COMMANDER) == "nora")
    assert [holder.before for holder in moved.roles] == [("ines", "marcos"), ()]
    await pass_time(incident, timedelta(days=6))
    assert (await incident.state()).holder(Role.INCIDENT_COMMANDER) == "nora"
    told = await mails(play, incident.handle.id, "role-not-acknowledged")
    assert {mail.person for mail in told if mail.at == told[0].at} == {"marcos", "ines"}
    assert {mail.person for mail in told if mail.at == told[-1].at} == {"nora", "ines", "marcos"}
    assert len({mail.at for mail in told}) >= 6
    await incident.give(Acknowledge(by="nora"))
    await pass_time(incident, timedelta(days=2))
    assert len(await mails(play, incident.handle.id, "role-not-acknowledged")) == len(told)


async def test_a_raised_severity_asks_for_a_comms_lead_and_a_handover_is_told_with_its_note(play: Play) -> None:
    incident = await play.declare(severity=Severity.SEV4)
    await incident.give(Acknowledge(by="ines"))
    assert holders(await incident.state()) == {"Incident Commander": "ines"}
    await incident.give(ChangeSeverity(by="ines", severity=Severity.SEV1, reason="Nobody can buy"))
    await incident.until(lambda it: it.holder(Role.COMMS_LEAD) == "tomas")
    await incident.give(Acknowledge(by="tomas"))
    conflict = HandOver(by="ines", person="tomas", note="I have to leave")
    assert "tomas is already Comms Lead; nobody holds two roles" in await refusal(incident.give(conflict))
    after = await incident.give(HandOver(by="ines", person="lucia", note="The provider calls back at ten"))
    assert holders(after) == {"Incident Commander": "lucia", "Comms Lead": "tomas"}
    (mail,) = await mails(play, incident.handle.id, "role-handed-over")
    assert mail.recipients == ["lucia@example.com"]
    assert "The provider calls back at ten" in mail.text
    await pass_time(incident, timedelta(minutes=6))
    await incident.until(lambda it: it.holder(Role.INCIDENT_COMMANDER) == "marcos")


async def test_a_merged_incident_is_continued_by_the_other_and_its_items_report_there(play: Play) -> None:
    first, second = await play.declare(severity=Severity.SEV2), await play.declare(severity=Severity.SEV3)
    await first.give(AssignRole(by="ines", role=Role.RESOLVER, person="lucia"))
    for title in ("Alert on declined cards", "Add a test for refunds", "Drop the old provider"):
        await first.give(ProposeItem(by="ines", title=title, owner="lucia"))
    plan = (await first.item(3).state()).plan
    assert plan is not None
    await first.item(3).give(Waive(by="marcos", reason="Already gone"))
    await first.until(lambda it: it.items[2].waived)
    merged = await first.give(Merge(by="ines", into=second.handle.id))
    assert (merged.status, merged.merged_into) == (IncidentStatus.MERGED, second.handle.id)
    assert (await first.handle.result()).status is IncidentStatus.MERGED
    state = await second.state()
    assert (state.took_in, state.severity) == ([first.handle.id], Severity.SEV2)
    assert [item.id for item in state.items] == [f"{first.handle.id}.{number}" for number in (1, 2, 3)]
    assert "lucia" in {mail.person for mail in await mails(play, second.handle.id, "incident-merged")}

    await second.give(Resolve(by="ines", summary="The provider is back"))
    await second.give(ProposeItem(by="ines", title="Test the fallback every month", owner="lucia"))
    for item in (first.item(1), first.item(2), second.item(4)):
        await item.give(Accept(by="lucia"))
        done = await item.give(Finish(by="lucia", evidence=EVIDENCE))
        if done.status is ItemStatus.DONE:
            await item.give(Verify(by="marcos"))
        assert (await item.handle.result()).incident_id == second.handle.id
    await second.until(lambda it: all(item.ended_at for item in it.items))
    with Session(play.database) as session:
        assert session.get_one(IncidentRow, first.handle.id).status == "merged"
        assert session.get_one(ActionItemRow, f"{first.handle.id}.1").incident_id == second.handle.id
        story = session.exec(select(TimelineRow.text).where(TimelineRow.record_id == second.handle.id)).all()
    assert any(line.startswith(f"Took in {first.handle.id}, SEV2") and "Resolver: lucia" in line for line in story)
    assert f"{first.handle.id}.2 closed" in story


async def test_a_merge_with_one_that_does_not_go_on_is_refused_with_a_sentence(play: Play) -> None:
    first, second, third = await play.declare(), await play.declare(), await play.declare()
    assert "no ongoing incident inc-0123456789" in await refusal(first.give(Merge(by="ines", into="inc-0123456789")))
    await second.give(Merge(by="ines", into=third.handle.id))
    await second.handle.result()
    refused = await refusal(first.give(Merge(by="ines", into=second.handle.id)))
    assert f"no ongoing incident {second.handle.id}" in refused
    await third.give(Resolve(by="ines", summary="Rolled back"))
    assert "is resolved; only one that is" in await refusal(first.give(Merge(by="ines", into=third.handle.id)))
    assert (await first.give(Acknowledge(by="ines"))).status is IncidentStatus.DECLARED


async def test_two_that_are_merged_into_each_other_at_once_end_as_one_or_stay_two(play: Play) -> None:
    for _ in range(3):
        one, other = await play.declare(), await play.declare()
        await all_of(one.give(Merge(by="ines", into=other.handle.id)), other.give(Merge(by="ines", into=one.handle.id)))
        states = [await one.state(), await other.state()]
        assert [state.merging_into for state in states] == [None, None]
        assert sum(state.status is IncidentStatus.MERGED for state in states) <= 1
        if states[0].status is states[1].status:
            assert all(not state.took_in for state in states)
            await one.give(Merge(by="ines", into=other.handle.id))


async def test_alerts_during_and_after_a_merge_join_the_incident_that_continues(play: Play) -> None:
    gateway = Gateway(play.client, lambda: play.organisation, play.database)

    def alert(key: str, state: AlertState = AlertState.FIRING) -> Alert:
        labels = {"service": "checkout", "severity": "page"}
        return Alert(dedup_key=key, source="test", state=state, title="Fails", labels=labels, at=datetime.now(UTC))

    keys = [f"test/{play.organisation.name}/{datetime.now(UTC).timestamp()}/{number}" for number in range(3)]
    first, second, third = [part(play, str(await gateway.alerts.deliver(alert(key)))) for key in keys]
    _, *during = await asyncio.gather(
        first.give(Merge(by="ines", into=second.handle.id)), *(gateway.alerts.deliver(alert(keys[0])) for _ in range(5))
    )
    assert set(during) <= {first.handle.id, second.handle.id}
    await second.give(Merge(by="ines", into=third.handle.id))
    await second.handle.result()
    assert [await gateway.alerts.deliver(alert(key)) for key in keys] == [third.handle.id] * 3
    assert await gateway.alerts.deliver(alert(keys[0], AlertState.RESOLVED)) == third.handle.id
    assert (await third.state()).firing == keys[1:]
    await third.give(Resolve(by="ines", summary="Rolled back"))
    assert await gateway.alerts.deliver(alert(keys[0], AlertState.RESOLVED)) is None
    again = await gateway.alerts.deliver(alert(keys[0]))
    assert again == f"{first.handle.id}-2"


async def test_a_part_becomes_an_incident_of_its_own_with_links_both_ways(play: Play) -> None:
    incident = await play.declare()
    split = Split(
        by="ines", title="Orders are slow", reason="Another cause", service="database", severity=Severity.SEV1
    )
    (new_id,) = (await incident.give(split)).split_into
    new = await part(play, new_id).until(lambda it: it.roles)
    assert (new.split_from, new.title, new.service, new.team, new.severity) == (
        incident.handle.id,
        "Orders are slow",
        "database",
        "platform",
        Severity.SEV1,
    )
    assert new.holder(Role.INCIDENT_COMMANDER) == "wei"


async def test_an_incident_is_reopened_while_it_is_followed_up_and_after_it_was_closed(play: Play) -> None:
    gateway = Gateway(play.client, lambda: play.organisation, play.database)
    incident = await play.declare(severity=Severity.SEV3)
    await incident.until(lambda it: len(it.roles) == 2)

    def give(command: IncidentCommand) -> Awaitable[Incident]:
        return gateway.incidents.command(incident.handle.id, command, AT_THIS_MACHINE)

    await give(Acknowledge(by="ines"))
    await give(Resolve(by="ines", summary="Rolled back"))
    assert (await give(Reopen(by="ines", reason="It fails again"))).status is IncidentStatus.DECLARED
    await give(Resolve(by="ines", summary="Rolled back again"))
    await give(Publish(by="ines", text="# What broke", no_items_because="It is gone"))
    closed = await incident.handle.result()
    assert closed.status is IncidentStatus.CLOSED

    attempts = await all_of(*(give(Reopen(by="ines", reason="And again")) for _ in range(3)))
    assert sum(isinstance(attempt, Incident) for attempt in attempts) == 1, attempts
    reopened = await incident.until(lambda it: not it.ended)
    assert reopened.entries > closed.entries
    asked = {holder.role.value: (*holder.before, holder.person)[0] for holder in reopened.roles}
    assert asked == holders(closed)  # first; who does not acknowledge loses the role to the next
    assert len({mail.at for mail in await mails(play, incident.handle.id, "incident-reopened")}) == 2
    await give(Resolve(by="ines", summary="For good"))
    await give(Publish(by="ines", text="# What broke", no_items_because="It is gone"))
    assert (await part(play, incident.handle.id).handle.result()).status is IncidentStatus.CLOSED
    with Session(play.database) as session:
        assert session.get_one(IncidentRow, incident.handle.id).version > reopened.version


async def test_a_closed_incident_and_its_item_are_reopened_after_the_engine_has_forgotten_them(play: Play) -> None:
    gateway = Gateway(play.client, lambda: play.organisation, play.database)
    incident, commander = await play.resolved(severity=Severity.SEV3)
    await incident.give(ProposeItem(by=commander, title="Add a test for the refund path", owner="ines"))
    item = incident.item(1)
    await item.give(Accept(by="ines"))
    done = await item.give(Finish(by="ines", evidence=EVIDENCE))
    if done.status is ItemStatus.DONE:
        await item.give(Verify(by="tomas" if commander == "ines" else commander))
    await incident.give(Publish(by=commander, text="# What broke"))
    closed = await incident.handle.result()
    for forgotten in (incident.handle, item.handle):
        await forgotten.result()
        await play.client.workflow_service.delete_workflow_execution(
            DeleteWorkflowExecutionRequest(
                namespace=play.client.namespace, workflow_execution=WorkflowExecution(workflow_id=forgotten.id)
            )
        )
        await eventually(partial(is_forgotten, forgotten))

    shown = {
        f"/incidents/{closed.id}": "Payments fail",
        f"/incidents/{closed.id}/postmortem": "What broke",
        f"/items/{item.handle.id}": "Add a test for the refund path",
        f"/items?incident={closed.id}&status=closed": "Add a test for the refund path",
        "/api/find?text=the refund path": item.handle.id,
        f"/api/incidents/{closed.id}/timeline.json": "Rolled back",
    }
    example = OrganisationFile(Path("followthrough.example.yaml"))
    async with Web(SETTINGS, example, play.client, play.database).browser() as browser:
        for path, words in shown.items():
            assert words in (await browser.get(path)).raise_for_status().text, path

    reopened = await gateway.incidents.command(closed.id, Reopen(by=commander, reason="It is back"), AT_THIS_MACHINE)
    assert not reopened.ended
    assert reopened.entries > closed.entries
    assert reopened.postmortem is not None
    assert reopened.postmortem.text == "# What broke"
    again = ReopenItem(by="ines", reason="The test is missing")
    assert not (await gateway.items.command(item.handle.id, again, AT_THIS_MACHINE)).ended


async def is_forgotten(handle: WorkflowHandle[Any, Any]) -> bool:
    try:
        await handle.describe()
    except RPCError as error:
        return error.status is RPCStatusCode.NOT_FOUND
    return False
