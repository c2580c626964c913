"""When each audience is owed a stakeholder update, and of which stage."""

from collections.abc import Iterator
from datetime import timedelta

from followthrough.domain.answered.organisation.policies import SeverityPolicy
from followthrough.domain.replayed.incident.incident import (
    Audience,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentStatus,
    Role,
    SentUpdate,
    UpdateStage,
)
from followthrough.domain.replayed.values import PersonId


def last_update(incident: Incident, audience: Audience) -> SentUpdate | None:
    """What this audience heard last."""
    return next((update for update in incident.updates if update.audience is audience), None)


def likely_stage(incident: Incident, audience: Audience) -> UpdateStage:
    """Where the work stands, as far as the incident knows."""
    match incident.status:
        case IncidentStatus.DECLARED:
            last = last_update(incident, audience)
            found = last is not None and last.stage is UpdateStage.IDENTIFIED
            return UpdateStage.IDENTIFIED if found else UpdateStage.INVESTIGATING
        case IncidentStatus.MITIGATED:
            return UpdateStage.MONITORING
        case _:
            return UpdateStage.RESOLVED


def while_ongoing(
    incident: Incident, policy: SeverityPolicy, grace: timedelta, commander: PersonId
) -> Iterator[IncidentMoment]:
    """For each audience: due one cadence after the last update, missed after the grace, due again a cadence on."""
    begun = incident.reopened_at or incident.declared_since
    for audience, cadence in policy.updates.items():
        last = last_update(incident, audience)
        since = max(last.at, begun) if last else begun
        past = [moment for moment in incident.moments if moment.subject == audience and moment.at > since]
        if past and past[-1].kind is IncidentMomentKind.UPDATE_DUE:
            at = past[-1].at + grace
            kind, to = IncidentMomentKind.UPDATE_MISSED, commander
        else:
            at = (past[-1].at - grace if past else since) + cadence
            kind, to = IncidentMomentKind.UPDATE_DUE, incident.holder(Role.COMMS_LEAD) or commander
        yield IncidentMoment(at=at, kind=kind, subject=audience, to=(to,))


def once_resolved(
    incident: Incident, policy: SeverityPolicy, within: timedelta, grace: timedelta, commander: PersonId
) -> Iterator[IncidentMoment]:
    """For each audience with a cadence that has not heard so: the resolved update is due, and missed, once."""
    begun = incident.reopened_at or incident.declared_since
    resolved_at = incident.resolved_since or begun
    for audience in policy.updates:
        last = last_update(incident, audience)
        if last is not None and last.stage is UpdateStage.RESOLVED and last.at > begun:
            continue
        past = [moment for moment in incident.moments if moment.subject == audience and moment.at > resolved_at]
        if not past:
            kind, to = IncidentMomentKind.UPDATE_DUE, incident.holder(Role.COMMS_LEAD) or commander
            yield IncidentMoment(at=resolved_at + within, kind=kind, subject=audience, to=(to,))
        elif past[-1].kind is IncidentMomentKind.UPDATE_DUE:
            kind = IncidentMomentKind.UPDATE_MISSED
            yield IncidentMoment(at=past[-1].at + grace, kind=kind, subject=audience, to=(commander,))
