from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.incident.schedule import plan_incident
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import Acknowledge, AssignRole, ChangeSeverity, Resolve, SendUpdate
from followthrough.domain.replayed.incident.incident import (
    Audience,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentStatus,
    Role,
    UpdateStage,
)
from followthrough.domain.replayed.incident.lifecycle import Reopen
from followthrough.domain.replayed.incident.moments import pass_moment
from followthrough.domain.replayed.postmortem.commands import Publish
from followthrough.domain.replayed.values import Severity

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def declared(severity: Severity, service: str = "checkout") -> Incident:
    return Incident(
        id="inc",
        dedup_key="k",
        title="Cards are declined",
        service=service,
        team="payments",
        severity=severity,
        declared_at=MONDAY,
    )


def live(
    incident: Incident, organisation: Organisation, until: datetime, now: datetime = MONDAY
) -> list[IncidentMoment]:
    """Passes the moments that come until then, and gives them."""
    came = []
    while (moment := plan_incident(incident, organisation, now).next) and moment.at <= until:
        now = moment.at
        pass_moment(incident, moment, now)
        came.append(moment)
    return came


def story(moments: list[IncidentMoment]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(f"{moment.at:%d %H:%M}", moment.kind.value, moment.subject, moment.to) for moment in moments]


def minutes(count: int) -> datetime:
    return MONDAY + timedelta(minutes=count)


def send_update(incident: Incident, now: datetime, stage: UpdateStage = UpdateStage.IDENTIFIED) -> None:
    update = SendUpdate(by="lucia", stage=stage, audience=Audience.CUSTOMERS, text="Found")
    update.apply(incident, now)


def test_the_next_free_person_on_call_hears_of_each_role_that_is_not_acknowledged(organisation: Organisation) -> None:
    incident = declared(Severity.SEV4)
    assert plan_incident(incident, organisation, MONDAY).on_call == ("ines", "tomas", "marcos", "nora")
    AssignRole(role=Role.INCIDENT_COMMANDER, person="ines").apply(incident, MONDAY)
    AssignRole(role=Role.RESOLVER, person="tomas").apply(incident, MONDAY)
    AssignRole(role=Role.RESOLVER, person="lucia").apply(incident, minutes(60))
    Acknowledge(by="tomas").apply(incident, minutes(70))
    assert story(live(incident, organisation, minutes(24 * 60))) == [
        ("02 17:00", "role not acknowledged", "Incident Commander", ("marcos",)),
        ("02 18:00", "role not acknowledged", "Resolver", ("nora",)),
        ("03 01:00", "role not acknowledged", "Incident Commander", ("marcos",)),
        ("03 02:00", "role not acknowledged", "Resolver", ("nora",)),
    ]


def test_each_audience_is_due_an_update_at_its_cadence_and_a_missed_one_is_told_once(
    organisation: Organisation,
) -> None:
    incident = declared(Severity.SEV2)
    AssignRole(by="ines", role=Role.INCIDENT_COMMANDER, person="ines").apply(incident, MONDAY)
    AssignRole(by="lucia", role=Role.COMMS_LEAD, person="lucia").apply(incident, MONDAY)
    send_update(incident, minutes(30))
    assert story(live(incident, organisation, minutes(140), minutes(30))) == [
        ("02 10:00", "update due", "internal", ("lucia",)),
        ("02 10:10", "update missed", "internal", ("ines",)),
        ("02 10:30", "update due", "customers", ("lucia",)),
        ("02 10:40", "update missed", "customers", ("ines",)),
        ("02 11:00", "update due", "internal", ("lucia",)),
        ("02 11:10", "update missed", "internal", ("ines",)),
    ]
    send_update(incident, minutes(141))
    customers = [moment for moment in live(incident, organisation, minutes(201)) if moment.subject == "customers"]
    assert [(moment.kind, moment.at) for moment in customers] == [(IncidentMomentKind.UPDATE_DUE, minutes(201))]


def test_once_resolved_each_audience_is_owed_one_more_update_which_is_asked_for_and_missed_once(
    organisation: Organisation,
) -> None:
    incident = declared(Severity.SEV2)
    AssignRole(by="ines", role=Role.INCIDENT_COMMANDER, person="ines").apply(incident, MONDAY)
    AssignRole(by="lucia", role=Role.COMMS_LEAD, person="lucia").apply(incident, MONDAY)
    Resolve(by="ines", summary="Rolled back").apply(incident, minutes(20))
    send_update(incident, minutes(25), UpdateStage.RESOLVED)
    assert story(live(incident, organisation, minutes(24 * 60), minutes(25))) == [
        ("02 09:50", "update due", "internal", ("lucia",)),
        ("02 10:00", "update missed", "internal", ("ines",)),
    ]


