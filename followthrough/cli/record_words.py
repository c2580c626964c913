"""What a person needs to know of an incident or action item, and what they may do, as a terminal says it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from followthrough.cli.drawing import from_now, readable, table
from followthrough.domain.replayed.names import IncidentStatus, Role

STEPS: Mapping[str, str] = {
    "accept": "accept {id}",
    "decline": "decline {id} REASON",
    "done": "done {id} LINK",
    "approve-extension": "approve-extension {id}",
    "refuse-extension": "refuse-extension {id} REASON",
    "extend": "extend {id} DAY REASON",
    "block": "block {id} REASON --until DAY",
    "unblock": "unblock {id}",
    "reassign": "reassign {id} PERSON REASON",
    "holds": "verify {id}",
    "does-not-hold": "verify {id} --no-holds --note WHY",
    "waive": "waive {id} REASON",
    "reopen": "reopen-item {id} REASON",
    "acknowledge": "ack {id}",
    "approve-postmortem": "postmortem approve {id}",
    "return-postmortem": "postmortem return {id} NOTE",
    "publish-postmortem": "postmortem publish {id}",
    "publish-without-items": "postmortem publish {id} --no-items-because WHY",
    "block-on": "block {id} REASON --on ITEM",
    "estimate": "estimate {id} WORK",
    "split": "split-item {id} --part 'PERSON: TITLE' --part 'PERSON: TITLE'",
    "merge": "merge-item {id} ITEM",
    "adopt": "adopt {id} TICKET",
    "comment": "comment {id} TEXT",
    "edit": "edit {id} --title TITLE",
    "approve-planning": "approve-planning {id}",
    "update": "update {id} AUDIENCE STAGE",
    "mitigate": "mitigate {id} WHAT-HELPED",
    "resolve": "resolve {id} WHAT-ENDED-IT",
    "note": "note {id} TEXT",
    "decision": "note {id} TEXT --decision",
    "propose": "propose {id} TITLE OWNER",
    "hand-over": "handover {id} PERSON NOTE",
    "assign-role": "role {id} ROLE PERSON",
    "severity": "severity {id} SEVERITY REASON",
    "link-repeat": "link-repeat {id} EARLIER REASON",
    "unlink-repeat": "unlink-repeat {id} EARLIER REASON",
    "subscribe": "subscribe {id}",
    "unsubscribe": "unsubscribe {id}",
    "kudos": "kudos {id} TEXT --to PERSON",
    "assign-postmortem": "postmortem assign {id} PERSON REASON",
    "postmortem-format": "postmortem format {id} FORMAT",
    "merge-into": "merge {id} INCIDENT",
    "split-off": "split {id} TITLE REASON",
    "cancel": "cancel {id} REASON",
    "make-private": "make-private {id} REASON",
    "make-open": "make-open {id} REASON",
    "admit": "admit {id} PERSON",
    "times": "correct-times {id} REASON --declared TIME",
    "reopen-incident": "reopen {id} REASON",
}
"""The command of each choice that somebody has."""


@dataclass(frozen=True)
class Prose:
    """Markdown, drawn in a terminal and as it is elsewhere."""

    text: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Fits it to the terminal."""
        from rich.markdown import Markdown

        yield Markdown(self.text) if console.is_terminal else Text(self.text)


def steps(record: Mapping[str, Any]) -> list[str]:
    """The commands that who asks may give now, the most likely first."""
    offered = [STEPS[name] for name in record["you_may"] if name in STEPS]
    if "roles" in record:
        offered += [step for step in _steps_of_incident(record) if step not in offered]
    return [f"followthrough {step}".format(id=record["id"]) for step in offered]


