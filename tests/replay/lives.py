"""Lives that the demo does not tell, so that each command, signal and moment is recorded once at least."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from jinja2 import UndefinedError

from followthrough.domain.replayed.ids import drill_id
from followthrough.domain.replayed.incident.alert import Alert, AlertState, MergedInto
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.gateway import Gateway
from followthrough.mail.render import Rendered, render
from followthrough.queues import TASK_QUEUE
from tests.replay.life_of_confluence import confluence
from tests.replay.life_of_paging import paging
from tests.replay.life_of_webhooks import webhooks
from tests.replay.stage import Stage, mails_wait
from tests.standins.jira import Fault
from tests.stuck import stuck
from workflows.digest import DigestWorkflow, WeeklyDigestWorkflow
from workflows.mail_problem import MailProblemWorkflow
from workflows.messages.mail import MailProblem, Notice

A_DAY = timedelta(days=1)


async def choices(stage: Stage) -> None:
    """What people decide about action items."""
    incident = await stage.declare()
    first, blocking, blocked, whole, kept, duplicate = [await stage.propose(incident) for _ in range(6)]
    later = (datetime.now(UTC) + timedelta(days=150)).isoformat()
    await stage.give(first, "decline", "ines", reason="Not my service")
    await stage.give(first, "reassign", "marcos", to="lucia", reason="It is hers")
    await stage.give(first, "accept", "lucia")
    await stage.give(first, "estimate", "lucia", estimate=3)
    await stage.give(first, "comment", "ines", text="The provider has a metric for it")
    await stage.give(first, "edit", "lucia", title="Alert when the queue is older than 5 minutes", priority="low")
    await stage.heard(incident, "item_edited")
    for answer, fields in (("refuse extension", {"reason": "It can't wait"}), ("approve extension", {})):
        await stage.give(first, "extend", "lucia", until=later, reason="The provider is slow")
        await stage.give(first, answer, "marcos", **fields)
    await stage.give(blocked, "block", "ines", on=blocking, reason="Needs its metric")
    await stage.give(blocked, "unblock", "ines")
    await stage.give(blocked, "block", "ines", on=blocking, reason="Needs its metric all the same")
    await stage.give(blocking, "accept", "ines")
    await stage.give(blocking, "done", "ines", evidence="https://git.example.com/changes/7")
    await stage.give(blocking, "verify", "marcos", holds=False, note="The link is dead")
    await stage.finish(blocking)
    parts = [{"title": f"Add an alert for queue {queue}", "owner": "ines"} for queue in ("one", "two")]
    await stage.give(whole, "split", "ines", parts=parts)
    await stage.give(duplicate, "merge", "ines", into=kept)
    await stage.give(kept, "waive", "marcos", reason="The queue goes away", until=later)
    await stage.give(kept, "reopen", "marcos", reason="The queue stays")
    await stage.give(incident, "mitigate", "tomas", summary="Restarted")
    await stage.give(incident, "resolve", "tomas", summary="Refunds flow")
    await stage.give(incident, "reopen", "ines", reason="It was not over")


async def people(stage: Stage) -> None:
    """Roles, severity, notes, and the owner of a postmortem."""
    incident = await stage.declare(severity="SEV1")
    await stage.pass_time(incident, timedelta(minutes=7))
    asked = await stage.record(incident, lambda it: it["past_roles"])
    commander = str(asked["roles"][0]["person"])
    await stage.give(incident, "acknowledge", commander)
    await stage.give(incident, "hand over", commander, person="lucia", note="My shift is over")
    await stage.give(incident, "change severity", "lucia", severity="SEV3", reason="There is a way around it")
    await stage.give(incident, "subscribe", "wei", audience="internal")
    await stage.give(incident, "unsubscribe", "wei")
    await stage.give(incident, "note", "lucia", text="We drain the queue", decision=True)
    await stage.give(incident, "choose postmortem format", "lucia", format="five-whys")
    await stage.give(incident, "resolve", "lucia", summary="Refunds flow")
    began = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    await stage.give(incident, "correct times", "lucia", declared_at=began, reason="The graph shows it")
    await stage.record(incident, lambda it: it["postmortem_owner"] == "lucia")
    await stage.give(incident, "assign postmortem", "marcos", to="tomas", reason="He drained the queue")
    await stage.give(incident, "give kudos", "marcos", to=["lucia"], text="For a calm evening")
    await stage.give(await stage.declare(), "cancel", "tomas", reason="A test of the probe")
    small = await stage.declare(severity="SEV4")
    await stage.give(small, "resolve", "tomas", summary="Refunds flow")
    await stage.pass_time(small, 7 * A_DAY)
    await stage.ended(small)


async def splits_and_merges(stage: Stage) -> None:
    """Incidents that go on elsewhere, with what is open."""
    again, same = await stage.declare(), await stage.declare()
    await stage.give(again, "split", "ines", title="Invoices wait", reason="Another queue")
    item = await stage.propose(same)
    await stage.give(same, "merge", "ines", into=again)
    await stage.record(item, lambda it: it["incident_id"] == again)


async def alerts(stage: Stage) -> None:
    """Whatever a pager says."""
    gateway = Gateway(stage.client, stage.organisation, stage.service.database)
    labels = {"service": "checkout", "severity": "page"}

    async def deliver(number: int, state: AlertState, into: MergedInto | None = None) -> str | None:
        alert = Alert(
            dedup_key=f"recorded/{number}",
            source="test",
            state=state,
            title=f"Queue {number} is full",
            labels=labels,
            at=datetime.now(UTC),
            event=str(uuid4()),
            into=into,
        )
        return await gateway.alerts.deliver(alert)

    first, second = [str(await deliver(number, AlertState.FIRING)) for number in (1, 2)]
    for incident in (first, second):
        await stage.record(incident, lambda it: it["roles"])
    for state in (AlertState.FIRING, AlertState.CHANGED, AlertState.RESOLVED):
        await deliver(1, state)
    await deliver(2, AlertState.MERGED, MergedInto(dedup_key="recorded/1"))
    await stage.record(second, lambda it: it["merged_into"] == first)


async def repeats(stage: Stage) -> None:
    """An action item whose incident comes again, and does not after all."""
    earlier = await stage.declare()
    item = await stage.accepted(earlier)
    await stage.give(earlier, "resolve", "ines", summary="Refunds flow")
    later = await stage.declare()
    await stage.give(later, "link repeat", "ines", of=earlier, reason="The same queue")
    await stage.record(item, lambda it: it["repeats"])
    await stage.give(later, "unlink repeat", "ines", of=earlier, reason="Another queue")
    await stage.record(item, lambda it: not it["repeats"])


async def unanswered(stage: Stage) -> None:
    """Questions to which there is no answer in time."""
    first, second, incident = [await stage.declare() for _ in range(3)]
    merging, into, waiting, on, whole = [await stage.accepted(incident) for _ in range(5)]
    parts = [{"title": f"Add an alert for queue {queue}", "owner": "ines"} for queue in ("one", "two")]
    with stuck(second, into, on, incident):
        await asyncio.gather(
            stage.unanswered(first, second, "merge", "ines", into=second),
            stage.unanswered(merging, into, "merge", "ines", into=into),
            stage.unanswered(waiting, on, "block", "ines", on=on, reason="Needs its metric"),
            stage.unanswered(whole, incident, "split", "ines", parts=parts),
        )
    for asked, withdrawal in (
        (second, "merge_withdrawn"),
        (into, "merge_withdrawn"),
        (on, "released"),
        (incident, "split_withdrawn"),
    ):
        await stage.heard(asked, withdrawal)


async def reopened(stage: Stage) -> None:
    """After all has ended."""
    incident = await stage.declare(severity="SEV3")
    items = [await stage.accepted(incident) for _ in range(2)]
    for item in items:
        await stage.finish(item)
        await stage.ended(item)
    await stage.give(incident, "resolve", "ines", summary="Refunds flow")
    await stage.record(incident, lambda it: it["status"] == "resolved" and all(one["ended_at"] for one in it["items"]))
    await stage.give(incident, "publish postmortem", "ines", text="# What broke\n\nThe queue was full.")
    await stage.ended(incident)
    await stage.give(items[0], "reopen", "marcos", reason="It happened again")
    await stage.mail(items[0], kind="item-asked-again")
    await stage.give(incident, "reopen", "ines", reason="It happened again")
    await stage.heard(items[0], "state_asked")


async def revived(stage: Stage) -> None:
    """After somebody terminated what was open, with mails that wait."""
    incident = await stage.declare()
    on, waiting, waived, forgotten = [await stage.accepted(incident) for _ in range(4)]
    await stage.give(waiting, "block", "ines", on=on, reason="Needs its metric")
    await stage.give(waived, "waive", "marcos", reason="The queue goes away")
    await stage.record(waived, lambda it: it["status"] == "waived")
    await stage.mail(waived, kind="item-ended")
    await stage.goes_on(waived)
    again = await stage.declare()
    with mails_wait(on):
        await stage.give(again, "link repeat", "ines", of=incident, reason="The same queue")
        await stage.mail(on, kind="item-repeated", state="queued")
        await stage.goes_on(on)
    with mails_wait(incident):
        update = {"stage": "identified", "audience": "internal", "text": "The queue is full."}
        await stage.give(incident, "send update", "ines", **update)
        await stage.mail(incident, kind="stakeholder-update", state="queued")
        await stage.goes_on(incident)
    for item in (waiting, forgotten):
        await stage.handle(item).terminate("by hand")
    await stage.trigger("upkeep/reconcile")
    for item in (waiting, forgotten):
        await stage.running(item)


async def moments(stage: Stage) -> None:
    """Action items that nobody touches."""
    incident = await stage.declare()
    unplanned, done, blocked, waived = [await stage.accepted(incident) for _ in range(4)]
    await stage.give(done, "done", "ines", evidence="https://git.example.com/changes/7")
    await stage.give(blocked, "block", "ines", on=done, reason="Needs its metric")
    await stage.give(waived, "waive", "marcos", reason="The queue goes away")
    for item, days, moment in (
        (unplanned, 40, "remind to plan"),
        (done, 7, "remind to verify"),
        (blocked, 40, "review the block"),
        (waived, 200, "waiver expires"),
    ):
        await stage.pass_time(item, days * A_DAY)
        await stage.passed(item, moment)


async def mails_astray(stage: Stage) -> None:
    """Mails that do not arrive, and one that can't be made at first."""
    incident, over = await stage.declare(), await stage.declare()
    item = await stage.propose(incident)
    await stage.give(over, "cancel", "tomas", reason="A test of the probe")
    await stage.ended(over)
    for record in (incident, item, over):
        key = await stage.mail(record)
        problem = MailProblem(key=key, reason="The mailbox is full", at=datetime.now(UTC))
        await stage.client.execute_workflow(
            MailProblemWorkflow.run, problem, id=f"undelivered/{uuid4()}", task_queue=TASK_QUEUE
        )

    def broken(notice: Notice, *given: Any, **named: Any) -> Rendered:
        if notice.record.id == item and notice.kind is NoticeKind.ITEM_PROPOSED:
            raise UndefinedError("'owner' is undefined")
        return render(notice, *given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("activities.mails.email.render", broken)
        await stage.give(item, "reassign", "marcos", to="lucia", reason="It is hers")
        await stage.mail(item, state="set aside")
    await stage.send_again(item)


async def planning(stage: Stage) -> None:
    """A sprint that takes one action item, not another, and ends before it is done."""
    incident = await stage.declare()
    taken, proposed = await stage.accepted(incident), await stage.propose(incident)
    plan_id = max(await stage.workflows("SprintPlanningWorkflow", "planning/payments/"))
    first_day = plan_id.rpartition("/")[2]
    here = f"planning/payments?first_day={first_day}"
    plan = (await stage.until(here, lambda it: it["progress"] and it["progress"]["plan"]))["plan"]
    await stage.pass_time_to(plan_id, plan["digest_at"])
    await stage.post("planning/payments", by="marcos", items=[taken, proposed], first_day=first_day)
    await stage.record(taken, lambda it: it["sprint"])
    await stage.pass_time_to(plan_id, plan["ends_at"])
    await stage.record(taken, lambda it: it["moved_on"])
    await stage.ended(plan_id)


async def drills(stage: Stage) -> None:
    """One whose time runs out."""
    incident = str((await stage.post("drills", team="payments"))["incident"])
    await stage.record(incident, lambda it: it["roles"])
    await stage.heard(incident, "reveal")
    await stage.pass_time(incident, timedelta(hours=3))
    await stage.ended(drill_id("payments"))
    item = await stage.accepted(incident)
    await stage.pass_time(item, 3 * A_DAY)
    await stage.ended(item)
    await stage.pass_time(incident, 3 * A_DAY)
    await stage.ended(incident)


async def digests(stage: Stage) -> None:
    """To their end."""
    for kind, days in ((WeeklyDigestWorkflow, 8), (DigestWorkflow, 40)):
        handle = await stage.client.start_workflow(kind.run, id=f"digest/recorded/{uuid4()}", task_queue=TASK_QUEUE)
        await stage.pass_time(handle.id, days * A_DAY)
        await handle.result()


async def jira(stage: Stage) -> None:
    """What people do there."""
    incident = await stage.declare(severity="SEV3")
    moved, closed, odd, unproven = [await stage.accepted(incident) for _ in range(4)]
    adopting, refused = await stage.propose(incident), await stage.propose(incident)
    await stage.give(adopting, "adopt", "ines", ticket=stage.jira.add().key)
    fault = Fault("POST", "/issue$", status=400, times=-1)
    stage.jira.faults.append(fault)
    await stage.give(refused, "accept", "ines")
    await stage.mail(refused, kind="ticket-refused")
    stage.jira.faults.remove(fault)

    async def key(item: str) -> str:
        return str((await stage.record(item, lambda it: it["ticket_seen"]))["ticket"]["key"])

    await stage.finish(closed)
    await stage.ended(closed)
    stage.jira.change(await key(moved), by="5b10zoe", duedate="2020-01-01")
    stage.jira.change(await key(odd), by="5b10zoe", assignee={"id": "5b10zoe"})
    stage.jira.change(await key(closed), by="5b10zoe", status="To Do")
    stage.jira.change(await key(unproven), by="5b10zoe", status="Done")
    await stage.trigger("jira/sweep")
    await stage.mail(odd, kind="ticket-conflict")
    await stage.did(moved, "comment_on_ticket")
    await stage.did(unproven, "reopen_ticket")
    await stage.running(closed)


async def long(stage: Stage) -> None:
    """So long that their workflows continue as new."""
    incident = await stage.declare()
    item = await stage.propose(incident)
    for number in range(24):
        await stage.give(incident, "note", "ines", text=f"We drain queue {number}")
        await stage.give(item, "reassign", "marcos", to=("lucia", "ines")[number % 2], reason="We share the work")


async def set_aside(stage: Stage) -> None:
    """A mail that nobody takes for too long."""
    earlier, again = await stage.declare(), await stage.declare()
    item = await stage.accepted(earlier)
    with mails_wait(item):
        await stage.give(again, "link repeat", "ines", of=earlier, reason="The same queue")
        await stage.mail(item, state="set aside")
    await stage.send_again(item)


async def another_file(stage: Stage) -> None:
    """The organisation decides otherwise, and plans follow."""
    item = await stage.accepted(await stage.declare())
    due = (await stage.record(item, lambda it: it["plan"]))["plan"]["due"]
    stage.change("SEV2: {high: 15, medium: 30, low: 45}", "SEV2: {high: 15, medium: 30, low: 40}")
    await stage.pass_time(item, 8 * A_DAY)
    await stage.record(item, lambda it: it["plan"]["due"] < due)


async def counted_from_its_resolution(stage: Stage) -> None:
    """A deadline that waits for what becomes of the incident."""
    stage.change("    remind_before: ", "    rules: [{counted_from: resolved}]\n    remind_before: ")
    incident = await stage.declare()
    item = await stage.accepted(incident)
    await stage.give(incident, "resolve", "ines", summary="The queue is empty")
    await stage.heard(item, "incident_went_on")


async def private(stage: Stage) -> None:
    """Who sees an incident changes, and its action items hear of it."""
    incident = await stage.declare()
    item = await stage.accepted(incident)
    await stage.give(incident, "change privacy", "tomas", private=True, reason="It is about one of us")
    await stage.record(item, lambda it: it["private"])
    await stage.give(incident, "admit", "tomas", person="wei")
    await stage.give(incident, "change privacy", "tomas", private=False, reason="It was a mistake of a script")
    await stage.record(item, lambda it: not it["private"])
    await stage.declare(private=True)


async def schedules(stage: Stage) -> None:
    """All that begins by itself, now."""
    async for schedule in await stage.client.list_schedules():
        await stage.trigger(schedule.id)
    await stage.running(drill_id("platform"))


LIVES: list[Callable[[Stage], Awaitable[None]]] = [
    choices,
    people,
    splits_and_merges,
    alerts,
    repeats,
    unanswered,
    reopened,
    revived,
    moments,
    mails_astray,
    planning,
    drills,
    digests,
    another_file,
    counted_from_its_resolution,
    private,
    paging,
    schedules,
]
IN_SHORT_RUNS = [jira, long, set_aside, confluence, webhooks]
