"""Private incidents: who sees them, and what everybody else is told."""

from collections.abc import Iterable
from typing import TypeVar

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.privacy import people_on
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import PersonId

PRIVATE_INCIDENT, PRIVATE_ITEM = "Private incident", "Follow-up of a private incident"
NOBODY: PersonId = ""
"""Whoever is on nothing, as a service's token is."""

RecordT = TypeVar("RecordT", Incident, ActionItem)


def seen_by(actor: Actor) -> PersonId | None:
    """Whose eyes it is that look; None where everything is seen, as it is by whoever sits at the machine."""
    return None if actor.door is Door.THIS_MACHINE else actor.person or NOBODY


def on(record: Incident | ActionItem) -> set[PersonId]:
    """Who has a part in it, and so may see it if it is private; whoever is on an incident sees its items, too."""
    if isinstance(record, Incident):
        return {*people_on(record)}
    return {record.owner, record.proposed_by, *record.approvers}


def not_here(record_id: str) -> str:
    """The same sentence whether it is private or not there at all."""
    return f"There is no {record_id} here, or it is private; ask who gave you its id."


def title_for_all(record: Incident | ActionItem) -> str:
    """As trackers, calendars and teams may have it, who show it to others."""
    if not record.private:
        return record.title
    return PRIVATE_INCIDENT if isinstance(record, Incident) else PRIVATE_ITEM


def not_private(records: Iterable[RecordT]) -> list[RecordT]:
    """Those that may be named."""
    return [record for record in records if not record.private]


def discreet(incident: Incident) -> Incident:
    """The same for everybody if it is private: without titles, texts and people, but for where it is."""
    if not incident.private:
        return incident
    return incident.model_copy(
        update={
            "title": PRIVATE_INCIDENT,
            "declared_by": None,
            "call": None,
            "alert": None,
            "mitigation": "",
            "resolution": "",
            "roles": [],
            "past_roles": [],
            "paged": {},
            "updates": [sent.model_copy(update={"text": ""}) for sent in incident.updates],
            "postmortem_owner": None,
            "postmortem": None,
            "items": [],
            "kudos": [],
            "repeats": [],
            "proposed_repeats": [],
            "admitted": [],
        }
    )


def discreet_item(item: ActionItem) -> ActionItem:
    """The same for everybody if its incident is private: whose it is and where it is, without what people wrote."""
    if not item.private:
        return item
    without_reason = {
        name: said.model_copy(update={field: ""})
        for name, said, field in (
            ("waiver", item.waiver, "reason"),
            ("block", item.block, "reason"),
            ("extension_wanted", item.extension_wanted, "reason"),
            ("owner_wanted", item.owner_wanted, "because"),
        )
        if said is not None
    }
    return item.model_copy(update={"title": PRIVATE_ITEM, "evidence": [], "asked_because": "", **without_reason})
