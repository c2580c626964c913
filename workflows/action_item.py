"""One action item, from its proposal until it is closed or waived."""

from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from activities.missed import Missed
from activities.planning import Planning
from followthrough.domain import item_moments
from followthrough.domain.action_item import ActionItem, ItemPlan, ItemStatus
from followthrough.domain.incident import Audience
from followthrough.domain.item_commands import ApproveExtension, Extend, Finish, ItemCommand, RefuseExtension
from followthrough.domain.item_lifecycle import BlockItem, MergeItem, SplitItem
from followthrough.domain.notice_kinds import ToTell
from followthrough.domain.repeats import RepeatSeen, repeated, taken_back
from followthrough.domain.shown import Shown, item_as_shown, shown_of_item
from followthrough.domain.sprint_commands import SprintNews
from followthrough.domain.ticket_commands import Adopt
from followthrough.domain.values import EntryKind, Fence
from workflows.durable import LOCAL
from workflows.item_links import LinkedItem
from workflows.messages import IncidentNews, ItemProgress, Notice, NoticeKind, PlanItem, PlansTaken, QueuedNotice
from workflows.search_attributes import DUE, OWNER, STATUS
from workflows.signals import hears


@workflow.defn
class ActionItemWorkflow(LinkedItem):
    """Sleeps until the next moment that matters, and never ends before its item has."""

    @workflow.init
    def __init__(self, progress: ItemProgress) -> None:
        super().__init__(progress)

    @workflow.run
    async def run(self, progress: ItemProgress) -> ActionItem:
        """Gives the item as it ended."""
        proposed = self.record.version == 0
        if proposed:
            text = f"Proposed to {self.record.owner}"
            self.record.note(workflow.now(), EntryKind.ACTION_ITEM, text, self.record.proposed_by)
        await self.settle()
        if progress.goes_on:
            await self._hear_what_was_missed()
        if proposed:
            self.tell(NoticeKind.ITEM_PROPOSED, (self.record.owner,))
        self.begin()
        while not (self.record.ended and await self._finish()):
            await self.announce()
            if self.may_continue_as_new():
                workflow.continue_as_new(self.progress())
            await self.next_change()
        self.background.stop()
        return self.record

    @workflow.update
    async def execute(self, command: ItemCommand) -> int:
        """Carries out a command; the answer is the version that it led to, which the read model has by then."""
        return await self.once(lambda: self.carry_out(command))

    async def carry_out(self, command: ItemCommand) -> int:
        """See ``TicketFollowing``."""
        owner, wanted = self.record.owner, self.record.extension_wanted
        command.apply(self.record, workflow.now())
        match command:
            case SplitItem():
                await self.split(command)
            case MergeItem(into=into):
                await self.merge(into)
            case BlockItem(on=str(on)):
                await self.block_on(on)
            case Adopt():
                await self.adopt(command)
        version = self.record.version
        await self.written(version)
        if self.record.owner != owner:
            self.tell(NoticeKind.ITEM_PROPOSED, (self.record.owner,))
        match command:
            case Finish() if self.record.status is ItemStatus.DONE:
                self.tell(NoticeKind.ITEM_TO_VERIFY, self.record.approvers)
            case Extend() if self.record.extension_wanted:
                self.tell(NoticeKind.ITEM_EXTENSION_WANTED, self.record.approvers)
            case RefuseExtension(reason=reason):
                self.tell(NoticeKind.ITEM_EXTENSION_DECIDED, (owner,), text=reason)
            case Extend(by=by) | ApproveExtension(by=by) if wanted and by != owner:
                self.tell(NoticeKind.ITEM_EXTENSION_DECIDED, (owner,))
        return version

    @execute.validator
    def _may_execute(self, command: ItemCommand) -> None:
        self.check(command)

    @hears
    def incident_repeated(self, seen: RepeatSeen) -> None:
        """What this item was to prevent happened again."""
        if repeated(self.record, seen, workflow.now()):
            self.tell(NoticeKind.ITEM_REPEATED, (self.record.owner,), text=seen.incident_id)

    @hears
    def repeat_taken_back(self, seen: RepeatSeen) -> None:
        """It was another incident, or somebody else's to prevent."""
        if taken_back(self.record, seen, workflow.now()):
            self.tell(NoticeKind.ITEM_REPEAT_TAKEN_BACK, (self.record.owner,), text=seen.incident_id)

    @hears
    def incident_went_on(self, news: IncidentNews) -> None:
        """Deadlines may count from it. What was known stays when the incident is reopened, until it comes again."""
        item = self.record
        known = item.resolved_at, item.published_at
        item.resolved_at = news.resolved_at or item.resolved_at
        item.published_at = news.published_at or item.published_at
        if known != (item.resolved_at, item.published_at):
            item.version += 1

    @hears
    def plan_changed(self, news: IncidentNews) -> None:
        """The organisation file or the product's rules make another plan of it, with what it has to know for that."""
        self.incident_went_on(news)
        self.record.version += 1

    @hears
    def sprint_news(self, news: SprintNews) -> None:
        """Planning put it into a sprint or could not, or that sprint is over."""
        if not self.record.settled:
            news.apply(self.record, workflow.now())

    @hears
    async def follow(self, incident_id: str) -> None:
        """Its incident was merged into another, which it belongs to from now on."""
        text = f"Belongs to {incident_id} now, which {self.record.incident_id} was merged into"
        self.record.incident_id = incident_id
        self.record.note(workflow.now(), EntryKind.ACTION_ITEM, text)
        if self.record.settled:
            await self.tell_incident()

    @workflow.query
    def state(self) -> ActionItem:
        """The item as it is now."""
        return self.record

    @workflow.query
    def progress(self) -> ItemProgress:
        """What a further run needs to go on from here."""
        return ItemProgress(
            item=self.record,
            announced=self.announced,
            tells_incident=self.tells_incident,
            outgoing=self.outgoing,
            ticket_shows=self.ticket_shows,
        )

    async def plan(self, at: datetime, fence: Fence) -> PlansTaken[ItemPlan]:
        """See ``Followed``."""
        return await workflow.execute_local_activity_method(
            Planning.plan_item, PlanItem(item=self.record, at=at, fence=fence), **LOCAL
        )

    def take(self, plan: ItemPlan, at: datetime) -> list[ToTell]:
        """See ``Followed``."""
        return item_moments.take(self.record, plan, at)

    def search_attributes(self) -> list[SearchAttributeUpdate[Any]]:
        """See ``Followed``."""
        updates: list[SearchAttributeUpdate[Any]] = [
            OWNER.value_set(self.record.owner),
            STATUS.value_set(self.record.status.value),
        ]
        return [*updates, DUE.value_set(self.record.plan.due)] if self.record.plan else updates

    def shown(self, kind: NoticeKind, to: tuple[str, ...], audience: Audience | None) -> Shown:
        """See ``Followed``."""
        return shown_of_item(self.record, kind)

    def letter(self, notice: QueuedNotice) -> Notice:
        """See ``Followed``."""
        item = item_as_shown(self.record.lean(), notice.shown)
        return Notice(**dict(notice), waited=workflow.now() - notice.at, item=item)

    async def _hear_what_was_missed(self) -> None:
        missed = await workflow.execute_local_activity_method(Missed.missed_by_item, self.record.lean(), **LOCAL)
        if missed.incident_id is not None:
            await self.follow(missed.incident_id)
        if missed.news is not None:
            self.incident_went_on(missed.news)
        if missed.over is not None:
            self.block_over(missed.over)

    async def _finish(self) -> bool:
        """Leaves nothing half-done; False when the item was reopened meanwhile."""
        await self.announce()
        await self.wind_down(self.ticket_settled)
        return self.record.ended
