"""Sprints and ranks on Jira's boards, through the Agile API."""

import json
from collections.abc import Sequence
from datetime import datetime

import requests
from jira import JIRA

from activities.tickets.jira.answers import JiraNo
from activities.tickets.jira.answers import Sprint as JiraSprint
from activities.tickets.jira.client import JiraConnection, about
from activities.tickets.tracker import SprintState
from activities.vendors import VendorUnavailable
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.ticket.ticket import Ticket

AT_ONCE = 50
"""As many as Jira moves or ranks in one request."""

TO_DO = "statusCategory = 2"
"""In JQL; by id, for its name depends on Jira's language."""


class JiraSprints:
    """The part of a ``Tracker`` that is about planning."""

    def __init__(self, jira: JiraConnection) -> None:
        self._jira = jira

    def next_sprint(self, team: str, at: datetime) -> Sprint | None:
        """See ``Tracker``. Jira knows which sprints have not started; those without a start date come last.

        Where tickets of other boards show on this one, so do their sprints, which are not the team's.
        """
        board = self._jira.project(team).board
        if board is None:
            return None
        with about(f"the list of sprints of board {board}"):
            try:
                listed = self._jira.listed(f"board/{board}/sprint", base=JIRA.AGILE_BASE_URL, state="future")
            except JiraNo as error:
                if error.status == requests.codes.bad_request:  # a Kanban board
                    return None
                raise
            sprints = [JiraSprint.model_validate(sprint) for sprint in listed]
        own = (sprint for sprint in sprints if sprint.origin_board_id in (board, None))
        first = min(own, key=lambda sprint: (sprint.start_date is None, sprint.start_date), default=None)
        return Sprint(id=first.id, name=first.name, end=first.end_date) if first else None

    def sprint_state(self, sprint: Sprint, at: datetime) -> SprintState:
        """See ``Tracker``."""
        with about(f"the state of sprint {sprint.name}"):
            try:
                return SprintState(self._jira.api.sprint(sprint.id).state)
            except JiraNo as error:
                if error.status == requests.codes.not_found and error.unseen:
                    return SprintState.GONE
                raise

    def add_to_sprint(self, sprint: Sprint, ticket: Ticket) -> None:
        """See ``Tracker``."""
        with about(f"the move of ticket {ticket.key} into sprint {sprint.name}"):
            self._jira.api.add_issues_to_sprint(sprint.id, [ticket.key])

    def plan_sprint(self, sprint: Sprint, tickets: Sequence[Ticket]) -> None:
        """See ``Tracker``."""
        keys = [ticket.key for ticket in tickets]
        with about(f"the move of {', '.join(keys)} into sprint {sprint.name}"):
            for start in range(0, len(keys), AT_ONCE):
                self._jira.api.add_issues_to_sprint(sprint.id, keys[start : start + AT_ONCE])
            self._rank_first(keys, f"sprint/{sprint.id}/issue")

    def rank_first(self, team: str, tickets: Sequence[Ticket]) -> None:
        """See ``Tracker``. Without a board in the organisation file there is no order to change."""
        board = self._jira.project(team).board
        if board is None:
            return
        keys = [ticket.key for ticket in tickets]
        with about(f"the rank of {', '.join(keys)} on board {board}"):
            self._rank_first(keys, f"board/{board}/issue", jql=TO_DO)

    def _rank_first(self, keys: list[str], issues: str, **of_these: str) -> None:
        """Before the first of the ``issues`` that is another; without one they are first already.

        The client's own ``rank`` takes one ticket at a time.
        """
        client = self._jira.api
        params = {"fields": "status", "maxResults": len(keys) + 1, **of_these}
        ranked = [issue["key"] for issue in client._get_json(issues, params, base=JIRA.AGILE_BASE_URL)["issues"]]
        first = next((key for key in ranked if key not in keys), None)
        if first is None:
            return
        for start in range(0, len(keys), AT_ONCE):
            ranking = {"issues": keys[start : start + AT_ONCE], "rankBeforeIssue": first}
            url = client._get_url("issue/rank", base=JIRA.AGILE_BASE_URL)
            answer = client._session.put(url, data=json.dumps(ranking))
            if answer.status_code == requests.codes.multi_status:
                raise VendorUnavailable(f"Jira could not rank all of {', '.join(keys)} just now.")
