"""Months in which people are away, leave, or do nothing, on the real server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from followthrough.domain.answered.organisation.organisation import Away, Organisation
from followthrough.domain.replayed.incident.commands import ProposeItem
from followthrough.domain.replayed.item.action_item import ItemStatus, MomentKind
from followthrough.domain.replayed.item.commands import Accept, Reassign
from followthrough.domain.replayed.values import Severity
from followthrough.store import queries
from followthrough.store.tables import ActionItemRow, MailRow
from tests.workflows.conftest import IncidentPart, ItemPart, Play

DAY = timedelta(days=1)


@pytest.fixture
def organised(play: Play) -> Iterator[Play]:
    before = play.organisation
    yield play
    play.organisation = before


def with_person(organisation: Organisation, person: str, **changes: Any) -> Organisation:
    changed = organisation.people[person].model_copy(update=changes)
    return organisation.model_copy(update={"people": {**organisation.people, person: changed}})


async def proposed(play: Play, owner: str) -> tuple[IncidentPart, ItemPart]:
    """Of an incident so small that nobody waits for updates."""
    incident = await play.declare(severity=Severity.SEV4)
    await incident.give(ProposeItem(by="ines", title="Alert on declined cards", owner=owner))
    return incident, incident.item(1)


async def test_an_item_nobody_touches_climbs_to_the_top_and_goes_on_for_months(play: Play) -> None:
    _, item = await proposed(play, "lucia")
    await item.pass_time(days=100)
    state = await item.state()
    asked = [moment for moment in state.reminders if moment.kind is MomentKind.OWNER_WANTED]
    assert [moment.level for moment in asked] == list(range(1, len(asked) + 1))
    assert len(asked) > 10
    assert [moment.to for moment in asked] == [("marcos",), *[("nora", "marcos")] * (len(asked) - 1)]
    assert state.planned.next is not None
    with Session(play.database) as session:
        row = session.get_one(ActionItemRow, state.id)
        assert (row.escalation_level, row.next_kind) == (len(asked), MomentKind.OWNER_WANTED)
        (listed,) = queries.action_items(session, datetime.now(UTC), incident_id=state.incident_id)
        assert listed.late, "by its own clock"
        mails = session.exec(select(MailRow).where(MailRow.item_id == state.id, MailRow.kind == "item-owner-wanted"))
        assert {mail.person for mail in mails} == {"marcos", "nora"}


async def test_who_goes_away_and_who_leaves_are_replaced_by_the_lead(organised: Play) -> None:
    play = organised
    _, item = await proposed(play, "lucia")
    due = (await item.give(Accept(by="lucia"))).planned.due
    absence = Away(first_day=(due - 4 * DAY).date(), last_day=(due + 10 * DAY).date())
    play.organisation = with_person(play.organisation, "lucia", away=(absence,))
    await item.pass_time(days=(due - datetime.now(UTC)).days - 4)
    wanted = (await item.until(lambda state: state.owner_wanted)).owner_wanted
    assert wanted is not None
    assert wanted.because == f"its owner is away until {absence.last_day}"
    given = await item.give(Reassign(by="marcos", to="tomas", reason="Lucía is away"))
    assert (given.owner_wanted, given.status) == (None, ItemStatus.PROPOSED)
    await item.give(Accept(by="tomas"))

    play.organisation = with_person(play.organisation, "tomas", left=(due - 4 * DAY).date())
    await item.pass_time(days=8)
    state = await item.until(lambda state: state.owner_wanted)
    assert state.owner_wanted is not None
    assert state.owner_wanted.because == "its owner left"
    first = next(moment for moment in state.reminders if moment.at == state.owner_wanted.since)
    assert (first.kind, first.level, first.to) == (MomentKind.OWNER_WANTED, 1, ("marcos",))
    await item.give(Reassign(by="marcos", to="ines", reason="Tomás left"))
    assert (await item.give(Accept(by="ines"))).owner_wanted is None