def _steps_of_incident(incident: Mapping[str, Any]) -> Iterator[str]:
    status, you = incident["status"], incident["you"]
    mine = {holder["role"] for holder in incident["roles"] if holder["person"] == you and holder["acknowledged_at"]}
    if mine and status == IncidentStatus.DECLARED:
        yield "mitigate {id} WHAT-HELPED"
    if mine and status in (IncidentStatus.DECLARED, IncidentStatus.MITIGATED):
        yield "resolve {id} WHAT-ENDED-IT"
        yield "handover {id} PERSON NOTE"
        if mine & {Role.INCIDENT_COMMANDER, Role.COMMS_LEAD}:
            yield "update {id} AUDIENCE STAGE"
    postmortem = incident.get("postmortem")
    review = postmortem["review"] if postmortem else None
    if status == IncidentStatus.RESOLVED and you is not None and incident["postmortem_owner"] == you:
        if review and review["approved"]:
            yield "postmortem publish {id}"
        else:
            yield "postmortem draft {id} > postmortem.md"
            yield "propose {id} TITLE OWNER"
            yield "postmortem submit {id} postmortem.md"
    yield "note {id} TEXT"


def outcome(record: Mapping[str, Any]) -> list[str]:
    """After a command: where the record is, and what comes next."""
    ended = bool(record["ended_at"])
    status = record["status"]
    lines = [f"{record['id']} is {status}."]
    if "owner" in record and not ended:
        until = f", due {from_now(due(record))}" if due(record) else ""
        lines.append(f"{record['owner']} owns “{record['title']}”{until}.")
    if coming := record.get("next_in_words"):
        lines.append(f"Next, unless somebody acts: Followthrough {coming}.")
    elif ended:
        lines.append("Nothing more comes of it unless somebody reopens it.")
    if offered := steps(record):
        lines.append(f"You may: {offered[0]}")
    return lines


def due(item: Mapping[str, Any]) -> str:
    """Its deadline; empty in the moment before it has one."""
    return str((item["plan"] or item)["due"] or "")


def detail(record: dict[str, Any]) -> RenderableType:
    """Its facts, what comes next, what may be done, then its timeline."""
    about = _of_item(record) if "owner" in record else _of_incident(record)
    parts: list[RenderableType] = [Text(f"{record['id']}  {record['title']}", "bold")]
    if record.get("drill"):
        parts.append("DRILL: this is practice; no customer is affected.")
    if record.get("private"):
        parts.append("Private: seen by those alone who are on it.")
    parts += [*about]
    if coming := record.get("next_in_words"):
        parts.append(f"Next, unless somebody acts: Followthrough {coming}.")
    if postmortem := record.get("postmortem"):
        review = postmortem["review"] or {"approved": None, "by": "somebody else"}
        state = {None: "to be reviewed", True: "approved", False: "returned for changes"}[review["approved"]]
        parts.append(f"\nThe postmortem, written by {postmortem['by']}, {state} by {review['by']}:")
        parts.append(Prose(postmortem["text"]))
    if record.get("items"):
        rows = [{**item, "became": item["ended_as"] or "open"} for item in record["items"]]
        parts += ["\nAction items", table(("id", "owner", "became", "title"), rows)]
    if offered := steps(record):
        parts += ["\nYou may" if record["you"] else "\nSome may", *(f"  {step}" for step in offered)]
    if record["timeline"]:
        rows = [{**entry, "author": entry["author_name"]} for entry in record["timeline"]]
        parts += ["\nTimeline", table(("at", "author", "text"), rows)]
    return Group(*parts)


