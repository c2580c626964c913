"""What is asked of an incident, and its next moment.

A plan is made from everything that has happened so far and the organisation file as it is now. Moments come one at a
time: each that passed is recorded, and the plan is made again.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from followthrough.domain.answered.incident import role_candidates, updates
from followthrough.domain.answered.organisation.calendar import add_working_days, after_wait
from followthrough.domain.answered.organisation.ladder import hears, known, next_level, next_reminder
from followthrough.domain.answered.organisation.organisation import Organisation, Team
from followthrough.domain.answered.organisation.policies import CountedFrom, SeverityPolicy
from followthrough.domain.answered.postmortem.formats import next_format
from followthrough.domain.replayed.incident.incident import (
    ONGOING,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentPlan,
    IncidentStatus,
    Role,
)
from followthrough.domain.replayed.postmortem.postmortem import FormatName, PostmortemAssignment
from followthrough.domain.replayed.values import PersonId

POSTMORTEM_REMINDERS = (IncidentMomentKind.POSTMORTEM_DUE_SOON, IncidentMomentKind.POSTMORTEM_OVERDUE)


def plan_incident(
    incident: Incident,
    organisation: Organisation,
    now: datetime,
    recent_formats: Sequence[FormatName] = (),
    *,
    pager_for_all: bool = False,
) -> IncidentPlan:
    """Who is on call, what is asked of the postmortem, and the next moment, if there is one.

    ``recent_formats`` are those of the team's postmortems before this one, the latest last. With ``pager_for_all``
    there is a pager also for services and teams that name none.
    """
    policy = _policy(incident, organisation)
    team = organisation.team(incident.team, incident.service)
    responders = role_candidates.responders(incident, organisation, now)
    commander = incident.holder(Role.INCIDENT_COMMANDER) or responders[0]
    busy = {holder.person for holder in incident.roles}
    on_call = tuple(person for person in responders if person not in busy)
    comms_lead = postmortem_due = assignment = None
    if incident.status in ONGOING:
        comms_lead = role_candidates.comms_lead(incident, organisation.policies.roles, policy, on_call)
    if incident.resolved_since is not None and policy.postmortem_within is not None and not incident.drill:
        postmortem_due = add_working_days(incident.resolved_since, policy.postmortem_within, team)
    if postmortem_due is not None and incident.postmortem_owner is None:
        owner = known([commander], organisation, team)[0]
        assignment = PostmortemAssignment(owner=owner, format=next_format(incident.severity, recent_formats))
    moments = [
        *_of_response(incident, organisation, responders, commander),
        *_of_end(incident, organisation, commander, postmortem_due, now),
    ]
    moment = min(moments, key=lambda moment: moment.at, default=None)
    if moment is not None:
        to = known(moment.to, organisation, team)
        moment = moment.model_copy(update={"at": max(moment.at, now), "to": to})
    pager = pager_for_all or organisation.pagerduty_key(incident.team, incident.service) is not None
    counted_from = {rule.counted_from for rule in organisation.policies.items.rules}
    return IncidentPlan(
        on_call=on_call,
        comms_lead=comms_lead,
        postmortem_due=postmortem_due,
        auto_resolve=organisation.policies.auto_resolve,
        next=moment,
        assignment=assignment,
        review_required=incident.severity in organisation.policies.postmortem.review_required,
        items_required=organisation.policies.postmortem.items_required,
        resolved_counts=CountedFrom.RESOLVED in counted_from,
        published_counts=CountedFrom.PUBLISHED in counted_from,
        to_page=role_candidates.to_page(incident, organisation.policies.roles.page_when) if pager else (),
    )


def _policy(incident: Incident, organisation: Organisation) -> SeverityPolicy:
    """Of a private incident nobody is owed updates: who is not on it hears what somebody chooses to tell."""
    policy = organisation.severities[incident.severity]
    return policy.model_copy(update={"updates": {}}) if incident.private else policy


def _of_response(
    incident: Incident, organisation: Organisation, responders: Sequence[PersonId], commander: PersonId
) -> Iterator[IncidentMoment]:
    """While it is ongoing: roles, updates, and the end of a drill."""
    if incident.status not in ONGOING:
        return
    policies, policy = organisation.policies, _policy(incident, organisation)
    within, at_most = policy.acknowledge_within, policies.roles.ask_again_within
    yield from role_candidates.unacknowledged(incident, within, at_most, responders)
    yield from updates.while_ongoing(incident, policy, policies.update_grace, commander)
    if incident.drill:
        time_box = organisation.drill_policies(organisation.team(incident.team, incident.service)).time_box
        ends = (incident.reopened_at or incident.declared_since) + time_box
        yield IncidentMoment(at=ends, kind=IncidentMomentKind.DRILL_TIME_OVER, to=(commander,))


def _of_end(
    incident: Incident, organisation: Organisation, commander: PersonId, postmortem_due: datetime | None, now: datetime
) -> Iterator[IncidentMoment]:
    """Once it is resolved: its postmortem or its closing, and the last updates."""
    team = organisation.team(incident.team, incident.service)
    if incident.status is IncidentStatus.RESOLVED and postmortem_due is not None:
        owner = incident.postmortem_owner or commander
        yield _until_published(incident, organisation, team, owner, postmortem_due, now)
    elif incident.status is IncidentStatus.RESOLVED and incident.resolved_since and not incident.reviewed:
        closing = add_working_days(incident.resolved_since, 1, team)
        if incident.drill:
            closing = incident.resolved_since + organisation.drill_policies(team).debrief
        yield IncidentMoment(at=closing, kind=IncidentMomentKind.NO_POSTMORTEM_OWED, to=(commander,))
    if incident.status in (IncidentStatus.RESOLVED, IncidentStatus.PUBLISHED) and not incident.drill:
        policies, policy = organisation.policies, _policy(incident, organisation)
        within, grace = policies.resolved_update_within, policies.update_grace
        yield from updates.once_resolved(incident, policy, within, grace, commander)


def _until_published(
    incident: Incident, organisation: Organisation, team: Team, owner: PersonId, due: datetime, now: datetime
) -> IncidentMoment:
    """Level 0 of the overdue ones is the deadline itself, and tells the postmortem's owner alone."""
    since = incident.resolved_since or incident.declared_since
    past = [moment for moment in incident.moments if moment.kind in POSTMORTEM_REMINDERS]
    at = next_reminder([add_working_days(due, -1, team), due], since, past, now)
    if at is not None:
        kind = IncidentMomentKind.POSTMORTEM_DUE_SOON if at < due else IncidentMomentKind.POSTMORTEM_OVERDUE
        return IncidentMoment(at=at, kind=kind, to=(owner,))
    told = [moment for moment in past if moment.at >= due]
    level = next_level(told)
    wait = organisation.policies.postmortem_ladder.wait(level)
    at = after_wait(max([due, since, *(moment.at for moment in told)]), wait, team)
    person, at = hears(level, at, organisation.managers(owner) or (team.lead,), organisation, team, now)
    return IncidentMoment(at=at, kind=IncidentMomentKind.POSTMORTEM_OVERDUE, level=level, to=(person, owner))
