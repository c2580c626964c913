"""The main job in a minute: one incident from its alert to its last ended action item, on the real engine.

People's parts are played through the public API; weeks pass by fast-forwarding each workflow's own clock.
"""

import json
import shutil
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table

from followthrough.demo_left import Leftovers
from followthrough.demo_playing import Playing
from followthrough.domain.replayed.ids import item_id, planning_id
from followthrough.organisation_file import OrganisationFile
from followthrough.service import running
from followthrough.settings import Settings

POSTMORTEM = """# What broke

Card payments failed for 42 minutes: the provider's new TLS certificate was not in our trust store.

# What we learned

{cause} The fallback provider had never been tried under load.
Thanks to everybody who said early what they did not know.

"""
BLAMING = "{name} should have noticed that the provider's certificate changes."
REWORDED = "Nothing watched the provider's certificate for changes."


async def play_demo(
    organisation: OrganisationFile, say: Callable[[str], None], *, out: Console | None, keep: bool
) -> None:
    """Plays it, and leaves something open; ``out`` gets the live view, and when it is None stdout gets one JSON object.

    Where nobody has begun yet, it stays where the service will look.
    """
    started, settings = time.monotonic(), Settings(_env_file=None)
    newcomer = out is not None and not settings.data_dir.exists() and not settings.organisation_file.exists()
    with _kept(settings.data_dir) if newcomer else _thrown_away() as folder:
        settings = settings.model_copy(update={"data_dir": folder, "port": _port(settings) if newcomer else 0})
        async with running(settings, organisation, say, need_time_skipping=True) as service:
            async with httpx.AsyncClient(base_url=service.settings.resolved_public_url, timeout=30) as api:
                story = Story(service, organisation(), api)
                left = Leftovers(service, organisation(), api, story.done)
                with story.shown(out):
                    await story.tell()
                    summary = await story.summary(time.monotonic() - started)
                    story.now_doing = "Something is left open"
                    await left.leave()
                if out is None:
                    print(json.dumps(summary, indent=2))  # noqa: T201
                else:
                    await story.epilogue(out, summary)
                    await left.epilogue(out)
            if newcomer and out is not None:
                out.print(
                    f"\nIt stays in {folder}, where `make up` goes on with it; without that folder it begins anew."
                )
            if keep and out is not None:
                out.print("\nEverything still runs, so look around; Ctrl-C stops it.")
                await service.until_stopped()


@contextmanager
def _thrown_away() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="followthrough-demo-") as folder:
        yield Path(folder)


@contextmanager
def _kept(folder: Path) -> Iterator[Path]:
    """Unless it ends badly."""
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _port(settings: Settings) -> int:
    """Where the service will be, to which links in mails lead; any other while something else is there."""
    with suppress(OSError), socket.create_server((settings.host, settings.port)):
        return settings.port
    return 0


