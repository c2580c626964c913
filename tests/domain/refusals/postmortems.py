"""What an incident refuses about its postmortem."""

from typing import Any

from followthrough.domain.replayed.incident.incident import Incident, IncidentPlan, IncidentStatus
from followthrough.domain.replayed.postmortem.commands import (
    AssignPostmortem,
    Publish,
    ReviewPostmortem,
    SubmitPostmortem,
)
from followthrough.domain.replayed.postmortem.postmortem import Postmortem, Review
from tests.domain.refusals.row import INCIDENT, WHY, Row, summaries
from tests.records import NOW, incident


def resolved(**changes: Any) -> Incident:
    return incident(status=IncidentStatus.RESOLVED, **changes)


def planned(**changes: Any) -> IncidentPlan:
    return IncidentPlan(postmortem_due=None, auto_resolve=False, next=None, **changes)


def text_by(author: str, *, approved: bool | None = None) -> Postmortem:
    review = None if approved is None else Review(by="carla", at=NOW, approved=approved)
    return Postmortem(text="What happened", by=author, at=NOW, review=review)


SUBMITTED = resolved(postmortem=text_by("ben"))

POSTMORTEMS = [
    Row(
        resolved(),
        AssignPostmortem(by="ana", to="ben", reason=WHY),
        f"Incident {INCIDENT} owes no postmortem; publish one directly if there is one.",
        but=resolved(postmortem_owner="ana"),
    ),
    Row(
        resolved(postmortem_owner="ben"),
        AssignPostmortem(by="ana", to="ben", reason=WHY),
        f"The postmortem of {INCIDENT} already belongs to ben.",
        but=AssignPostmortem(by="ana", to="carla", reason=WHY),
    ),
    Row(
        SUBMITTED,
        SubmitPostmortem(by="ana", text="Why", replaces=""),
        f"ben handed in another text of the postmortem of {INCIDENT} meanwhile; look at it, and hand in what holds of "
        "both.",
        but=SubmitPostmortem(by="ana", text="Why", replaces=text_by("ben").version),
    ),
    Row(
        resolved(),
        ReviewPostmortem(by="ana"),
        f"The postmortem of {INCIDENT} was not submitted for review yet.",
        but=SUBMITTED,
    ),
    Row(
        SUBMITTED,
        ReviewPostmortem(by="ben"),
        f"ben wrote the postmortem of {INCIDENT}; somebody else reviews it.",
        but=ReviewPostmortem(by="ana"),
    ),
    Row(
        SUBMITTED,
        ReviewPostmortem(by="ana", approved=False),
        "Say in a note which changes the postmortem needs.",
        but=ReviewPostmortem(by="ana", approved=False, note="Say when the alert came"),
    ),
    Row(
        resolved(),
        Publish(by="ana"),
        f"The postmortem of {INCIDENT} has no text yet; start from its draft and submit it.",
        but=Publish(by="ana", text="What happened"),
    ),
    Row(
        resolved(postmortem=text_by("ben"), plan=planned(review_required=True)),
        Publish(by="ana"),
        f"The postmortem of {INCIDENT} is waiting for review; at SEV2 somebody other than its author has to approve it "
        "before it is published.",
        but=resolved(postmortem=text_by("ben", approved=True), plan=planned(review_required=True)),
    ),
    Row(
        resolved(postmortem=text_by("ben", approved=False), plan=planned(review_required=True)),
        Publish(by="ana"),
        f"The postmortem of {INCIDENT} is returned for changes; at SEV2 somebody other than its author has to approve "
        "it before it is published.",
        but=resolved(postmortem=text_by("ben", approved=False), plan=planned()),
    ),
    Row(
        resolved(postmortem=text_by("ben", approved=True), plan=planned(review_required=True)),
        Publish(by="ana", text="Something else happened"),
        f"The postmortem of {INCIDENT} is not submitted for review; at SEV2 somebody other than its author has to "
        "approve it before it is published.",
        but=Publish(by="ana", text="What happened"),
    ),
    Row(
        resolved(postmortem=text_by("ben"), plan=planned(items_required=True)),
        Publish(by="ana"),
        f"The postmortem of {INCIDENT} has no action items; propose at least one, or say why none is needed.",
        but=Publish(by="ana", no_items_because="The service goes away"),
    ),
    Row(
        resolved(postmortem=text_by("ben"), plan=planned(items_required=True)),
        Publish(by="ana"),
        f"The postmortem of {INCIDENT} has no action items; propose at least one, or say why none is needed.",
        but=resolved(postmortem=text_by("ben"), plan=planned(items_required=True), items=summaries(1)),
    ),
]
