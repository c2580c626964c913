"""Whether those who changed a ticket in Jira may do what comes of it, which is answered once, where it is read."""

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import right_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import WORKED_ON, ActionItem, ItemStatus
from followthrough.domain.replayed.ticket.ticket import TicketReport, TicketState
from followthrough.domain.replayed.values import PersonId


def not_allowed(
    item: ActionItem, report: TicketReport, organisation: Organisation, incident: Incident | None
) -> dict[str, str]:
    """By the command that would come of it, the sentence that says who may.

    To accept is left to its rule, for who assigns a ticket to themselves is its owner only then.
    """
    closed = report.state is TicketState.DONE
    changes = (
        ("reassign", report.assigned_by, not report.assignee_kept),
        ("extend", report.rescheduled_by, not report.due_kept),
        ("done", report.moved_by, closed and item.status in WORKED_ON),
        ("reopen", report.moved_by, not closed and item.status is ItemStatus.DONE),
    )
    asked = ((command, person) for command, person, changed in changes if changed)
    sentences = ((command, refused(command, person, item, organisation, incident)) for command, person in asked)
    return {command: sentence for command, sentence in sentences if sentence is not None}


def refused(
    command: str,
    person: PersonId | None,
    item: ActionItem,
    organisation: Organisation,
    incident: Incident | None = None,
) -> str | None:
    """The sentence for somebody in Jira who may not, also where the organisation file does not know them."""
    about = About.of_record(item, organisation, incident)
    return may(right_of(command, item.id), Actor(person=person, door=Door.JIRA), None, about)
