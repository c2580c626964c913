"""Whose turn it is to be on call."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from followthrough.domain.answered.organisation.organisation import Service, Team
from followthrough.domain.replayed.values import PersonId


def on_call(service: Service, team: Team, at: datetime) -> tuple[PersonId, ...]:
    """The service's people in the order they are asked at that moment; who is first changes by its rota."""
    if service.rota is None:
        return service.on_call
    local = at.astimezone(ZoneInfo(team.time_zone))
    day = local.date() - timedelta(days=local.time() < service.rota.changes_at)
    turns = (day - service.rota.start).days // service.rota.days % len(service.on_call)
    return service.on_call[turns:] + service.on_call[:turns]
