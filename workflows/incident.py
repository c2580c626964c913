"""One incident, from its declaration until its postmortem is published and its last action item has ended."""

from datetime import datetime

from temporalio import workflow
from temporalio.workflow import ParentClosePolicy

from activities.schedule import Schedule
from followthrough.domain.replayed.ids import drill_id, is_drill
from followthrough.domain.replayed.incident import moments as incident_moments
from followthrough.domain.replayed.incident import tells as incident_tells
from followthrough.domain.replayed.incident.alert import Alert
from followthrough.domain.replayed.incident.alerts import receive
from followthrough.domain.replayed.incident.commands import IncidentCommand, ProposeItem
from followthrough.domain.replayed.incident.incident import ONGOING, Incident, IncidentPlan
from followthrough.domain.replayed.incident.lifecycle import Continued, LinkRepeat, Merge, Split, UnlinkRepeat
from followthrough.domain.replayed.proof import Proof
from followthrough.domain.replayed.revival import incident_goes_on
from followthrough.domain.replayed.values import EntryKind, Fence, Refusal
from workflows.calls import LOCAL
from workflows.entity import Entity
from workflows.messages.incident import AlertReceipt, IncidentProgress, MergeAnswer
from workflows.messages.item import ItemAskedAgain, ItemEdited, ItemEnded, ItemSplit
from workflows.messages.mail import MissedMail
from workflows.messages.schedule import PlanIncident, PlansTaken
from workflows.parts.action_items import ActionItems
from workflows.parts.commands import check, note_through, once
from workflows.parts.merging import Merging
from workflows.parts.pages import Pages
from workflows.parts.repeats import look_for_repeats, take_back
from workflows.proven import proof
from workflows.search_attributes import names_here, of_incident
from workflows.signals import ToDrill, ToIncident, hears, say


