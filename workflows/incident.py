"""One incident, from its declaration until its postmortem is published and its last action item has ended."""

import asyncio
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import ApplicationError, ChildWorkflowError
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

from activities.missed import Missed
from activities.planning import Planning
from followthrough.domain import incident_moments
from followthrough.domain.action_item import OPEN, ActionItem, ItemStatus
from followthrough.domain.ids import drill_id, is_drill
from followthrough.domain.incident import (
    ONGOING,
    Alert,
    Audience,
    Incident,
    IncidentPlan,
    Repeat,
    Role,
)
from followthrough.domain.incident_alerts import receive
from followthrough.domain.incident_commands import AssignRole, IncidentCommand, ProposeItem, SendUpdate
from followthrough.domain.lifecycle_commands import (
    Continued,
    HandOver,
    LinkRepeat,
    Merge,
    Reopen,
    Split,
    UnlinkRepeat,
    end_merge,
    give_back,
    take_in,
)
from followthrough.domain.notice_kinds import ToTell
from followthrough.domain.postmortem_commands import (
    AssignPostmortem,
    Publish,
    ReviewPostmortem,
    SubmitPostmortem,
)
from followthrough.domain.repeats import RepeatSeen
from followthrough.domain.revival import incident_goes_on
from followthrough.domain.shown import Shown, incident_as_shown, shown_of_incident
from followthrough.domain.values import EntryKind, Fence, PersonId, Refusal
from followthrough.turns import turn
from workflows.durable import ANSWER_WITHIN, LOCAL, Followed, no_answer
from workflows.item_links import start_item
from workflows.messages import (
    AlertReceipt,
    Answer,
    IncidentNews,
    IncidentProgress,
    ItemAskedAgain,
    ItemEnded,
    ItemSplit,
    MergeAnswer,
    Notice,
    NoticeKind,
    PlanIncident,
    PlansTaken,
    QueuedNotice,
)
from workflows.search_attributes import SEVERITY, STATUS, of_incident
from workflows.signals import ToDrill, ToIncident, ToItem, hears, say

NO_NEWS = IncidentNews(resolved_at=None, published_at=None)


