"""What a workflow asks another one, which may be stuck."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Generic, TypeVar

from temporalio import workflow

from followthrough.domain.replayed.values import Message
from workflows.messages.incident import MergeAnswer
from workflows.messages.item import Answer
from workflows.signals import Signal, say
from workflows.turns import turn

ANSWER_WITHIN = timedelta(seconds=30)
"""How long a workflow waits for the answer of another, while it takes no commands."""

AnswerT = TypeVar("AnswerT", bound=Answer | MergeAnswer)
QuestionT = TypeVar("QuestionT", bound=Message)


class Question(Generic[AnswerT]):
    """One at a time. ``refusal`` makes the answer in place of one that does not come, from a sentence."""

    def __init__(self, refusal: Callable[[str], AnswerT]) -> None:
        self._refusal = refusal
        self._asked: str | None = None
        self._answer: AnswerT | None = None

    async def ask(
        self,
        other: str,
        signal: Signal[Any, QuestionT, None],
        message: QuestionT,
        withdraw: Callable[[], Awaitable[object]],
    ) -> AnswerT | None:
        """None when nobody is there to answer.

        Without an answer in time it is a refusal, and ``withdraw`` has the other one undo what it does about it later.
        """
        self._answer, self._asked = None, str(workflow.uuid4())
        if not await say(other, signal, message.model_copy(update={"question": self._asked})):
            return None
        try:
            await workflow.wait_condition(lambda: self._answer is not None, timeout=ANSWER_WITHIN)
        except TimeoutError:
            await turn()
            await withdraw()
            within = f"{ANSWER_WITHIN.seconds} seconds"
            return self._refusal(f"{other} did not answer in {within}; nothing has changed, so try again later.")
        finally:
            self._asked = None
        return self._answer

    def answered(self, answer: AnswerT) -> None:
        """It is decided. That of an earlier question is too late; an older worker does not say which it answers."""
        if answer.question in (self._asked, ""):
            self._answer = answer
