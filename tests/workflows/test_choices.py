"""What can become of an action item, on the real server, where it has to do with others."""

import asyncio
from datetime import timedelta

from pydantic import HttpUrl
from sqlmodel import Session, select

from followthrough.domain.answered.access.actor import AT_THIS_MACHINE
from followthrough.domain.replayed.incident.commands import ProposeItem, Resolve
from followthrough.domain.replayed.incident.incident import IncidentStatus
from followthrough.domain.replayed.incident.lifecycle import Merge
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.item.commands import (
    Accept,
    ApproveExtension,
    Decline,
    Extend,
    Finish,
    RefuseExtension,
    Waive,
)
from followthrough.domain.replayed.item.lifecycle import BlockItem, MergeItem, Part, ReopenItem, SplitItem, Unblock
from followthrough.domain.replayed.postmortem.commands import Publish
from followthrough.domain.replayed.values import Severity
from followthrough.gateway import Gateway
from followthrough.store.tables import ActionItemRow, LocalTicketRow, MailRow, TimelineRow
from tests.waiting import eventually, found_rows
from tests.workflows.conftest import IncidentPart, ItemPart, Play
from tests.workflows.test_lifecycle import EVIDENCE
from tests.workflows.test_whole_life import refusal

OTHER_EVIDENCE = HttpUrl("https://example.com/changes/2")


async def incident_with(play: Play, *owners: str) -> IncidentPart:
    """An incident that has an action item for each of the owners, and is closed with the last of them."""
    incident = await play.declare(severity=Severity.SEV3)
    for number, owner in enumerate(owners, start=1):
        await incident.give(ProposeItem(by="ines", title=f"Add test {number} to the suite", owner=owner))
    await incident.give(Resolve(by="ines", summary="Rolled back"))
    await incident.give(Publish(by="ines", text="# What broke"))
    return incident


def item_part(play: Play, item_id: str) -> ItemPart:
    return ItemPart(play, play.client.get_workflow_handle(item_id, result_type=ActionItem))


async def mailed(play: Play, item: ItemPart, kind: str) -> list[str]:
    """To whom, once a mail of this kind about the item was written."""
    found = await found_rows(
        play.database, select(MailRow).where(MailRow.item_id == item.handle.id, MailRow.kind == kind)
    )
    return [address for mail in found for address in mail.recipients]


async def ticket(play: Play, item: ItemPart, status: str) -> str:
    """What it says, once it has that status."""
    query = select(LocalTicketRow).where(LocalTicketRow.item_id == item.handle.id, LocalTicketRow.status == status)
    (row,) = await found_rows(play.database, query)
    return str(row.description)


async def test_an_extension_beyond_the_limits_is_decided_by_an_approver_who_is_told(play: Play) -> None:
    item = (await incident_with(play, "lucia")).item(1)
    accepted = await item.give(Accept(by="lucia"))
    due = accepted.planned.due
    more = Extend(by="lucia", until=due + timedelta(days=60), reason="The supplier is late")
    assert (await item.give(more)).planned.due == due
    assert "marcos@example.com" in await mailed(play, item, "item-extension-wanted")
    assert (await item.give(RefuseExtension(by="marcos", reason="It can't wait"))).planned.due == due
    assert await mailed(play, item, "item-extension-decided") == ["lucia@example.com"]
    await item.give(more)
    assert (await item.give(ApproveExtension(by="marcos"))).planned.due == more.until


async def test_a_declined_item_waits_for_the_lead_and_can_be_taken_by_somebody_else(play: Play) -> None:
    item = (await incident_with(play, "lucia")).item(1)
    declined = await item.give(Decline(by="lucia", reason="Never seen that code"))
    assert declined.owner_wanted
    with Session(play.database) as session:
        assert session.get_one(ActionItemRow, item.handle.id).status == "proposed"
    assert "only its owner" in await refusal(item.give(Accept(by="tomas")))


