"""One action item, from its proposal until it is closed or waived."""

from datetime import datetime

from temporalio import workflow

from activities.missed import Missed
from activities.schedule import Schedule
from followthrough.domain.replayed.incident.repeats import RepeatSeen, repeated, taken_back
from followthrough.domain.replayed.item import moments as item_moments
from followthrough.domain.replayed.item import tells as item_tells
from followthrough.domain.replayed.item.action_item import ActionItem, ItemPlan
from followthrough.domain.replayed.item.commands import ItemCommand
from followthrough.domain.replayed.item.editing import Edit
from followthrough.domain.replayed.item.lifecycle import BlockItem, Duplicate, MergeItem, SplitItem, give_back, release
from followthrough.domain.replayed.proof import Proof
from followthrough.domain.replayed.revival import item_goes_on
from followthrough.domain.replayed.sprint.commands import SprintNews
from followthrough.domain.replayed.ticket.commands import Adopt
from followthrough.domain.replayed.values import EntryKind, Fence
from workflows.calls import LOCAL
from workflows.entity import Entity
from workflows.messages.incident import IncidentNews
from workflows.messages.item import Answer, BlockAsked, BlockOver, ItemProgress
from workflows.messages.mail import MissedMail
from workflows.messages.schedule import PlanItem, PlansTaken
from workflows.parts.commands import check, note_through, once
from workflows.parts.neighbours import Neighbours
from workflows.parts.ticket import KeptTicket
from workflows.proven import proof
from workflows.signals import ToItem, hears