def test_what_was_said_before_it_was_reopened_does_not_count_as_the_resolved_update(organisation: Organisation) -> None:
    incident = declared(Severity.SEV2)
    Resolve(by="ines", summary="Rolled back").apply(incident, minutes(1))
    send_update(incident, minutes(2), UpdateStage.RESOLVED)
    Reopen(by="ines", reason="It fails again").apply(incident, minutes(3))
    Resolve(by="ines", summary="Rolled back for good").apply(incident, minutes(4))
    owed = {moment.subject for moment in live(incident, organisation, minutes(60), minutes(4))}
    assert owed == {"customers", "internal"}


def test_without_roles_the_first_on_call_is_asked_for_updates(organisation: Organisation) -> None:
    incident = declared(Severity.SEV3)
    assert [moment.to for moment in live(incident, organisation, minutes(250))] == [("ines",), ("ines",)]
    retired = declared(Severity.SEV3, service="retired")
    assert [moment.to for moment in live(retired, organisation, minutes(240))] == [("marcos",)]


def test_a_raised_severity_makes_an_update_due_at_once(organisation: Organisation) -> None:
    incident = declared(Severity.SEV3)
    ChangeSeverity(by="ines", severity=Severity.SEV1, reason="Nobody can buy").apply(incident, minutes(100))
    moment = plan_incident(incident, organisation, minutes(100)).next
    assert moment is not None
    assert (moment.kind, moment.at) == (IncidentMomentKind.UPDATE_DUE, minutes(100))


def test_a_postmortem_is_asked_for_until_it_is_published(organisation: Organisation) -> None:
    incident = declared(Severity.SEV1)
    AssignRole(by="ines", role=Role.INCIDENT_COMMANDER, person="ines").apply(incident, MONDAY)
    Resolve(by="ines", summary="Rolled back").apply(incident, MONDAY)
    now = MONDAY + timedelta(days=20)
    moments = [moment for moment in live(incident, organisation, now) if moment.subject == ""]
    assert story(moments) == [
        ("06 16:00", "postmortem due soon", "", ("ines",)),
        ("09 16:00", "postmortem overdue", "", ("ines",)),
        ("10 16:00", "postmortem overdue", "", ("marcos", "ines")),
        ("13 16:00", "postmortem overdue", "", ("nora", "ines")),
        ("20 16:00", "postmortem overdue", "", ("nora", "ines")),
    ]
    assert [moment.level for moment in moments] == [0, 0, 1, 2, 3]
    Publish(by="ines", text="# What broke").apply(incident, now)
    plan = plan_incident(incident, organisation, now)
    assert (plan.next, plan.postmortem_due) == (None, datetime(2026, 3, 9, 16, tzinfo=UTC))


def test_a_postmortem_that_was_not_asked_for_in_time_is_escalated_in_working_hours(organisation: Organisation) -> None:
    incident, night = declared(Severity.SEV1), MONDAY + timedelta(days=17, hours=13)
    Resolve(by="ines", summary="Rolled back").apply(incident, MONDAY)
    live(incident, organisation, MONDAY + timedelta(days=8))
    moment = plan_incident(incident, organisation, night).next
    assert moment is not None
    assert (moment.level, moment.at) == (1, datetime(2026, 3, 20, 8, tzinfo=UTC))


def test_no_postmortem_is_owed_for_the_smallest(organisation: Organisation) -> None:
    incident = declared(Severity.SEV4)
    Resolve(by="ines", summary="Rolled back").apply(incident, MONDAY)
    plan = plan_incident(incident, organisation, MONDAY)
    assert plan.postmortem_due is None
    assert plan.next is not None
    incident.moments.append(plan.next)
    incident.close_if_done(plan.next.at)
    assert incident.status is IncidentStatus.CLOSED


@given(
    severity=st.sampled_from([Severity.SEV1, Severity.SEV2, Severity.SEV3]),
    waits=st.lists(st.integers(1, 3000), max_size=8),
)
def test_every_audience_alternates_between_due_and_missed_however_late_the_worker_is(
    organisation: Organisation, severity: Severity, waits: list[int]
) -> None:
    incident, now = declared(severity), MONDAY
    came: list[IncidentMoment] = []
    for wait in waits:
        now += timedelta(minutes=wait)
        late = live(incident, organisation, now, now)
        assert len(late) == len({moment.subject for moment in late}), "one at a time for each audience"
        came += [*late, *live(incident, organisation, now + timedelta(hours=3), now)]
        now += timedelta(hours=3)
    for audience in organisation.severities[severity].updates:
        own = [moment for moment in came if moment.subject == audience]
        assert [moment.kind for moment in own] == [
            (IncidentMomentKind.UPDATE_DUE, IncidentMomentKind.UPDATE_MISSED)[number % 2] for number in range(len(own))
        ]
        assert all(earlier.at < later.at for earlier, later in pairwise(own))
