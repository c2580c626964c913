"""What whoever asks is offered about an incident or an action item: its choices that are possible, and theirs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from followthrough.checks import checked
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.choices import Choice
from followthrough.domain.answered.incident.choices import INCIDENT_CHOICES
from followthrough.domain.answered.item.choices import ITEM_CHOICES
from followthrough.domain.answered.offered import offered, right
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.lifecycle import LinkRepeat, Merge, UnlinkRepeat
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import PersonId
from followthrough.store import queries
from followthrough.store.acting import earlier_incidents, ongoing_incidents_near, open_items_near
from followthrough.web.act_form import Offer


def choices_of(session: Session, record: Incident | ActionItem, actor: Actor, here: Organisation) -> list[Choice]:
    """All that they are offered now, the most likely first; ``here`` is without those who left."""
    now, about = datetime.now(UTC), _about(session, record, here)
    if isinstance(record, ActionItem):
        return offered(ITEM_CHOICES, record, actor, about, now)
    return offered(INCIDENT_CHOICES, record, actor, about, now)


def choice_named(name: str, record: Incident | ActionItem) -> Choice | None:
    """Whoever may make it, and whether or not it is possible now."""
    possible = ITEM_CHOICES if isinstance(record, ActionItem) else INCIDENT_CHOICES
    return next((one.choice for one in possible if one.choice.name == name), None)


def why_not(
    session: Session, choice: Choice, record: Incident | ActionItem, actor: Actor, here: Organisation
) -> str | None:
    """The sentence for somebody who may not, whatever the state is."""
    return may(right(choice, record.id), actor, actor.person, _about(session, record, here))


def _about(session: Session, record: Incident | ActionItem, here: Organisation) -> About:
    incident = queries.incident(session, record.incident_id) if isinstance(record, ActionItem) else None
    return About.of_record(record, here, incident)


def others_for(session: Session, choice: Choice, record: Incident | ActionItem, person: PersonId) -> Mapping[str, str]:
    """Ids and titles of what the choice can name beside the record; nothing where it names none."""
    if isinstance(record, ActionItem):
        names_another = not {"on", "into"}.isdisjoint(choice.asks_for)
        return open_items_near(session, record, person) if names_another else {}
    if choice.command is Merge:
        return ongoing_incidents_near(session, record, person)
    if choice.command is LinkRepeat:
        return earlier_incidents(session, record, person)
    if choice.command is UnlinkRepeat:
        return {
            repeat.incident_id: f"{repeat.incident_id}: {repeat.because}"
            for repeat in (*record.repeats, *record.proposed_repeats)
        }
    return {}


def advice_on(command: Any, offer: Offer) -> str:
    """What would make it easier to see when it is done; empty where there is nothing to say. Raises NotCarriedOut."""
    found = checked(command, offer.record, offer.organisation)
    return "\n".join((*getattr(found, "missing", ()), *getattr(found, "hints", ())))
