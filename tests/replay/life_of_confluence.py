"""A life in which a postmortem is published to Confluence."""

from followthrough.domain.replayed.ids import confluence_id
from tests.replay.stage import Stage

TEXT = "# What broke\n\nThe probe asked a replica that was being made anew."


async def confluence(stage: Stage) -> None:
    """Of a small incident, so that nobody has to review it."""
    incident = await stage.declare(service="database", severity="SEV4")
    await stage.give(incident, "resolve", "grace", summary="Restarted")
    await stage.give(incident, "publish postmortem", "grace", text=TEXT, no_items_because="Nothing is left to do")
    await stage.post(f"incidents/{incident}/postmortem/confluence", by="grace")
    await stage.client.get_workflow_handle(confluence_id(incident)).result()
