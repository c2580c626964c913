"""Action items hear of their incident what their deadlines count from, and nothing else."""

from collections.abc import Iterator

import pytest

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import CountedFrom, ItemRule
from followthrough.domain.replayed.incident.commands import AddNote, ProposeItem, Resolve
from followthrough.domain.replayed.incident.lifecycle import Reopen
from followthrough.domain.replayed.item.commands import Accept
from followthrough.domain.replayed.values import Severity
from tests.workflows.conftest import IncidentPart, ItemPart, Play


@pytest.fixture
def organised(play: Play) -> Iterator[Play]:
    before = play.organisation
    yield play
    play.organisation = before


def counting_from(organisation: Organisation, moment: CountedFrom) -> Organisation:
    items = organisation.policies.items.model_copy(update={"rules": (ItemRule(counted_from=moment),)})
    return organisation.model_copy(update={"policies": organisation.policies.model_copy(update={"items": items})})


async def proposed(play: Play) -> tuple[IncidentPart, ItemPart]:
    incident = await play.declare(severity=Severity.SEV4)
    await incident.give(ProposeItem(by="ines", title="Alert on declined cards", owner="lucia"))
    return incident, incident.item(1)


async def heard(item: ItemPart) -> list[str]:
    return [
        event.workflow_execution_signaled_event_attributes.signal_name
        async for event in item.handle.fetch_history_events()
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]


async def test_an_item_whose_deadlines_do_not_count_from_it_is_not_told_that_its_incident_is_resolved(
    play: Play,
) -> None:
    incident, item = await proposed(play)
    await incident.give(Resolve(by="ines", summary="The provider is back"))
    await incident.give(AddNote(by="ines", text="Quiet since"))
    await item.give(Accept(by="lucia"))
    assert await heard(item) == []


async def test_an_item_whose_deadlines_count_from_the_resolution_is_told_of_it_once(organised: Play) -> None:
    organised.organisation = counting_from(organised.organisation, CountedFrom.RESOLVED)
    incident, item = await proposed(organised)
    resolved = (await incident.give(Resolve(by="ines", summary="The provider is back"))).resolved_at
    await item.until(lambda state: state.resolved_at == resolved)
    await incident.give(AddNote(by="ines", text="Quiet since"))
    await item.give(Accept(by="lucia"))
    assert await heard(item) == ["incident_went_on"]


async def test_a_rule_that_counts_from_it_only_later_is_followed_from_the_incidents_next_change_on(
    organised: Play,
) -> None:
    incident, item = await proposed(organised)
    resolved = (await incident.give(Resolve(by="ines", summary="The provider is back"))).resolved_at
    organised.organisation = counting_from(organised.organisation, CountedFrom.RESOLVED)
    await incident.give(AddNote(by="ines", text="Deadlines count from its resolution now"))
    await item.until(lambda state: state.resolved_at == resolved)


async def test_an_item_knows_when_its_incident_was_resolved_and_keeps_that_while_it_is_reopened(
    organised: Play,
) -> None:
    organised.organisation = counting_from(organised.organisation, CountedFrom.RESOLVED)
    incident, item = await proposed(organised)
    assert (await item.state()).declared_at == (await incident.state()).declared_at
    first = (await incident.give(Resolve(by="ines", summary="Rolled back"))).resolved_at
    await item.until(lambda state: state.resolved_at == first)
    await incident.give(Reopen(by="ines", reason="It fails again"))
    assert (await item.state()).resolved_at == first
    second = (await incident.give(Resolve(by="ines", summary="Rolled back for good"))).resolved_at
    await item.until(lambda state: state.resolved_at == second)
