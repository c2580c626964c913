"""The merge of two incidents, one of which continues."""

from typing import Any, TypeVar

from temporalio import workflow

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.lifecycle import Continued, end_merge, give_back, take_in
from followthrough.domain.replayed.incident.tells import of_merge
from followthrough.domain.replayed.values import Refusal
from workflows.entity import Entity
from workflows.messages.incident import MergeAnswer
from workflows.parts.commands import fit
from workflows.parts.question import Question
from workflows.signals import Signal, ToIncident, say

SaidT = TypeVar("SaidT")


class Merging:
    """Asks another incident to continue this one, and is asked the same."""

    def __init__(self, entity: Entity[Incident]) -> None:
        self._entity = entity
        self._incident = entity.record
        self._question = Question(_refusing)

    async def merge(self, into: str) -> str | None:
        """Asks the other incident to continue this one; its sentence when it can't."""
        merged = Continued.of(self._incident)
        answer = await self._question.ask(
            into, ToIncident.merge_asked, merged, lambda: say(into, ToIncident.merge_withdrawn, merged)
        )
        refusal = answer.refusal if answer else f"There is no ongoing incident {into}; merge into one that is."
        end_merge(self._incident, refusal, workflow.now())
        return refusal

    async def decided(self) -> None:
        """Waits until it is known whether another incident continues this one."""
        await workflow.wait_condition(lambda: self._incident.merging_into is None)

    async def passed_on(self, signal: Signal[Any, SaidT, None], said: SaidT) -> bool:
        """Whether an incident that continues this one has been told the same."""
        into = self._incident.merged_into
        return into is not None and await say(into, signal, said)

    async def asked(self, other: Continued) -> None:
        """See ``ToIncident.merge_asked``."""
        refusal = None
        try:
            if fit(self._entity, lambda incident: take_in(incident, other, workflow.now())):
                self._entity.mails.tell(of_merge(self._incident, other))
        except Refusal as error:
            refusal = str(error)
        answer = MergeAnswer(into=self._incident.id, refusal=refusal, question=other.question)
        await say(other.id, ToIncident.merge_answered, answer)

    async def withdrawn(self, other: Continued) -> None:
        """See ``ToIncident.merge_withdrawn``."""
        await self.decided()
        give_back(self._incident, other, workflow.now())
        await self.passed_on(ToIncident.merge_withdrawn, other)

    def answered(self, answer: MergeAnswer) -> None:
        """See ``ToIncident.merge_answered``."""
        if answer.into == self._incident.merging_into:
            self._question.answered(answer)


def _refusing(sentence: str) -> MergeAnswer:
    return MergeAnswer(into="", refusal=sentence)
