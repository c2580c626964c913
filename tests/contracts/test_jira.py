"""Every request that the ticket activities send, sent by the real client, against Atlassian's documents.

The stand-in checks; what has no document for Data Center is said there.
"""

from datetime import UTC, datetime

import pytest
import requests
from pydantic import HttpUrl

from activities.tickets.tracker import SprintState, TicketState
from followthrough.domain.replayed.item.action_item import Evidence, ItemStatus
from followthrough.domain.replayed.sprint.sprint import Sprint as FutureSprint
from followthrough.domain.replayed.ticket.ticket import Ticket
from tests.records import NOW, item
from tests.standins.jira import JiraStandIn
from tests.standins.jira_data import Sprint, Transition, screen_field
from tests.standins.server import CONTRACTS
from tests.tracking import jira_tracker

pytestmark = pytest.mark.skipif(
    not CONTRACTS, reason="FOLLOWTHROUGH_CONTRACTS does not name the folder with Atlassian's API documents"
)

LIFE = """
GET  /rest/api/N/field
GET  /rest/api/N/SEARCH
GET  /rest/api/N/issue/createmeta/PAY/issuetypes
GET  /rest/api/N/issue/createmeta/PAY/issuetypes/1
GET  /rest/api/N/issue/createmeta/PAY/issuetypes/1
GET  /rest/api/N/issue/createmeta/PAY/issuetypes/1
POST /rest/api/N/issue
PUT  /rest/api/N/issue/PAY-1/properties/followthrough
POST /rest/api/N/issue/PAY-1/remotelink
GET  /rest/agile/1.0/board/12/sprint
POST /rest/agile/1.0/sprint/5/issue
GET  /rest/api/N/issue/PAY-1
PUT  /rest/api/N/issue/PAY-1
GET  /rest/api/N/issue/PAY-1
PUT  /rest/api/N/issue/PAY-1
GET  /rest/api/N/issue/PAY-1/transitions
GET  /rest/api/N/issue/PAY-1/comment
POST /rest/api/N/issue/PAY-1/comment
POST /rest/api/N/issue/PAY-1/transitions
GET  /rest/api/N/issue/PAY-1
"""
"""A ticket's whole life. The stand-in gives five fields of a screen at once, to have pages."""

PLANNING = """
GET  /rest/api/N/issue/PAY-2
PUT  /rest/api/N/issue/PAY-2
PUT  /rest/api/N/issue/PAY-2/properties/followthrough
POST /rest/api/N/issue/PAY-2/remotelink
GET  /rest/agile/1.0/sprint/5
POST /rest/agile/1.0/sprint/5/issue
GET  /rest/agile/1.0/sprint/5/issue
PUT  /rest/agile/1.0/issue/rank
GET  /rest/agile/1.0/board/12/issue
PUT  /rest/agile/1.0/issue/rank
GET  /rest/api/N/field
GET  /rest/api/N/SEARCH
GET  /rest/api/N/SEARCH
GET  /rest/api/N/issue/PAY-9
GET  /rest/api/N/project/PAY
"""


def expected(lines: str, cloud: bool) -> list[str]:
    written = lines.replace("/N/", "/3/" if cloud else "/2/").replace("SEARCH", "search/jql" if cloud else "search")
    return [" ".join(line.split()) for line in written.split("\n") if line]


@pytest.mark.parametrize("cloud", [True, False], ids=["Cloud", "Data Center"])
def test_a_tickets_whole_life_is_as_documented(cloud: bool) -> None:
    with JiraStandIn(cloud=cloud) as jira:
        jira.boards[12] = [Sprint(5, "Next")]
        resolution = screen_field("resolution", "Resolution", "resolution", required=True, allowed=("Done",))
        jira.moves = [Transition("Close", "Done", {"resolution": resolution})]
        tracker = jira_tracker(jira, components=["queue"], labels=["incident"])
        assert tracker.find(item().id) is None
        ticket = tracker.create(item(drill=True))
        tracker.link_back(ticket, item())
        sprint = tracker.next_sprint("payments", NOW)
        assert sprint is not None
        tracker.add_to_sprint(sprint, ticket)
        tracker.update(tracker.status(ticket), item(owner="carla"))
        evidence = Evidence(url=HttpUrl("https://git.example.com/change/7"), by="ana", at=NOW)
        tracker.update(tracker.status(ticket), item(status=ItemStatus.CLOSED, ended_at=NOW, evidence=[evidence]))
        tracker.status(ticket)
        assert jira.requests == expected(LIFE, cloud)


@pytest.mark.parametrize("cloud", [True, False], ids=["Cloud", "Data Center"])
def test_adoption_planning_and_the_sweep_are_as_documented(cloud: bool) -> None:
    with JiraStandIn(cloud=cloud) as jira:
        tracker = jira_tracker(jira)
        others, ours = tracker.create(item(1)), tracker.create(item(2, incident_id="inc-0000000002"))
        jira.change(ours.key, labels=[])
        jira.boards[12] = [Sprint(5, "Next", issues=[others.key])]
        jira.requests.clear()
        sprint = FutureSprint(id=5, name="Next")
        assert tracker.adopt("PAY-2", item(2)) == ours
        assert tracker.sprint_state(sprint, NOW) is SprintState.FUTURE
        tracker.plan_sprint(sprint, [ours])
        tracker.rank_first("payments", [ours])
        assert [changed.ticket for changed in tracker.changed_since(datetime.now(UTC))] == [ours, others]
        (deleted,) = tracker.statuses([Ticket(key="PAY-9", url="")])
        assert deleted.state is TicketState.GONE
        assert jira.requests == expected(PLANNING, cloud)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/rest/api/3/issue/PAY-1/transitions", {"transition": {"id": 3}}),
        ("POST", "/rest/api/3/issue/PAY-1/remotelink", {"globalId": "x"}),
        ("POST", "/rest/agile/1.0/sprint/5/issue", {"issues": "PAY-1"}),
        ("GET", "/rest/api/3/search", None),
    ],
)
def test_the_stand_in_catches_what_the_documents_do_not_allow(method: str, path: str, body: object) -> None:
    with pytest.raises(AssertionError, match=path), JiraStandIn() as jira:
        requests.request(method, jira.url + path, json=body, auth=("user", "token"), timeout=5)


@pytest.mark.parametrize("answer", [{"transitions": [{"id": 3}]}, [], {"errorMessages": "no"}])
def test_the_stand_in_answers_only_what_the_documents_allow(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    monkeypatch.setattr(JiraStandIn, "_list_transitions", lambda *_: (200, answer))
    with pytest.raises(AssertionError, match="/transitions"), JiraStandIn() as jira:
        requests.get(f"{jira.url}/rest/api/3/issue/PAY-1/transitions", auth=("user", "token"), timeout=30)


def test_the_stand_in_takes_only_atlassian_documents_as_text() -> None:
    with JiraStandIn() as jira:
        body = {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "x", "description": "plain"}
        answer = requests.post(f"{jira.url}/rest/api/3/issue", json={"fields": body}, auth=("user", "token"), timeout=5)
        assert answer.status_code == 400
        assert "Atlassian Document" in answer.json()["errors"]["description"]
