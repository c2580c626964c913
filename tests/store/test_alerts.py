from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.alert import Alert, AlertState, Heard
from followthrough.domain.replayed.incident.incident import IncidentStatus
from followthrough.store import alerts
from followthrough.store.alerts import forget, keep, keys_without_route, known, unstarted
from tests.notices import ORGANISATION
from tests.records import NOW, incident


def alert(number: int = 1, minute: int = 0, **changes: object) -> Alert:
    return Alert.model_validate(
        {
            "dedup_key": f"pager/{number}",
            "source": "Pager",
            "state": AlertState.FIRING,
            "title": f"Alert {number}",
            "labels": {"service": "search", "name": 'a"b'},
            "at": NOW + timedelta(minutes=minute),
            "event": str(minute),
            **changes,
        }
    )


def listed(database: Engine, organisation: Organisation = ORGANISATION, days: int = 0) -> list[alerts.WithoutRoute]:
    with Session(database) as session:
        return unstarted(session, keys_without_route(session, organisation, NOW + timedelta(days=days)))


def test_an_alert_is_kept_once_with_its_count_and_what_its_pager_said_last(database: Engine) -> None:
    keep(database, alert(minute=5, title="Newer"), NOW)
    keep(database, alert(minute=3, state=AlertState.RESOLVED), NOW + timedelta(hours=1))
    (found,) = listed(database)
    assert (found.title, found.state, found.deliveries) == ("Newer", AlertState.FIRING, 2)
    assert (found.first_at, found.last_at) == (NOW, NOW + timedelta(hours=1))
    keep(database, alert(minute=7, state=AlertState.RESOLVED), NOW + timedelta(hours=2))
    (found,) = listed(database)
    assert (found.state, found.deliveries, found.labels["service"]) == (AlertState.RESOLVED, 3, "search")
    forget(database, found.dedup_key)
    assert listed(database) == []


def test_only_what_still_fits_no_route_is_listed_and_not_for_ever(database: Engine) -> None:
    keep(database, alert(labels={"service": "checkout"}), NOW)
    keep(database, alert(2), NOW)
    routes = [{"match": {}, "severity": "SEV3"}]
    routed = Organisation.model_validate({**ORGANISATION.model_dump(), "routes": routes})
    assert [found.title for found in listed(database, routed)] == ["Alert 2"]
    assert len(listed(database, days=30)) == 2
    assert listed(database, days=31) == []


def test_the_oldest_make_room(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "KEPT", 3)
    for number in range(5):
        keep(database, alert(number), NOW + timedelta(minutes=number))
    assert [found.title for found in listed(database)] == [f"Alert {number}" for number in (4, 3, 2)]


def test_what_is_known_of_an_alert_says_whether_a_delivery_is_new(database: Engine) -> None:
    assert known(database, alert()) == alerts.Known()
    keep(database, alert(minute=5, state=AlertState.RESOLVED), NOW)
    assert known(database, alert(minute=3)) == alerts.Known(unstarted=True, heard=True)
    assert known(database, alert(minute=6)) == alerts.Known(unstarted=True)
    record = incident(dedup_key="pager/1", status=IncidentStatus.RESOLVED)
    record.heard["pager/1"] = Heard(at=NOW + timedelta(minutes=5))
    ReadModel(database).project_incident(record)
    for minute, heard in ((3, True), (6, False)):
        expected = alerts.Known(record.id, IncidentStatus.RESOLVED, unstarted=True, heard=heard)
        assert known(database, alert(minute=minute)) == expected


def test_the_ongoing_incident_that_follows_an_alert_is_found(database: Engine) -> None:
    odd = 'pager/"%_ü'
    ReadModel(database).project_incident(incident(1, inherited_keys=["pager/12", odd]))
    ReadModel(database).project_incident(incident(2, inherited_keys=["pager/3"], status=IncidentStatus.CLOSED))
    for dedup_key, followed_by in (("pager/12", incident(1).id), (odd, incident(1).id), ("pager/1", None)):
        assert known(database, alert(dedup_key=dedup_key)) == alerts.Known(followed_by=followed_by)
    assert known(database, alert(3)) == alerts.Known()
