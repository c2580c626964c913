"""The whole life of an incident on the real server, weeks passing by time skipping."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest
from pydantic import HttpUrl
from sqlmodel import Session, select
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from followthrough.domain.replayed.incident.commands import (
    Acknowledge,
    AddNote,
    AssignRole,
    Cancel,
    Mitigate,
    ProposeItem,
    Resolve,
    SendUpdate,
)
from followthrough.domain.replayed.incident.incident import Audience, IncidentStatus, Role, UpdateStage
from followthrough.domain.replayed.item.action_item import ItemStatus, MomentKind
from followthrough.domain.replayed.item.commands import Accept, Extend, Finish, Reassign, Verify, Waive
from followthrough.domain.replayed.postmortem.commands import Publish, ReviewPostmortem, SubmitPostmortem
from followthrough.domain.replayed.values import EntryKind
from followthrough.store.tables import ActionItemRow, IncidentRow, LocalTicketRow, MailRow, TimelineRow
from tests.waiting import found_rows
from tests.workflows.conftest import IncidentPart, ItemPart, Play

EVIDENCE = HttpUrl("https://example.com/changes/1")


async def proposed(play: Play, owner: str) -> tuple[IncidentPart, ItemPart]:
    incident, commander = await play.resolved()
    await incident.give(ProposeItem(by=commander, title="Add a test for the refund path", owner=owner))
    return incident, incident.item(1)


async def refusal(attempt: Awaitable[object]) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await attempt
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "Refusal"
    return failed.value.cause.message


async def test_an_incident_runs_from_its_alert_to_its_last_closed_action_item(play: Play) -> None:
    service = play.organisation.services["checkout"]
    team = play.organisation.teams[service.team]
    incident = await play.declare()
    commander = (await incident.state()).holder(Role.INCIDENT_COMMANDER)
    assert commander == service.on_call[0]
    comms, resolver, *_ = [person for person in play.organisation.people if person != commander]
    await incident.give(Acknowledge(by=commander))
    await incident.give(AssignRole(by=commander, role=Role.COMMS_LEAD, person=comms))
    await incident.give(AssignRole(by=commander, role=Role.RESOLVER, person=resolver))
    assert "nobody holds two roles" in await refusal(
        incident.give(AssignRole(by=commander, role=Role.COMMS_LEAD, person=resolver))
    )
    await incident.give(
        SendUpdate(by=comms, stage=UpdateStage.IDENTIFIED, audience=Audience.CUSTOMERS, text="Some cards are declined.")
    )
    await incident.give(Mitigate(by=resolver, summary="Traffic moved to the second provider"))
    await incident.give(Resolve(by=commander, summary="The provider is back"))
    for title in ("Add a test for the refund path", "Alert on declined cards above 2 %"):
        await incident.give(ProposeItem(by=commander, title=title, owner=resolver))
    await incident.give(SubmitPostmortem(by=commander, text="# What broke\n\nThe provider."))
    await incident.give(ReviewPostmortem(by=resolver))
    published = await incident.give(Publish(by=commander))
    assert published.status is IncidentStatus.PUBLISHED

    first, second = incident.item(1), incident.item(2)
    await first.give(Accept(by=resolver))
    done = await first.give(Finish(by=resolver, evidence=EVIDENCE))
    if done.status is ItemStatus.DONE:
        await first.give(Verify(by=team.lead if team.lead != resolver else commander))
    plan = (await second.state()).plan
    assert plan is not None
    await second.give(Waive(by=plan.policy.approvers[0], reason="The provider alerts us now"))

    closed = await incident.handle.result()
    assert closed.status is IncidentStatus.CLOSED
    assert [item.waived for item in closed.items] == [False, True]
    with Session(play.database) as session:
        row = session.get_one(IncidentRow, closed.id)
        assert (row.status, row.version) == ("closed", closed.version)
        kinds = {entry.kind for entry in session.exec(select(TimelineRow).where(TimelineRow.incident_id == closed.id))}
        assert kinds >= {EntryKind.ALERT, EntryKind.ROLE, EntryKind.UPDATE, EntryKind.STATUS, EntryKind.POSTMORTEM}
        tickets = session.exec(select(LocalTicketRow).where(LocalTicketRow.item_id == first.handle.id)).all()
        assert [ticket.status for ticket in tickets] == ["done"]
        assert not session.exec(select(LocalTicketRow).where(LocalTicketRow.item_id == second.handle.id)).all()


async def test_an_unanswered_item_is_escalated_up_the_managers_over_weeks_once_for_each_level(play: Play) -> None:
    owner = play.organisation.services["checkout"].on_call[1]
    _, item = await proposed(play, owner)
    await item.give(Accept(by=owner))
    await item.pass_time(days=120)

    late = await item.state()
    escalations = [moment for moment in late.reminders if moment.kind is MomentKind.ESCALATE]
    assert [moment.level for moment in escalations] == list(range(1, len(escalations) + 1))
    assert len(escalations) >= 4
    told = [next(person for person in moment.to if person != owner) for moment in escalations]
    manager = play.organisation.people[owner].manager
    assert told[0] == manager
    assert told[1] == play.organisation.people[manager or ""].manager
    assert sorted(moment.at for moment in late.reminders) == [moment.at for moment in late.reminders]
    assert late.plan is not None
    assert late.plan.next is not None, "an item that has not ended always has a next moment"
    with Session(play.database) as session:
        mails = session.exec(select(MailRow).where(MailRow.item_id == item.handle.id)).all()
        to_owner = [mail for mail in mails if (mail.kind, mail.person) == ("item-escalation", owner)]
        assert len(to_owner) == len(escalations)
        assert all(mail.state == "sent" for mail in mails)
        assert session.get_one(ActionItemRow, item.handle.id).escalation_level == len(escalations)


async def test_an_extension_moves_the_deadline_and_its_limits_are_explained(play: Play) -> None:
    owner = play.organisation.services["checkout"].on_call[1]
    _, item = await proposed(play, owner)
    accepted = await item.give(Accept(by=owner))
    assert accepted.plan is not None
    due, limits = accepted.plan.due, accepted.plan.policy
    for number in range(1, limits.max_extensions + 1):
        until = due + timedelta(days=number)
        extended = await item.give(Extend(by=owner, until=until, reason="A supplier is late"))
        assert extended.plan is not None
        assert extended.plan.due == until
    again = Extend(by="sam", until=until + timedelta(days=1), reason="Again")
    assert f"beyond {limits.max_extensions} times" in await refusal(item.give(again))
    by_approver = Extend(by=limits.approvers[0], until=until + timedelta(days=40), reason="Agreed in planning")
    assert (await item.give(by_approver)).extensions == limits.max_extensions + 1


async def test_a_reassigned_item_has_to_be_accepted_by_its_new_owner(play: Play) -> None:
    owner, other = play.organisation.services["checkout"].on_call[:2]
    _, item = await proposed(play, owner)
    await item.give(Accept(by=owner))
    moved = await item.give(Reassign(by=owner, to=other, reason="On leave"))
    assert moved.status is ItemStatus.PROPOSED
    assert "only its owner can accept it" in await refusal(item.give(Accept(by=owner)))
    await item.give(Accept(by=other))
    ticket = select(LocalTicketRow).where(LocalTicketRow.item_id == item.handle.id)
    await found_rows(play.database, ticket.where(LocalTicketRow.assignee == other))


async def test_a_command_that_arrives_while_the_incident_ends_is_answered(play: Play) -> None:
    incident = await play.declare()
    commander = play.organisation.services["checkout"].on_call[0]
    cancelled, noted = await asyncio.gather(
        incident.give(Cancel(by=commander, reason="The probe was misconfigured")),
        incident.give(AddNote(by=commander, text="The probe is repaired")),
        return_exceptions=True,
    )
    assert not isinstance(cancelled, BaseException)
    assert (await asyncio.wait_for(incident.handle.result(), 120)).status is IncidentStatus.CANCELLED
    assert not isinstance(noted, TimeoutError)
