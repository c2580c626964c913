"""What mail templates may use: flat names, so that an unknown one is found when a template is loaded."""

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from followthrough.domain.action_item import ActionItem, ItemStatus, Kind
from followthrough.domain.digest import Digest, KudosLine, Month
from followthrough.domain.drill import DrillReport, measures
from followthrough.domain.incident import Audience, Incident, ItemSummary, Role, UpdateStage
from followthrough.domain.load import Overload
from followthrough.domain.updates import likely_stage
from followthrough.domain.values import PersonId
from followthrough.drafts import Draft, draft
from followthrough.organisation import Organisation
from followthrough.wording import span
from followthrough.wording import when as told_when
from workflows.messages import Notice, NoticeKind

PURPOSE = {
    Kind.PREVENT: "so that it does not happen again",
    Kind.DETECT: "so that it is noticed sooner next time",
    Kind.MITIGATE: "so that it hurts less next time",
    Kind.PROCESS: "so that the next response goes better",
}


class AsIs(str):
    """Made by the service, not typed by people: goes into Markdown as it is, also into code and ``<links>``."""

    __slots__ = ()


class About(TypedDict):
    """Common to all notices. Times, people and durations are words; empty where there is nothing to say."""

    title: str
    severity: str
    service: str
    status: str
    incident_id: AsIs
    incident_url: AsIs
    level: int
    text: str
    lines: list[str]
    """``text`` as it was typed, line by line."""
    late: str
    """How long the deadline has passed."""


class AboutIncident(About):
    """For notices about an incident."""

    severity_means: str
    declared_at: str
    acknowledge_by: str
    role: str
    """That of ``holder``, the first recipient who has one."""
    holder: str
    before: str
    """Who had the role before."""
    commander: str
    audience: str
    stage: str
    cadence: str
    next_update: str
    update_by: str
    last_update: str
    draft_stage: str
    draft: list[str]
    """Of the update that is due."""
    postmortem_due: str
    postmortem_owner: str
    postmortem_format: str
    postmortem_author: str
    postmortem_reviewer: str
    postmortem_state: str
    items: list[str]
    measures: list[str]
    improved: list[str]
    to_practise: list[str]
    questions: list[str]
    drills_url: AsIs


class AboutDigest(TypedDict):
    """For the monthly digest; each list holds one sentence for each thing."""

    month: str
    declared: str
    resolved: int
    on_time: int
    late: int
    waived: int
    open: int
    overdue: int
    missed: list[str]
    overloads: list[str]
    drills: list[str]
    kudos: list[str]
    drills_url: AsIs
    late_items_url: AsIs


class AboutItem(About):
    """For notices about an action item."""

    item_id: AsIs
    item_url: AsIs
    team: str
    owner: str
    proposed_by: str
    purpose: str
    priority: str
    accept_by: str
    due: str
    deadline: str
    """The one that comes next: ``accept_by`` for as long as the item is proposed, unless ``due`` is earlier."""
    extensions: int
    max_extensions: int
    max_extension_days: int
    approvers: str
    ticket: str
    ticket_url: AsIs
    sprint: str
    evidence: AsIs
    evidence_by: str
    evidence_note: str
    waived_by: str
    waived_because: list[str]


def about_incident(notice: Notice, incident: Incident, organisation: Organisation, public_url: str) -> AboutIncident:
    """Of a notice about ``incident``; the audience of an update that is due comes as the notice's text."""
    when = _clock(notice, organisation)
    policy = organisation.severities[incident.severity]
    holder = next((holder for person in notice.to for holder in incident.roles if holder.person == person), None)
    before = dict.fromkeys(person for person in holder.before if person != holder.person) if holder else ()
    audience = notice.audience or notice.text
    update = next((update for update in incident.updates if update.audience == audience), None)
    cadence = next((cadence for other, cadence in policy.updates.items() if other == audience), None)
    over = update is not None and update.stage is UpdateStage.RESOLVED
    proposed = _draft(notice, incident, organisation, public_url)
    commander = incident.holder(Role.INCIDENT_COMMANDER)
    due = incident.plan.postmortem_due if incident.plan else None
    postmortem = incident.postmortem
    return {
        **_about(notice, due, organisation, public_url),
        "severity_means": _line(policy.description),
        "declared_at": when(incident.declared_at),
        "acknowledge_by": when(holder.at + policy.acknowledge_within if holder else None),
        "role": holder.role if holder else "",
        "holder": _name(holder.person if holder else None, organisation),
        "before": " and ".join(_name(person, organisation) for person in before),
        "commander": _name(commander, organisation),
        "audience": _line(audience),
        "stage": update.stage if update else "",
        "cadence": span(cadence) if cadence else "",
        "next_update": when(notice.at + cadence if cadence and not over else None),
        "update_by": when(notice.at + organisation.policies.update_grace),
        "last_update": when(update.at if update else None),
        "draft_stage": proposed.stage if proposed else "",
        "draft": _lines(proposed.text if proposed else ""),
        "postmortem_due": when(due),
        "postmortem_owner": _name(incident.postmortem_owner or commander, organisation),
        "postmortem_format": incident.postmortem_format or "",
        "postmortem_author": _name(postmortem.by if postmortem else None, organisation),
        "postmortem_reviewer": _name(postmortem.review.by if postmortem and postmortem.review else None, organisation),
        "postmortem_state": postmortem.state if postmortem else "",
        "items": [_summary(item, organisation) for item in incident.items],
        "measures": measures(notice.drill) if notice.drill else [],
        "improved": list(notice.drill.improved) if notice.drill else [],
        "to_practise": list(notice.drill.to_practise) if notice.drill else [],
        "questions": [_line(question) for question in notice.drill.questions] if notice.drill else [],
        "drills_url": AsIs(f"{public_url}/drills"),
    }


