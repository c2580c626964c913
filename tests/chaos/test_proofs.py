"""What the proofs have to find, and what they may not take for a failure."""

import dataclasses
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from followthrough.domain.replayed.incident.incident import IncidentStatus
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.store.tables import TimelineRow
from tests import records
from tests.chaos import proofs
from tests.chaos.plan import Alert, Command
from tests.chaos.play import Book, Delivery, Given
from tests.chaos.proofs import Found
from tests.chaos.stage import Trouble
from tests.standins.jira_data import Issue

NOTE = Command(1, {"command": "note", "by": "ines", "text": "case1x1 We look"}, "case1x1")
ALERT = Alert(1, "generic", "one", "firing", "Queue is full", {})
INCIDENT = records.incident(carried_out={"update": 2})
ITEM = records.item(accepted_at=records.NOW, ticket=Ticket(key="PAY-1", url="https://jira.example.com/PAY-1"))


def line(record_id: str, text: str, kind: str = "note") -> TimelineRow:
    return TimelineRow(
        record_id=record_id, number=2, incident_id=record_id, at=records.NOW, kind=kind, text=text, author="ines"
    )


def mail(reference: str, message_id: str = "<1@host>") -> dict[str, Any]:
    personalizations = [{"custom_args": {"mail": reference}}]
    return {"personalizations": personalizations, "headers": {"Message-ID": message_id}, "subject": "Late"}


def found(**changes: Any) -> Found:
    """A run that went well."""
    issue = Issue(id=1, key="PAY-1", fields={"labels": [ITEM.id]})
    box = SimpleNamespace(mails=[mail("a"), mail("b", "<2@host>")], came=[10.0, 20.0], cut=set(), violations=[])
    jira = SimpleNamespace(issues={"PAY-1": issue}, violations=[])
    book = Book()
    book.deliveries.append(Delivery(ALERT, INCIDENT.dedup_key, 202, INCIDENT.id, False))
    book.given.append(Given(NOTE, INCIDENT.id, "update", 200, ""))
    there: dict[str, Any] = {
        "stage": SimpleNamespace(jira=jira, mails=box, troubles=[]),
        "book": book,
        "organisation": None,
        "incidents": {INCIDENT.id: INCIDENT},
        "items": {ITEM.id: ITEM},
        "documents": {},
        "timelines": {INCIDENT.id: [line(INCIDENT.id, "case1x1 We look")], ITEM.id: []},
        "histories": {},
        "running": set(),
        "without_route": set(),
        "only": None,
    }
    return Found(**{**there, **changes})


def all_failures(of: Found) -> list[str]:
    return [
        failure for proof in (proofs.alerts, proofs.commands, proofs.tickets, proofs.mails) for failure in proof(of)
    ]


def booked(*deliveries: Delivery, given: tuple[Given, ...] = ()) -> Book:
    return Book(deliveries=list(deliveries), given=list(given))


def test_a_run_that_went_well_has_no_failures() -> None:
    assert all_failures(found()) == []


@pytest.mark.parametrize(
    ("timeline", "status", "says"),
    [
        ([], 200, "has note (case1x1) 0 times"),
        (["case1x1 We look", "case1x1 We look"], 200, "has note (case1x1) 2 times"),
        (["case1x1 We look"], 409, "refused note (case1x1)"),
        (["case1x1 We look", "case1x1 We look"], None, "which had no answer, 2 times"),
        ([], 500, "answered 500"),
    ],
)
def test_a_command_that_is_not_there_once_is_found(timeline: list[str], status: int | None, says: str) -> None:
    given = Given(NOTE, INCIDENT.id, "update", status, "")
    lines = [line(INCIDENT.id, text) for text in timeline]
    failures = list(proofs.commands(found(book=booked(given=(given,)), timelines={INCIDENT.id: lines})))
    assert [failure for failure in failures if says in failure]


def test_a_command_that_its_record_does_not_know_is_found() -> None:
    forgetful = INCIDENT.model_copy(update={"carried_out": {}})
    assert "does not know" in next(proofs.commands(found(incidents={INCIDENT.id: forgetful})))


def test_an_alert_in_no_incident_or_in_two_is_found() -> None:
    first = Delivery(ALERT, INCIDENT.dedup_key, 202, INCIDENT.id, False)
    assert "is not there" in next(proofs.alerts(found(incidents={})))
    other = INCIDENT.model_copy(update={"id": "inc-another"})
    both = {INCIDENT.id: INCIDENT, other.id: other}
    second = dataclasses.replace(first, incident=other.id)
    failures = list(proofs.alerts(found(incidents=both, book=booked(first, second))))
    assert ["several incidents" in failure or "several ongoing" in failure for failure in failures] == [True, True]
    assert "no answer named" in next(proofs.alerts(found(incidents=both)))
    ended = other.model_copy(update={"status": IncidentStatus.CLOSED})
    later = dataclasses.replace(second, ended_before=True)
    assert not list(proofs.alerts(found(incidents={**both, other.id: ended}, book=booked(first, later))))
    kept = dataclasses.replace(first, incident=None)
    assert "is not kept" in next(proofs.alerts(found(book=booked(first, kept))))


def test_an_item_with_two_tickets_or_none_is_found() -> None:
    fine = found()
    fine.stage.jira.issues["PAY-2"] = Issue(id=2, key="PAY-2", fields={"labels": [ITEM.id]})
    assert "several tickets" in next(proofs.tickets(fine))
    without = {ITEM.id: ITEM.model_copy(update={"ticket": None})}
    alone = found(items=without)
    alone.stage.jira.issues.clear()
    assert "neither a ticket nor a reason" in next(proofs.tickets(alone))
    alone.timelines[ITEM.id].append(line(ITEM.id, "Jira does not know the project.", "ticket"))
    assert not list(proofs.tickets(alone))


def test_a_second_mail_is_found_unless_its_hand_over_was_cut() -> None:
    twice = found()
    twice.stage.mails.mails.append(mail("a"))
    twice.stage.mails.came.append(25.0)
    assert "came 2 times" in next(proofs.mails(twice))
    twice.stage.troubles.append(Trouble("Kill", 12, 14))
    assert not list(proofs.mails(twice))
    twice.stage.mails.mails[-1] = mail("a", "<3@host>")
    assert "several Message-IDs" in next(proofs.mails(twice))


@pytest.mark.parametrize(("says", "told"), [([["inc-1 lags"], []], []), ([["inc-1 lags"]] * 3, ["inc-1 lags"])])
async def test_what_is_so_only_while_others_are_read_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, says: list[list[str]], told: list[str]
) -> None:
    looks = iter(says)

    async def look(_found: Found) -> AsyncIterator[str]:
        for line in next(looks):
            yield line

    async def read_again(_stage: object, _book: object, only: set[str]) -> Found:
        assert only == {"inc-1"}
        return found()

    monkeypatch.setattr(proofs, "find", read_again)
    assert await proofs.each_time(look, found()) == told
