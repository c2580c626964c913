from collections import Counter
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.incident import role_candidates
from followthrough.domain.answered.incident.schedule import plan_incident
from followthrough.domain.answered.organisation.organisation import Organisation, Rota, Service, Team
from followthrough.domain.answered.organisation.rota import on_call
from followthrough.domain.replayed.incident import roles
from followthrough.domain.replayed.incident.commands import Acknowledge, AssignRole, Cancel, ChangeSeverity, Resolve
from followthrough.domain.replayed.incident.incident import Incident, IncidentMomentKind, IncidentStatus, Role
from followthrough.domain.replayed.incident.lifecycle import HandOver, Reopen
from followthrough.domain.replayed.values import Refusal, Severity
from tests.domain.incident.test_schedule import MONDAY, declared, minutes

COMMANDER, COMMS, RESOLVER = Role
PEOPLE = ("ines", "tomas", "lucia", "marcos", "nora")


def asked(severity: Severity, service: str = "checkout", first: str = "ines") -> Incident:
    incident = declared(severity, service)
    roles.ask(incident, COMMANDER, first, MONDAY)
    return incident


def wait(incident: Incident, organisation: Organisation, until: datetime, now: datetime = MONDAY) -> list[str]:
    """Lets nobody acknowledge, and gives who was asked when."""
    story = []
    while (moment := plan_incident(incident, organisation, now).next) and moment.at <= until:
        now = moment.at
        incident.moments.append(moment)
        if moment.kind is IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED and roles.pass_on(incident, moment, now):
            story.append(f"{now:%H:%M} {moment.subject}: {moment.offer}")
    return story


def test_a_role_goes_up_the_path_until_somebody_acknowledges_it(organisation: Organisation) -> None:
    incident = asked(Severity.SEV1)
    roles.ask(incident, COMMS, "tomas", MONDAY)
    Acknowledge(by="tomas").apply(incident, minutes(1))
    assert wait(incident, organisation, minutes(11)) == [
        "09:05 Incident Commander: marcos",
        "09:10 Incident Commander: nora",
    ]
    holder = next(holder for holder in incident.roles if holder.role is COMMANDER)
    assert (holder.person, holder.before) == ("nora", ("ines", "marcos"))
    assert "Incident Commander not acknowledged by marcos: nora is asked" in [
        entry.text for entry in incident.unwritten
    ]
    Acknowledge(by="nora").apply(incident, minutes(12))
    assert wait(incident, organisation, minutes(500), minutes(12)) == []


def test_the_last_on_the_path_is_asked_again_further_and_further_apart_but_every_day(
    organisation: Organisation,
) -> None:
    incident = asked(Severity.SEV1, service="database", first="wei")
    story = wait(incident, organisation, MONDAY + timedelta(days=9))
    assert story[:6] == [
        "09:05 Incident Commander: sam",
        "09:10 Incident Commander: grace",
        "09:15 Incident Commander: nora",
        "09:20 Incident Commander: nora",
        "09:30 Incident Commander: nora",
        "09:50 Incident Commander: nora",
    ]
    times = [m.at for m in incident.moments if m.kind is IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED]
    assert max(later - earlier for earlier, later in pairwise(times)) == timedelta(days=1)
    assert len(times) < 25


def test_a_comms_lead_is_asked_where_the_severity_has_updates(organisation: Organisation) -> None:
    incident = asked(Severity.SEV4)
    assert plan_incident(incident, organisation, MONDAY).comms_lead is None
    ChangeSeverity(by="ines", severity=Severity.SEV1, reason="Nobody can buy").apply(incident, MONDAY)
    assert plan_incident(incident, organisation, MONDAY).comms_lead == "tomas"
    assert plan_incident(declared(Severity.SEV1), organisation, MONDAY).comms_lead is None, "a commander comes first"
    off = organisation.policies.roles.model_copy(update={"comms_lead": False})
    policies = organisation.policies.model_copy(update={"roles": off})
    assert plan_incident(incident, organisation.model_copy(update={"policies": policies}), MONDAY).comms_lead is None


def test_cadence_and_time_to_acknowledge_follow_the_severity(organisation: Organisation) -> None:
    incident = asked(Severity.SEV3)
    for severity, acknowledge, update in ((Severity.SEV1, 5, 30), (Severity.SEV3, 60, 240), (Severity.SEV4, 480, None)):
        if severity is not incident.severity:
            ChangeSeverity(by="ines", severity=severity, reason="Looked again").apply(incident, MONDAY)
        policy = organisation.severities[severity]
        (moment,) = role_candidates.unacknowledged(incident, policy.acknowledge_within, timedelta(days=1), PEOPLE)
        assert moment.at == minutes(acknowledge)
        Acknowledge(by="ines").apply(acknowledged := incident.model_copy(deep=True), MONDAY)
        upcoming = plan_incident(acknowledged, organisation, MONDAY).next
        assert (upcoming and upcoming.at) == (minutes(update) if update else None)


