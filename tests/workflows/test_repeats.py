"""An incident that happened before finds what was agreed then."""

from collections.abc import Iterator

import pytest

from followthrough.domain.action_item import Kind, Priority
from followthrough.domain.incident import Repeat
from followthrough.domain.incident_commands import Mitigate, ProposeItem, Resolve
from followthrough.domain.lifecycle_commands import LinkRepeat
from followthrough.organisation import Organisation
from followthrough.policies import RepeatPolicies
from tests.workflows.conftest import IncidentPart, ItemPart, Play
from tests.workflows.test_lifecycle import mails


@pytest.fixture
def comparing(play: Play) -> Iterator[None]:
    before: Organisation = play.organisation
    policies = before.policies.model_copy(update={"repeats": RepeatPolicies()})
    play.organisation = before.model_copy(update={"policies": policies})
    yield
    play.organisation = before


async def resolved_with_item(play: Play, title: str) -> tuple[IncidentPart, ItemPart]:
    incident = await play.declare(title=title)
    await incident.give(
        ProposeItem(by="tomas", title="Alert on queue depth", owner="tomas", kind=Kind.DETECT, priority=Priority.LOW)
    )
    await incident.give(Mitigate(by="tomas", summary="Restarted"))
    await incident.give(Resolve(by="ines", summary="Refunds flow"))
    return incident, incident.item(1)


@pytest.mark.usefixtures("comparing")
async def test_a_repeat_is_linked_shown_to_the_commander_and_counted_against_open_follow_ups(play: Play) -> None:
    earlier, item = await resolved_with_item(play, "Refunds stall in the zebra queue")
    again = await play.declare(title="Refunds are stalling in the zebra queue")

    state = await again.until(lambda it: it.compared)
    assert [repeat.incident_id for repeat in state.repeats] == [earlier.handle.id]
    (mail,) = await mails(play, again.handle.id, "incident-repeats")
    assert item.handle.id in mail.text
    counted = await item.until(lambda it: it.repeats == [again.handle.id])
    assert counted.priority is Priority.MEDIUM
    await mails(play, earlier.handle.id, "item-repeated")


async def test_a_person_links_a_repeat_that_looks_like_nothing_before(play: Play) -> None:
    earlier, item = await resolved_with_item(play, "Invoices are empty")
    again = await play.declare(title="Accounting is angry")
    linked = await again.give(LinkRepeat(by="ines", of=earlier.handle.id, reason="The same template"))
    assert linked.repeats == [Repeat(incident_id=earlier.handle.id, because="The same template")]
    await item.until(lambda it: it.repeats == [again.handle.id])
