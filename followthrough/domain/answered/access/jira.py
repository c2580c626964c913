"""Whether those who changed a ticket in Jira may do what comes of it, which is answered once, where it is read.

What they ask for by that is noted for the audit at the same time.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.audit import Act, Happened, Outcome
from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import right_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import WORKED_ON, ActionItem, ItemStatus
from followthrough.domain.replayed.ticket.sync import take_report
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


def asked_for(item: ActionItem, report: TicketReport, now: datetime, forbidden: Mapping[str, str]) -> list[Happened]:
    """What comes of a change in a ticket, as the action item is where it is read; its workflow carries it out next."""
    said = []
    for asked in take_report(item.model_copy(deep=True), report, now, forbidden).asked:
        kept_out = Outcome.FORBIDDEN if asked.command in forbidden else Outcome.REFUSED
        outcome = Outcome.ACCEPTED if asked.why_not is None else kept_out
        said.append(asked_in_jira(item, asked.command, asked.by, now, outcome))
    return said


def asked_in_jira(item: ActionItem, command: str, by: PersonId | None, now: datetime, outcome: Outcome) -> Happened:
    """One entry, however often the ticket is read before the action item has changed."""
    return Happened(
        id=uuid5(NAMESPACE_OID, f"{item.id}/{item.version}/{command}").hex,
        at=now,
        act=Act.COMMAND,
        what=command,
        person=by,
        through=Door.JIRA,
        record=item.id,
        outcome=outcome,
    )