async def test_a_split_item_ends_and_its_parts_keep_the_incident_open(play: Play) -> None:
    incident = await incident_with(play, "lucia")
    whole = incident.item(1)
    due = (await whole.give(Accept(by="lucia"))).planned.due
    await ticket(play, whole, "to do")
    parts = (Part(title="Alert on queue depth", owner="lucia"), Part(title="Test it monthly", owner="tomas"))
    split = await whole.give(SplitItem(by="lucia", parts=parts))
    assert split.status is ItemStatus.SPLIT
    assert (await whole.handle.result()).ended
    assert "Split into" in await ticket(play, whole, "done")
    known = await incident.until(lambda it: it.items[0].ended_at)
    assert [(item.id, item.ended_as) for item in known.items] == [
        (whole.handle.id, ItemStatus.SPLIT),
        *((part_id, None) for part_id in split.split_into),
    ]
    for part_id, owner in zip(split.split_into, ("lucia", "tomas"), strict=True):
        part = item_part(play, part_id)
        assert (await mailed(play, part, "item-proposed")) == [f"{owner}@example.com"]
        accepted = await part.give(Accept(by=owner))
        assert (accepted.planned.due, accepted.split_from) == (due, whole.handle.id)
        await part.give(Finish(by=owner, evidence=EVIDENCE))
    assert (await incident.handle.result()).status is IncidentStatus.CLOSED


async def test_a_duplicate_is_merged_into_an_open_item_of_another_incident(play: Play) -> None:
    first, second = await incident_with(play, "lucia"), await incident_with(play, "tomas")
    duplicate, goes_on = first.item(1), second.item(1)
    missing = f"{second.handle.id}.7"
    assert f"no open action item {missing}" in await refusal(duplicate.give(MergeItem(by="lucia", into=missing)))
    merged = await duplicate.give(MergeItem(by="lucia", into=goes_on.handle.id))
    assert (merged.status, merged.duplicate_of) == (ItemStatus.MERGED, goes_on.handle.id)
    assert (await first.handle.result()).items[0].ended_as is ItemStatus.MERGED
    assert (await goes_on.state()).duplicates == [duplicate.handle.id]
    assert await mailed(play, goes_on, "item-took-in") == ["tomas@example.com"]


async def test_two_that_are_merged_into_each_other_at_once_never_both_end(play: Play) -> None:
    incident = await incident_with(play, "lucia", "tomas")
    one, other = incident.item(1), incident.item(2)
    await asyncio.gather(
        one.give(MergeItem(by="lucia", into=other.handle.id)),
        other.give(MergeItem(by="lucia", into=one.handle.id)),
        return_exceptions=True,
    )
    states = [await one.state(), await other.state()]
    assert [state.under_way for state in states] == [None, None]
    assert sum(state.settled for state in states) <= 1


async def test_what_waits_for_another_item_goes_on_when_that_has_ended(play: Play) -> None:
    incident = await incident_with(play, "lucia", "tomas", "ines")
    first, second, third = (incident.item(number) for number in (1, 2, 3))
    for waiting, other in ((first, second), (second, third)):
        await waiting.give(BlockItem(by="ines", reason="It comes first", on=other.handle.id))

    def written() -> ActionItem:
        with Session(play.database) as session:
            return ActionItem.model_validate(session.get_one(ActionItemRow, first.handle.id).document)

    await eventually(written, lambda it: it.block and not it.under_way)
    circle = third.give(BlockItem(by="ines", reason="In a circle", on=first.handle.id))
    assert "would wait for each other" in await refusal(circle)
    await first.until(lambda it: not it.blocks)
    assert (await third.state()).blocks == [second.handle.id]
    await second.give(Unblock(by="ines"))
    await third.until(lambda it: not it.blocks)

    await second.give(Accept(by="tomas"))
    await second.give(Finish(by="tomas", evidence=EVIDENCE))
    assert (await first.until(lambda it: it.block is None)).status is ItemStatus.PROPOSED
    assert await mailed(play, first, "item-unblocked") == ["lucia@example.com"]
    await second.handle.result()
    late = first.give(BlockItem(by="ines", reason="It comes first", on=second.handle.id))
    assert f"no open action item {second.handle.id}" in await refusal(late)


