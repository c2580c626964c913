"""What people do with an incident: who acknowledges and when, what stakeholders hear, and when the postmortem comes."""

from typing import Any

from bench.year.acts import HOUR, Scene, Then
from bench.year.plan import Fate
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus, Role
from followthrough.domain.replayed.postmortem.postmortem import ReviewState
from followthrough.domain.replayed.values import Severity

WHY = "It is how this year goes"
TEXT = "# What broke\n\nThe queue was full, and nothing watched its length.\n\n" + "It was seen late. " * 60
STOPS_WAITING = 8
"""Times after which somebody acknowledges at last."""
ONGOING = (IncidentStatus.DECLARED, IncidentStatus.MITIGATED)


def next_of_incident(incident: Incident, what: str, scene: Scene, fate: Fate | None, items: int, into: str) -> Then:
    """A drill has no ``fate``; ``into`` is the incident that it is merged into, if that is its fate."""
    if incident.ended:
        if what == "reopen" and incident.status is IncidentStatus.CLOSED:
            return Then([_said("reopen", scene.firm.lead(incident.team), reason=WHY)], "respond", scene.minutes(3, 20))
        return Then()
    if incident.status in ONGOING:
        return _respond(incident, scene, fate, into)
    if incident.drill:
        return Then()
    if incident.status is IncidentStatus.RESOLVED and incident.postmortem_owner is not None:
        return _learn(incident, what, scene, items)
    if incident.status is IncidentStatus.RESOLVED and not incident.items and items:
        return Then(items=items)
    if what == "reopen" and not scene.rushing:
        return Then(what="reopen", wait=scene.days(20, 40))
    return Then()


def _said(command: str, by: str, **fields: Any) -> dict[str, Any]:
    return {"command": command, "by": by, **fields}


def _commander(incident: Incident, scene: Scene) -> str:
    return incident.holder(Role.INCIDENT_COMMANDER) or scene.firm.lead(incident.team)


def _respond(incident: Incident, scene: Scene, fate: Fate | None, into: str) -> Then:
    waiting = [holder for holder in incident.roles if holder.acknowledged_at is None]
    commander = _commander(incident, scene)
    if waiting:
        if scene.times < STOPS_WAITING and scene.maybe(0.25):
            return Then(what="respond", wait=scene.minutes(5, 40))
        return Then([_said("acknowledge", waiting[0].person)], "respond", scene.minutes(2, 10))
    if fate is Fate.CANCELLED:
        return Then([_said("cancel", commander, reason=WHY)])
    if fate is Fate.MERGED and into and scene.times < STOPS_WAITING:
        return Then([_said("merge", commander, into=into)], "respond", HOUR)
    done = [_said("note", commander, text=f"We look, {scene.times}")] if scene.maybe(0.6) else []
    if incident.status is IncidentStatus.DECLARED:
        if scene.maybe(0.5):
            done.append(_update(incident, scene, "investigating", "customers"))
        if scene.maybe(0.05):
            severity = scene.draw.choice(["SEV2", "SEV3"])
            if severity != incident.severity:
                done.append(_said("change severity", commander, severity=severity, reason=WHY))
        if scene.maybe(0.4):
            return Then(done, "respond", scene.minutes(10, 40))
        return Then([*done, _said("mitigate", commander, summary="Traffic moved")], "respond", scene.minutes(10, 60))
    done.append(_said("resolve", commander, summary="Rolled back"))
    heard = [audience for audience in ("customers", "internal") if scene.draw.random() < 0.8]
    done += [_update(incident, scene, "resolved", audience) for audience in heard]
    if incident.severity is Severity.SEV4:
        return Then(done, "propose", scene.minutes(20, 120))
    return Then(done, "write", scene.days(0.5, 6) if scene.draw.random() < 0.65 else scene.days(8, 20))


def _update(incident: Incident, scene: Scene, stage: str, audience: str) -> dict[str, Any]:
    by = incident.holder(Role.COMMS_LEAD) or _commander(incident, scene)
    return _said("send update", by, stage=stage, audience=audience, text="Some payments fail; we are at it.")


def _learn(incident: Incident, what: str, scene: Scene, items: int) -> Then:
    """Written, reviewed, and published with its action items; proposing one item each is the last that comes before."""
    owner, lead, text = incident.postmortem_owner or "", scene.firm.lead(incident.team), incident.postmortem
    review = incident.plan is not None and incident.plan.review_required
    if text is None or text.state is ReviewState.RETURNED:
        wait = scene.days(0.2, 4)
        return Then([_said("submit postmortem", owner, text=TEXT)], "review" if review else "publish", wait)
    if review and text.state is ReviewState.WAITING:
        reviewer = lead if lead != text.by else scene.firm.members(incident.team)[2]
        if scene.maybe(0.15):
            said = _said("review postmortem", reviewer, approved=False, note=WHY)
            return Then([said], "write", scene.days(1, 3))
        return Then([_said("review postmortem", reviewer)], "publish", scene.days(0.1, 3))
    new = items if not incident.items else 0
    because = {} if new or incident.items else {"no_items_because": WHY}
    then = Then([_said("publish postmortem", owner, **because)], items=new)
    if scene.maybe(0.04):
        then.what, then.wait = "reopen", scene.days(30, 120)
    return then
