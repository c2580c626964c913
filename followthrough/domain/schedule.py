"""The deadlines of an action item or an incident, and the single next moment that matters.

A moment that passes is recorded with the time it was planned for, or made up for when that had been missed.
It belongs to a deadline when it is not earlier than it, and what comes next counts from it: no moment comes
twice, a late worker sends no burst, and a deadline that moved ahead begins anew.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from followthrough.domain import roles, updates
from followthrough.domain.action_item import ActionItem, ItemPlan, ItemPolicy, ItemStatus, Moment, MomentKind
from followthrough.domain.calendar import add_working_days
from followthrough.domain.incident import (
    ONGOING,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentPlan,
    IncidentStatus,
    Role,
)
from followthrough.domain.postmortem import FormatName, PostmortemAssignment
from followthrough.domain.postmortem_format import next_format
from followthrough.domain.values import PersonId
from followthrough.organisation import Organisation, Team
from followthrough.policies import Ladder

POSTMORTEM_REMINDERS = (IncidentMomentKind.POSTMORTEM_DUE_SOON, IncidentMomentKind.POSTMORTEM_OVERDUE)


def plan_item(item: ActionItem, organisation: Organisation, now: datetime) -> ItemPlan:
    """Deadlines, limits and the next moment, which is None only when the item has ended."""
    policies = organisation.policies.items
    team = organisation.team(item.team, item.service)
    accept_by = add_working_days(item.owner_since or item.proposed_at, policies.accept_within, team)
    due = item.due or add_working_days(item.proposed_at, policies.due_within[item.severity][item.priority], team)
    approvers = _approvers(item.owner, organisation, team)
    moment: Moment | None = None
    match item.status:
        case ItemStatus.PROPOSED:
            moment = _until_accepted(item, organisation, team, accept_by, due)
        case ItemStatus.ACCEPTED:
            moment = _until_done(item, organisation, team, due, now)
        case ItemStatus.DONE:
            since = max([item.done_at or item.proposed_at, *(passed.at for passed in item.reminders)])
            to = _known(approvers, organisation, team)
            moment = Moment(at=since + policies.remind_to_verify_every, kind=MomentKind.REMIND_TO_VERIFY, to=to)
    if item.drill and not item.ended:
        ends = item.proposed_at + organisation.drill_policies(team).debrief
        moment = Moment(at=ends, kind=MomentKind.DRILL_OVER, to=(item.owner,))
    return ItemPlan(
        policy=ItemPolicy(
            approvers=approvers,
            verified_by_other=organisation.severities[item.severity].verified_by_other,
            max_extensions=policies.max_extensions,
            max_extension_days=policies.max_extension_days,
        ),
        accept_by=accept_by,
        due=due,
        next=moment and moment.model_copy(update={"at": max(moment.at, now)}),
    )


def _approvers(owner: PersonId, organisation: Organisation, team: Team) -> tuple[PersonId, ...]:
    """The owner's managers and the team's lead, or else other leads; the owner only when there is nobody else."""
    leads = (other.lead for other in organisation.teams.values())
    above = dict.fromkeys(person for person in (*organisation.managers(owner), team.lead) if person != owner)
    return tuple(above or dict.fromkeys(lead for lead in leads if lead != owner) or (owner,))


def _until_accepted(
    item: ActionItem, organisation: Organisation, team: Team, accept_by: datetime, due: datetime
) -> Moment:
    """Escalates from the earlier deadline, so that reassigning an overdue item does not silence it."""
    reminded = any(past.at >= accept_by for past in item.reminders)
    escalation = _escalation(item, organisation, team, min(accept_by, due))
    if reminded or escalation.at < accept_by:
        return escalation
    return Moment(at=accept_by, kind=MomentKind.REMIND_TO_ACCEPT, to=_known([item.owner], organisation, team))


def _until_done(item: ActionItem, organisation: Organisation, team: Team, due: datetime, now: datetime) -> Moment:
    since = item.working_since or item.proposed_at
    before = (add_working_days(due, -days, team) for days in organisation.policies.items.remind_before)
    at = _reminder([*(at for at in before if at < due), due], since, item.reminders, now)
    if at is None:
        return _escalation(item, organisation, team, due, since)
    kind = MomentKind.REMIND_BEFORE_DEADLINE if at < due else MomentKind.REMIND_AT_DEADLINE
    return Moment(at=at, kind=kind, to=_known([item.owner], organisation, team))


def _escalation(
    item: ActionItem, organisation: Organisation, team: Team, deadline: datetime, since: datetime | None = None
) -> Moment:
    level, at = _climb(organisation.policies.items.ladder, deadline, since or deadline, item.reminders)
    to = _known([_above(item.owner, level, organisation, team), item.owner], organisation, team)
    return Moment(at=at, kind=MomentKind.ESCALATE, level=level, to=to)


def plan_incident(
    incident: Incident, organisation: Organisation, now: datetime, recent_formats: Sequence[FormatName] = ()
) -> IncidentPlan:
    """Who is on call, what is asked of the postmortem, and the next moment, if there is one.

    ``recent_formats`` are those of the team's postmortems before this one, the latest last.
    """
    policy = organisation.severities[incident.severity]
    team = organisation.team(incident.team, incident.service)
    responders = roles.responders(incident, organisation, now)
    busy = {holder.person for holder in incident.roles}
    on_call = tuple(person for person in responders if person not in busy)
    comms_lead: PersonId | None = None
    postmortem_due = None
    if incident.resolved_at is not None and policy.postmortem_within is not None and not incident.drill:
        postmortem_due = add_working_days(incident.resolved_at, policy.postmortem_within, team)
    commander = incident.holder(Role.INCIDENT_COMMANDER) or responders[0]
    assignment = None
    if postmortem_due is not None and incident.postmortem_owner is None:
        owner = _known([commander], organisation, team)[0]
        assignment = PostmortemAssignment(owner=owner, format=next_format(incident.severity, recent_formats))
    moments: list[IncidentMoment] = []
    if incident.status in ONGOING:
        rules = organisation.policies.roles
        comms_lead = roles.comms_lead(incident, rules, policy, on_call)
        moments += roles.unacknowledged(incident, policy.acknowledge_within, rules.ask_again_within, responders)
        moments += updates.while_ongoing(incident, policy, organisation.policies.update_grace, commander)
        if incident.drill:
            ends = (incident.reopened_at or incident.declared_at) + organisation.drill_policies(team).time_box
            moments.append(IncidentMoment(at=ends, kind=IncidentMomentKind.DRILL_TIME_OVER, to=(commander,)))
    elif incident.status is IncidentStatus.RESOLVED and postmortem_due is not None:
        owner = incident.postmortem_owner or commander
        moments.append(_until_published(incident, organisation, team, owner, postmortem_due, now))
    elif incident.status is IncidentStatus.RESOLVED and incident.resolved_at and not incident.reviewed:
        closing = add_working_days(incident.resolved_at, 1, team)
        if incident.drill:
            closing = incident.resolved_at + organisation.drill_policies(team).debrief
        moments.append(IncidentMoment(at=closing, kind=IncidentMomentKind.NO_POSTMORTEM_OWED, to=(commander,)))
    if incident.status in (IncidentStatus.RESOLVED, IncidentStatus.PUBLISHED) and not incident.drill:
        within, grace = organisation.policies.resolved_update_within, organisation.policies.update_grace
        moments += updates.once_resolved(incident, policy, within, grace, commander)
    moment = min(moments, key=lambda moment: moment.at, default=None)
    if moment is not None:
        to = _known(moment.to, organisation, team)
        moment = moment.model_copy(update={"at": max(moment.at, now), "to": to})
    return IncidentPlan(
        on_call=on_call,
        comms_lead=comms_lead,
        postmortem_due=postmortem_due,
        auto_resolve=organisation.policies.auto_resolve,
        next=moment,
        assignment=assignment,
        review_required=incident.severity in organisation.policies.postmortem.review_required,
        items_required=organisation.policies.postmortem.items_required,
    )


def _until_published(
    incident: Incident, organisation: Organisation, team: Team, owner: PersonId, due: datetime, now: datetime
) -> IncidentMoment:
    """Level 0 of the overdue ones is the deadline itself, and tells the postmortem's owner alone."""
    since = incident.resolved_at or incident.declared_at
    past = [moment for moment in incident.moments if moment.kind in POSTMORTEM_REMINDERS]
    at = _reminder([add_working_days(due, -1, team), due], since, past, now)
    if at is not None:
        kind = IncidentMomentKind.POSTMORTEM_DUE_SOON if at < due else IncidentMomentKind.POSTMORTEM_OVERDUE
        return IncidentMoment(at=at, kind=kind, to=(owner,))
    level, at = _climb(organisation.policies.postmortem_ladder, due, since, past)
    to = (_above(owner, level, organisation, team), owner)
    return IncidentMoment(at=at, kind=IncidentMomentKind.POSTMORTEM_OVERDUE, level=level, to=to)


