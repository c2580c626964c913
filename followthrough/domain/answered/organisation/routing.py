"""Which service, team and severity an alert is about."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.values import ServiceId, Severity, TeamId


class Routed(NamedTuple):
    """Where an alert belongs."""

    service: ServiceId
    team: TeamId
    severity: Severity


def route(labels: Mapping[str, str], organisation: Organisation) -> Routed | None:
    """By the first route that fits; None when there is none."""
    for candidate in organisation.routes:
        service = candidate.service or labels.get("service")
        if service in organisation.services and candidate.match.items() <= labels.items():
            return Routed(service, organisation.services[service].team, candidate.severity)
    return None


def worst(alerts: Sequence[Mapping[str, str]], organisation: Organisation) -> int:
    """Which of these alerts, by its place, has the route with the worst severity; the first when no route fits any."""
    severities = [routed.severity if (routed := route(labels, organisation)) else None for labels in alerts]
    return min(range(len(alerts)), key=lambda place: severities[place] or "without", default=0)
