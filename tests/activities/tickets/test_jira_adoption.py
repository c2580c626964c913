import pytest

from tests.records import item
from tests.standins.jira import Fault, JiraStandIn
from tests.tracking import failure, jira_tracker, the_issue, tickets
from workflows.messages.ticket import Adoption


@pytest.mark.parametrize(
    "address", ["pay-1", "PAY-1", "{url}/browse/PAY-1", "{url}/jira/software/projects/PAY/boards/1?selectedIssue=PAY-1"]
)
def test_a_ticket_is_adopted_by_key_or_address(jira: JiraStandIn, address: str) -> None:
    jira.add(labels=["theirs"])
    tracker = jira_tracker(jira)
    ticket = tracker.adopt(address.format(url=jira.url), item())
    assert ticket == tracker.find(item().id)
    assert tracker.adopt(ticket.key, item()) == ticket
    issue = the_issue(jira)
    assert issue.fields["labels"] == ["theirs", "followthrough", item().id]
    assert issue.properties["followthrough"]["item"] == item().id
    assert len(issue.links) == 1


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("PAY-1", "Ticket PAY-1 belongs to action item inc-0000000001.2 already."),
        ("PAY-9", "Issue does not exist or you do not have permission to see it."),
        ("https://other.example.com/browse/PAY-1", "is not in http://127.0.0.1"),
        ("the one from Monday", "is no ticket; give its key or its address"),
    ],
)
def test_what_cannot_be_adopted_is_said(jira: JiraStandIn, address: str, words: str) -> None:
    jira.add(labels=["followthrough", item(2).id])
    request = Adoption(ticket=address, item=item())
    error = failure(tickets(jira_tracker(jira)).adopt_ticket, request)
    assert words in error.message
    assert error.non_retryable


def test_a_ticket_that_we_may_not_edit_is_not_adopted(jira: JiraStandIn) -> None:
    jira.add(labels=["theirs"])
    jira.faults.append(Fault("PUT", "/issue/PAY-1$", status=403))
    error = failure(tickets(jira_tracker(jira)).adopt_ticket, Adoption(ticket="PAY-1", item=item()))
    assert error.message.startswith("Jira refused the adoption of ticket PAY-1")
    assert not the_issue(jira).links
