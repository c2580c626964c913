"""Earlier incidents that one repeats, whose follow-ups hear of it."""

from temporalio import workflow

from activities.schedule import Schedule
from followthrough.domain.replayed.incident.found_repeats import counts_against, take_found
from followthrough.domain.replayed.incident.incident import Incident, Repeat
from followthrough.domain.replayed.incident.repeats import RepeatSeen
from workflows.calls import LOCAL
from workflows.entity import Entity
from workflows.signals import ToItem, say


async def look_for_repeats(entity: Entity[Incident]) -> None:
    """Links or proposes earlier incidents, and counts it against open or waived follow-ups of those linked."""
    incident = entity.record
    known: tuple[Repeat, ...] | None = None
    while known != (known := (*incident.repeats, *incident.proposed_repeats)):
        found = await workflow.execute_local_activity_method(Schedule.find_repeats, incident.lean(), **LOCAL)
    entity.mails.tell(*take_found(incident, found, workflow.now()))
    seen = RepeatSeen(incident_id=incident.id, at=workflow.now())
    for item in found.follow_ups:
        if counts_against(incident, item):
            await say(item.id, ToItem.incident_repeated, seen)


async def take_back(incident: Incident, earlier: str) -> None:
    """It is not counted any more against follow-ups of an incident that it was linked to."""
    only = [Repeat(incident_id=earlier, because="")]
    asked = incident.model_copy(update={"repeats": only, "compared": True})
    found = await workflow.execute_local_activity_method(Schedule.find_repeats, asked, **LOCAL)
    seen = RepeatSeen(incident_id=incident.id, at=workflow.now())
    for item in found.follow_ups:
        await say(item.id, ToItem.repeat_taken_back, seen)
