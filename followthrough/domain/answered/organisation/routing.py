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
    drill: bool = False


def route(labels: Mapping[str, str], organisation: Organisation) -> Routed | None:
    """By the first route that fits; None when there is none."""
    for candidate in organisation.routes:
        service = candidate.service or labels.get("service")
        if service in organisation.services and candidate.match.items() <= labels.items():
            return Routed(service, organisation.services[service].team, candidate.severity, candidate.drill)
    return None


def worst(alerts: Sequence[Mapping[str, str]], organisation: Organisation) -> int:
    """Which of these alerts, by its place, has the route with the worst severity; the first when no route fits any.

    One that is real is worse than one for a drill.
    """
    found = [route(labels, organisation) for labels in alerts]
    ranks = [(routed.drill, routed.severity) if routed else (True, "without") for routed in found]
    return min(range(len(alerts)), key=ranks.__getitem__, default=0)
