"""What becomes of an incident when it is planned.

It runs inside workflows, and in the activity that writes what comes of it: both have to come to the same.
"""

from datetime import datetime

from followthrough.domain.replayed.incident.incident import (
    ONGOING,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentPlan,
    Role,
)
from followthrough.domain.replayed.incident.roles import ask, pass_on
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell
from followthrough.domain.replayed.values import EntryKind

NOTICES = {
    IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED: NoticeKind.ROLE_NOT_ACKNOWLEDGED,
    IncidentMomentKind.UPDATE_DUE: NoticeKind.UPDATE_DUE,
    IncidentMomentKind.UPDATE_MISSED: NoticeKind.UPDATE_MISSED,
    IncidentMomentKind.POSTMORTEM_DUE_SOON: NoticeKind.POSTMORTEM_REMINDER,
    IncidentMomentKind.POSTMORTEM_OVERDUE: NoticeKind.POSTMORTEM_ESCALATION,
}


def take(incident: Incident, plan: IncidentPlan, now: datetime) -> list[ToTell]:
    """Takes a plan in: asks for a role that nobody has, or gives the postmortem its owner and passes the moment, if it
    has come. An incident that this changed is to be planned again.
    """
    incident.plan = plan
    if incident.status in ONGOING:
        commander = next(iter(plan.on_call), None)
        if ask(incident, Role.INCIDENT_COMMANDER, commander, now):
            return [ToTell(NoticeKind.INCIDENT_DECLARED, plan.on_call[:1])]
        if plan.comms_lead is not None and ask(incident, Role.COMMS_LEAD, plan.comms_lead, now):
            return [ToTell(NoticeKind.ROLE_ASSIGNED, (plan.comms_lead,))]
    told = []
    if plan.assignment is not None:
        incident.assign_postmortem(now, plan.assignment)
        told.append(ToTell(NoticeKind.POSTMORTEM_ASSIGNED, (plan.assignment.owner,)))
    return told if plan.next is None or plan.next.at > now else [*told, *pass_moment(incident, plan.next, now)]


def pass_moment(incident: Incident, moment: IncidentMoment, now: datetime) -> list[ToTell]:
    """It has come: gives who hears of it."""
    if moment.offer is not None:
        if (holder := pass_on(incident, moment, now)) is None:
            return []
        incident.passed(moment)
        told = tuple(dict.fromkeys((holder.person, *holder.before)))
        return [ToTell(NoticeKind.ROLE_NOT_ACKNOWLEDGED, told, moment.subject)]
    incident.passed(moment)
    if moment.kind is IncidentMomentKind.NO_POSTMORTEM_OWED:
        why = "for a drill" if incident.drill else "at this severity"
        incident.note(now, EntryKind.POSTMORTEM, f"No postmortem is owed {why}")
        incident.close_if_done(now)
        return []
    if moment.kind is IncidentMomentKind.DRILL_TIME_OVER:
        incident.resolve(now, "The time of the drill is over", None)
        return []
    text = f"{moment.kind.value.capitalize()} {moment.subject}".strip()
    kind = EntryKind.ESCALATION if moment.level else EntryKind.REMINDER
    incident.note(now, kind, f"{text}: {', '.join(moment.to)} told")
    return [ToTell(NOTICES[moment.kind], moment.to, moment.subject, moment.level)]