def test_a_role_is_handed_over_with_a_note_and_has_to_be_acknowledged(organisation: Organisation) -> None:
    incident = asked(Severity.SEV2)
    Acknowledge(by="ines").apply(incident, MONDAY)
    HandOver(by="ines", person="lucia", note="The provider calls back at ten").apply(incident, minutes(30))
    (holder,) = incident.roles
    assert (holder.role, holder.person, holder.acknowledged_at, holder.before) == (COMMANDER, "lucia", None, ("ines",))
    text = "Incident Commander handed over from ines to lucia: The provider calls back at ten"
    assert incident.unwritten[-1].text == text
    assert wait(incident, organisation, minutes(46), minutes(30)) == ["09:45 Incident Commander: tomas"]
    with pytest.raises(Refusal, match="ines holds no role"):
        HandOver(by="ines", person="marcos", note="Again").apply(incident, minutes(50))
    AssignRole(by="tomas", role=COMMS, person="lucia").apply(incident, minutes(50))
    with pytest.raises(Refusal, match="lucia is already Comms Lead; nobody holds two roles"):
        HandOver(by="tomas", person="lucia", note="Please").apply(incident, minutes(51))


def test_an_offer_is_dropped_when_the_roles_changed_while_it_was_planned(organisation: Organisation) -> None:
    incident = asked(Severity.SEV1)
    (moment,) = role_candidates.unacknowledged(incident, timedelta(minutes=5), timedelta(days=1), PEOPLE)
    for change in (Acknowledge(by="ines"), AssignRole(role=RESOLVER, person="tomas")):
        changed = incident.model_copy(deep=True)
        change.apply(changed, minutes(5))
        assert roles.pass_on(changed, moment, minutes(5)) is None
    assert roles.pass_on(incident, moment, minutes(5))


COMMANDS = st.one_of(
    st.builds(AssignRole, by=st.sampled_from(PEOPLE), role=st.sampled_from(Role), person=st.sampled_from(PEOPLE)),
    st.builds(HandOver, by=st.sampled_from(PEOPLE), person=st.sampled_from(PEOPLE), note=st.just("Lunch")),
    st.builds(Acknowledge, by=st.sampled_from(PEOPLE)),
    st.builds(ChangeSeverity, by=st.just("ines"), severity=st.sampled_from(Severity), reason=st.just("Looked again")),
    st.builds(Resolve, by=st.just("ines"), summary=st.just("Rolled back")),
    st.builds(Cancel, by=st.just("ines"), reason=st.just("False alarm")),
    st.builds(Reopen, by=st.sampled_from(PEOPLE), reason=st.just("It is back")),
)


@given(steps=st.lists(st.tuples(COMMANDS, st.integers(0, 90)), max_size=25))
def test_nobody_ever_holds_two_roles_and_one_commands(
    organisation: Organisation, steps: list[tuple[AssignRole | HandOver, int]]
) -> None:
    incident, now = declared(Severity.SEV2), MONDAY
    for command, pause in steps:
        plan = plan_incident(incident, organisation, now)
        if incident.status is IncidentStatus.DECLARED:
            roles.ask(incident, COMMANDER, next(iter(plan.on_call), None), now)
            roles.ask(incident, COMMS, plan.comms_lead, now)
        with suppress(Refusal):
            command.apply(incident, now)
        wait(incident, organisation, now + timedelta(minutes=pause), now)
        now += timedelta(minutes=pause)
        assert max(Counter(holder.person for holder in incident.roles).values(), default=0) <= 1
        held = Counter(holder.role for holder in incident.roles)
        assert held[COMMANDER] <= 1
        assert held[COMMS] <= 1
        plan = plan_incident(incident, organisation, now)
        if incident.status is IncidentStatus.DECLARED and any(not holder.acknowledged_at for holder in incident.roles):
            assert plan.next is not None, "a role that nobody acknowledged is never forgotten"


def rota_service(**rota: object) -> Service:
    return Service.model_validate(
        {"name": "Checkout", "team": "payments", "on_call": ["a", "b", "c"], "rota": {"start": "2026-03-02", **rota}}
    )


@pytest.mark.parametrize(
    ("local", "first"),
    [
        ("2026-03-02T08:59+01:00", "c"),
        ("2026-03-02T09:00+01:00", "a"),
        ("2026-03-09T08:59+01:00", "a"),
        ("2026-03-09T09:00+01:00", "b"),
        ("2026-03-30T08:59+02:00", "a"),  # the clocks went forward the day before
        ("2026-03-30T09:00+02:00", "b"),
        ("2026-02-20T12:00+01:00", "b"),
    ],
)
def test_turns_change_at_their_hour_where_the_team_is(local: str, first: str) -> None:
    team = Team.model_validate({"name": "Payments", "lead": "a", "time_zone": "Europe/Madrid"})
    order = on_call(rota_service(), team, datetime.fromisoformat(local))
    assert order[0] == first
    assert sorted(order) == ["a", "b", "c"]


@given(hours=st.integers(-10_000, 10_000), days=st.integers(1, 30))
def test_after_everybodys_turn_the_first_is_on_call_again(hours: int, days: int) -> None:
    at = MONDAY + timedelta(hours=hours)
    team = Team.model_validate({"name": "Payments", "lead": "a"})
    service = rota_service(days=days)
    turns = [on_call(service, team, at + timedelta(days=days * turn))[0] for turn in range(4)]
    assert sorted(turns[:3]) == ["a", "b", "c"]
    assert turns[3] == turns[0]


def test_without_a_rota_the_first_is_always_asked_first(organisation: Organisation) -> None:
    service, team = organisation.services["checkout"], organisation.teams["payments"]
    assert on_call(service, team, MONDAY) == on_call(service, team, minutes(10**6)) == service.on_call
    assert Rota(start=date(2026, 1, 5)).changes_at == time(9)
