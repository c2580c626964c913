"""Tickets in Jira Cloud (REST API 3, Atlassian documents) and Jira Data Center (REST API 2, wiki text)."""

from activities.tickets.jira.client import JiraConnection
from activities.tickets.jira.comments import JiraComments
from activities.tickets.jira.history import JiraHistory
from activities.tickets.jira.search import JiraSearch
from activities.tickets.jira.sprints import JiraSprints
from activities.tickets.jira.tickets import JiraTickets


class JiraTracker:
    """See ``Tracker``; each of its calls is one of the parts that share a connection."""

    def __init__(self, jira: JiraConnection) -> None:
        self.index_lag, self.who_we_are, self.account_of = jira.index_lag, jira.who_we_are, jira.account_of

        search = JiraSearch(jira)
        self.find, self.status, self.statuses = search.find, search.status, search.statuses
        self.changed_since = search.changed_since
        self.history = JiraHistory(jira).history

        comments = JiraComments(jira)
        self.comment = comments.comment

        tickets = JiraTickets(jira, search, comments)
        self.check, self.create, self.adopt = tickets.check, tickets.create, tickets.adopt
        self.link_back, self.update, self.reopen = tickets.link_back, tickets.update, tickets.reopen

        sprints = JiraSprints(jira)
        self.next_sprint, self.sprint_state = sprints.next_sprint, sprints.sprint_state
        self.add_to_sprint, self.plan_sprint = sprints.add_to_sprint, sprints.plan_sprint
        self.rank_first = sprints.rank_first
