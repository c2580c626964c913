"""A role that nobody acknowledges pages, and what PagerDuty does holds up nothing else; on the real server."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import Session, select

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import Acknowledge, Cancel, Resolve
from followthrough.domain.replayed.incident.incident import Incident, Role
from followthrough.domain.replayed.incident.paging import unpaged
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import MailRow, TimelineRow
from tests.standins.pagerduty import ROUTING_KEY, Fault, PagerDutyStandIn
from tests.standins.silence import Silence
from tests.waiting import eventually, found_rows
from tests.web.conftest import new_namespace
from tests.workflows.conftest import IncidentPart, Play
from worker import build_worker

MISSED = 16
"""Minutes; of a SEV2 the role is offered to the next person after 15."""


@pytest.fixture
async def office(address: str, organisation: Organisation, tmp_path: Path) -> AsyncIterator[Play]:
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    yield Play(await new_namespace(address), organisation, database)
    database.dispose()


@pytest.fixture
def pagerduty() -> Iterator[PagerDutyStandIn]:
    with PagerDutyStandIn() as stand_in:
        yield stand_in


@asynccontextmanager
async def paging(office: Play, url: str, key: str = ROUTING_KEY) -> AsyncIterator[None]:
    settings = Settings(pagerduty_events_url=url, pagerduty_routing_key=SecretStr(key))
    async with build_worker(office.client, settings, lambda: office.organisation, office.database):
        yield


def key(part: IncidentPart) -> str:
    return f"followthrough/{part.handle.id}/Incident Commander"


def commander(incident: Incident) -> str:
    person = incident.holder(Role.INCIDENT_COMMANDER)
    assert person is not None
    return person


async def test_a_role_pages_until_it_is_acknowledged_and_is_over_with_its_incident(
    office: Play, pagerduty: PagerDutyStandIn
) -> None:
    async with paging(office, pagerduty.url):
        part = await office.declare()
        assert pagerduty.events == []
        await part.pass_time(MISSED)
        await eventually(lambda: pagerduty.alerts.get(key(part)) == "triggered")
        state = await part.until(lambda state: key(part) in state.paged)
        await part.give(Acknowledge(by=commander(state)))
        await eventually(lambda: pagerduty.alerts[key(part)] == "acknowledged")
        await part.give(Resolve(by=commander(state), summary="Rolled back"))
        await eventually(lambda: pagerduty.alerts[key(part)] == "resolved")
        assert (await part.until(lambda state: not state.paged)).status == "resolved"
    assert [event["event_action"] for event in pagerduty.events if event["dedup_key"] == key(part)] == [
        "trigger",
        "acknowledge",
        "resolve",
    ]


async def test_an_incident_that_ends_at_once_is_over_there_before_its_workflow_ends(
    office: Play, pagerduty: PagerDutyStandIn
) -> None:
    async with paging(office, pagerduty.url):
        part = await office.declare()
        await part.pass_time(MISSED)
        state = await part.until(lambda state: key(part) in state.paged)
        await part.handle.execute_update("execute", Cancel(by=commander(state), reason="A test of the probe"))
        assert (await part.handle.result()).paged == {}
    assert pagerduty.alerts[key(part)] == "resolved"


async def test_a_pager_that_never_answers_holds_up_neither_mails_nor_commands(office: Play) -> None:
    with Silence() as silent:
        async with paging(office, silent.url):
            part = await office.declare()
            await part.pass_time(MISSED)
            await eventually(lambda: silent.callers)
            query = select(MailRow).where(
                MailRow.incident_id == part.handle.id, MailRow.kind == "role-not-acknowledged"
            )
            assert await found_rows(office.database, query)
            state = await part.give(Acknowledge(by=commander(await part.state())))
            assert (await part.give(Resolve(by=commander(state), summary="Rolled back"))).status == "resolved"
            silent.cut_off()


async def test_what_pagerduty_refuses_is_on_the_timeline_and_the_incident_goes_on(
    office: Play, pagerduty: PagerDutyStandIn
) -> None:
    async with paging(office, pagerduty.url, key="another key"):
        part = await office.declare()
        await part.pass_time(MISSED)
        state = await part.until(unpaged)
        query = select(TimelineRow).where(TimelineRow.incident_id == part.handle.id)

        def told() -> list[str]:
            with Session(office.database) as session:
                return [entry.text for entry in session.exec(query) if entry.text.startswith("Nobody was paged")]

        (line, *_) = await eventually(told)
        assert "PagerDuty refused: Event object is invalid Invalid routing key" in line
        await part.give(Acknowledge(by=commander(state)))
        state = await part.until(lambda state: state.paged[key(part)].acknowledged)
        assert all(one.role is not Role.INCIDENT_COMMANDER for one in unpaged(state))


async def test_a_page_is_tried_again_and_wakes_somebody_once(office: Play, pagerduty: PagerDutyStandIn) -> None:
    pagerduty.faults += [Fault(status=503), Fault(lose_answer=True)]
    async with paging(office, pagerduty.url):
        part = await office.declare()
        await office.pass_time(part.handle, timedelta(minutes=MISSED))
        await part.until(lambda state: key(part) in state.paged)
    assert pagerduty.woken.count(key(part)) == 1
    assert pagerduty.faults == []
