from datetime import UTC, datetime

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.load import Duty, LoadReport, Overload, PersonLoad, cases, load_report
from followthrough.domain.replayed.incident.incident import (
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    Role,
    RoleHolder,
)
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from tests.records import incident, item

DAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
"""Night in Madrid, evening in New York."""


def report_of(
    incidents: list[Incident], items: list[ActionItem], organisation: Organisation, share_limit: float = 0.4
) -> LoadReport:
    return load_report(cases(incidents, items, organisation), organisation, share_limit)


def led_by(person: str, at: datetime = DAY, role: Role = Role.INCIDENT_COMMANDER, *, drill: bool = False) -> Incident:
    return incident(drill=drill, roles=[RoleHolder(role=role, person=person, at=at)])


def test_it_counts_what_each_person_carried(organisation: Organisation) -> None:
    report = report_of(
        [led_by("ines", NIGHT), led_by("sam", NIGHT), led_by("tomas", role=Role.RESOLVER), led_by("lucia", drill=True)],
        [item(owner="ines"), item(2, owner="ines", status=ItemStatus.CLOSED)],
        organisation,
    )

    assert report.people == (
        PersonLoad(person="ines", woken=1, led=1, resolved=0, owns=1),
        PersonLoad(person="sam", woken=0, led=1, resolved=0, owns=0),
        PersonLoad(person="tomas", woken=0, led=0, resolved=1, owns=0),
    )
    assert report.overloads == ()


def test_who_was_asked_after_nobody_acknowledged_was_woken_too(organisation: Organisation) -> None:
    asked = IncidentMoment(at=NIGHT, kind=IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED, to=("tomas",))

    report = report_of([incident(moments=[asked])], [], organisation)

    assert [(load.person, load.woken) for load in report.people] == [("tomas", 1)]


def test_one_person_above_the_share_is_a_warning_that_names_who_else_could(organisation: Organisation) -> None:
    incidents = [led_by("ines"), led_by("ines"), led_by("tomas"), led_by("tomas"), led_by("ines")]

    (overload,) = report_of(incidents, [], organisation, share_limit=0.5).overloads

    assert overload == Overload(person="ines", duty=Duty.LED, count=3, total=5, others=("lucia", "tomas"))
    assert report_of(incidents, [], organisation, share_limit=0.6).overloads == ()


def test_items_of_a_service_that_is_gone_still_count(organisation: Organisation) -> None:
    items = [item(number, owner="left", service="gone", team="gone") for number in range(3)]

    (overload,) = report_of([], items, organisation).overloads

    assert overload == Overload(person="left", duty=Duty.OWNS, count=3, total=3, others=())


def test_who_handed_over_led_too_but_not_who_never_acknowledged(organisation: Organisation) -> None:
    def held(person: str, acknowledged_at: datetime | None) -> RoleHolder:
        return RoleHolder(role=Role.INCIDENT_COMMANDER, person=person, at=NIGHT, acknowledged_at=acknowledged_at)

    record = incident(past_roles=[held("ines", NIGHT), held("tomas", None)], roles=[held("lucia", DAY)])
    report = report_of([record], [], organisation)

    assert {(load.person, load.woken, load.led) for load in report.people} == {
        ("ines", 1, 1),
        ("tomas", 1, 0),
        ("lucia", 1, 1),
    }
