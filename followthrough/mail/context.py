"""What mail templates may use: flat names, so that an unknown one is found when a template is loaded."""

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict
from urllib.parse import quote

from followthrough.domain.answered.drill.scorecard import measures
from followthrough.domain.answered.incident.call import call_of
from followthrough.domain.answered.incident.updates import likely_stage
from followthrough.domain.answered.item.standing import NOTHING_KNOWN, Standing
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import listed, span, span_to_the_minute, whole_span
from followthrough.domain.answered.wording import when as told_when
from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.incident.alert import in_words
from followthrough.domain.replayed.incident.incident import Audience, Incident, ItemSummary, Role, UpdateStage
from followthrough.domain.replayed.item.action_item import ActionItem, Kind
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.text import one_line as _line
from followthrough.domain.replayed.text import shortened
from followthrough.domain.replayed.values import PersonId
from followthrough.drafts import Draft, draft
from followthrough.links import Links
from followthrough.mail.buttons import steps
from followthrough.mail.postmortem_text import mailed_lines
from workflows.messages.mail import Notice

PURPOSE = {
    Kind.PREVENT: "so that it does not happen again",
    Kind.DETECT: "so that it is noticed sooner next time",
    Kind.MITIGATE: "so that it hurts less next time",
    Kind.PROCESS: "so that the next response goes better",
}


LONGEST_SAID = 500
"""Letters of what somebody said last; the item's page has all of it."""


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
    button: str
    button_url: AsIs
    """What is asked of the reader, and the link to do it; the page of what it is about where nothing is."""
    choices: list[tuple[str, AsIs]]
    """What else the reader may decide, and the link to decide it."""
    level: int
    text: str
    lines: list[str]
    """``text`` as it was typed, line by line."""
    late: str
    """How long the deadline has passed."""


class AboutPostmortem(TypedDict):
    """Of an incident."""

    postmortem_due: str
    postmortem_owner: str
    postmortem_format: str
    postmortem_author: str
    postmortem_reviewer: str
    postmortem_state: str
    postmortem_text: list[tuple[str, str]]
    """Of one to review: the lines that fit, each behind what it is, ``heading``, ``point`` or nothing."""
    postmortem_cut: bool
    """There is more of it."""


class AboutDrill(TypedDict):
    """Empty, but for the address, where a notice brings no report of a drill."""

    measures: list[str]
    improved: list[str]
    to_practise: list[str]
    questions: list[str]
    drills_url: AsIs


class AboutService(TypedDict):
    """Of an incident's service."""

    service_links: list[tuple[str, AsIs]]
    """What the organisation file links, by name."""
    playbook_url: AsIs


class AboutIncident(About, AboutPostmortem, AboutDrill, AboutService):
    """For notices about an incident."""

    severity_means: str
    declared_at: str
    alert_description: str
    alert_labels: str
    alert_url: AsIs
    """Of the alert that started it; empty when a person declared it."""
    call: AsIs
    """Where those who respond talk; empty when nobody named a place."""
    acknowledge_by: str
    role: str
    """That of ``holder``, the first recipient who has one."""
    holder: str
    before: str
    """Who had the role before."""
    commander: str
    audience: str
    subject_matter: str
    """The title, or the service for customers: a title is written for colleagues."""
    stage: str
    cadence: str
    next_update: str
    update_by: str
    last_update: str
    draft_stage: str
    draft: list[str]
    """Of the update that is due."""
    items: list[str]


class AboutStanding(TypedDict):
    """Of an escalation."""

    said: str
    """What somebody said about it last."""
    said_by: str
    said_at: str
    owns: int
    """How many open action items the owner has."""
    overdue: int
    cost: str
    """Which incidents repeated while it was late, and how long they lasted; empty where none did."""


class AboutItem(About, AboutStanding):
    """For notices about an action item."""

    item_id: AsIs
    item_url: AsIs
    calendar_url: AsIs
    ask_url: AsIs
    """To write to the owner; empty for the owner."""
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
    moved_on: int
    repeats: str
    blocked_because: str
    blocked_until: str
    waived_until: str
    max_extensions: int
    max_extension_days: int
    approvers: str
    ticket: str
    ticket_url: AsIs
    sprint: str
    evidence: AsIs
    evidence_by: str
    evidence_note: str
    extension_until: str
    """Until when its owner asks for time, which is for an approver to decide; so is the reason below."""
    extension_because: list[str]
    outcome: str
    waived_by: str
    waived_because: list[str]