@workflow.defn
class IncidentWorkflow(ToIncident):
    """Its id is the incident's; an alert that is delivered again joins the workflow that runs."""

    @workflow.init
    def __init__(self, progress: IncidentProgress) -> None:
        self._incident = progress.incident
        self._entity = Entity(self._incident, progress.outgoing, self._plan, incident_moments.take)
        self._pages = Pages(self._incident, self._entity.background)
        self._merging = Merging(self._entity)
        self._items = ActionItems(self._entity, self._merging)
        self._drill_told = False
        self._text_written = ""
        self._goes_on = bool(progress.goes_on)
        self._begin(progress)

    def _begin(self, progress: IncidentProgress) -> None:
        incident, entries = self._incident, self._incident.entries
        if progress.goes_on:
            incident_goes_on(incident, progress.goes_on, workflow.now())
        if progress.goes_on or workflow.info().continued_run_id is not None:
            incident.ask_open_items()
        if progress.reopen is not None:
            progress.reopen.apply(incident, workflow.now())
            incident.ask_items()
            if progress.reopen_id is not None:
                incident.remember(progress.reopen_id, incident.version)
            self._entity.mails.tell(incident_tells.of_reopening(incident, progress.reopen))
        elif progress.alert is not None:
            receive(incident, progress.alert, workflow.now())
        elif incident.version == 0 and incident.declared_by is not None:
            origin = incident.split_from
            text = f"Split off {origin}: {incident.title}" if origin else f"Declared: {incident.title}"
            incident.note(workflow.now(), EntryKind.STATUS, text, incident.declared_by)
        note_through(incident, entries, progress.proof)

    @workflow.run
    async def run(self, progress: IncidentProgress) -> Incident:
        """Gives the incident as it ended."""
        incident, entity = self._incident, self._entity
        entity.background.begin()
        await entity.settle()
        entity.background.attend()
        if self._goes_on:
            await self._items.hear_what_was_missed()
        await self._items.ask()
        if not (incident.compared or incident.drill):
            await self._page_first()
            await look_for_repeats(self._entity)
        while not (incident.ended and await self._finish()):
            await entity.next_change(self._may_continue_as_new)
            await self._tell_drill()
            await self._items.tell_news()
            if self._may_continue_as_new():
                workflow.continue_as_new(self.progress())
        entity.background.stop()
        return incident

    @workflow.query
    def state(self) -> Incident:
        """The incident as it is now."""
        return self._incident

    @workflow.query
    def progress(self) -> IncidentProgress:
        """What a further run needs to go on from here."""
        return IncidentProgress(incident=self._incident, outgoing=self._entity.mails.waiting)

    @workflow.update
    async def receive_alert(self, alert: Alert) -> AlertReceipt:
        """Takes in a delivery of the alert; not joined when this incident is over."""
        await self._merging.decided()
        incident = self._incident
        joined = receive(incident, alert, workflow.now())
        if incident.merging_into is not None:
            await self._merging.merge(incident.merging_into)
        return AlertReceipt(incident_id=incident.id, joined=joined, merged_into=incident.merged_into)

    @workflow.update
    async def execute(self, command: IncidentCommand) -> int:
        """Carries out a command; the answer is the version that it led to, which the read model has by then."""
        return await once(self._entity, lambda: self._carry_out(command, proof()))

    @execute.validator
    def _may_execute(self, command: IncidentCommand) -> None:
        check(self._entity, command)

    async def _carry_out(self, command: IncidentCommand, given: Proof | None = None) -> int:
        """Raises Refusal.

        The order has reasons. Audiences hear first, for they do not wait while the database is away. The version is the
        command's own, whatever comes while others are asked and told; only a merge is theirs to decide. Whoever has to
        act hears last, for a mail's link has to lead to what it says.
        """
        entries = self._incident.entries
        command.apply(self._incident, workflow.now())
        note_through(self._incident, entries, given)
        version = self._incident.version
        self._entity.mails.tell(*incident_tells.at_once(command, self._incident))
        match command:
            case ProposeItem():
                await self._items.start(command)
            case Split():
                await self._split(command)
            case LinkRepeat():
                await look_for_repeats(self._entity)
            case UnlinkRepeat(of=earlier):
                await take_back(self._incident, earlier)
            case Merge(into=into):
                if (refusal := await self._merging.merge(into)) is not None:
                    raise Refusal(refusal)
                version = self._incident.version
        await self._entity.written(version)
        self._entity.mails.tell(*incident_tells.once_shown(command, self._incident))
        return version

    async def _plan(self, at: datetime, fence: Fence) -> PlansTaken[IncidentPlan]:
        """A postmortem's text goes along when it changed."""
        incident = self._incident
        text = incident.postmortem.text if incident.postmortem else ""
        if incident.postmortem and text == self._text_written:
            incident = incident.model_copy(update={"postmortem": incident.postmortem.without_text()})
        planned = await workflow.execute_local_activity_method(
            Schedule.plan_incident, PlanIncident(incident=incident, at=at, fence=fence), **LOCAL
        )
        self._text_written = text
        return planned

    async def _split(self, command: Split) -> None:
        """Starts the new incident, which outlives this one."""
        incident = command.split_off(self._incident, workflow.now())
        team = await workflow.execute_local_activity_method(Schedule.team_of, incident.service, **LOCAL)
        incident.team = team or incident.team
        await workflow.start_child_workflow(
            IncidentWorkflow.run,
            IncidentProgress(incident=incident),
            id=incident.id,
            parent_close_policy=ParentClosePolicy.ABANDON,
            search_attributes=of_incident(incident, names=names_here()),
        )

    async def _page_first(self) -> None:
        """Mails leave with the end of a workflow task, which all that is compared would hold up; for long none can."""
        await self._entity.background.wait(lambda: not self._entity.mails.waiting or self._entity.unsettled)

    async def _tell_drill(self) -> None:
        """The drill that started this incident hears once that the response is over; it may be gone by then."""
        parent = workflow.info().parent
        drill = parent.workflow_id if parent else drill_id(self._incident.team) if self._goes_on else ""
        if self._drill_told or not self._incident.drill or not is_drill(drill):
            return
        if self._incident.status not in ONGOING:
            self._drill_told = True
            await say(drill, ToDrill.response_over, self._incident.lean())

    async def _finish(self) -> bool:
        """Leaves nothing half-done; False when the incident was reopened meanwhile."""
        await self._entity.wind_down(lambda: not self._pages.wanted)
        if self._incident.merged_into is not None:
            await self._items.follow(self._incident.merged_into)
        elif self._incident.ended:
            self._entity.mails.tell(incident_tells.of_end(self._incident))
        await self._entity.wind_down(lambda: not self._pages.wanted)
        return self._incident.ended

    def _may_continue_as_new(self) -> bool:
        may = self._entity.may_continue_as_new() and self._items.may_continue_as_new
        return may and not self._pages.under_way

    @hears
    async def item_ended(self, ended: ItemEnded) -> None:
        """Closes the incident if it waited for nothing else."""
        await self._items.ended(ended)

    @hears
    async def item_asked_again(self, asked: ItemAskedAgain) -> None:
        """The incident waits for it, if it is not closed."""
        await self._items.asked_again(asked)

    @hears
    async def item_edited(self, edited: ItemEdited) -> None:
        """It is called so here, too."""
        await self._items.edited(edited)

    @hears
    async def item_split(self, split: ItemSplit) -> None:
        """Waits for the parts instead, if there is room for them."""
        await self._items.split(split)

    @hears
    async def split_withdrawn(self, split: ItemSplit) -> None:
        """Waits for the whole again."""
        await self._items.split_withdrawn(split)

    @hears
    async def merge_asked(self, other: Continued) -> None:
        """Continues the other incident if it can."""
        await self._merging.asked(other)

    @hears
    async def merge_withdrawn(self, other: Continued) -> None:
        """The other incident goes on by itself."""
        await self._merging.withdrawn(other)

    @hears
    def merge_answered(self, answer: MergeAnswer) -> None:
        """It is decided what was asked for."""
        self._merging.answered(answer)

    @hears
    def undelivered(self, missed: MissedMail) -> None:
        """Who is next above hears of it."""
        self._entity.mails.undelivered(missed)

    @hears
    def reveal(self, text: str) -> None:
        """Those who practise know more."""
        self._incident.note(workflow.now(), EntryKind.NOTE, text)