def _reminder(
    times: Iterable[datetime], since: datetime, past: Sequence[Moment | IncidentMoment], now: datetime
) -> datetime | None:
    """The next of ``times`` after ``since`` and after every moment that passed; of several missed, the last."""
    latest = max([since, *(moment.at for moment in past)])
    ahead = sorted(at for at in times if at > latest)
    missed = [at for at in ahead if at <= now]
    return next(iter(missed[-1:] or ahead), None)


def _climb(
    ladder: Ladder, deadline: datetime, since: datetime, past: Sequence[Moment | IncidentMoment]
) -> tuple[int, datetime]:
    """The next level and its time: one wait after the deadline, ``since``, and the last moment about the deadline."""
    told = [moment for moment in past if moment.at >= deadline]
    level = 1 + max((moment.level for moment in told), default=0)
    wait = ladder.waits[min(level, len(ladder.waits)) - 1]
    return level, max([deadline, since, *(moment.at for moment in told)]) + wait


def _above(person: PersonId, level: int, organisation: Organisation, team: Team) -> PersonId:
    """Who hears at an escalation level: up the managers, then the topmost again; the team's lead without any."""
    chain = organisation.managers(person) or (team.lead,)
    return chain[min(level, len(chain)) - 1]


def _known(people: Iterable[PersonId], organisation: Organisation, team: Team) -> tuple[PersonId, ...]:
    """Those who are still in the organisation file, or else the team's lead: somebody is always told."""
    return tuple(dict.fromkeys(person for person in people if person in organisation.people)) or (team.lead,)
