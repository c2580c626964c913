"""What an incident has to do with its action items, which are workflows of their own."""

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError
from temporalio.workflow import ChildWorkflowHandle

from activities.missed import Missed
from followthrough.domain.replayed.incident.commands import ProposeItem
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import Refusal
from workflows.calls import LOCAL
from workflows.entity import Entity
from workflows.messages.incident import IncidentNews
from workflows.messages.item import Answer, ItemAskedAgain, ItemEdited, ItemEnded, ItemSplit
from workflows.parts.commands import fit
from workflows.parts.merging import Merging
from workflows.parts.neighbours import start_item
from workflows.signals import ToIncident, ToItem, say
from workflows.turns import turn

NO_NEWS = IncidentNews(resolved_at=None, published_at=None)


class ActionItems:
    """Starts them, hears what becomes of them, and tells them what they have to know of their incident."""

    def __init__(self, entity: Entity[Incident], merging: Merging) -> None:
        self._entity = entity
        self._incident = entity.record
        self._merging = merging
        self._told = NO_NEWS
        self._children: dict[str, ChildWorkflowHandle[Any, ActionItem]] = {}

    async def start(self, command: ProposeItem) -> None:
        """After ``apply``."""
        incident = self._incident
        item = command.proposed(incident, workflow.now())
        news = self._news()
        child = self._children[item.id] = await start_item(item)
        child.add_done_callback(lambda _: self._entity.background.start(self._hear_end(item.id, child)))
        if news != self._news():
            await say(item.id, ToItem.incident_went_on, self._news())

    async def tell_news(self) -> None:
        """Once each time that there is some; those that are just starting know."""
        if (news := self._news()) not in (NO_NEWS, self._told):
            self._told = news
            going_along = [item.id for item in self._incident.items if item.goes_along]
            await asyncio.gather(*(say(item_id, ToItem.incident_went_on, news) for item_id in going_along))

    async def ask(self) -> None:
        """Each says whether it is open; of one that is gone the read model says how it has ended."""
        asked = tuple(self._incident.unheard)
        there = await asyncio.gather(*(say(item_id, ToItem.state_asked, self._incident.id) for item_id in asked))
        gone = {item_id for item_id, answers in zip(asked, there, strict=True) if not answers}
        if any(item.id in gone and item.ended_at is None for item in self._incident.items):
            await self.hear_what_was_missed()
        for item_id in asked:
            if item_id in gone:
                self._incident.heard_of(item_id)
                self._incident.close_if_done(workflow.now())

    async def hear_what_was_missed(self) -> None:
        """What they said while no workflow ran."""
        missed = await workflow.execute_local_activity_method(Missed.missed_by_incident, self._incident.lean(), **LOCAL)
        for asked in missed.asked_again:
            await self.asked_again(asked)
        for ended in missed.ended:
            await self.ended(ended)

    async def follow(self, into: str) -> None:
        """Those that are open, or may be again, belong to the incident that continues this one."""
        for item in self._incident.items:
            if item.goes_along and not await say(item.id, ToItem.follow, into):
                await self._heard_end(item.id)

    async def ended(self, ended: ItemEnded) -> None:
        """See ``ToIncident.item_ended``."""
        await self._merging.decided()
        self._incident.item_ended(workflow.now(), ended.item_id, ended.at, ended.status)
        await self._merging.passed_on(ToIncident.item_ended, ended)

    async def asked_again(self, asked: ItemAskedAgain) -> None:
        """See ``ToIncident.item_asked_again``. One that had ended has not heard that its incident became private."""
        await self._merging.decided()
        self._incident.item_asked_again(workflow.now(), asked.item_id, asked.because)
        if self._incident.was_private:
            await say(asked.item_id, ToItem.incident_went_on, self._news())
        await self._merging.passed_on(ToIncident.item_asked_again, asked)

    async def edited(self, edited: ItemEdited) -> None:
        """See ``ToIncident.item_edited``."""
        await self._merging.decided()
        self._incident.item_edited(edited.item_id, edited.title)
        await self._merging.passed_on(ToIncident.item_edited, edited)

    async def split(self, split: ItemSplit) -> None:
        """See ``ToIncident.item_split``."""
        await self._merging.decided()
        if await self._merging.passed_on(ToIncident.item_split, split):
            return
        refusal = None
        try:
            fit(self._entity, lambda incident: incident.item_split(workflow.now(), split.item_id, split.parts))
        except Refusal as error:
            refusal = str(error)
        answer = Answer(refusal=refusal, incident_id=self._incident.id, question=split.question)
        await say(split.item_id, ToItem.answered, answer)

    async def split_withdrawn(self, split: ItemSplit) -> None:
        """See ``ToIncident.split_withdrawn``."""
        await self._merging.decided()
        if self._incident.merged_into is None:
            self._incident.item_not_split(workflow.now(), split.item_id, split.parts)
        else:
            await self._merging.passed_on(ToIncident.split_withdrawn, split)

    @property
    def may_continue_as_new(self) -> bool:
        """No end is to be heard that a new run would not hear."""
        return not any(child.done() for child in self._children.values())

    async def _heard_end(self, item_id: str) -> None:
        await self._entity.background.wait(lambda: item_id not in self._children)

    async def _hear_end(self, item_id: str, child: ChildWorkflowHandle[Any, ActionItem]) -> None:
        """The engine tells that an action item which this run has started has ended."""
        await turn()
        try:
            item = await child
        except ChildWorkflowError:  # ended by hand: it goes on in a run that tells this incident itself
            pass
        else:
            if item.incident_id == self._incident.id:
                at = item.ended_at or workflow.now()
                await self.ended(ItemEnded(item_id=item.id, at=at, status=item.status))
        del self._children[item_id]

    def _news(self) -> IncidentNews:
        """What a rule has deadlines count from, and whether it is private."""
        incident, plan = self._incident, self._incident.plan
        return IncidentNews(
            resolved_at=incident.resolved_since if plan and plan.resolved_counts else None,
            published_at=incident.published_at if plan and plan.published_counts else None,
            private=incident.private if incident.was_private else None,
        )
