"""Those who change a ticket pass the same table: what comes of it is theirs to do, or they are told who may."""

from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.answered.access.actor import Door
from followthrough.domain.answered.access.audit import Act, Outcome
from followthrough.domain.answered.access.jira import asked_for, not_allowed, refused
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.proof import Relation
from followthrough.domain.replayed.ticket.ticket import Ticket, TicketReport, TicketState
from tests.records import NOW, incident, item

LATER: dict[str, Any] = {"due_kept": False, "deadline": NOW + timedelta(days=18)}


def says(**changes: Any) -> TicketReport:
    usual = {"ticket": Ticket(key="PAY-1", url=""), "state": TicketState.TO_DO, "lead": "marcos"}
    return TicketReport.model_validate(usual | changes)


@pytest.mark.parametrize(
    ("who", "may"), [("ines", True), ("marcos", True), ("tomas", False), ("sam", False), (None, False)]
)
def test_a_due_date_is_moved_by_the_owner_and_who_is_above(
    who: str | None, may: bool, organisation: Organisation
) -> None:
    found = not_allowed(item(owner="ines"), says(**LATER, rescheduled_by=who), organisation, incident())
    assert (found == {}) == may
    if not may:
        assert found["extend"].startswith(
            f"{who or 'Somebody in Jira'} can't extend inc-0000000001.1: that is for its owner, "
        )
        assert found["extend"].endswith("; ask Inés Robles, Marcos Vidal or Nora Lindqvist.")


def test_what_did_not_change_is_not_asked_for(organisation: Organisation) -> None:
    assert not_allowed(item(), says(rescheduled_by="sam", assigned_by="sam", moved_by="sam"), organisation, None) == {}


def test_whoever_can_close_a_ticket_in_jira_may_unless_the_file_says_otherwise(organisation: Organisation) -> None:
    closed, record = says(state="done"), item(owner="ines")
    assert not_allowed(record, closed, organisation, incident()) == {}
    rights = {Right.DONE: (Relation.OWNER,), Right.REOPEN_ITEM: (Relation.LEAD,)}
    policies = organisation.policies.model_copy(update={"rights": rights})
    strict = organisation.model_copy(update={"policies": policies})
    assert not_allowed(record, closed, strict, incident()) == {
        "done": "Somebody in Jira can't finish inc-0000000001.1: that is for its owner; ask Inés Robles."
    }
    assert not_allowed(record, closed.model_copy(update={"moved_by": "ines"}), strict, incident()) == {}
    done = item(owner="ines", status=ItemStatus.DONE)
    assert list(not_allowed(done, says(moved_by="ines"), strict, incident())) == ["reopen"]
    assert refused("reopen", "marcos", done, strict) is None


@pytest.mark.parametrize(
    ("report", "forbidden", "what", "who", "outcome"),
    [
        (says(**LATER, rescheduled_by="ana"), {}, "extend", "ana", Outcome.ACCEPTED),
        (says(**LATER, rescheduled_by="sam"), {"extend": "No."}, "extend", "sam", Outcome.FORBIDDEN),
        (says(state="done", moved_by="sam"), {}, "done", "sam", Outcome.REFUSED),
        (says(state="done"), {}, "done", None, Outcome.REFUSED),
    ],
)
def test_what_people_ask_for_in_jira_is_audited_once_as_what_it_comes_to(
    report: TicketReport, forbidden: dict[str, str], what: str, who: str | None, outcome: Outcome
) -> None:
    report = report.model_copy(update={"due": NOW.date()}) if what == "extend" else report
    record = item(ticket=report.ticket, ticket_seen=says())
    (said,) = asked_for(record, report, NOW, forbidden)
    assert (said.act, said.what, said.person, said.outcome) == (Act.COMMAND, what, who, outcome)
    assert (said.through, said.record, said.details) == (Door.JIRA, record.id, {})
    (again,) = asked_for(record, report, NOW + timedelta(minutes=1), forbidden)
    assert again.id == said.id, "a ticket that is read again is one entry"
    assert asked_for(record.model_copy(update={"ticket_seen": report}), report, NOW, forbidden) == []