@workflow.defn
class ActionItemWorkflow(ToItem):
    """Sleeps until the next moment that matters, and never ends before its item has."""

    @workflow.init
    def __init__(self, progress: ItemProgress) -> None:
        self._item = item = progress.item
        self._entity = Entity(item, progress.outgoing, self._plan, item_moments.take)
        self._ticket = KeptTicket(self._entity, progress.ticket_shows, self._carry_out, look=bool(progress.goes_on))
        announced = progress.announced
        if progress.reopen is not None:
            announced, self._ticket.shows = True, self._ticket.facts
            entries = item.entries
            progress.reopen.apply(item, workflow.now())
            note_through(item, entries, progress.proof)
            if progress.reopen_id is not None:
                item.remember(progress.reopen_id, item.version)
        self._neighbours = Neighbours(self._entity, announced=announced, tells_incident=progress.tells_incident)
        if progress.goes_on:
            item_goes_on(item, progress.goes_on, workflow.now())

    @workflow.run
    async def run(self, progress: ItemProgress) -> ActionItem:
        """Gives the item as it ended."""
        item, entity = self._item, self._entity
        proposed = item.version == 0
        if proposed:
            item.note(workflow.now(), EntryKind.ACTION_ITEM, f"Proposed to {item.owner}", item.proposed_by)
        await entity.settle()
        if progress.goes_on:
            await self._hear_what_was_missed()
        if proposed:
            entity.mails.tell(item_tells.of_proposal(item))
        entity.background.begin()
        while not (item.ended and await self._finish()):
            await self._neighbours.announce()
            if self._may_continue_as_new():
                workflow.continue_as_new(self.progress())
            await entity.next_change(self._may_continue_as_new)
        entity.background.stop()
        return item

    @workflow.query
    def state(self) -> ActionItem:
        """The item as it is now."""
        return self._item

    @workflow.query
    def progress(self) -> ItemProgress:
        """What a further run needs to go on from here."""
        return ItemProgress(
            item=self._item,
            announced=self._neighbours.announced,
            tells_incident=self._neighbours.tells_incident,
            outgoing=self._entity.mails.waiting,
            ticket_shows=self._ticket.shows,
        )

    @workflow.update
    async def execute(self, command: ItemCommand) -> int:
        """Carries out a command; the answer is the version that it led to, which the read model has by then."""
        return await once(self._entity, lambda: self._carry_out(command, proof()))

    @execute.validator
    def _may_execute(self, command: ItemCommand) -> None:
        check(self._entity, command)

    async def _carry_out(self, command: ItemCommand, given: Proof | None = None) -> int:
        """Raises Refusal.

        The order has reasons. Others who have a say are asked first, so that nobody hears of what they refuse. Whoever
        has to act hears last, for a mail's link has to lead to what it says.
        """
        before = self._item.model_copy()
        command.apply(self._item, workflow.now())
        note_through(self._item, before.entries, given)
        match command:
            case SplitItem():
                await self._neighbours.split(command)
            case MergeItem(into=into):
                await self._neighbours.merge(into)
            case BlockItem(on=str(on)):
                await self._neighbours.block_on(on)
            case Edit(title=str()):
                await self._neighbours.tell_title()
            case Adopt():
                await self._ticket.adopt(command)
                note_through(self._item, before.entries, given)
        version = self._item.version
        await self._entity.written(version)
        self._entity.mails.tell(*item_tells.of_command(command, before, self._item))
        return version

    async def _plan(self, at: datetime, fence: Fence) -> PlansTaken[ItemPlan]:
        return await workflow.execute_local_activity_method(
            Schedule.plan_item, PlanItem(item=self._item, at=at, fence=fence), **LOCAL
        )

    async def _finish(self) -> bool:
        """Leaves nothing half-done; False when the item was reopened meanwhile."""
        await self._neighbours.announce()
        await self._entity.wind_down(lambda: self._ticket.settled)
        return self._item.ended

    def _may_continue_as_new(self) -> bool:
        return self._entity.may_continue_as_new() and self._ticket.may_continue_as_new

    async def _hear_what_was_missed(self) -> None:
        missed = await workflow.execute_local_activity_method(Missed.missed_by_item, self._item.lean(), **LOCAL)
        if missed.incident_id is not None:
            await self.follow(missed.incident_id)
        if missed.news is not None:
            self.incident_went_on(missed.news)
        if missed.over is not None:
            self.block_over(missed.over)

    @hears
    def incident_went_on(self, news: IncidentNews) -> None:
        """Deadlines may count from it. What was known stays when the incident is reopened, until it comes again."""
        item = self._item
        known = item.resolved_at, item.published_at, item.private
        item.resolved_at = news.resolved_at or item.resolved_at
        item.published_at = news.published_at or item.published_at
        item.private = item.private if news.private is None else news.private
        if known != (item.resolved_at, item.published_at, item.private):
            item.version += 1

    @hears
    def plan_changed(self, news: IncidentNews) -> None:
        """It is planned again, with what it has to know of its incident for that."""
        self.incident_went_on(news)
        self._item.version += 1

    @hears
    async def follow(self, incident_id: str) -> None:
        """It belongs to another incident from now on."""
        text = f"Belongs to {incident_id} now, which {self._item.incident_id} was merged into"
        self._item.incident_id = incident_id
        self._item.note(workflow.now(), EntryKind.ACTION_ITEM, text)
        if self._item.settled:
            await self._neighbours.tell_incident(incident_id)

    @hears
    def incident_repeated(self, seen: RepeatSeen) -> None:
        """What this item was to prevent happened again."""
        if repeated(self._item, seen, workflow.now()):
            self._entity.mails.tell(item_tells.of_repeat(self._item, seen.incident_id))

    @hears
    def repeat_taken_back(self, seen: RepeatSeen) -> None:
        """It was another incident, or somebody else's to prevent."""
        if taken_back(self._item, seen, workflow.now()):
            self._entity.mails.tell(item_tells.of_repeat_taken_back(self._item, seen.incident_id))

    @hears
    def sprint_news(self, news: SprintNews) -> None:
        """None for one that is settled."""
        if not self._item.settled:
            news.apply(self._item, workflow.now())

    @workflow.signal
    def look_at_ticket(self) -> None:
        """It is read as soon as the tracker answers."""
        self._ticket.look()

    @hears
    def undelivered(self, missed: MissedMail) -> None:
        """Who is next above hears of it."""
        self._entity.mails.undelivered(missed)

    @hears
    async def state_asked(self, incident_id: str) -> None:
        """Whether it is open."""
        await self._neighbours.state_asked(incident_id)

    @hears
    async def merge_asked(self, other: Duplicate) -> None:
        """Goes on for the other one, too, if it can."""
        await self._neighbours.merge_asked(other)

    @hears
    def merge_withdrawn(self, other: Duplicate) -> None:
        """The other one goes on by itself."""
        give_back(self._item, other, workflow.now())

    @hears
    async def block_asked(self, asked: BlockAsked) -> None:
        """Lets the other one wait, unless that would be a circle."""
        await self._neighbours.block_asked(asked)

    @hears
    def released(self, waited: str) -> None:
        """The other one does not have to hear any more when this one is settled."""
        release(self._item, waited, workflow.now())

    @hears
    def block_over(self, over: BlockOver) -> None:
        """It goes on."""
        self._neighbours.block_over(over)

    @hears
    def answered(self, answer: Answer) -> None:
        """It is decided what it asked for."""
        self._neighbours.question.answered(answer)
