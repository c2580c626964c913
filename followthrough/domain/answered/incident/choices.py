"""All that can be chosen about an incident on its page, as far as its state says: the most likely comes first.

Whether somebody is offered it depends on the table of rights as well, see ``offered.py``.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from followthrough.domain.answered import choices as by_mail
from followthrough.domain.answered.choices import Choice
from followthrough.domain.answered.offered import Possible
from followthrough.domain.replayed.incident.commands import (
    AddNote,
    AssignRole,
    Cancel,
    ChangeSeverity,
    Mitigate,
    ProposeItem,
    Resolve,
    SendUpdate,
)
from followthrough.domain.replayed.incident.correction import CorrectTimes
from followthrough.domain.replayed.incident.incident import ONGOING, Audience, Incident, IncidentStatus
from followthrough.domain.replayed.incident.kudos import GiveKudos
from followthrough.domain.replayed.incident.lifecycle import HandOver, LinkRepeat, Merge, Reopen, Split, UnlinkRepeat
from followthrough.domain.replayed.incident.privacy import UNCLOSED, Admit, ChangePrivacy
from followthrough.domain.replayed.incident.subscriptions import Subscribe, Unsubscribe
from followthrough.domain.replayed.limits import ACTION_ITEMS, ADMITTED, KUDOS, LINKS, PARTS
from followthrough.domain.replayed.postmortem.commands import (
    AssignPostmortem,
    ChooseFormat,
    Publish,
    SubmitPostmortem,
)
from followthrough.domain.replayed.postmortem.postmortem import ReviewState
from followthrough.domain.replayed.values import PersonId

WRITE_POSTMORTEM = Choice("write-postmortem", "Write the postmortem", SubmitPostmortem)
"""Its form is a page of its own."""
PUBLISH_POSTMORTEM = Choice(
    "publish-postmortem", "Publish the postmortem", Publish, {"text": None, "override": None, "no_items_because": None}
)
PUBLISH_WITHOUT_ITEMS = Choice(
    "publish-without-items", "Publish the postmortem", Publish, {"text": None, "override": None}
)
UPDATE = Choice("update", "Write an update", SendUpdate, own_page=True)
MITIGATE = Choice("mitigate", "Users are no longer hurt", Mitigate)
RESOLVE = Choice("resolve", "It is over", Resolve)
NOTE = Choice("note", "Write down what happened", AddNote, {"decision": False})
DECISION = Choice("decision", "Write down a decision", AddNote, {"decision": True})
PROPOSE = Choice("propose", "Propose an action item", ProposeItem)
HAND_OVER = Choice("hand-over", "Hand your role over", HandOver)
ASSIGN_ROLE = Choice("assign-role", "Give somebody a role", AssignRole)
SEVERITY = Choice("severity", "Change the severity", ChangeSeverity)
LINK_REPEAT = Choice("link-repeat", "It happened before", LinkRepeat)
UNLINK_REPEAT = Choice("unlink-repeat", "It only looks like an earlier one", UnlinkRepeat)
SUBSCRIBE = Choice("subscribe", "Get its updates by mail", Subscribe)
UNSUBSCRIBE = Choice("unsubscribe", "Get no more updates of it", Unsubscribe)
THANK = Choice("kudos", "Thank somebody", GiveKudos)
ASSIGN_POSTMORTEM = Choice("assign-postmortem", "Give the postmortem to somebody else", AssignPostmortem)
FORMAT = Choice("postmortem-format", "Choose the form of the postmortem", ChooseFormat)
MERGE = Choice("merge-into", "It is the same as another incident", Merge)
SPLIT = Choice("split-off", "A part of it is another incident", Split)
CANCEL = Choice("cancel", "It was a false alarm", Cancel)
MAKE_PRIVATE = Choice("make-private", "Show it only to who is on it", ChangePrivacy, {"private": True})
MAKE_OPEN = Choice("make-open", "Show it to everybody", ChangePrivacy, {"private": False})
ADMIT = Choice("admit", "Let somebody see it", Admit)
TIMES = Choice("times", "Correct when it happened", CorrectTimes)
REOPEN = Choice("reopen-incident", "It was not over after all", Reopen)

LIKELY: Mapping[IncidentStatus, tuple[Choice, ...]] = MappingProxyType(
    {
        IncidentStatus.DECLARED: (by_mail.ACKNOWLEDGE, UPDATE, MITIGATE, RESOLVE, NOTE),
        IncidentStatus.MITIGATED: (by_mail.ACKNOWLEDGE, UPDATE, RESOLVE, NOTE),
        IncidentStatus.RESOLVED: (
            by_mail.APPROVE_POSTMORTEM,
            by_mail.RETURN_POSTMORTEM,
            PUBLISH_POSTMORTEM,
            PUBLISH_WITHOUT_ITEMS,
            UPDATE,
            PROPOSE,
        ),
        IncidentStatus.PUBLISHED: (PROPOSE, THANK),
    }
)
"""What is mostly done where it is; all else is as possible."""


def _asked_for_a_role(incident: Incident, person: PersonId, _now: datetime) -> bool:
    asked = [holder.person for holder in incident.roles if holder.acknowledged_at is None]
    return incident.status in ONGOING and person in asked


def _to_review(incident: Incident, person: PersonId, _now: datetime) -> bool:
    postmortem = incident.postmortem if incident.status is IncidentStatus.RESOLVED else None
    return postmortem is not None and postmortem.state is ReviewState.WAITING and person != postmortem.by


def _to_publish(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    if incident.status is not IncidentStatus.RESOLVED or incident.postmortem is None:
        return False
    review_required = incident.plan is not None and incident.plan.review_required
    return incident.postmortem.state is ReviewState.APPROVED or not review_required


def _to_publish_with_items(incident: Incident, person: PersonId, now: datetime) -> bool:
    return bool(incident.items) and _to_publish(incident, person, now)


def _to_publish_without(incident: Incident, person: PersonId, now: datetime) -> bool:
    return not incident.items and _to_publish(incident, person, now)


def _declared(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return incident.status is IncidentStatus.DECLARED


def _ongoing(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return incident.status in ONGOING


def _unpublished(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return incident.status in (*ONGOING, IncidentStatus.RESOLVED)


def _unclosed(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return incident.status in UNCLOSED


def _goes_on(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return not incident.ended


def _own_role(incident: Incident, person: PersonId, _now: datetime) -> bool:
    return incident.status in ONGOING and any(holder.person == person for holder in incident.roles)


def _false_alarm(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return incident.status in ONGOING and not incident.items


def _room_for_items(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return incident.status in UNCLOSED and len(incident.items) < ACTION_ITEMS


def _room_for_parts(incident: Incident, person: PersonId, now: datetime) -> bool:
    return _unpublished(incident, person, now) and len(incident.split_into) < PARTS


def _room_for_links(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return not incident.ended and len(incident.repeats) < LINKS


def _linked(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return not incident.ended and bool(incident.repeats or incident.proposed_repeats)


def _can_subscribe(incident: Incident, person: PersonId, _now: datetime) -> bool:
    had = {wanted.audience for wanted in incident.subscriptions if wanted.person == person}
    return incident.status in UNCLOSED and len(had) < len(Audience)


def _can_unsubscribe(incident: Incident, person: PersonId, _now: datetime) -> bool:
    return incident.status in UNCLOSED and person not in incident.unsubscribed


def _can_thank(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return not incident.ended and len(incident.kudos) < KUDOS


def _owed(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return incident.status is IncidentStatus.RESOLVED and incident.postmortem_owner is not None


def _open_to_all(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return incident.status in UNCLOSED and not incident.drill and not incident.private


def _private(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return incident.status in UNCLOSED and not incident.drill and incident.private


def _can_admit(incident: Incident, person: PersonId, now: datetime) -> bool:
    return _private(incident, person, now) and len(incident.admitted) < ADMITTED


def _measured(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return incident.status in UNCLOSED and not incident.drill


def _over(incident: Incident, _person: PersonId, _now: datetime) -> bool:
    return incident.status not in (*ONGOING, IncidentStatus.MERGED)


INCIDENT_CHOICES: tuple[Possible[Incident], ...] = (
    Possible(by_mail.ACKNOWLEDGE, _asked_for_a_role),
    Possible(by_mail.APPROVE_POSTMORTEM, _to_review),
    Possible(by_mail.RETURN_POSTMORTEM, _to_review),
    Possible(PUBLISH_POSTMORTEM, _to_publish_with_items),
    Possible(PUBLISH_WITHOUT_ITEMS, _to_publish_without),
    Possible(UPDATE, _unclosed),
    Possible(MITIGATE, _declared),
    Possible(RESOLVE, _ongoing),
    Possible(NOTE, _goes_on),
    Possible(DECISION, _goes_on),
    Possible(PROPOSE, _room_for_items),
    Possible(HAND_OVER, _own_role),
    Possible(ASSIGN_ROLE, _ongoing),
    Possible(SEVERITY, _ongoing),
    Possible(LINK_REPEAT, _room_for_links),
    Possible(UNLINK_REPEAT, _linked),
    Possible(SUBSCRIBE, _can_subscribe),
    Possible(UNSUBSCRIBE, _can_unsubscribe),
    Possible(THANK, _can_thank),
    Possible(ASSIGN_POSTMORTEM, _owed),
    Possible(FORMAT, _unpublished),
    Possible(MERGE, _unpublished),
    Possible(SPLIT, _room_for_parts),
    Possible(CANCEL, _false_alarm),
    Possible(MAKE_PRIVATE, _open_to_all),
    Possible(MAKE_OPEN, _private),
    Possible(TIMES, _measured),
    Possible(ADMIT, _can_admit),
    Possible(REOPEN, _over),
)
