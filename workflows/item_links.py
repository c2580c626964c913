"""What an action item has to do with others: its incident, its parts, its duplicates, and those that wait for it."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

from followthrough.domain.action_item import ActionItem
from followthrough.domain.incident import ItemSummary
from followthrough.domain.item_lifecycle import (
    Duplicate,
    SplitItem,
    end_block,
    end_merge,
    end_split,
    give_back,
    hold_up,
    release,
    take_in,
)
from followthrough.domain.item_moments import go_on
from followthrough.domain.revival import item_goes_on
from followthrough.domain.values import Refusal
from followthrough.turns import turn
from workflows.durable import ANSWER_WITHIN, no_answer
from workflows.messages import (
    Answer,
    BlockAsked,
    BlockOver,
    ItemAskedAgain,
    ItemEnded,
    ItemProgress,
    ItemSplit,
    NoticeKind,
)
from workflows.search_attributes import of_item
from workflows.signals import Signal, ToIncident, ToItem, hears, say
from workflows.ticket_following import TicketFollowing

QuestionT = TypeVar("QuestionT", BlockAsked, Duplicate, ItemSplit)
Withdrawal = Callable[[], Awaitable[object]]


async def start_item(item: ActionItem) -> ChildWorkflowHandle[Any, ActionItem]:
    """Starts the action item as a workflow of its own, which outlives the one that starts it."""
    return await workflow.start_child_workflow(
        "ActionItemWorkflow",
        ItemProgress(item=item),
        id=item.id,
        parent_close_policy=ParentClosePolicy.ABANDON,
        search_attributes=of_item(item),
        result_type=ActionItem,
    )


class LinkedItem(TicketFollowing):
    """Tells others what they have to know, and asks them where they have a say."""

    def __init__(self, progress: ItemProgress) -> None:
        super().__init__(progress)
        self.announced, self.tells_incident = progress.announced, progress.tells_incident
        if progress.reopen is not None:
            self.announced, self.ticket_shows = True, self._ticket_facts()
            progress.reopen.apply(self.record, workflow.now())
            if progress.reopen_id is not None:
                self.record.remember(progress.reopen_id, self.record.version)
        self._waits_for = self._blocked_on()
        self._question: str | None = None
        if progress.goes_on:
            item_goes_on(self.record, progress.goes_on, workflow.now())
        self._answer: Answer | None = None

    async def announce(self) -> None:
        """Once each time: its owner, its incident and those who wait for it hear that it is settled, or asked again."""
        item, on = self.record, self._blocked_on()
        if self._waits_for is not None and self._waits_for != on:
            await say(self._waits_for, ToItem.released, item.id)
        self._waits_for = on
        if item.settled == self.announced:
            return
        self.announced = item.settled
        if item.settled:
            self.tell(NoticeKind.ITEM_ENDED, (item.owner,))
            if not self._engine_tells_incident():
                await self.tell_incident()
            over = BlockOver(on=item.id, because=f"{item.id} is {item.outcome}")
            for waiting in tuple(item.blocks):
                await say(waiting, ToItem.block_over, over)
        else:
            to = tuple(dict.fromkeys((item.owner, *item.approvers)))
            self.tell(NoticeKind.ITEM_ASKED_AGAIN, to, text=item.asked_because)
            asked = ItemAskedAgain(item_id=item.id, because=item.asked_because)
            await say(item.incident_id, ToIncident.item_asked_again, asked)

    def _engine_tells_incident(self) -> bool:
        """The incident started this workflow, and its run goes on; it hears from the engine once this one has ended."""
        parent = workflow.info().parent
        started = parent is not None and parent.workflow_id == self.record.incident_id
        return started and self.record.ended and not self.tells_incident

    async def tell_incident(self) -> None:
        """The incident may be gone."""
        item = self.record
        ended = ItemEnded(item_id=item.id, at=item.ended_at or workflow.now(), status=item.status)
        await say(item.incident_id, ToIncident.item_ended, ended)

    async def split(self, command: SplitItem) -> None:
        """Asks the incident, if it is not over, and starts the parts before the whole ends.

        Raises ApplicationError with the incident's sentence when it has no room for them.
        """
        parts = command.parts_of(self.record, workflow.now())
        summaries = tuple(ItemSummary(id=part.id, title=part.title, owner=part.owner) for part in parts)
        wanted = ItemSplit(item_id=self.record.id, parts=summaries)
        incident = self.record.incident_id
        answer = await self._ask(
            incident, ToIncident.item_split, wanted, lambda: say(incident, ToIncident.split_withdrawn, wanted)
        )
        if answer is not None:
            self.record.incident_id = answer.incident_id or self.record.incident_id
            if answer.refusal is not None:
                end_split(self.record, parts, answer.refusal, workflow.now())
                _require(answer.refusal)
        for part in parts:
            await start_item(part.model_copy(update={"incident_id": self.record.incident_id}))
        end_split(self.record, parts, None, workflow.now())

    async def merge(self, into: str) -> None:
        """Asks the other to go on for both; raises ApplicationError with its sentence when it can't."""
        duplicate = Duplicate.model_validate(self.record)
        refusal = await self._refusal(
            into, ToItem.merge_asked, duplicate, lambda: say(into, ToItem.merge_withdrawn, duplicate)
        )
        end_merge(self.record, into, refusal, workflow.now())
        _require(refusal)

    async def block_on(self, on: str) -> None:
        """Asks the other to tell when it has ended; raises ApplicationError with the sentence why it can't."""
        asked = BlockAsked(path=(self.record.id,))
        refusal = await self._refusal(on, ToItem.block_asked, asked, lambda: say(on, ToItem.released, self.record.id))
        end_block(self.record, refusal, workflow.now())
        _require(refusal)

    async def _refusal(
        self, other: str, signal: Signal[Any, QuestionT, None], message: QuestionT, withdraw: Withdrawal
    ) -> str | None:
        """What another action item says against it; None when it agrees."""
        answer = await self._ask(other, signal, message, withdraw)
        return answer.refusal if answer else f"There is no open action item {other}; name one that is."

    async def _ask(
        self, other: str, signal: Signal[Any, QuestionT, None], message: QuestionT, withdraw: Withdrawal
    ) -> Answer | None:
        """None when nobody is there to answer.

        Without an answer in time it is a refusal, and ``withdraw`` undoes what the other does about it later.
        """
        self._answer, self._question = None, str(workflow.uuid4())
        if not await say(other, signal, message.model_copy(update={"question": self._question})):
            return None
        try:
            await workflow.wait_condition(lambda: self._answer is not None, timeout=ANSWER_WITHIN)
        except TimeoutError:
            await turn()
            await withdraw()
            return Answer(refusal=no_answer(other))
        finally:
            self._question = None
        return self._answer

    @hears
    async def merge_asked(self, other: Duplicate) -> None:
        """A duplicate asks this one to go on for both, and is answered."""
        refusal = None
        try:
            take_in(self.record, other, workflow.now())
            self.tell(NoticeKind.ITEM_TOOK_IN, (self.record.owner,), text=other.id)
        except Refusal as error:
            refusal = str(error)
        await say(other.id, ToItem.answered, Answer(refusal=refusal, question=other.question))

    @hears
    def merge_withdrawn(self, other: Duplicate) -> None:
        """A duplicate had no answer in time, and goes on by itself."""
        give_back(self.record, other, workflow.now())

    @hears
    async def block_asked(self, asked: BlockAsked) -> None:
        """Another action item wants to wait for this one; the last of those that this one waits for answers."""
        refusal = None
        try:
            further = hold_up(self.record, asked.path, workflow.now())
            ahead = asked.model_copy(update={"path": (*asked.path, self.record.id)})
            if further is not None and await say(further, ToItem.block_asked, ahead):
                return
        except Refusal as error:
            refusal = str(error)
        await say(asked.path[0], ToItem.answered, Answer(refusal=refusal, question=asked.question))

    @hears
    def answered(self, answer: Answer) -> None:
        """What another workflow was asked for is decided. An older worker does not say which question it answers."""
        if answer.question in (self._question, ""):
            self._answer = answer

    @hears
    async def state_asked(self, incident_id: str) -> None:
        """A further run of its incident does not know what became of it, and will not hear it from the engine."""
        self.tells_incident = True
        if self.record.settled:
            await self.tell_incident()
        else:
            asked = ItemAskedAgain(item_id=self.record.id, because=self.record.asked_because)
            await say(incident_id, ToIncident.item_asked_again, asked)

    @hears
    def released(self, waited: str) -> None:
        """An action item does not wait for this one any more."""
        release(self.record, waited, workflow.now())

    @hears
    def block_over(self, over: BlockOver) -> None:
        """The one that this one waits for has ended."""
        if over.on == self._blocked_on():
            self._waits_for = None
            told = go_on(self.record, f"Has to wait no longer: {over.because}", workflow.now())
            self.tell(told.kind, told.to, text=told.text)

    def _blocked_on(self) -> str | None:
        return self.record.block.on if self.record.block else None


def _require(refusal: str | None) -> None:
    if refusal is not None:
        raise ApplicationError(refusal, type="Refusal", non_retryable=True)
