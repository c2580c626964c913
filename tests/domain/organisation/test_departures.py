from datetime import UTC, date, datetime

import pytest

from followthrough.domain.answered.incident.schedule import plan_incident
from followthrough.domain.answered.item.schedule import plan_item
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation, Rota
from followthrough.domain.answered.organisation.rota import on_call
from followthrough.domain.replayed.incident.commands import AssignRole, Resolve
from followthrough.domain.replayed.incident.incident import Role
from followthrough.domain.replayed.values import Severity
from tests.records import NOW, incident, item

LEFT = date(2026, 3, 2)


@pytest.fixture
def without(organisation: Organisation) -> Organisation:
    """Inés, first on call for Checkout, and Marcos, who leads Payments, left; Nora is above them."""
    people = dict(organisation.people)
    for person in ("ines", "marcos"):
        people[person] = people[person].model_copy(update={"left": LEFT})
    return organisation.model_copy(update={"people": people})


def test_until_the_day_they_left_nothing_changes(without: Organisation) -> None:
    assert as_of(without, date(2026, 3, 1)) == without


def test_those_who_stay_stand_in(without: Organisation) -> None:
    after = as_of(without, LEFT)
    payments, checkout = after.teams["payments"], after.services["checkout"]
    assert (payments.lead, payments.members) == ("nora", ("tomas", "lucia"))
    assert after.people["tomas"].manager == "nora"
    assert (set(checkout.on_call), checkout.escalation_path) == ({"tomas"}, ("nora",))


def test_it_is_worked_out_once_for_each_organisation_and_day(without: Organisation) -> None:
    after = as_of(without, LEFT)
    assert as_of(without, LEFT) is after
    edited = without.model_copy(update={"name": "Another"})
    assert (as_of(edited, LEFT).name, as_of(without, date(2026, 3, 1))) == ("Another", without)


def test_nobody_elses_turn_on_call_moves(without: Organisation) -> None:
    rota = Rota(start=date(2026, 1, 5), days=7)
    service = without.services["checkout"].model_copy(update={"on_call": ("lucia", "ines", "tomas"), "rota": rota})
    after = as_of(without.model_copy(update={"services": {"checkout": service}}), LEFT)
    turns = [
        on_call(after.services["checkout"], after.teams["payments"], datetime(2026, 1, day, 12, tzinfo=UTC))[0]
        for day in (5, 12, 19, 26)
    ]
    assert turns == ["lucia", "tomas", "tomas", "lucia"]


def test_the_schedule_tells_somebody_who_is_still_there(without: Organisation) -> None:
    after = as_of(without, NOW.date())
    assert plan_incident(incident(), after, NOW).on_call == ("tomas", "nora")
    owed = plan_item(item(owner="ines"), after, NOW).next
    assert owed is not None
    assert owed.to == ("nora",)
    unpublished = incident(severity=Severity.SEV1)
    AssignRole(role=Role.INCIDENT_COMMANDER, person="ines").apply(unpublished, NOW)
    Resolve(by="ines", summary="Rolled back").apply(unpublished, NOW)
    moment = plan_incident(unpublished, after, NOW).next
    assert moment is not None
    assert moment.to == ("nora",)
