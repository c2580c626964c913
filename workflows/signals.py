"""How workflows hear each other: who says what to whom.

                 alerts, people                people
                       │                          │
                       ▼                          ▼
    drill ◀────────▶ incident ◀───────────▶ action item ◀──── planning of a sprint, tracker, new plans
                     ▲      ▲               ▲         ▲
                     └──────┘               └─────────┘
                    other incidents       other action items

People and alerts come as updates, which are answered; what stands here comes as signals, which are not. Whoever needs
an answer says so in a question, is answered by another signal, and waits only so long for it (``parts/question.py``).
A workflow may be over when it is told something: then its record says the same, to whoever asks it later.

Each class is what a kind of workflow hears, with who says it. The workflow implements it with ``hears``, and others use
its methods with ``say``, so that both sides agree on names and types.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from inspect import iscoroutinefunction
from typing import Any, TypedDict, TypeVar, cast, get_type_hints

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.types import MethodSyncOrAsyncSingleParam

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.lifecycle import Continued
from followthrough.domain.replayed.incident.repeats import RepeatSeen
from followthrough.domain.replayed.item.lifecycle import Duplicate
from followthrough.domain.replayed.sprint.commands import SprintNews
from workflows.messages.confluence import WritePage
from workflows.messages.incident import IncidentNews, MergeAnswer
from workflows.messages.item import Answer, BlockAsked, BlockOver, ItemAskedAgain, ItemEdited, ItemEnded, ItemSplit
from workflows.messages.mail import MissedMail, PutInInbox

Signal = MethodSyncOrAsyncSingleParam
HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])
SaidT = TypeVar("SaidT")


class ToRecord(ABC):
    """What incidents and action items both hear."""

    @workflow.signal
    @abstractmethod
    def undelivered(self, missed: MissedMail) -> None:
        """Whoever sends mails: one about it did not reach somebody."""


class ToIncident(ToRecord):
    """What an incident hears."""

    @workflow.signal
    @abstractmethod
    async def item_ended(self, ended: ItemEnded) -> None:
        """One of its action items, or an incident that it continues: that is closed or waived, or goes on elsewhere."""

    @workflow.signal
    @abstractmethod
    async def item_asked_again(self, asked: ItemAskedAgain) -> None:
        """One of its action items, or an incident that it continues: that is open, perhaps again."""

    @workflow.signal
    @abstractmethod
    async def item_edited(self, edited: ItemEdited) -> None:
        """One of its action items, or an incident that it continues: that is called otherwise."""

    @workflow.signal
    @abstractmethod
    async def item_split(self, split: ItemSplit) -> None:
        """One of its action items asks whether parts may go on instead of it; ``ToItem.answered`` answers."""

    @workflow.signal
    @abstractmethod
    async def split_withdrawn(self, split: ItemSplit) -> None:
        """That action item: it had no answer in time."""

    @workflow.signal
    @abstractmethod
    async def merge_asked(self, other: Continued) -> None:
        """Another incident asks to be continued by this one; ``merge_answered`` answers."""

    @workflow.signal
    @abstractmethod
    async def merge_withdrawn(self, other: Continued) -> None:
        """That incident: it had no answer in time."""

    @workflow.signal
    @abstractmethod
    def merge_answered(self, answer: MergeAnswer) -> None:
        """The incident that was asked to continue this one: it does, or why not."""

    @workflow.signal
    @abstractmethod
    def reveal(self, text: str) -> None:
        """Its drill: more of the story."""


class ToItem(ToRecord):
    """What an action item hears."""

    @workflow.signal
    @abstractmethod
    def incident_went_on(self, news: IncidentNews) -> None:
        """Its incident: it was resolved, its postmortem published, or it became private or open."""

    @workflow.signal
    @abstractmethod
    async def follow(self, incident_id: str) -> None:
        """Its incident: it was merged into another one."""

    @workflow.signal
    @abstractmethod
    async def state_asked(self, incident_id: str) -> None:
        """Its incident, in a further run: is it open? ``ToIncident.item_ended`` or ``item_asked_again`` answers."""

    @workflow.signal
    @abstractmethod
    def incident_repeated(self, seen: RepeatSeen) -> None:
        """A later incident: it repeats its own."""

    @workflow.signal
    @abstractmethod
    def repeat_taken_back(self, seen: RepeatSeen) -> None:
        """That incident: it does not after all."""

    @workflow.signal
    @abstractmethod
    async def merge_asked(self, other: Duplicate) -> None:
        """Another action item asks this one to go on for both; ``answered`` answers."""

    @workflow.signal
    @abstractmethod
    def merge_withdrawn(self, other: Duplicate) -> None:
        """That action item: it had no answer in time."""

    @workflow.signal
    @abstractmethod
    async def block_asked(self, asked: BlockAsked) -> None:
        """Another action item asks to wait for this one; ``answered`` answers, by the last that has to be asked."""

    @workflow.signal
    @abstractmethod
    def released(self, waited: str) -> None:
        """That action item: it does not wait any more, or had no answer in time."""

    @workflow.signal
    @abstractmethod
    def block_over(self, over: BlockOver) -> None:
        """The action item that this one waits for: it is settled."""

    @workflow.signal
    @abstractmethod
    def answered(self, answer: Answer) -> None:
        """The action item or incident that was asked: it agrees, or why not."""

    @workflow.signal
    @abstractmethod
    def sprint_news(self, news: SprintNews) -> None:
        """The planning of a sprint: it is in that, could not be put into it, or that is over."""

    @workflow.signal
    @abstractmethod
    def look_at_ticket(self) -> None:
        """The webhook, the sweep, or a person: something may have changed in its ticket."""

    @workflow.signal
    @abstractmethod
    def plan_changed(self, news: IncidentNews) -> None:
        """Who looks through all plans: the organisation file or the rules make another one of it."""


class ToDrill(ABC):
    """What a drill hears."""

    @workflow.signal
    @abstractmethod
    def response_over(self, incident: Incident) -> None:
        """Its incident: it is resolved, or was cancelled."""


class ToInbox(ABC):
    """What the inbox of a person hears, which this starts."""

    @workflow.signal
    @abstractmethod
    def put(self, put: PutInInbox) -> None:
        """Whoever sends mails: this one can wait."""


class ToReplan(ABC):
    """What hears who looks through all plans, which this starts."""

    @workflow.signal
    @abstractmethod
    def changed(self, made_of: str) -> None:
        """The service: plans have to be of this from now on."""


class ToConfluencePage(ABC):
    """What hears who keeps a page in Confluence, which this starts."""

    @workflow.signal
    @abstractmethod
    def write(self, asked: WritePage) -> None:
        """A person: the page is to be as the postmortem is."""


class ToWebhooks(ABC):
    """What hears who sends events to an endpoint, which this starts."""

    @workflow.signal
    @abstractmethod
    def waits(self, endpoint: str) -> None:
        """The service: there is something new for it."""


def hears(handler: HandlerT) -> HandlerT:
    """Makes a method with one message the handler of the signal with its name.

    What can't be read fails the workflow task, which is seen, and is read by the next version that can; handed to
    ``workflow.signal`` itself the message would be dropped.
    """
    kind = next(hint for name, hint in get_type_hints(handler).items() if name != "return")

    def read(said: Any) -> Any:
        return workflow.payload_converter().from_payload(said.payload, kind) if isinstance(said, RawValue) else said

    async def later(self: Any, said: RawValue) -> None:
        await handler(self, read(said))

    def at_once(self: Any, said: RawValue) -> None:
        handler(self, read(said))

    hear: Callable[..., Any] = later if iscoroutinefunction(handler) else at_once
    hear.__annotations__ = {"said": RawValue, "return": None}  # with its type, self would count as an argument
    hear.__doc__ = handler.__doc__
    return cast(HandlerT, workflow.signal(name=handler.__name__)(hear))


async def say(workflow_id: str, signal: Signal[Any, SaidT, None], said: SaidT) -> bool:
    """Whether that workflow still runs; one that is gone is nobody who waits."""
    try:
        await workflow.get_external_workflow_handle(workflow_id).signal(signal, said)
    except ApplicationError:
        return False
    return True


class StartSignal(TypedDict):
    """Arguments of a client's ``start_workflow``."""

    start_signal: str
    start_signal_args: Sequence[Any]


def saying(signal: Callable[[Any, SaidT], object], said: SaidT) -> StartSignal:
    """For whoever starts a workflow with something to hear, also where it runs already."""
    return {"start_signal": signal.__name__, "start_signal_args": [said]}