@workflow.defn
class IncidentWorkflow(Followed[Incident], ToIncident):
    """Its id is the incident's; an alert that is delivered again joins the workflow that runs."""

    @workflow.init
    def __init__(self, progress: IncidentProgress) -> None:
        super().__init__(progress.incident, progress.outgoing)
        self._drill_told = False
        self._text_written = ""
        self._question: str | None = None
        self._merge_answer: MergeAnswer | None = None
        self._told_items = NO_NEWS
        self._children: dict[str, ChildWorkflowHandle[Any, ActionItem]] = {}
        self._goes_on = bool(progress.goes_on)
        if progress.goes_on:
            incident_goes_on(self.record, progress.goes_on, workflow.now())
        if progress.goes_on or workflow.info().continued_run_id is not None:
            self.record.ask_open_items()
        if progress.reopen is not None:
            progress.reopen.apply(self.record, workflow.now())
            self.record.ask_items()
            if progress.reopen_id is not None:
                self.record.remember(progress.reopen_id, self.record.version)
            self.tell(NoticeKind.INCIDENT_REOPENED, self._participants(), text=progress.reopen.reason)
        elif progress.alert is not None:
            receive(self.record, progress.alert, workflow.now())
        elif self.record.version == 0 and self.record.declared_by is not None:
            origin = self.record.split_from
            text = f"Split off {origin}: {self.record.title}" if origin else f"Declared: {self.record.title}"
            self.record.note(workflow.now(), EntryKind.STATUS, text, self.record.declared_by)

    @workflow.run
    async def run(self, progress: IncidentProgress) -> Incident:
        """Gives the incident as it ended."""
        self.begin()
        await self.settle()
        if self._goes_on:
            await self._hear_what_was_missed()
        await self._ask_items()
        if not (self.record.compared or self.record.drill):
            await self._page_first()
            await self._look_for_repeats()
        while not (self.record.ended and await self._finish()):
            await self.next_change()
            await self._tell_drill()
            await self._tell_items()
            if self.may_continue_as_new():
                workflow.continue_as_new(self.progress())
        self.background.stop()
        return self.record

    @workflow.update
    async def receive_alert(self, alert: Alert) -> AlertReceipt:
        """Takes in a delivery of the alert; not joined when this incident is over."""
        await self._merge_decided()
        joined = receive(self.record, alert, workflow.now())
        if self.record.merging_into is not None:
            await self._merge(self.record.merging_into)
        return AlertReceipt(incident_id=self.record.id, joined=joined, merged_into=self.record.merged_into)

    @workflow.update
    async def execute(self, command: IncidentCommand) -> int:
        """Carries out a command; the answer is the version that it led to, which the read model has by then."""
        return await self.once(lambda: self._carry_out(command))

    async def _carry_out(self, command: IncidentCommand) -> int:
        command.apply(self.record, workflow.now())
        version = self.record.version
        match command:
            case ProposeItem():
                await self._start_item(command)
            case Publish():
                self.tell(NoticeKind.POSTMORTEM_PUBLISHED, self._participants(), audience=Audience.INTERNAL)
            case SendUpdate(audience=audience, text=text):
                to = tuple(wanted.person for wanted in self.record.subscriptions if wanted.audience is audience)
                self.tell(NoticeKind.STAKEHOLDER_UPDATE, to, audience=audience, text=text)
            case Split():
                await self._split(command)
            case LinkRepeat():
                await self._look_for_repeats()
            case UnlinkRepeat(of=earlier):
                await self._take_back(earlier)
            case Merge(into=into):
                if (refusal := await self._merge(into)) is not None:
                    raise ApplicationError(refusal, type="Refusal", non_retryable=True)
                version = self.record.version
        await self.written(version)
        match command:
            case AssignRole(person=person, by=by, note=note) | HandOver(person=person, by=by, note=note):
                self._tell_of_role(person, by, note)
            case Reopen(reason=reason):
                self.tell(NoticeKind.INCIDENT_REOPENED, self._participants(), text=reason)
            case AssignPostmortem(to=owner):
                self.tell(NoticeKind.POSTMORTEM_ASSIGNED, (owner,), text=command.reason)
            case SubmitPostmortem(by=author):
                self.tell(NoticeKind.POSTMORTEM_TO_REVIEW, self._reviewers(author))
            case ReviewPostmortem() if self.record.postmortem:
                self.tell(NoticeKind.POSTMORTEM_REVIEWED, (self.record.postmortem.by,), text=command.note)
        return version

    @execute.validator
    def _may_execute(self, command: IncidentCommand) -> None:
        self.check(command)

    @hears
    async def item_ended(self, ended: ItemEnded) -> None:
        """An action item is closed or waived, or goes on elsewhere."""
        await self._merge_decided()
        self.record.item_ended(workflow.now(), ended.item_id, ended.at, ended.status)
        if self.record.merged_into is not None:
            await say(self.record.merged_into, ToIncident.item_ended, ended)

    @hears
    async def item_split(self, split: ItemSplit) -> None:
        """Parts are to go on instead of an action item, which is answered."""
        await self._merge_decided()
        if self.record.merged_into is not None and await say(self.record.merged_into, ToIncident.item_split, split):
            return
        refusal = None
        try:
            self.fit(lambda incident: incident.item_split(workflow.now(), split.item_id, split.parts))
        except Refusal as error:
            refusal = str(error)
        answer = Answer(refusal=refusal, incident_id=self.record.id, question=split.question)
        await say(split.item_id, ToItem.answered, answer)

    @hears
    async def split_withdrawn(self, split: ItemSplit) -> None:
        """An action item had no answer in time, and was not split."""
        await self._merge_decided()
        if self.record.merged_into is None:
            self.record.item_not_split(workflow.now(), split.item_id, split.parts)
        else:
            await say(self.record.merged_into, ToIncident.split_withdrawn, split)

    @hears
    async def item_asked_again(self, asked: ItemAskedAgain) -> None:
        """An action item that was closed or waived is open again."""
        await self._merge_decided()
        self.record.item_asked_again(workflow.now(), asked.item_id, asked.because)
        if self.record.merged_into is not None:
            await say(self.record.merged_into, ToIncident.item_asked_again, asked)

    @hears
    async def merge_asked(self, other: Continued) -> None:
        """Another incident asks to be continued by this one, and is answered."""
        refusal = None
        try:
            if self.fit(lambda incident: take_in(incident, other, workflow.now())):
                people = (*self._participants(), *(holder.person for holder in other.roles))
                self.tell(NoticeKind.INCIDENT_MERGED, tuple(dict.fromkeys(people)), text=other.id)
        except Refusal as error:
            refusal = str(error)
        answer = MergeAnswer(into=self.record.id, refusal=refusal, question=other.question)
        await say(other.id, ToIncident.merge_answered, answer)

    @hears
    async def merge_withdrawn(self, other: Continued) -> None:
        """Another incident had no answer in time, and goes on by itself."""
        await self._merge_decided()
        give_back(self.record, other, workflow.now())
        if self.record.merged_into is not None:
            await say(self.record.merged_into, ToIncident.merge_withdrawn, other)

    @hears
    def merge_answered(self, answer: MergeAnswer) -> None:
        """The incident that was asked to continue this one does, or can't.

        An older worker does not say which question it answers.
        """
        if answer.question in (self._question, ""):
            self._merge_answer = answer

    @hears
    def reveal(self, text: str) -> None:
        """A drill lets those who practise know more."""
        self.record.note(workflow.now(), EntryKind.NOTE, text)

    @workflow.query
    def state(self) -> Incident:
        """The incident as it is now."""
        return self.record

    @workflow.query
    def progress(self) -> IncidentProgress:
        """What a further run needs to go on from here."""
        return IncidentProgress(incident=self.record, outgoing=self.outgoing)

    async def plan(self, at: datetime, fence: Fence) -> PlansTaken[IncidentPlan]:
        """See ``Followed``. A postmortem's text goes along when it changed."""
        incident, text = self.record, self.record.postmortem.text if self.record.postmortem else ""
        if incident.postmortem and text == self._text_written:
            incident = incident.model_copy(update={"postmortem": incident.postmortem.without_text()})
        planned = await workflow.execute_local_activity_method(
            Planning.plan_incident, PlanIncident(incident=incident, at=at, fence=fence), **LOCAL
        )
        self._text_written = text
        return planned

    def take(self, plan: IncidentPlan, at: datetime) -> list[ToTell]:
        """See ``Followed``."""
        return incident_moments.take(self.record, plan, at)

    def search_attributes(self) -> list[SearchAttributeUpdate[Any]]:
        """See ``Followed``."""
        return [STATUS.value_set(self.record.status.value), SEVERITY.value_set(self.record.severity.value)]

    def shown(self, kind: NoticeKind, to: tuple[str, ...], audience: Audience | None) -> Shown:
        """See ``Followed``."""
        return shown_of_incident(self.record, kind, to, audience)

    def letter(self, notice: QueuedNotice) -> Notice:
        """See ``Followed``."""
        incident = incident_as_shown(self.record.lean(), notice.shown, notice.audience)
        return Notice(**dict(notice), waited=workflow.now() - notice.at, incident=incident)

    def _tell_of_role(self, person: PersonId, by: PersonId | None = None, note: str = "") -> None:
        """Tells who has a new role, and who had it before; not the one who did it."""
        before = next((holder.before for holder in self.record.roles if holder.person == person), ())
        kind = NoticeKind.ROLE_HANDED_OVER if before else NoticeKind.ROLE_ASSIGNED
        if to := tuple(told for told in (person, *before) if told != by):
            self.tell(kind, to, text=note)

    async def _hear_what_was_missed(self) -> None:
        missed = await workflow.execute_local_activity_method(Missed.missed_by_incident, self.record.lean(), **LOCAL)
        for asked in missed.asked_again:
            await self.item_asked_again(asked)
        for ended in missed.ended:
            await self.item_ended(ended)

    async def _finish(self) -> bool:
        """Leaves nothing half-done; False when the incident was reopened meanwhile."""
        await self.wind_down(lambda: True)
        if self.record.merged_into is not None:
            for item in self.record.items:
                if item.goes_along and not await say(item.id, ToItem.follow, self.record.merged_into):
                    await self._child_ended(item.id)
        elif self.record.ended:
            self.tell(NoticeKind.INCIDENT_CLOSED, self._participants())
        await self.wind_down(lambda: True)
        return self.record.ended

    async def _merge(self, into: str) -> str | None:
        """Asks the other incident to continue this one; its sentence when it can't."""
        refusal = await self._refusal(into)
        end_merge(self.record, refusal, workflow.now())
        return refusal

    async def _refusal(self, into: str) -> str | None:
        self._merge_answer, self._question = None, str(workflow.uuid4())
        merged = Continued.of(self.record).model_copy(update={"question": self._question})
        if not await say(into, ToIncident.merge_asked, merged):
            return f"There is no ongoing incident {into}; merge into one that is."
        try:
            await workflow.wait_condition(
                lambda: self._merge_answer is not None and self._merge_answer.into == into, timeout=ANSWER_WITHIN
            )
        except TimeoutError:
            await turn()
            await say(into, ToIncident.merge_withdrawn, merged)
            return no_answer(into)
        finally:
            self._question = None
        return self._merge_answer and self._merge_answer.refusal

    async def _merge_decided(self) -> None:
        await workflow.wait_condition(lambda: self.record.merging_into is None)

    async def _split(self, command: Split) -> None:
        """Starts the new incident, which outlives this one."""
        incident = command.split_off(self.record, workflow.now())
        team = await workflow.execute_local_activity_method(Planning.team_of, incident.service, **LOCAL)
        incident.team = team or incident.team
        await workflow.start_child_workflow(
            IncidentWorkflow.run,
            IncidentProgress(incident=incident),
            id=incident.id,
            parent_close_policy=ParentClosePolicy.ABANDON,
            search_attributes=of_incident(incident),
        )

    async def _page_first(self) -> None:
        """Mails leave with the end of a workflow task, which all that is compared would hold up; for long none can."""
        await self.background.wait(lambda: not self.outgoing or self.record.version > self._written or self._alarm.rang)

    async def _look_for_repeats(self) -> None:
        """Links or proposes earlier incidents, and counts it against open or waived follow-ups of those linked."""
        known: tuple[Repeat, ...] | None = None
        while known != (known := (*self.record.repeats, *self.record.proposed_repeats)):
            found = await workflow.execute_local_activity_method(Planning.find_repeats, self.record.lean(), **LOCAL)
        self.record.compared = True
        known_ids = {repeat.incident_id for repeat in known}
        for repeat in found.repeats:
            if repeat.incident_id not in known_ids:
                kept = self.record.proposed_repeats if repeat.proposed else self.record.repeats
                kept.append(repeat)
                text = f"{'Looks like' if repeat.proposed else 'Repeats'} {repeat.incident_id}: {repeat.because}"
                self.record.note(workflow.now(), EntryKind.NOTE, text)
        commander = self.record.holder(Role.INCIDENT_COMMANDER)
        if found.repeats and commander is not None:
            self.tell(NoticeKind.INCIDENT_REPEATS, (commander,), text=found.in_words())
        seen = RepeatSeen(incident_id=self.record.id, at=workflow.now())
        for item in found.follow_ups:
            linked = "", *(repeat.incident_id for repeat in self.record.repeats)
            if item.incident_id in linked and item.status in (*OPEN, ItemStatus.WAIVED):
                await say(item.id, ToItem.incident_repeated, seen)

    async def _take_back(self, earlier: str) -> None:
        """It is not counted any more against follow-ups of an incident that it was linked to."""
        only = [Repeat(incident_id=earlier, because="")]
        asked = self.record.model_copy(update={"repeats": only, "compared": True})
        found = await workflow.execute_local_activity_method(Planning.find_repeats, asked, **LOCAL)
        seen = RepeatSeen(incident_id=self.record.id, at=workflow.now())
        for item in found.follow_ups:
            await say(item.id, ToItem.repeat_taken_back, seen)

    def _participants(self) -> tuple[PersonId, ...]:
        return tuple(dict.fromkeys(holder.person for holder in self.record.roles))

    def _reviewers(self, author: PersonId) -> tuple[PersonId, ...]:
        """Who took part, or else the next on call, without the author."""
        others = tuple(person for person in self._participants() if person != author)
        return others or (self.record.plan.on_call[:1] if self.record.plan else ())

    async def _tell_drill(self) -> None:
        """The drill that started this incident hears once that the response is over; it may be gone by then."""
        parent = workflow.info().parent
        drill = parent.workflow_id if parent else drill_id(self.record.team) if self._goes_on else ""
        if self._drill_told or not self.record.drill or not is_drill(drill):
            return
        if self.record.status not in ONGOING:
            self._drill_told = True
            await say(drill, ToDrill.response_over, self.record.lean())

    async def _ask_items(self) -> None:
        """Each says whether it is open; of one that is gone the read model says how it has ended."""
        asked = tuple(self.record.unheard)
        there = await asyncio.gather(*(say(item_id, ToItem.state_asked, self.record.id) for item_id in asked))
        gone = {item_id for item_id, answers in zip(asked, there, strict=True) if not answers}
        if any(item.id in gone and item.ended_at is None for item in self.record.items):
            await self._hear_what_was_missed()
        for item_id in asked:
            if item_id in gone:
                self.record.heard_of(item_id)
                self.record.close_if_done(workflow.now())

    async def _child_ended(self, item_id: str) -> None:
        await self.background.wait(lambda: item_id not in self._children)

    async def _hear_end(self, item_id: str, child: ChildWorkflowHandle[Any, ActionItem]) -> None:
        """The engine tells that an action item which this run has started has ended."""
        await turn()
        try:
            item = await child
        except ChildWorkflowError:  # ended by hand: it goes on in a run that tells this incident itself
            pass
        else:
            if item.incident_id == self.record.id:
                at = item.ended_at or workflow.now()
                await self.item_ended(ItemEnded(item_id=item_id, at=at, status=item.status))
        del self._children[item_id]

    def may_continue_as_new(self) -> bool:
        """See ``Followed``."""
        return super().may_continue_as_new() and not any(child.done() for child in self._children.values())

    def _news(self) -> IncidentNews:
        """What a rule has deadlines count from."""
        incident, plan = self.record, self.record.plan
        return IncidentNews(
            resolved_at=incident.resolved_at if plan and plan.resolved_counts else None,
            published_at=incident.published_at if plan and plan.published_counts else None,
        )

    async def _tell_items(self) -> None:
        """Once each time that there is news; those that are just starting know."""
        if (news := self._news()) not in (NO_NEWS, self._told_items):
            self._told_items = news
            going_along = [item.id for item in self.record.items if item.goes_along]
            await asyncio.gather(*(say(item_id, ToItem.incident_went_on, news) for item_id in going_along))

    async def _start_item(self, command: ProposeItem) -> None:
        incident = self.record
        item = ActionItem(
            id=incident.items[-1].id,
            incident_id=incident.id,
            title=command.title,
            kind=command.kind,
            priority=command.priority,
            severity=incident.severity,
            service=incident.service,
            team=incident.team,
            owner=command.owner,
            proposed_by=command.by,
            proposed_at=workflow.now(),
            drill=incident.drill,
            declared_at=incident.declared_at,
            resolved_at=incident.resolved_at,
            published_at=incident.published_at,
        )
        news = self._news()
        child = self._children[item.id] = await start_item(item)
        child.add_done_callback(lambda _: self.background.start(self._hear_end(item.id, child)))
        if news != self._news():
            await say(item.id, ToItem.incident_went_on, self._news())