async def test_a_block_is_over_at_its_date_and_the_owner_is_told(play: Play) -> None:
    item = (await incident_with(play, "lucia")).item(1)
    accepted = await item.give(Accept(by="lucia"))
    over = accepted.planned.accept_by + timedelta(days=10)
    await item.give(BlockItem(by="lucia", reason="A supplier delivers", until=over))
    await item.pass_time(days=(over - accepted.proposed_at).days + 1)
    assert (await item.until(lambda it: it.block is None)).status is ItemStatus.ACCEPTED
    assert await mailed(play, item, "item-unblocked") == ["lucia@example.com"]


async def test_a_waived_item_counts_as_waived_at_once_and_is_asked_again_when_its_waiver_expires(play: Play) -> None:
    incident = await incident_with(play, "lucia")
    item = incident.item(1)
    await item.give(Accept(by="lucia"))
    await ticket(play, item, "to do")
    await item.give(Waive(by="marcos", reason="The service goes away"))
    closed = await incident.handle.result()
    assert (closed.status, closed.items[0].waived) == (IncidentStatus.CLOSED, True)
    assert "Waived until" in await ticket(play, item, "done")
    await item.pass_time(days=181)
    again = await item.until(lambda it: not it.settled)
    assert (again.status, again.owner, again.ended_at) == (ItemStatus.PROPOSED, "lucia", None)
    assert again.asked_at
    assert again.planned.due > again.planned.accept_by > again.asked_at
    assert {"lucia@example.com", "marcos@example.com"} <= set(await mailed(play, item, "item-asked-again"))
    assert "The waiver has expired" in await ticket(play, item, "to do")


async def test_a_merged_incident_takes_its_waived_items_along_and_hears_when_they_are_asked_again(play: Play) -> None:
    first, second = await play.declare(severity=Severity.SEV3), await play.declare(severity=Severity.SEV3)
    await first.give(ProposeItem(by="ines", title="Add a test for refunds to the suite", owner="lucia"))
    item = first.item(1)
    await item.give(Waive(by="marcos", reason="The service goes away"))
    await first.until(lambda it: it.items[0].waived)
    await first.give(Merge(by="ines", into=second.handle.id))
    await item.until(lambda it: it.incident_id == second.handle.id)
    await item.give(ReopenItem(by="ines", reason="It stays after all"))
    state = await second.until(lambda it: not it.items[0].waived)
    assert [(known.id, known.ended_at) for known in state.items] == [(item.handle.id, None)]


async def test_a_closed_item_is_reopened_with_its_evidence_marked_and_its_ticket_open(play: Play) -> None:
    gateway = Gateway(play.client, lambda: play.organisation, play.database)
    incident = await incident_with(play, "lucia", "tomas")
    item, item_id = incident.item(1), incident.item(1).handle.id
    await item.give(Accept(by="lucia"))
    await item.give(Finish(by="lucia", evidence=EVIDENCE))
    closed = await item.handle.result()
    await incident.until(lambda it: it.items[0].ended_at)

    reopen = ReopenItem(by="ines", reason="The test was skipped")
    attempts = await asyncio.gather(
        *(gateway.items.command(item_id, reopen, AT_THIS_MACHINE) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(attempt, ActionItem) for attempt in attempts) == 1, attempts
    again = await item.until(lambda it: it.status is ItemStatus.PROPOSED)
    assert [evidence.refuted for evidence in again.evidence] == ["The test was skipped"]
    assert again.entries > closed.entries
    assert "The test was skipped" in await ticket(play, item, "to do")
    known = await incident.until(lambda it: it.items[0].ended_at is None)
    assert known.status is IncidentStatus.PUBLISHED

    await gateway.items.command(item_id, Accept(by="lucia"), AT_THIS_MACHINE)
    await gateway.items.command(item_id, Finish(by="lucia", evidence=OTHER_EVIDENCE), AT_THIS_MACHINE)
    ended = await item_part(play, item_id).handle.result()
    assert [evidence.refuted for evidence in ended.evidence] == ["The test was skipped", None]
    await ticket(play, item, "done")
    with Session(play.database) as session:
        story = session.exec(select(TimelineRow.text).where(TimelineRow.record_id == item_id)).all()
    assert sum(line.startswith("Done, evidence") for line in story) == 2
