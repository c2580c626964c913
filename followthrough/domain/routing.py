"""Which service, team and severity an alert is about."""

from collections.abc import Mapping
from typing import NamedTuple

from followthrough.domain.values import Severity
from followthrough.file_types import ServiceId, TeamId
from followthrough.organisation import Organisation


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
