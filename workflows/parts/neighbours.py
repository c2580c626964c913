"""What an action item has to do with others: its incident, its parts, its duplicates, and those that wait for it."""

from typing import Any

from temporalio import workflow
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

from followthrough.domain.replayed.incident.incident import ItemSummary
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.item.lifecycle import (
    Duplicate,
    SplitItem,
    end_block,
    end_merge,
    end_split,
    hold_up,
    take_in,
)
from followthrough.domain.replayed.item.moments import go_on
from followthrough.domain.replayed.item.tells import of_duplicate, of_outcome
from followthrough.domain.replayed.values import Refusal
from workflows.entity import Entity
from workflows.messages.item import (
    Answer,
    BlockAsked,
    BlockOver,
    ItemAskedAgain,
    ItemEdited,
    ItemEnded,
    ItemProgress,
    ItemSplit,
)
from workflows.parts.question import Question
from workflows.search_attributes import names_here, of_item
from workflows.signals import ToIncident, ToItem, say


async def start_item(item: ActionItem) -> ChildWorkflowHandle[Any, ActionItem]:
    """Starts the action item as a workflow of its own, which outlives the one that starts it."""
    return await workflow.start_child_workflow(
        "ActionItemWorkflow",
        ItemProgress(item=item),
        id=item.id,
        parent_close_policy=ParentClosePolicy.ABANDON,
        search_attributes=of_item(item, names=names_here()),
        result_type=ActionItem,
    )


class Neighbours:
    """Tells others what they have to know, and asks them where they have a say.

    ``announced`` says that they know that the item is settled, ``tells_incident`` that its incident hears that from
    itself, and not from the engine.
    """

    def __init__(self, entity: Entity[ActionItem], *, announced: bool, tells_incident: bool) -> None:
        self.announced, self.tells_incident = announced, tells_incident
        self._entity = entity
        self._item = entity.record
        self._waits_for = self._blocked_on
        self.question = Question(_refusing)

    async def announce(self) -> None:
        """Once each time: its owner, its incident and those who wait for it hear that it is settled, or asked again."""
        item, on = self._item, self._blocked_on
        if self._waits_for is not None and self._waits_for != on:
            await say(self._waits_for, ToItem.released, item.id)
        self._waits_for = on
        if item.settled == self.announced:
            return
        self.announced = item.settled
        self._entity.mails.tell(of_outcome(item))
        if not self._engine_tells_incident():
            await self.tell_incident(item.incident_id)
        if self.announced:
            over = BlockOver(on=item.id, because=f"{item.id} is {item.outcome}")
            for waiting in tuple(item.blocks):
                await say(waiting, ToItem.block_over, over)

    async def tell_incident(self, asking: str) -> None:
        """That it is settled, or is asked again, which only ``asking`` hears; the incident may be gone."""
        item = self._item
        if item.settled:
            ended = ItemEnded(item_id=item.id, at=item.ended_at or workflow.now(), status=item.status)
            await say(item.incident_id, ToIncident.item_ended, ended)
        else:
            again = ItemAskedAgain(item_id=item.id, because=item.asked_because)
            await say(asking, ToIncident.item_asked_again, again)

    async def tell_title(self) -> None:
        """Its incident lists it by that, if it is not over."""
        edited = ItemEdited(item_id=self._item.id, title=self._item.title)
        await say(self._item.incident_id, ToIncident.item_edited, edited)

    async def state_asked(self, incident_id: str) -> None:
        """See ``ToItem``. That run of its incident will not hear from the engine what becomes of the item."""
        self.tells_incident = True
        await self.tell_incident(incident_id)

    async def split(self, command: SplitItem) -> None:
        """Asks the incident, if it is not over, and starts the parts before the whole ends.

        Raises Refusal with the incident's sentence when it has no room for them.
        """
        item, incident = self._item, self._item.incident_id
        parts = command.parts_of(item, workflow.now())
        summaries = tuple(ItemSummary(id=part.id, title=part.title, owner=part.owner) for part in parts)
        wanted = ItemSplit(item_id=item.id, parts=summaries)
        answer = await self.question.ask(
            incident, ToIncident.item_split, wanted, lambda: say(incident, ToIncident.split_withdrawn, wanted)
        )
        if answer is not None:
            item.incident_id = answer.incident_id or item.incident_id
            if answer.refusal is not None:
                end_split(item, parts, answer.refusal, workflow.now())
                raise Refusal(answer.refusal)
        for part in parts:
            await start_item(part.model_copy(update={"incident_id": item.incident_id}))
        end_split(item, parts, None, workflow.now())

    async def merge(self, into: str) -> None:
        """Asks the other to go on for both. Raises Refusal with its sentence when it can't."""
        duplicate = Duplicate.model_validate(self._item)
        answer = await self.question.ask(
            into, ToItem.merge_asked, duplicate, lambda: say(into, ToItem.merge_withdrawn, duplicate)
        )
        refusal = answer.refusal if answer else _nobody(into)
        end_merge(self._item, into, refusal, workflow.now())
        if refusal is not None:
            raise Refusal(refusal)

    async def merge_asked(self, other: Duplicate) -> None:
        """See ``ToItem``."""
        refusal = None
        try:
            take_in(self._item, other, workflow.now())
            self._entity.mails.tell(of_duplicate(self._item, other.id))
        except Refusal as error:
            refusal = str(error)
        await say(other.id, ToItem.answered, Answer(refusal=refusal, question=other.question))

    async def block_on(self, on: str) -> None:
        """Asks the other to tell when it has ended. Raises Refusal with the sentence why it can't."""
        asked = BlockAsked(path=(self._item.id,))
        answer = await self.question.ask(on, ToItem.block_asked, asked, lambda: say(on, ToItem.released, self._item.id))
        refusal = answer.refusal if answer else _nobody(on)
        end_block(self._item, refusal, workflow.now())
        if refusal is not None:
            raise Refusal(refusal)
        if workflow.patched("an answered block is written"):  # so that what others read does not wait for it still
            self._item.version += 1

    async def block_asked(self, asked: BlockAsked) -> None:
        """See ``ToItem``. The last of those that this one waits for answers."""
        refusal = None
        try:
            further = hold_up(self._item, asked.path, workflow.now())
            ahead = asked.model_copy(update={"path": (*asked.path, self._item.id)})
            if further is not None and await say(further, ToItem.block_asked, ahead):
                return
        except Refusal as error:
            refusal = str(error)
        await say(asked.path[0], ToItem.answered, Answer(refusal=refusal, question=asked.question))

    def block_over(self, over: BlockOver) -> None:
        """See ``ToItem``."""
        if over.on == self._blocked_on:
            self._waits_for = None
            because = f"Has to wait no longer: {over.because}"
            self._entity.mails.tell(go_on(self._item, because, workflow.now()))

    @property
    def _blocked_on(self) -> str | None:
        return self._item.block.on if self._item.block else None

    def _engine_tells_incident(self) -> bool:
        """The incident started this workflow, and its run goes on; it hears from the engine once this one has ended."""
        parent = workflow.info().parent
        started = parent is not None and parent.workflow_id == self._item.incident_id
        return started and self._item.ended and not self.tells_incident


def _nobody(item_id: str) -> str:
    return f"There is no open action item {item_id}; name one that is."


def _refusing(sentence: str) -> Answer:
    return Answer(refusal=sentence)
