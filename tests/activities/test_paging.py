"""What becomes of a page when PagerDuty, the key or the database is not as it should be."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.paging import Paging
from activities.read_model import ReadModel
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import Acknowledge, Resolve
from followthrough.domain.replayed.incident.incident import Paged, Role, RoleHolder
from followthrough.domain.replayed.incident.paging import PageAction, ToPage
from followthrough.settings import Settings
from followthrough.store.database import open_database
from tests.notices import ORGANISATION
from tests.records import NOW, incident
from tests.standins.pagerduty import ROUTING_KEY, Fault, PagerDutyStandIn
from workflows.messages.page import SendPage

BEN = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ben", at=NOW, before=("ana",))


@pytest.fixture
def pagerduty() -> Iterator[PagerDutyStandIn]:
    with PagerDutyStandIn() as stand_in:
        yield stand_in


def send(
    pagerduty: PagerDutyStandIn,
    database: Engine,
    action: PageAction = PageAction.TRIGGER,
    *,
    key: str | None = ROUTING_KEY,
    organisation: Organisation = ORGANISATION,
    url: str = "",
) -> bool:
    record = incident(roles=[BEN])
    about = Paged(role=BEN.role, person=BEN.person, at=BEN.at)
    asked = SendPage(
        page=ToPage(key=f"followthrough/{record.id}/IC", action=action, about=about), incident=record, at=NOW
    )
    settings = Settings(
        pagerduty_routing_key=SecretStr(key) if key else None, pagerduty_events_url=url or pagerduty.url
    )
    return ActivityEnvironment().run(Paging(settings, lambda: organisation, database).send_page, asked)


def failing(*args: Any, **given: Any) -> ApplicationError:
    with pytest.raises(ApplicationError) as raised:
        send(*args, **given)
    return raised.value


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=429, headers={"Retry-After": "7"}), "PagerDuty answered 429."),
        (Fault(status=500), "PagerDuty answered 500."),
        (Fault(status=503, body="<html>"), "PagerDuty answered 503."),
        (Fault(status=200, body="<html>"), "Something answered 200 where PagerDuty was asked; see who does."),
        (Fault(lose_answer=True), "PagerDuty did not answer (RemoteProtocolError)."),
    ],
)
def test_it_is_tried_again_while_pagerduty_is_away(
    pagerduty: PagerDutyStandIn, database: Engine, fault: Fault, words: str
) -> None:
    pagerduty.faults.append(fault)
    error = failing(pagerduty, database)
    assert (error.type, error.message, error.non_retryable) == ("PageUnavailable", words, False)
    assert error.next_retry_delay == (timedelta(seconds=7) if fault.headers else None)
    assert send(pagerduty, database)
    assert len(pagerduty.woken) == 1, "also where the answer was lost"


def test_it_is_tried_again_while_nobody_listens(pagerduty: PagerDutyStandIn, database: Engine) -> None:
    error = failing(pagerduty, database, url="http://127.0.0.1:9")
    assert (error.type, error.non_retryable) == ("PageUnavailable", False)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (None, "Event object is invalid Invalid routing key"),
        (Fault(status=400, body="<html>"), "status 400."),
        (Fault(status=403, body='{"message": "Go away, ana@example.com"}'), "Go away, "),
    ],
)
def test_a_refusal_is_said_and_not_tried_again(
    pagerduty: PagerDutyStandIn, database: Engine, fault: Fault | None, words: str
) -> None:
    pagerduty.faults += [fault] if fault else []
    error = failing(pagerduty, database, key="another key")
    assert (error.type, error.non_retryable) == ("PageRefused", True)
    assert error.message.startswith(f"PagerDuty refused: {words}")
    assert "ana@example.com" not in error.message
    assert "another key" not in error.message


def naming(place: str) -> Organisation:
    data = ORGANISATION.model_dump(mode="json")
    data["services"]["checkout"]["pagerduty_key"] = place
    return Organisation.model_validate(data)


def test_the_key_of_a_service_is_in_the_environment_or_in_a_file(
    pagerduty: PagerDutyStandIn, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGERDUTY_KEY_CHECKOUT", ROUTING_KEY)
    assert send(pagerduty, database, key="that of others", organisation=naming("PAGERDUTY_KEY_CHECKOUT"))
    file = tmp_path / "key"
    file.write_text(f"{ROUTING_KEY}\n")
    assert send(pagerduty, database, key=None, organisation=naming(str(file)))
    assert [event["routing_key"] for event in pagerduty.events] == [ROUTING_KEY] * 2


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("PAGERDUTY_KEY_NOWHERE", "The environment variable PAGERDUTY_KEY_NOWHERE has no routing key; set it where"),
        ("/nowhere/key", "The routing key in /nowhere/key can't be read (FileNotFoundError); put it there."),
        ("/dev/null", "The file /dev/null has no routing key; put it there."),
    ],
)
def test_without_the_key_that_a_service_names_nothing_is_paged_elsewhere(
    pagerduty: PagerDutyStandIn, database: Engine, place: str, words: str
) -> None:
    error = failing(pagerduty, database, organisation=naming(place))
    assert error.non_retryable
    assert error.message.startswith(words)
    assert pagerduty.events == []


def test_nobody_is_woken_for_what_was_acknowledged_while_pagerduty_was_away(
    pagerduty: PagerDutyStandIn, database: Engine
) -> None:
    record = incident(roles=[BEN])
    ReadModel(database).project_incident(record)
    assert send(pagerduty, database)
    Acknowledge(by="ben").apply(record, NOW)
    ReadModel(database).project_incident(record)
    assert not send(pagerduty, database)
    assert send(pagerduty, database, PageAction.ACKNOWLEDGE)
    Resolve(by="ben", summary="Rolled back").apply(record, NOW)
    ReadModel(database).project_incident(record)
    assert not send(pagerduty, database)
    assert send(pagerduty, database, PageAction.RESOLVE)
    assert pagerduty.told == ["trigger", "acknowledge", "resolve"]


def test_pages_do_not_wait_for_the_database(pagerduty: PagerDutyStandIn, tmp_path: Path) -> None:
    away = open_database(f"sqlite:///{tmp_path}/not-there/followthrough.db")
    assert send(pagerduty, away)
    away.dispose()
