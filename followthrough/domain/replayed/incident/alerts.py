"""What a delivery of an alert does to its incident."""

from datetime import datetime

from followthrough.domain.replayed.incident.alert import Alert, AlertState, Heard
from followthrough.domain.replayed.incident.incident import ONGOING, Incident
from followthrough.domain.replayed.limits import MERGED_ALERTS
from followthrough.domain.replayed.values import EntryKind


def receive(incident: Incident, alert: Alert, now: datetime) -> bool:
    """Takes a delivery of an alert in; False when it is not this incident's (any more).

    One that comes again or too late is this incident's and changes nothing.
    """
    if alert.dedup_key not in (incident.dedup_key, *incident.inherited_keys):
        return False
    known = incident.knows(alert)
    if incident.status not in ONGOING:
        return known
    incident.alerts += 1
    if known:
        return True
    before = incident.heard.get(alert.dedup_key)
    incident.heard[alert.dedup_key] = Heard(at=max(alert.at, before.at) if before else alert.at, event=alert.event)
    match alert.state:
        case AlertState.RESOLVED:
            _alert_over(incident, alert, now)
        case AlertState.MERGED:
            _alert_merged(incident, alert, now)
        case _:
            _alert_fires(incident, alert, now)
    return True


def _alert_fires(incident: Incident, alert: Alert, now: datetime) -> None:
    first = incident.alerts == 1
    if first or alert.state is AlertState.FIRING:
        incident.firing = [*(key for key in incident.firing if key != alert.dedup_key), alert.dedup_key]
    if first:
        incident.alert = alert
        incident.note(now, EntryKind.ALERT, f"{alert.source} fires: {alert.title}")
    elif alert.state is AlertState.FIRING and incident.resolution_proposed_at is not None:
        incident.alert = alert
        incident.resolution_proposed_at = None
        incident.note(now, EntryKind.ALERT, f"{alert.source} fires again: {alert.title}")
    _follow_severity(incident, alert, now)


def _follow_severity(incident: Incident, alert: Alert, now: datetime) -> None:
    """As the routes say: worse at once, less only when the pager's own judgement changed. People go first."""
    changed = alert.state is AlertState.CHANGED
    if alert.severity is None or alert.severity is incident.severity:
        return
    if alert.severity > incident.severity and not (
        changed and alert.dedup_key == incident.dedup_key and not incident.took_in
    ):
        return
    if (person := incident.severity_decided_by or incident.declared_by) is not None:
        if changed:
            text = f"{alert.source} would make it {alert.severity}; it stays {incident.severity}, as {person} decided"
            incident.note(now, EntryKind.SEVERITY, text)
        return
    incident.note(now, EntryKind.SEVERITY, f"{incident.severity} to {alert.severity}: as {alert.source} says now")
    incident.alert = alert
    incident.severity = alert.severity


def _alert_over(incident: Incident, alert: Alert, now: datetime) -> None:
    incident.firing = [key for key in incident.firing if key != alert.dedup_key]
    if incident.firing:
        incident.note(now, EntryKind.ALERT, f"{alert.source} says that one of the alerts is over: {alert.title}")
        return
    incident.resolution_proposed_at = now
    incident.note(now, EntryKind.ALERT, f"{alert.source} says that the alert is over: {alert.title}")
    if incident.plan is not None and incident.plan.auto_resolve:
        incident.resolve(now, "The alert is over", None)


def _alert_merged(incident: Incident, alert: Alert, now: datetime) -> None:
    """The pager goes on with another alert: its incident continues this one, or else this one follows it."""
    if (into := alert.into) is None:
        incident.note(now, EntryKind.ALERT, f"{alert.source} merged the alert into another one: {alert.title}")
        return
    name = " ".join(part for part in (into.title or into.dedup_key, into.url, into.incident_id) if part)
    incident.note(now, EntryKind.ALERT, f"{alert.source} merged the alert {alert.title} into another one: {name}")
    incident.firing = [key for key in incident.firing if key not in (alert.dedup_key, into.dedup_key)]
    if into.incident_id in (None, incident.id):
        incident.firing.append(into.dedup_key)
        if into.dedup_key not in (incident.dedup_key, *incident.inherited_keys):
            _inherit(incident, into.dedup_key)
    elif alert.dedup_key == incident.dedup_key and not incident.took_in:
        incident.merging_into = into.incident_id


def _inherit(incident: Incident, dedup_key: str) -> None:
    """Listens to one more alert, and of too many no more to that for the longest time."""
    incident.inherited_keys = [*incident.inherited_keys, dedup_key][-MERGED_ALERTS:]
    known = (incident.dedup_key, *incident.inherited_keys)
    incident.firing = [key for key in incident.firing if key in known]
    incident.heard = {key: heard for key, heard in incident.heard.items() if key in known}
