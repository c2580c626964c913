"""What is played with."""

from datetime import UTC, datetime

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import ActionItem, Kind, Priority
from followthrough.domain.replayed.values import Severity


def proposed_to(owner: str, organisation: Organisation) -> ActionItem:
    """Of the owner's team, and not seen by any worker yet."""
    team, details = next((name, team) for name, team in organisation.teams.items() if owner in team.members)
    return ActionItem(
        id="inc-0123456789.1",
        incident_id="inc-0123456789",
        title="Add a test for the refund path",
        kind=Kind.PREVENT,
        priority=Priority.HIGH,
        severity=Severity.SEV1,
        service=next(name for name, service in organisation.services.items() if service.team == team),
        team=team,
        owner=owner,
        proposed_by=details.lead,
        proposed_at=datetime.now(UTC),
    )