@dataclass
class Story(Playing):
    """One incident, from its alert to its last ended action item."""

    incident: str = ""

    async def tell(self) -> None:
        """The whole life."""
        await self._respond()
        await self._write_postmortem()
        await self._follow_up()
        closed = await self._until(f"/api/incidents/{self.incident}", lambda it: it["status"] == "closed")
        self._told("closure", f"Incident closed: {len(closed['items'])} action items, each closed or waived")
        await self._pass_time_in_inboxes(timedelta(days=5))
        daily = [mail for mail in await self._get("/api/mails?limit=500") if mail["kind"] == "daily"]
        self._told("mails", f"What could wait was gathered: {len(daily)} daily mails")

    async def _respond(self) -> None:
        answer = await self._post("/webhooks/alertmanager", alertmanager_group())
        self.incident = answer["incident"]
        here = f"/api/incidents/{self.incident}"
        declared = await self._until(here, lambda it: len(it["roles"]) == 2)
        self.commander, self.comms = (holder["person"] for holder in declared["roles"])
        self._told("declared", f"{declared['severity']} {declared['title']}")
        busy = (self.commander, self.comms)
        self.resolver = next(person for person in self._team().members if person not in busy)
        await self._give_incident("acknowledge", by=self.commander)
        await self._give_incident("acknowledge", by=self.comms)
        await self._give_incident("assign role", by=self.commander, role="Resolver", person=self.resolver)
        await self._give_incident("acknowledge", by=self.resolver)
        self._told("roles", f"{self.commander} commands, {self.comms} informs, {self.resolver} fixes")
        await self._update("investigating", "Card payments fail for some customers. We are on it.")
        await self._pass_time(self.incident, timedelta(minutes=35))
        await self._until("/api/mails", lambda mails: any(mail["kind"] == "update-due" for mail in mails))
        self._told("reminder", "35 minutes later the Comms Lead is reminded that an update is due")
        await self._update("identified", "Our payment provider changed its certificate. A fix is being rolled out.")
        await self._give_incident("mitigate", by=self.resolver, summary="Traffic moved to the fallback provider")
        await self._give_incident("resolve", by=self.commander, summary="The new certificate is trusted everywhere")
        self._told("resolved", "after mitigation, by the Incident Commander's decision")
        await self._update("resolved", "Card payments work again. We are sorry, and will say what we learned.")

    async def _write_postmortem(self) -> None:
        resolved = await self._get(f"/api/incidents/{self.incident}")
        due = datetime.fromisoformat(resolved["plan"]["postmortem_due"])
        await self._pass_time_to(self.incident, due + timedelta(hours=1))
        await self._until("/api/mails", lambda mails: any(mail["kind"] == "postmortem-escalation" for mail in mails))
        self._told("reminder", f"The postmortem is late: {self.commander}, who owns it, is reminded")
        for title, owner, kind, priority in (
            ("Alert 30 days before a provider's certificate changes", self.resolver, "detect", "high"),
            ("Add a monthly load test of the fallback provider", self.comms, "prevent", "medium"),
            ("Ship a runbook for switching providers", self.resolver, "mitigate", "medium"),
            ("Replace the trust store of the retired checkout", self.comms, "process", "low"),
        ):
            await self._give_incident(
                "propose action item", by=self.commander, title=title, owner=owner, kind=kind, priority=priority
            )
        here = f"/api/incidents/{self.incident}"
        draft = (await self.api.get(f"{here}/postmortem/draft")).raise_for_status().text
        facts = "\n".join(line for line in draft[draft.index("## Timeline") :].splitlines() if not line.endswith("?"))
        self._told("postmortem", f"A draft in the format {resolved['postmortem_format']}, filled from the timeline")
        blaming = POSTMORTEM.format(cause=BLAMING.format(name=self.organisation.name_of(self.resolver))) + facts
        submit = {"command": "submit postmortem", "by": self.commander, "text": blaming}
        (finding,) = (await self.api.post(f"{here}/commands", json=submit)).json()["findings"]
        self._told("wording", f"Returned: “{finding['sentence']}” {finding['explanation']} Reworded: “{REWORDED}”")
        await self._give_incident(
            "submit postmortem", by=self.commander, text=POSTMORTEM.format(cause=REWORDED) + facts
        )
        await self._give_incident("review postmortem", by=self.resolver)
        await self._give_incident("publish postmortem", by=self.commander)
        self._told("postmortem", f"approved by {self.resolver} and published, with four action items proposed")

    async def _follow_up(self) -> None:
        prompt, late, declined, waived = (item_id(self.incident, number) for number in range(1, 5))
        for item, owner in ((prompt, self.resolver), (late, self.comms)):
            await self._give(item, "accept", by=owner)
            accepted = await self._until(f"/api/items/{item}", lambda it: it["ticket"])
            self._told("ticket", f"{accepted['ticket']['key']} for {owner}")
        await self._plan_sprint(prompt, late)

        approver = (await self._get(f"/api/items/{waived}"))["plan"]["policy"]["approvers"][0]
        await self._give(waived, "waive", by=approver, reason="The retired checkout is switched off next week")
        self._told("waiver", f"{approver} waives one, with the reason on record")

        accept_by = datetime.fromisoformat((await self._get(f"/api/items/{declined}"))["plan"]["accept_by"])
        await self._pass_time_to(declined, accept_by + timedelta(days=7))
        await self._until_escalated(declined, 1)
        await self._give(declined, "reassign", by=self._team().lead, to=self.comms, reason="Holidays")
        await self._give(declined, "accept", by=self.comms)
        self._told("escalation", f"One was not accepted: {self._team().lead} heard of it and gave it to {self.comms}")
        await self._finish(declined, self.comms)

        await self._pass_time(prompt, timedelta(days=6))
        await self._finish(prompt, self.resolver)

        due = datetime.fromisoformat((await self._get(f"/api/items/{late}"))["plan"]["due"])
        await self._pass_time_to(late, due + timedelta(days=10))
        escalated = await self._until_escalated(late, 2)
        levels = [moment for moment in escalated["reminders"] if moment["level"]]
        told = ", then ".join(" and ".join(moment["to"]) for moment in levels)
        self._told("escalation", f"One missed its deadline ({due:%d %B}): {told}")
        await self._finish(late, self.comms)

    async def _plan_sprint(self, *items: str) -> None:
        name = self.organisation.services["checkout"].team
        here = f"/api/planning/{name}"
        plan = (await self._until(here, lambda it: it["progress"] and it["progress"]["plan"]))["plan"]
        await self._pass_time_to(planning_id(name, plan["first_day"]), datetime.fromisoformat(plan["digest_at"]))
        await self._until("/api/mails", lambda mails: any(mail["kind"] == "sprint-digest" for mail in mails))
        self._told("planning", f"{name} gets a proposal for its sprint of {plan['first_day']}")
        approval = {"by": self._team().lead, "items": items, "first_day": plan["first_day"]}
        await self._post(here, approval)
        for item in items:
            planned = await self._until(f"/api/items/{item}", lambda it: it["sprint"])
        self._told("planning", f"{self._team().lead} approves; both tickets are in {planned['sprint']['name']}")

    async def _finish(self, item: str, owner: str) -> None:
        done = await self._give(item, "done", by=owner, evidence=f"https://git.example.com/changes/{item}")
        if done["status"] == "done":
            verifier = next(person for person in done["plan"]["policy"]["approvers"] if person != owner)
            await self._give(item, "verify", by=verifier)
            self._told("closure", f"{item} is done with evidence, verified by {verifier}")
        else:
            self._told("closure", f"{item} is done with evidence")

    async def _update(self, stage: str, text: str) -> None:
        await self._give_incident("send update", by=self.comms, stage=stage, audience="customers", text=text)
        self._told("update", f"{stage.capitalize()}, to customers: {text}")

    async def _give_incident(self, command: str, **fields: str) -> Any:
        return await self._give(self.incident, command, **fields)

    async def summary(self, seconds: float) -> dict[str, Any]:
        """What came of it, as counts."""
        items = await self._get("/api/items")
        mails = await self._get("/api/mails?limit=500")
        details = [await self._get(f"/api/items/{item['id']}") for item in items]
        levels = Counter(
            f"level {moment['level']}"
            for item in details
            for moment in item["reminders"]
            if moment["kind"] == "escalate"
        )
        incidents = await self._get("/api/incidents")
        declared = datetime.fromisoformat(incidents[0]["declared_at"])
        return {
            "incidents": len(incidents),
            "action_items": dict(Counter(item["status"] for item in items)),
            "tickets": sum(item["ticket"] is not None for item in items),
            "emails": dict(sorted(Counter(mail["kind"] for mail in mails if _sent(mail)).items())),
            "escalations": dict(sorted(levels.items())),
            "virtual_days": (self.virtual_end - declared).days,
            "seconds": round(seconds, 1),
        }

    @contextmanager
    def shown(self, out: Console | None) -> Iterator[None]:
        """Draws what happens while it happens."""
        if out is None:
            yield
            return
        with Live(get_renderable=self._drawn, console=out, refresh_per_second=8):
            yield
            self.now_doing = ""

    def _drawn(self) -> Group:
        lines = Table(box=None, show_header=False, pad_edge=False)
        lines.add_column(style="bold cyan", justify="right", no_wrap=True)
        for what, sentence in self.done:
            lines.add_row(what, sentence)
        return Group(lines, Spinner("dots", self.now_doing)) if self.now_doing else Group(lines)

    async def epilogue(self, out: Console, summary: dict[str, Any]) -> None:
        """The numbers, the timeline and where to look."""
        numbers = Table(title="What came of it", box=None, show_header=False)
        for name, value in summary.items():
            shown = (
                ", ".join(f"{kind}: {count}" for kind, count in value.items())
                if isinstance(value, dict)
                else str(value)
            )
            numbers.add_row(name.replace("_", " "), shown)
        timeline = Table(
            "when (UTC)", "what", "who", title=f"Timeline of {self.incident}", box=None, title_style="bold"
        )
        for entry in (await self._get(f"/api/incidents/{self.incident}"))["timeline"]:
            timeline.add_row(entry["at"][:16].replace("T", " "), entry["text"], entry["author_name"] or "")
        url = self.service.settings.resolved_public_url
        out.print(timeline, numbers)
        out.print(f"Dashboard    {url}/incidents/{self.incident}\nOutbox       {url}/outbox", highlight=False)
        if self.service.engine.ui_url:
            out.print(f"Temporal UI  {self.service.engine.ui_url}", highlight=False)


def _sent(mail: dict[str, Any]) -> bool:
    """As a mail of its own."""
    return bool(mail["state"] == "sent" and not mail["sent_in"])


def alertmanager_group() -> dict[str, Any]:
    """What Alertmanager posts for one firing group (webhook version 4)."""
    labels = {"alertname": "CheckoutErrorRateHigh", "service": "checkout", "severity": "critical"}
    annotations = {"summary": "Card payments fail", "description": "12 % of card payments fail for 5 minutes."}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": annotations,
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.example.com/graph",
        "fingerprint": "c3f1a6b2d4e58790",
    }
    return {
        "version": "4",
        "groupKey": '{}:{alertname="CheckoutErrorRateHigh", service="checkout"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "followthrough",
        "groupLabels": {"alertname": labels["alertname"], "service": labels["service"]},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "https://alertmanager.example.com",
        "alerts": [alert],
    }
