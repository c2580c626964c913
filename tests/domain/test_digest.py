from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.action_item import ActionItem, ItemStatus
from followthrough.domain.digest import Digest, Month, digest
from followthrough.domain.incident import Incident, Kudos, Role, RoleHolder
from followthrough.domain.values import Severity
from followthrough.organisation import Organisation
from tests.notices import DRILL
from tests.records import NOW, incident, item

MARCH = Month.parse("2026-03")
DAY = timedelta(days=1)


def march(organisation: Organisation, **records: Any) -> Digest:
    given: dict[str, Any] = {"incidents": [], "items": [], "reports": [], "now": MARCH.end} | records
    return digest(MARCH, organisation=organisation, **given)


def closed(number: int, days: int, *, due: int = 10) -> ActionItem:
    return item(number, due_in_days=due, status=ItemStatus.CLOSED, ended_at=NOW + days * DAY)


@given(st.datetimes(datetime(1000, 2, 1), datetime(2900, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_month_before_is_over_and_ended_where_this_one_begins(at: datetime) -> None:
    month = Month.before(at)
    assert month.start < month.end <= at
    assert (month.end.year, month.end.month) == (at.year, at.month)
    assert month.end - timedelta(microseconds=1) in month
    assert month.end not in month
    assert Month.parse(str(month)) == month


@pytest.mark.parametrize("name", ["2026-13", "2026-00", "2026-1", "march", "2026-03-01", "0999-01"])
def test_what_is_no_month_is_said(name: str) -> None:
    with pytest.raises(ValueError, match="write it like 2026-11"):
        Month.parse(name)


def test_it_counts_the_months_incidents_and_items_without_drills(organisation: Organisation) -> None:
    told = march(
        organisation,
        incidents=[
            incident(1, severity=Severity.SEV1),
            incident(2, resolved_at=NOW + DAY),
            incident(3, drill=True, resolved_at=NOW + DAY),
            incident(4, declared_at=NOW - 10 * DAY, resolved_at=NOW),
            incident(5, declared_at=MARCH.end, resolved_at=MARCH.end),
        ],
        items=[
            closed(1, 9),
            closed(2, 11),
            closed(3, 40),
            item(4, status=ItemStatus.WAIVED, ended_at=NOW + DAY),
            item(5, due_in_days=100),
            item(6, status=ItemStatus.WAIVED, ended_at=NOW, drill=True),
            item(7, proposed_at=MARCH.end + DAY),
            closed(8, -3),
        ],
    )
    assert told.month == "2026-03"
    assert told.incidents == {Severity.SEV1: 1, Severity.SEV2: 1, Severity.SEV3: 0, Severity.SEV4: 0}
    assert told.resolved == 2
    assert told.items.model_dump() == {"on_time": 1, "late": 1, "waived": 1, "open": 2, "overdue": 1}


def test_it_names_teams_that_missed_their_drill_and_thanks_people(organisation: Organisation) -> None:
    kudos = Kudos(by="marcos", to=("ines",), text="You said early that you had no idea.", for_openness=True, at=NOW)
    drill = DRILL.model_copy(update={"started_at": NOW + DAY})
    told = march(organisation, incidents=[incident(kudos=[kudos])], reports=[drill])
    assert [(team.team, team.quarter) for team in told.missed_drills] == [("platform", "2026 Q1")]
    assert told.drills == (drill,)
    (thanks,) = told.kudos
    assert (thanks.to, thanks.title, thanks.incident_id) == (("ines",), "Payments fail", incident().id)
    earlier = march(organisation, now=datetime(2026, 2, 1, tzinfo=UTC))
    assert earlier.missed_drills == (), "its date is in February's second week"


def test_it_warns_of_who_carried_much_in_the_policys_window(organisation: Organisation) -> None:
    def led(days_ago: int) -> Incident:
        at = MARCH.end - days_ago * DAY + timedelta(hours=12)
        return incident(declared_at=at, roles=[RoleHolder(role=Role.INCIDENT_COMMANDER, person="ines", at=at)])

    (overload,) = march(organisation, incidents=[led(1), led(40), led(80), led(120)]).overloads
    assert (overload.person, overload.count, overload.total) == ("ines", 3, 3)
