"""What the organisation file asks of Jira and Jira has not."""

from collections.abc import Callable
from typing import Any

from followthrough.domain.answered.organisation.organisation import JiraProject
from followthrough.domain.answered.ticket.jira_fields import file_fields, read_screen, transition_fields
from tests.domain.refusals.row import Row
from tests.records import item
from tests.standins.jira_data import screen_field, usual_screen


def fields(**project: Any) -> Callable[[Any], object]:
    screen = read_screen(list(usual_screen(cloud=True).values()))
    return lambda _: file_fields(screen, JiraProject(project="PAY", **project), cloud=True, accounts={})


def transition(cause: str) -> Callable[[Any], object]:
    screen = read_screen([screen_field("cf1", "Root cause", "option", allowed=("Code", "Config"))])
    return lambda _: transition_fields(screen, {"Root cause": cause}, cloud=True, accounts={})


JIRA = [
    Row(
        item(),
        fields(fields={"Squad": "Payments"}),
        "Tickets in Jira's project PAY can't be made as the organisation file says under `jira`: it has no Squad, "
        "only Assignee, Components, Description, Due date, Issue Type, Labels, Parent, Priority, Project, Reporter, "
        "Summary.",
        but=fields(),
    ),
    Row(
        item(),
        transition("People"),
        "Jira's transition can't be made as the organisation file says: Root cause can't be People, only Code, Config.",
        but=transition("Code"),
    ),
]
