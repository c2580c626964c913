"""Kudos as they are told of: in sentences, and of a month."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Incident, Kudos


def thanks(incident: Incident, organisation: Organisation) -> list[str]:
    """A sentence for each of the incident's kudos."""
    return [
        f"{organisation.name_of(kudos.by)} thanks {' and '.join(map(organisation.name_of, kudos.to))}"
        f"{' for openness' if kudos.for_openness else ''}: {kudos.text}"
        for kudos in incident.kudos
    ]


class GivenKudos(NamedTuple):
    """Kudos, and the incident they belong to."""

    incident: Incident
    kudos: Kudos


def kudos_between(incidents: Iterable[Incident], start: datetime, end: datetime) -> list[GivenKudos]:
    """Those given from ``start`` until before ``end``, in order; none of drills."""
    given = [
        GivenKudos(incident, kudos)
        for incident in incidents
        if not incident.drill
        for kudos in incident.kudos
        if start <= kudos.at < end
    ]
    return sorted(given, key=lambda one: (one.kudos.at, one.incident.id))