def about_incident(
    notice: Notice,
    incident: Incident,
    organisation: Organisation,
    public_url: str,
    links: Links,
    reader: PersonId | None,
    text: str = "",
) -> AboutIncident:
    """Of a notice about ``incident``; the audience of an update that is due comes as the notice's text.

    ``text`` is that of the postmortem, where it is to be reviewed.
    """
    when = _clock(organisation, reader)
    policy, due = organisation.severities[incident.severity], incident.plan.postmortem_due if incident.plan else None
    holder = next((holder for person in notice.to for holder in incident.roles if holder.person == person), None)
    before = dict.fromkeys(person for person in holder.before if person != holder.person) if holder else ()
    audience = notice.audience or notice.text
    update = next((update for update in incident.updates if update.audience == audience), None)
    cadence = next((cadence for other, cadence in policy.updates.items() if other == audience), None)
    over = update is not None and update.stage is UpdateStage.RESOLVED
    proposed = _draft(notice, incident, organisation, public_url)
    about = _about(notice, due, organisation, public_url, links, reader)
    return {
        **about,
        **_about_postmortem(incident, organisation, when(due), text),
        **_about_drill(notice.drill, public_url),
        "subject_matter": about["service" if audience == Audience.CUSTOMERS else "title"],
        "severity_means": _line(policy.description),
        "declared_at": when(incident.declared_at),
        "alert_description": _line(incident.alert.summary if incident.alert else ""),
        "alert_labels": in_words(incident.alert.labels) if incident.alert and incident.alert.labels else "",
        "alert_url": AsIs((incident.alert and incident.alert.url) or ""),
        "call": AsIs(call_of(incident, organisation) or ""),
        **_about_service(incident.service, organisation, public_url),
        "acknowledge_by": when(holder.at + policy.acknowledge_within if holder else None),
        "role": holder.role if holder else "",
        "holder": _name(holder.person if holder else None, organisation),
        "before": " and ".join(_name(person, organisation) for person in before),
        "commander": _name(incident.holder(Role.INCIDENT_COMMANDER), organisation),
        "audience": _line(audience),
        "stage": update.stage if update else "",
        "cadence": whole_span(cadence) if cadence else "",
        "next_update": when(notice.at + cadence if cadence and not over else None),
        "update_by": when(notice.at + organisation.policies.update_grace),
        "last_update": when(update.at if update else None),
        "draft_stage": proposed.stage if proposed else "",
        "draft": _lines(proposed.text if proposed else ""),
        "items": [_summary(item, organisation) for item in incident.items],
    }


def _about_service(key: str, organisation: Organisation, public_url: str) -> AboutService:
    service = organisation.services.get(key)
    linked = service.links.items() if service else ()
    return {
        "service_links": [(_line(name).capitalize(), AsIs(url)) for name, url in linked],
        "playbook_url": AsIs(f"{public_url}/services/{quote(key)}/playbook"),
    }


def _about_postmortem(incident: Incident, organisation: Organisation, due: str, text: str) -> AboutPostmortem:
    postmortem = incident.postmortem
    lines, cut = mailed_lines(text)
    owner = incident.postmortem_owner or incident.holder(Role.INCIDENT_COMMANDER)
    return {
        "postmortem_due": due,
        "postmortem_owner": _name(owner, organisation),
        "postmortem_format": incident.postmortem_format or "",
        "postmortem_author": _name(postmortem.by if postmortem else None, organisation),
        "postmortem_reviewer": _name(postmortem.review.by if postmortem and postmortem.review else None, organisation),
        "postmortem_state": postmortem.state if postmortem else "",
        "postmortem_text": [(line.kind, line.text) for line in lines],
        "postmortem_cut": cut,
    }


def _about_drill(drill: DrillReport | None, public_url: str) -> AboutDrill:
    return {
        "measures": measures(drill) if drill else [],
        "improved": list(drill.improved) if drill else [],
        "to_practise": list(drill.to_practise) if drill else [],
        "questions": [_line(question) for question in drill.questions] if drill else [],
        "drills_url": AsIs(f"{public_url}/drills"),
    }


def _draft(notice: Notice, incident: Incident, organisation: Organisation, public_url: str) -> Draft | None:
    if notice.kind not in (NoticeKind.UPDATE_DUE, NoticeKind.UPDATE_MISSED):
        return None
    audience = Audience(notice.text)
    return draft(incident, likely_stage(incident, audience), audience, organisation, public_url, notice.at)


