"""What happens to a record next, as people say it."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import when_from_here
from followthrough.domain.replayed.incident.incident import Incident, IncidentMoment, IncidentMomentKind
from followthrough.domain.replayed.item.action_item import ActionItem, Moment, MomentKind
from followthrough.domain.replayed.values import PersonId

MOMENTS = {
    MomentKind.REMIND_TO_ACCEPT: "reminds {people} to accept",
    MomentKind.REMIND_BEFORE_DEADLINE: "reminds {people}",
    MomentKind.REMIND_AT_DEADLINE: "reminds {people} of the deadline",
    MomentKind.REMIND_AFTER_DEADLINE: "reminds {people} of the missed deadline",
    MomentKind.REMIND_TO_PLAN: "reminds {people} to plan it",
    MomentKind.ESCALATE: "escalates to {people}",
    MomentKind.OWNER_WANTED: "asks {people} for another owner",
    MomentKind.REVIEW_BLOCK: "asks {people} whether it is still blocked",
    MomentKind.WAIVER_EXPIRES_SOON: "tells {people} that the waiver expires",
    MomentKind.WAIVER_EXPIRES: "asks again, because the waiver expires",
    MomentKind.REMIND_TO_VERIFY: "asks {people} to verify",
    MomentKind.DRILL_OVER: "ends it with the drill",
    IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED: "asks {people} to be {subject}",
    IncidentMomentKind.UPDATE_DUE: "reminds {people} of the update to {subject}",
    IncidentMomentKind.UPDATE_MISSED: "tells {people} that an update to {subject} is missing",
    IncidentMomentKind.POSTMORTEM_DUE_SOON: "reminds {people} of the postmortem",
    IncidentMomentKind.DRILL_TIME_OVER: "ends the drill",
    IncidentMomentKind.NO_POSTMORTEM_OWED: "tells {people} that no postmortem is owed",
    IncidentMomentKind.POSTMORTEM_OVERDUE: "escalates the postmortem to {people}",
}


def coming(record: Incident | ActionItem, organisation: Organisation, now: datetime, zone: str | None = None) -> str:
    """What happens next to a record, empty once it has ended; without a zone, in that of who is told first."""
    moment = record.upcoming
    if moment is None:
        return ""
    told = [organisation.people[person] for person in moment.to if person in organisation.people]
    return next_moment(moment, now, organisation.name_of, ZoneInfo(zone or (told[0].time_zone if told else "UTC")))


def next_moment(moment: Moment | IncidentMoment, now: datetime, name: Callable[[PersonId], str], zone: ZoneInfo) -> str:
    """What happens next without anybody's doing: ``reminds Ana tomorrow 09:00 (Europe/Madrid)``."""
    return f"{deed(moment, name)} {when_from_here(max(moment.at, now), now, zone)} ({zone.key})"


def deed(moment: Moment | IncidentMoment, name: Callable[[PersonId], str]) -> str:
    """What Followthrough does then: ``reminds Ana``."""
    people = " and ".join(name(person) for person in moment.to) or "nobody"
    subject = moment.subject if isinstance(moment, IncidentMoment) else ""
    return MOMENTS[moment.kind].format(people=people, subject=subject)