def _of_incident(incident: Mapping[str, Any]) -> Iterator[str]:
    yield f"{incident['severity']}, {_since(incident)}"
    if incident.get("call"):
        yield f"Join the call: {incident['call']}"
    yield f"Service {incident['service']}, team {incident['team']}"
    for holder in incident["roles"]:
        acknowledged = "" if holder["acknowledged_at"] else ", who has not acknowledged it yet"
        yield f"{holder['role']}: {holder['person']}{acknowledged}"
    if alert := incident.get("alert"):
        labels = ", ".join(f"{name}={value}" for name, value in alert["labels"].items())
        yield f"Alert: {' '.join(filter(None, (alert['summary'], alert['url'])))}"
        if labels:
            yield f"Labels: {labels}"
    if incident["resolution_proposed_at"] and not incident["resolved_at"]:
        yield f"The alert is over since {readable(incident['resolution_proposed_at'])}; is the incident?"
    if took := incident.get("durations_in_words"):
        yield "After it was declared: " + ", ".join(f"{word} after {length}" for word, length in took.items())
    for name in ("mitigation", "resolution"):
        if incident[name]:
            yield f"{name.capitalize()}: {incident[name]}"
    yield from (f"Repeats {one['incident_id']}: {one['because']}" for one in incident["repeats"])
    yield from (f"Looks like {one['incident_id']}: {one['because']}" for one in incident["proposed_repeats"])
    if incident["merged_into"]:
        yield f"{incident['merged_into']} continues it"
    if incident["postmortem_owner"] and not incident["published_at"]:
        due = (incident["plan"] or {}).get("postmortem_due")
        yield f"Postmortem: owed by {incident['postmortem_owner']}" + (f", due {from_now(due)}" if due else "")


def _since(incident: Mapping[str, Any]) -> str:
    by = incident["declared_by"] or "a pager"
    declared = f"declared {from_now(incident['declared_at'])}, by {by}"
    if incident["status"] == IncidentStatus.DECLARED:
        return declared
    times = {IncidentStatus.MITIGATED: "mitigated_at", IncidentStatus.RESOLVED: "resolved_at"}
    at = incident[times.get(incident["status"], "ended_at")]
    return f"{incident['status']}{f' {from_now(at)}' if at else ''}; {declared}"


def _of_item(item: Mapping[str, Any]) -> Iterator[str]:
    yield f"{item['status']}, owned by {item['owner']}, proposed by {item['proposed_by']}"
    yield f"{item['kind'].capitalize()}, {item['priority']} priority; of a {item['severity']} of {item['service']}"
    yield f"Incident {item['incident_id']}, team {item['team']}"
    if item["description"]:
        yield item["description"]
    plan = item["plan"] or {}
    if not item["ended_at"]:
        if item["status"] == "proposed" and plan.get("accept_by"):
            yield f"To accept by {from_now(plan['accept_by'])}"
        if due(item):
            yield f"Due {from_now(due(item))}"
    if ticket := item["ticket"]:
        yield f"Ticket {ticket['key']}: {ticket['url']}" if ticket.get("url") else f"Ticket {ticket['key']}"
    if item["ticket_conflict"]:
        yield f"Ticket and item differed: {item['ticket_conflict']}"
    if sprint := item["sprint"]:
        yield f"Planned in {sprint['name']}"
    if item["estimate"] is not None:
        yield f"Estimate: {item['estimate']:g}"
    if block := item["block"]:
        what = f"{block['on']}, at most " if block["on"] else ""
        yield f"Waits for {what}until {readable(block['until'])}: {block['reason']}"
    if wanted := item["extension_wanted"]:
        yield f"{wanted['by']} asks for time until {readable(wanted['until'])}: {wanted['reason']}"
    if wanted := item["owner_wanted"]:
        yield f"Another owner is wanted: {wanted['because']}"
    if waiver := item["waiver"]:
        until = f" until {readable(waiver['until'])}" if waiver["until"] else ""
        yield f"Waived{until}: {waiver['reason']}"
    if item["evidence"]:
        shown = item["evidence"][-1]
        yield f"Evidence: {shown['url']}" + (f", which does not hold: {shown['refuted']}" if shown["refuted"] else "")
    for name, words in (("duplicate_of", "Goes on in"), ("split_from", "A part of")):
        if item[name]:
            yield f"{words} {item[name]}"
    if item["split_into"]:
        yield f"Split into {', '.join(item['split_into'])}"
