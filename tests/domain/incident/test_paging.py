"""What a pager is told of an incident's roles, in which order."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from followthrough.domain.answered.incident.schedule import plan_incident
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident import moments
from followthrough.domain.replayed.incident.commands import Acknowledge, AssignRole, Cancel, Resolve
from followthrough.domain.replayed.incident.incident import Incident, Paged, Role
from followthrough.domain.replayed.incident.lifecycle import HandOver, Reopen
from followthrough.domain.replayed.incident.paging import next_page, take_answer, unpaged
from followthrough.domain.replayed.values import Severity
from tests.domain.incident.test_schedule import MONDAY, declared, minutes

COMMANDER = "followthrough/inc-7f3a9c21d0/Incident Commander"


def planned(incident: Incident, organisation: Organisation, now: datetime, *, pager: bool = True) -> None:
    """As the workflow and its activity plan it, until that changes nothing."""
    version = None
    while version != incident.version:
        version = incident.version
        plan = plan_incident(incident, organisation, now, pager_for_all=pager)
        moments.take(incident, plan, now)


def told(incident: Incident, now: datetime = MONDAY, problem: str = "", *, refused: bool = False) -> Iterator[str]:
    """What the pager is told now."""
    while (page := next_page(incident)) is not None:
        yield f"{page.action} {page.key.removeprefix('followthrough/inc-7f3a9c21d0/')}: {page.about.person}"
        take_answer(incident, page, now, problem, refused=refused)


@pytest.fixture
def incident(organisation: Organisation) -> Incident:
    """Whose commander is asked, and nobody else, for a Comms Lead has a key of their own."""
    asked = declared(Severity.SEV4).model_copy(update={"id": "inc-7f3a9c21d0"})
    planned(asked, organisation, MONDAY)
    return asked


def silent(incident: Incident, organisation: Organisation) -> datetime:
    """Nobody acknowledges it in time."""
    assert incident.plan is not None
    assert incident.plan.next is not None
    now = incident.plan.next.at
    planned(incident, organisation, now)
    return now


def at_once(organisation: Organisation) -> Organisation:
    roles = {**organisation.policies.roles.model_dump(), "page_when": "asked"}
    policies = organisation.policies.model_validate({**organisation.policies.model_dump(), "roles": roles})
    return organisation.model_copy(update={"policies": policies})


def test_the_pager_is_told_once_somebody_did_not_acknowledge_a_role(
    incident: Incident, organisation: Organisation
) -> None:
    assert list(told(incident)) == []
    now = silent(incident, organisation)
    assert list(told(incident, now)) == ["trigger Incident Commander: tomas"]
    assert incident.unwritten[-1].text == "Paged for Incident Commander, which tomas is asked to take"
    assert list(told(incident, now)) == []
    Acknowledge(by="tomas").apply(incident, now)
    assert list(told(incident, now)) == ["acknowledge Incident Commander: tomas"]
    Resolve(by="tomas", summary="Rolled back").apply(incident, now)
    assert list(told(incident, now)) == ["resolve Incident Commander: tomas"]
    assert incident.paged == {}


def test_who_is_asked_next_is_told_under_the_same_key_and_the_timeline_says_it_once(
    incident: Incident, organisation: Organisation
) -> None:
    for person in ("tomas", "marcos"):
        now = silent(incident, organisation)
        assert list(told(incident, now)) == [f"trigger Incident Commander: {person}"]
    assert [entry.text for entry in incident.unwritten if entry.text.startswith("Paged")] == [
        "Paged for Incident Commander, which tomas is asked to take"
    ]


def test_the_pager_is_told_at_once_where_the_organisation_wants_that(organisation: Organisation) -> None:
    incident = declared(Severity.SEV4).model_copy(update={"id": "inc-7f3a9c21d0"})
    planned(incident, at_once(organisation), MONDAY)
    assert list(told(incident)) == ["trigger Incident Commander: ines"]


def test_a_role_that_is_acknowledged_in_time_pages_nobody(incident: Incident, organisation: Organisation) -> None:
    Acknowledge(by="ines").apply(incident, minutes(1))
    planned(incident, organisation, minutes(600))
    assert list(told(incident)) == []


def test_without_a_pager_nothing_is_told(organisation: Organisation) -> None:
    incident = declared(Severity.SEV4)
    for now in (MONDAY, minutes(480), minutes(1440)):
        planned(incident, organisation, now, pager=False)
    assert incident.past_roles
    assert list(told(incident)) == []


def test_a_drill_pages_nobody(organisation: Organisation) -> None:
    incident = declared(Severity.SEV1).model_copy(update={"drill": True})
    for now in (MONDAY, minutes(6), minutes(12)):
        planned(incident, at_once(organisation), now)
    assert incident.past_roles
    assert list(told(incident)) == []


def test_a_role_that_is_handed_on_and_not_acknowledged_wakes_somebody_again(
    incident: Incident, organisation: Organisation
) -> None:
    now = silent(incident, organisation)
    list(told(incident, now))
    Acknowledge(by="tomas").apply(incident, now)
    list(told(incident, now))
    HandOver(by="tomas", person="lucia", note="My shift is over").apply(incident, now)
    planned(incident, organisation, now)
    assert list(told(incident, now)) == ["resolve Incident Commander: tomas"]
    now = silent(incident, organisation)
    assert list(told(incident, now)) == ["trigger Incident Commander: ines"]


def test_each_resolver_has_a_page_of_their_own(organisation: Organisation) -> None:
    incident = declared(Severity.SEV4).model_copy(update={"id": "inc-7f3a9c21d0"})
    organisation = at_once(organisation)
    planned(incident, organisation, MONDAY)
    list(told(incident))
    for person in ("tomas", "lucia"):
        AssignRole(by="ines", person=person, role=Role.RESOLVER).apply(incident, MONDAY)
    planned(incident, organisation, MONDAY)
    assert list(told(incident)) == ["trigger Resolver/tomas: tomas", "trigger Resolver/lucia: lucia"]


def test_an_end_without_a_plan_is_told_and_so_is_what_begins_again(
    incident: Incident, organisation: Organisation
) -> None:
    now = silent(incident, organisation)
    list(told(incident, now))
    Cancel(by="tomas", reason="A test of the probe").apply(incident, now)
    assert list(told(incident, now)) == ["resolve Incident Commander: tomas"]
    Reopen(by="ines", reason="It was none").apply(incident, now)
    planned(incident, organisation, now)
    assert list(told(incident, now)) == []
    now = silent(incident, organisation)
    assert [line.partition(":")[0] for line in told(incident, now)] == ["trigger Incident Commander"]


def test_what_could_not_be_told_is_on_the_timeline_and_told_anew_of_who_is_asked_next(
    incident: Incident, organisation: Organisation
) -> None:
    now = silent(incident, organisation)
    assert len(list(told(incident, now, "PagerDuty did not answer."))) == 1
    assert incident.unwritten[-1].text == (
        "Nobody was paged for Incident Commander, which tomas is asked to take: PagerDuty did not answer."
    )
    assert [one.problem for one in unpaged(incident)] == ["PagerDuty did not answer."]
    now = silent(incident, organisation)
    assert list(told(incident, now)) == ["trigger Incident Commander: marcos"]
    assert incident.unwritten[-1].text == "Paged for Incident Commander, which marcos is asked to take"
    assert unpaged(incident) == []


def test_nothing_is_unpaged_once_somebody_acknowledged_it(incident: Incident, organisation: Organisation) -> None:
    now = silent(incident, organisation)
    list(told(incident, now, "PagerDuty did not answer."))
    Acknowledge(by="tomas").apply(incident, now)
    assert unpaged(incident) == []
    assert list(told(incident, now)) == ["acknowledge Incident Commander: tomas"], "it may have arrived after all"


def test_what_the_pager_refused_stays_refused_until_it_is_told_anew(
    incident: Incident, organisation: Organisation
) -> None:
    now = silent(incident, organisation)
    list(told(incident, now, "The key is wrong.", refused=True))
    Acknowledge(by="tomas").apply(incident, now)
    acknowledged = next_page(incident)
    assert acknowledged is not None
    assert acknowledged.about.refused


def test_an_answer_about_what_was_over_is_not_on_the_timeline(incident: Incident, organisation: Organisation) -> None:
    now = silent(incident, organisation)
    version = incident.version
    list(told(incident, now, refused=True))
    assert incident.version == version


def test_the_pager_could_not_be_told_of_an_end(incident: Incident, organisation: Organisation) -> None:
    now = silent(incident, organisation)
    list(told(incident, now))
    Resolve(by="tomas", summary="Rolled back").apply(incident, now)
    list(told(incident, now, "PagerDuty did not answer."))
    assert incident.unwritten[-1].text == (
        "PagerDuty could not be told to resolve the page for Incident Commander: PagerDuty did not answer."
    )
    assert incident.paged == {}


def test_what_is_known_of_a_page_keeps_its_form() -> None:
    kept = {"role": "Comms Lead", "person": "tomas", "at": "2026-03-02T09:00:00Z"}
    assert Paged.model_validate(kept).model_dump(mode="json") == {
        **kept,
        "acknowledged": False,
        "problem": "",
        "refused": False,
    }
