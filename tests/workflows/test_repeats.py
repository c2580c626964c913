"""An incident that happened before finds what was agreed then."""

from collections.abc import Iterable, Iterator

import pytest
from sqlmodel import Session

import activities.schedule
from followthrough.domain.answered.incident.repeat_search import Earlier, find_repeats
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import RepeatPolicies
from followthrough.domain.replayed.incident.commands import Mitigate, ProposeItem, Resolve
from followthrough.domain.replayed.incident.incident import Incident, Repeat
from followthrough.domain.replayed.incident.lifecycle import LinkRepeat, UnlinkRepeat
from followthrough.domain.replayed.item.action_item import Kind, Priority
from followthrough.store.listing import page_of_mails
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
async def test_a_title_that_is_alike_is_proposed_and_counts_once_somebody_links_it(play: Play) -> None:
    earlier, item = await resolved_with_item(play, "Refunds stall in the zebra queue")
    again = await play.declare(title="Refunds are stalling in the zebra queue")

    state = await again.until(lambda it: it.compared)
    assert state.repeats == []
    assert [repeat.incident_id for repeat in state.proposed_repeats] == [earlier.handle.id]
    (mail,) = await mails(play, again.handle.id, "incident-repeats")
    assert item.handle.id in mail.text
    assert "only proposed" in mail.text
    assert (await item.state()).repeats == []
    await again.give(LinkRepeat(by="ines", of=earlier.handle.id, reason="The same queue"))
    counted = await item.until(lambda it: it.repeats == [again.handle.id])
    assert counted.priority is Priority.MEDIUM
    await mails(play, earlier.handle.id, "item-repeated")

    await again.give(UnlinkRepeat(by="ines", of=earlier.handle.id, reason="Another queue"))
    restored = await item.until(lambda it: it.repeats == [])
    assert restored.priority is Priority.LOW
    await mails(play, earlier.handle.id, "item-repeat-taken-back")


@pytest.mark.usefixtures("comparing")
async def test_the_same_alert_is_linked_and_counted_at_once(play: Play) -> None:
    earlier, item = await resolved_with_item(play, "Quota of the yak shaver is used up")
    key = (await earlier.until(lambda it: True)).dedup_key
    again = await play.declare(title="Renamed rule", dedup_key=key)
    state = await again.until(lambda it: it.compared)
    assert [repeat.incident_id for repeat in state.repeats] == [earlier.handle.id]
    assert state.proposed_repeats == []
    await item.until(lambda it: it.repeats == [again.handle.id])


@pytest.mark.usefixtures("comparing")
async def test_who_is_on_call_hears_of_it_before_earlier_incidents_are_compared(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: dict[str, bool] = {}

    def compare(incident: Incident, earlier: Iterable[Earlier], policies: RepeatPolicies) -> tuple[Repeat, ...]:
        with Session(play.database) as session:
            sent[incident.id] = any(mail.state.done for mail in page_of_mails(session, incident_id=incident.id).mails)
        return find_repeats(incident, earlier, policies)

    monkeypatch.setattr(activities.schedule, "find_repeats", compare)
    incident = await play.declare(title="The kiln is cold")
    await incident.until(lambda it: it.compared)
    assert sent[incident.handle.id]


async def test_a_person_links_a_repeat_that_looks_like_nothing_before(play: Play) -> None:
    earlier, item = await resolved_with_item(play, "Invoices are empty")
    again = await play.declare(title="Accounting is angry")
    linked = await again.give(LinkRepeat(by="ines", of=earlier.handle.id, reason="The same template"))
    assert linked.repeats == [Repeat(incident_id=earlier.handle.id, because="The same template")]
    await item.until(lambda it: it.repeats == [again.handle.id])
