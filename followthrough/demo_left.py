"""What the demo leaves open, so that whoever looks around has something to decide."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table

from followthrough.demo_playing import Playing
from followthrough.domain.replayed.ids import item_id
from followthrough.domain.replayed.values import PersonId

POSTMORTEM = """# What broke

Refunds waited for two hours: the worker that sends them had stopped, and nothing told.

# What we learned

A queue that only grows has to wake somebody.
"""
MOST_EXTENSIONS = 10


@dataclass
class Leftovers(Playing):
    """An incident that goes on, and one whose follow-up is late or waits for decisions."""

    async def leave(self) -> None:
        """All of it."""
        incident, commander, comms = await self._declared("Refunds wait for hours")
        owner = next(person for person in self._team().members if person not in (commander, comms))
        await self._give(incident, "acknowledge", by=commander)
        await self._give(incident, "assign role", by=commander, role="Resolver", person=owner)
        await self._give(incident, "acknowledge", by=owner)
        await self._give(incident, "resolve", by=commander, summary="The worker runs again")
        await self._propose(incident, commander, owner)
        await self._give(incident, "submit postmortem", by=commander, text=POSTMORTEM)
        await self._declared("The checkout answers slowly")
        self._told("left", "One incident goes on, and of another the follow-up is late or waits for decisions")

    async def _declared(self, title: str) -> tuple[str, PersonId, PersonId]:
        """Its id, who is asked to command, and who to inform."""
        new = {"title": title, "service": "checkout", "severity": "SEV2", "by": self._team().lead}
        incident: str = (await self._post("/api/incidents", new))["incident"]
        declared = await self._until(f"/api/incidents/{incident}", lambda it: len(it["roles"]) == 2)
        commander, comms = (holder["person"] for holder in declared["roles"])
        return incident, commander, comms

    async def _propose(self, incident: str, commander: PersonId, owner: PersonId) -> None:
        for title in (
            "Alert on the age of the oldest refund",
            "Add a limit to the queue of refunds",
            "Ship a runbook for refunds that wait",
            "Add a daily test of refunds to staging",
        ):
            await self._give(incident, "propose action item", by=commander, title=title, owner=owner, priority="high")
        _, late, longer, shown = (item_id(incident, number) for number in range(1, 5))
        for item in (late, longer, shown):
            await self._give(item, "accept", by=owner)
        await self._give(shown, "done", by=owner, evidence="https://git.example.com/changes/42")
        await self._ask_for_time(longer, owner)
        await self._let_be_late(late)

    async def _ask_for_time(self, item: str, owner: PersonId) -> None:
        """Beyond what owners may take by themselves."""
        due = datetime.fromisoformat((await self._get(f"/api/items/{item}"))["plan"]["due"])
        for number in range(1, MOST_EXTENSIONS):
            until = (due + timedelta(days=7 * number)).isoformat()
            asked = await self._give(item, "extend", by=owner, until=until, reason="The new queue comes first")
            if asked["extension_wanted"]:
                return

    async def _let_be_late(self, item: str) -> None:
        """From moment to moment, until a manager has heard of it; the next moment is the next escalation then."""
        here = f"/api/items/{item}"
        waits = await self._get(here)
        while not any(moment["level"] for moment in waits["reminders"]):
            coming = waits["plan"]["next"]
            await self._pass_time_to(item, datetime.fromisoformat(coming["at"]) + timedelta(seconds=1))
            waits = await self._until(here, partial(_moved_on, coming))

    async def epilogue(self, out: Console) -> None:
        """For whom what waits, and where it is decided."""
        drawn = Table("who", "why", "what", title="What waits for whom", box=None, title_style="bold")
        for person in self.organisation.people:
            waits: list[dict[str, Any]] = await self._get(f"/api/mine?by={person}")
            for one in waits:
                drawn.add_row(person, one["why"], f"{one['id']} {one['title']}")
        out.print(drawn)
        out.print("Weeks passed in seconds, for each record by a clock of its own: its times are ahead of today's.")
        out.print(f"Be any of them  {self.service.settings.resolved_public_url}/you", highlight=False)


def _moved_on(moment: dict[str, Any], item: dict[str, Any]) -> bool:
    return bool(item["plan"]["next"] != moment)