def about_digest(digest: Digest, organisation: Organisation, public_url: str) -> AboutDigest:
    """Of a month."""
    declared = [f"{count} {severity}" for severity, count in digest.incidents.items() if count]
    return {
        "month": f"{Month.parse(digest.month).start:%B %Y}",
        "declared": ", ".join(declared) or "none",
        "resolved": digest.resolved,
        "on_time": digest.items.on_time,
        "late": digest.items.late,
        "waived": digest.items.waived,
        "open": digest.items.open,
        "overdue": digest.items.overdue,
        "missed": [_line(organisation.teams[team.team].name) for team in digest.missed_drills],
        "overloads": [_carries(overload, organisation) for overload in digest.overloads],
        "drills": [_drill_summary(report, organisation) for report in digest.drills],
        "kudos": [_thanks(kudos, organisation) for kudos in digest.kudos],
        "drills_url": AsIs(f"{public_url}/drills"),
        "late_items_url": AsIs(f"{public_url}/items?late=true"),
    }


def _drill_summary(report: DrillReport, organisation: Organisation) -> str:
    team = organisation.teams.get(report.team)
    return f"{_line(team.name if team else report.team)}, {_line(report.title)}: {'; '.join(measures(report))}"


def _carries(overload: Overload, organisation: Organisation) -> str:
    others = " or ".join(_name(person, organisation) for person in overload.others) or "nobody on the team yet"
    who = _name(overload.person, organisation)
    return f"{who} {overload.duty}: {overload.count} of {overload.total}; who else could: {others}"


def _thanks(kudos: KudosLine, organisation: Organisation) -> str:
    to = " and ".join(_name(person, organisation) for person in kudos.to)
    openness = " for openness" if kudos.for_openness else ""
    return f"To {to}{openness}, from {_name(kudos.by, organisation)}: {_line(kudos.text)} ({_line(kudos.title)})"


def _draft(notice: Notice, incident: Incident, organisation: Organisation, public_url: str) -> Draft | None:
    if notice.kind not in (NoticeKind.UPDATE_DUE, NoticeKind.UPDATE_MISSED):
        return None
    audience = Audience(notice.text)
    return draft(incident, likely_stage(incident, audience), audience, organisation, public_url, notice.at)


def about_item(notice: Notice, item: ActionItem, organisation: Organisation, public_url: str) -> AboutItem:
    """Of a notice about ``item``."""
    when = _clock(notice, organisation)
    plan = item.plan
    accept_by, due = (plan.accept_by, plan.due) if plan else (None, None)
    deadline = min(accept_by, due) if accept_by and due and item.status is ItemStatus.PROPOSED else due
    evidence = item.evidence[-1] if item.evidence else None
    return {
        **_about(notice, deadline, organisation, public_url),
        "item_id": AsIs(item.id),
        "item_url": AsIs(f"{public_url}/items/{item.id}"),
        "team": _line(organisation.team(item.team, item.service).name),
        "owner": _name(item.owner, organisation),
        "proposed_by": _name(item.proposed_by, organisation),
        "purpose": PURPOSE[item.kind],
        "priority": item.priority,
        "accept_by": when(accept_by),
        "due": when(due),
        "deadline": when(deadline),
        "extensions": item.extensions,
        "max_extensions": plan.policy.max_extensions if plan else 0,
        "max_extension_days": plan.policy.max_extension_days if plan else 0,
        "approvers": " or ".join(_name(person, organisation) for person in plan.policy.approvers) if plan else "",
        "ticket": item.ticket.key if item.ticket else "",
        "ticket_url": AsIs(item.ticket.url if item.ticket else ""),
        "sprint": _line(item.sprint.name if item.sprint else ""),
        "evidence": AsIs(evidence.url if evidence else ""),
        "evidence_by": _name(evidence.by if evidence else None, organisation),
        "evidence_note": _line(evidence.note if evidence else ""),
        "waived_by": _name(item.waiver.by if item.waiver else None, organisation),
        "waived_because": _lines(item.waiver.reason if item.waiver else ""),
    }


def _about(notice: Notice, deadline: datetime | None, organisation: Organisation, public_url: str) -> About:
    record = notice.record
    service = organisation.services.get(record.service)
    return {
        "title": _line(record.title),
        "severity": record.severity,
        "service": _line(service.name if service else record.service),
        "status": record.status,
        "incident_id": AsIs(notice.incident_id),
        "incident_url": AsIs(f"{public_url}/incidents/{notice.incident_id}"),
        "level": notice.level,
        "text": _line(notice.text),
        "lines": _lines(notice.text),
        "late": span(notice.at - deadline) if deadline and deadline <= notice.at else "",
    }


def _clock(notice: Notice, organisation: Organisation) -> Callable[[datetime | None], str]:
    """Tells times where the one recipient is; with several recipients in UTC."""
    person = organisation.people.get(notice.to[0]) if len(notice.to) == 1 and notice.audience is None else None
    zone = person.time_zone if person else "UTC"
    return lambda at: told_when(at, zone)


def _name(person: PersonId | None, organisation: Organisation) -> str:
    return _line(organisation.people[person].name if person in organisation.people else person or "")


def _summary(item: ItemSummary, organisation: Organisation) -> str:
    state = ("waived" if item.waived else "closed") if item.ended_at else "open"
    return f"{_line(item.title)} ({_name(item.owner, organisation)}, {state})"


def _line(text: str) -> str:
    """One line, whatever was typed: neither a header nor a paragraph can be broken out of."""
    return " ".join(text.split())


def _lines(text: str) -> list[str]:
    return [_line(line) for line in text.strip().splitlines()]