def about_item(
    notice: Notice,
    item: ActionItem,
    organisation: Organisation,
    public_url: str,
    links: Links,
    reader: PersonId | None,
    standing: Standing = NOTHING_KNOWN,
) -> AboutItem:
    """Of a notice about ``item``; ``standing`` is what who decides has to know beside it."""
    when = _clock(organisation, reader)
    plan = item.plan
    evidence = item.evidence[-1] if item.evidence else None
    return {
        **_about(notice, item.deadline, organisation, public_url, links, reader),
        "item_id": AsIs(item.id),
        "item_url": AsIs(f"{public_url}/items/{item.id}"),
        "calendar_url": AsIs(f"{public_url}/items/{item.id}/deadline.ics"),
        "ask_url": _ask_url(item, organisation, reader),
        "team": _line(organisation.team(item.team, item.service).name),
        "owner": _name(item.owner, organisation),
        "proposed_by": _name(item.proposed_by, organisation),
        "purpose": PURPOSE[item.kind],
        "priority": item.priority,
        "accept_by": when(plan.accept_by if plan else None),
        "due": when(item.due_at),
        "deadline": when(item.deadline),
        "extensions": item.extensions,
        "moved_on": item.moved_on,
        "repeats": ", ".join(item.repeats),
        "blocked_because": _line(item.block.reason if item.block else ""),
        "blocked_until": when(item.block.until if item.block else None),
        "waived_until": when(item.waiver.until if item.waiver else None),
        "max_extensions": plan.policy.max_extensions if plan else 0,
        "max_extension_days": plan.policy.max_extension_days if plan else 0,
        "approvers": " or ".join(_name(person, organisation) for person in plan.policy.approvers) if plan else "",
        "ticket": item.ticket.key if item.ticket else "",
        "ticket_url": AsIs(item.ticket.url if item.ticket else ""),
        "sprint": _line(item.sprint.name if item.sprint else ""),
        "evidence": AsIs(evidence.url if evidence else ""),
        "evidence_by": _name(evidence.by if evidence else None, organisation),
        "evidence_note": _line(evidence.note if evidence else ""),
        "extension_until": when(item.extension_wanted.until if item.extension_wanted else None),
        "extension_because": _lines(item.extension_wanted.reason if item.extension_wanted else ""),
        "outcome": item.outcome,
        "waived_by": _name(item.waiver.by if item.waiver else None, organisation),
        "waived_because": _lines(item.waiver.reason if item.waiver else ""),
        **_about_standing(standing, organisation, when),
    }


def _about_standing(
    standing: Standing, organisation: Organisation, when: Callable[[datetime | None], str]
) -> AboutStanding:
    said, cost = standing.said, standing.cost
    return {
        "said": shortened(_line(said.text), LONGEST_SAID) if said else "",
        "said_by": _name(said.by if said else None, organisation),
        "said_at": when(said.at if said else None),
        "owns": standing.owns,
        "overdue": standing.overdue,
        "cost": f"{listed(cost.incidents)}, {span_to_the_minute(cost.lasted)}" if cost else "",
    }


def _about(
    notice: Notice,
    deadline: datetime | None,
    organisation: Organisation,
    public_url: str,
    links: Links,
    reader: PersonId | None,
) -> About:
    record = notice.record
    service = organisation.services.get(record.service)
    first, *others = steps(notice, public_url, links, reader)
    return {
        "title": _line(record.title),
        "severity": record.severity,
        "service": _line(service.name if service else record.service),
        "status": record.status,
        "incident_id": AsIs(notice.incident_id),
        "incident_url": AsIs(f"{public_url}/incidents/{notice.incident_id}"),
        "button": first.label,
        "button_url": AsIs(first.url),
        "choices": [(step.label, AsIs(step.url)) for step in others],
        "level": notice.level,
        "text": _line(notice.text),
        "lines": _lines(notice.text),
        "late": span(notice.at - deadline) if deadline and deadline <= notice.at else "",
    }


def _ask_url(item: ActionItem, organisation: Organisation, reader: PersonId | None) -> AsIs:
    owner = organisation.people.get(item.owner)
    if owner is None or reader in (None, item.owner):
        return AsIs()
    return AsIs(f"mailto:{owner.email}?subject={item.id}")


def _clock(organisation: Organisation, reader: PersonId | None) -> Callable[[datetime | None], str]:
    return lambda at: told_when(at, organisation.time_zone_of(reader))


def _name(person: PersonId | None, organisation: Organisation) -> str:
    return _line(organisation.name_of(person) if person else "")


def _summary(item: ItemSummary, organisation: Organisation) -> str:
    return f"{_line(item.title)} ({_name(item.owner, organisation)}, {item.ended_as or 'open'})"


def _lines(text: str) -> list[str]:
    return [_line(line) for line in text.strip().splitlines()]
