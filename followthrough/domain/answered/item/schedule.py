"""The deadlines of an action item, and the single next moment that matters.

A moment that passes is recorded with the time it was planned for, or made up for when that had been missed.
It belongs to a deadline when it is not earlier than it, and what comes next counts from it: no moment comes
twice, a late worker sends no burst, and a deadline that moved ahead begins anew.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from followthrough.domain.answered.organisation.calendar import (
    START_OF_WORKING_DAY,
    add_working_days,
    after_wait,
    next_working_time,
    working_time,
)
from followthrough.domain.answered.organisation.ladder import hears, known, next_level, next_reminder
from followthrough.domain.answered.organisation.organisation import Organisation, PlannedBy, Team
from followthrough.domain.answered.organisation.policies import CountedFrom, ItemPolicies, Terms
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.replayed.item.action_item import (
    ActionItem,
    ItemPlan,
    ItemPolicy,
    ItemStatus,
    Moment,
    MomentKind,
    OwnerWanted,
)
from followthrough.domain.replayed.values import PersonId


def plan_item(item: ActionItem, organisation: Organisation, now: datetime) -> ItemPlan:
    """Deadlines, limits and the next moment, which is None only when the item has ended."""
    policies = organisation.policies.items
    team = organisation.team(item.team, item.service)
    calendar = organisation.team_with(item.owner, otherwise=team)
    terms = policies.terms(item.severity, item.kind, item.priority)
    begun = item.asked_at or item.proposed_at
    start = _counted_from(item, terms.counted_from)

    def accept_by(since: datetime) -> datetime:
        return add_working_days(max(since, start), terms.accept_within, calendar)

    due = item.due or max(add_working_days(start, terms.due_within, calendar), accept_by(begun))
    if item.due is None and item.latest_due is not None:
        due = min(due, item.latest_due)
    course = _Course(
        item, organisation, team, calendar, policies, terms, accept_by(item.owner_since or begun), due, begun, now
    )
    moment = course.next_moment()
    return ItemPlan(
        policy=ItemPolicy(
            approvers=_approvers(item.owner, organisation, team),
            verified_by_other=organisation.severities[item.severity].verified_by_other,
            max_extensions=policies.max_extensions,
            max_extension_days=policies.max_extension_days,
            max_waiver_days=policies.max_waiver_days,
            max_block_days=policies.max_block_days,
            planned_on_acceptance=team.sprints is not None and team.sprints.planned_by is PlannedBy.ACCEPTANCE,
        ),
        accept_by=course.accept_by,
        due=due,
        next=moment and moment.model_copy(update={"at": max(moment.at, now)}),
        unplanned=(plan_by := course.plan_by()) is not None and plan_by <= now,
    )


def plans_anew(item: ActionItem, organisation: Organisation, now: datetime) -> bool:
    """Whether it would be planned otherwise than it is; one whose moment has come is about to plan by itself.

    That the time to plan it into a sprint passes is no other plan, for it passes by itself, too.
    """
    plan = item.plan
    if plan is None or plan.next is None or plan.next.at <= now:
        return False
    return plan_item(item, organisation, now).model_copy(update={"unplanned": plan.unplanned}) != plan


def _counted_from(item: ActionItem, counted_from: CountedFrom) -> datetime:
    """An item that is asked again counts from then."""
    named = {
        CountedFrom.PROPOSED: item.proposed_at,
        CountedFrom.DECLARED: item.declared_at,
        CountedFrom.RESOLVED: item.resolved_at,
        CountedFrom.PUBLISHED: item.published_at,
    }
    return item.asked_at or named[counted_from] or item.proposed_at


def _approvers(owner: PersonId, organisation: Organisation, team: Team) -> tuple[PersonId, ...]:
    """The owner's managers and the team's lead, or else other leads; the owner only when there is nobody else."""
    leads = (other.lead for other in organisation.teams.values())
    above = dict.fromkeys(person for person in (*organisation.managers(owner), team.lead) if person != owner)
    return tuple(above or dict.fromkeys(lead for lead in leads if lead != owner) or (owner,))


@dataclass(frozen=True)
class _Course:
    """What may come next for an item; ``team`` answers for it, ``calendar`` is the owner's, whose days count."""

    item: ActionItem
    organisation: Organisation
    team: Team
    calendar: Team
    policies: ItemPolicies
    terms: Terms
    accept_by: datetime
    due: datetime
    begun: datetime
    now: datetime

    def next_moment(self) -> Moment | None:
        """None when the item has ended."""
        item = self.item
        if item.ended:
            return None
        if item.drill:
            ends = self.begun + self.organisation.drill_policies(self.team).debrief
            return Moment(at=ends, kind=MomentKind.DRILL_OVER, to=(item.owner,))
        if item.waiver is not None and item.waiver.until is not None:
            return self._until_waiver_ends(item.waiver.at, item.waiver.until)
        if item.status is ItemStatus.DONE:
            since = max([item.done_at or self.begun, *(passed.at for passed in item.reminders)])
            at = self._working_time(after_wait(since, self.policies.remind_to_verify_every, self.team))
            return self._remind(MomentKind.REMIND_TO_VERIFY, at, *_approvers(item.owner, self.organisation, self.team))
        wanted = self._owner_wanted()
        if wanted is not None and wanted.since <= self.now:
            return self._find_owner(wanted)
        moments = [self._find_owner(wanted)] if wanted is not None else []
        if item.block is not None:
            moments.append(self._review_block(item.block.at, item.block.until, on_other=item.block.on is not None))
        elif item.status is ItemStatus.PROPOSED:
            moments += self._until_accepted()
        else:
            moments += self._until_done()
        return min(moments, key=lambda moment: moment.at)

    def plan_by(self) -> datetime | None:
        """When an accepted item has to be in a sprint: the deadline to accept it, or the first planning after that."""
        item = self.item
        if item.status is not ItemStatus.ACCEPTED or item.sprint or self.team.sprints is None or not item.accepted_at:
            return None
        planning = next(coming_plans(item.team, self.organisation, item.accepted_at), None)
        latest = max(self.accept_by, planning.starts_at if planning else item.accepted_at)
        return next_working_time(latest, START_OF_WORKING_DAY, self.team)

    def _until_accepted(self) -> Iterator[Moment]:
        """Also escalates after the deadline, so that reassigning an overdue item does not silence it."""
        escalation = self._escalation(self.due)
        yield escalation
        if not self._asked_to_accept() and escalation.at > self.now:
            yield self._remind(MomentKind.REMIND_TO_ACCEPT, self.accept_by, self.item.owner)

    def _until_done(self) -> Iterator[Moment]:
        item, plan_by = self.item, self.plan_by()
        since = item.working_since or self.begun
        if plan_by and self.now < self.due and not self._passed(plan_by, MomentKind.REMIND_TO_PLAN):
            yield self._remind(MomentKind.REMIND_TO_PLAN, self._working_time(plan_by), self.team.lead)
        before = [at for at in self._around_due(-days for days in self.policies.remind_before) if at < self.due]
        at = next_reminder([*before, self.due], since, item.reminders, self.now)
        if at is not None:
            kind = MomentKind.REMIND_BEFORE_DEADLINE if at < self.due else MomentKind.REMIND_AT_DEADLINE
            yield self._remind(kind, at, item.owner)
            return
        escalation = self._escalation(since)
        yield escalation
        taken = {moment.at.date() for moment in (*item.reminders, escalation)}
        after = [at for at in self._around_due(self.policies.remind_after) if at.date() not in taken]
        at = next_reminder(after, since, item.reminders, self.now)
        if at is not None and self.now < escalation.at:
            yield self._remind(MomentKind.REMIND_AFTER_DEADLINE, at, item.owner)

    def _around_due(self, days: Iterable[int]) -> list[datetime]:
        return [add_working_days(self.due, count, self.calendar) for count in days]

    def _escalation(self, since: datetime) -> Moment:
        """Up the owner's managers, or to the team's lead without any."""
        item, organisation = self.item, self.organisation
        told = self._passed(self.due, MomentKind.ESCALATE)
        level = next_level(told)
        others = self._passed(self.due, MomentKind.REMIND_AT_DEADLINE, MomentKind.REVIEW_BLOCK)
        start = max([self.due, since, *(moment.at for moment in (*told, *others))])
        chain = organisation.managers(item.owner) or (self.team.lead,)
        at = after_wait(start, self.terms.ladder.wait(level), self.calendar)
        person, at = hears(level, at, chain, organisation, self.calendar, self.now)
        to = known([person, item.owner], organisation, self.team)
        return Moment(at=at, kind=MomentKind.ESCALATE, level=level, to=to)

    def _owner_wanted(self) -> OwnerWanted | None:
        """Who was asked to find an owner goes on; else, the first reason to ask that there is or will be."""
        item = self.item
        if item.owner_wanted is not None:
            return item.owner_wanted
        if item.owner not in self.organisation.people:
            return OwnerWanted(because="its owner left", since=self.now)
        reasons = list(self._departure())
        if item.block is None:
            reasons += self._absence()
        if item.block is None and item.status is ItemStatus.PROPOSED:
            before = (*self._asked_to_accept()[:1], *self._passed(self.accept_by, MomentKind.REVIEW_BLOCK))
            latest = max([self.accept_by, *(moment.at for moment in before)])
            since = after_wait(latest, self.terms.ladder.wait(1), self.calendar)
            reasons.append(OwnerWanted(because="its owner did not accept it in time", since=since))
        return min(reasons, key=lambda reason: reason.since, default=None)

    def _departure(self) -> Iterator[OwnerWanted]:
        """Once the owner has left, whatever was known before, and also while the item is blocked."""
        left = self.organisation.people[self.item.owner].left
        if left is not None:
            yield OwnerWanted(because="its owner left", since=datetime.combine(left, time(), UTC))

    def _absence(self) -> Iterator[OwnerWanted]:
        """Of the owner at the deadline, unless it was known when they accepted or were given more time."""
        item, owner = self.item, self.organisation.people[self.item.owner]
        proposed = item.status is ItemStatus.PROPOSED
        zone = ZoneInfo(self.calendar.time_zone)
        day = (self.accept_by if proposed else self.due).astimezone(zone).date()
        away = owner.away_on(day)
        ahead = [(away.first_day, f"its owner is away until {away.last_day}")] if away else []
        if owner.left is not None and owner.left <= day:
            ahead.append((owner.left, f"its owner leaves on {owner.left}"))
        for first_day, because in ahead:
            begins = datetime.combine(first_day, time(), zone)
            known_at = add_working_days(begins, -self.policies.absence_notice, self.calendar)
            if proposed:
                yield OwnerWanted(because=because, since=max(known_at, item.owner_since or self.begun))
            elif known_at > (item.working_since or self.begun):
                yield OwnerWanted(because=because, since=known_at)

    def _find_owner(self, wanted: OwnerWanted) -> Moment:
        """Asks the team's lead first, and then up the lead's managers."""
        told = self._passed(wanted.since, MomentKind.OWNER_WANTED) if self.item.owner_wanted else []
        level = next_level(told)
        at = after_wait(told[-1].at, self.terms.ladder.wait(level), self.team) if told else wanted.since
        lead = self.team.lead
        chain = (lead, *self.organisation.managers(lead))
        person, at = hears(level, at, chain, self.organisation, self.team, self.now)
        to = tuple(dict.fromkeys([person, lead]))
        return Moment(at=at, kind=MomentKind.OWNER_WANTED, level=level, to=to, because=wanted.because)

    def _review_block(self, since: datetime, until: datetime, *, on_other: bool) -> Moment:
        """When its time is over, and before that every some days; the lead hears of it from the second time on."""
        reviews = self._passed(since, MomentKind.REVIEW_BLOCK)
        latest = max([since, *(moment.at for moment in reviews)])
        at = until
        if on_other:
            at = min(at, add_working_days(latest, self.policies.review_blocks_every, self.calendar))
        return self._remind(MomentKind.REVIEW_BLOCK, at, self.item.owner, *([self.team.lead] if reviews else []))

    def _until_waiver_ends(self, since: datetime, until: datetime) -> Moment:
        to = (*_approvers(self.item.owner, self.organisation, self.team), self.item.owner)
        soon = add_working_days(until, -self.policies.remind_before_waiver_ends, self.calendar)
        if soon > since and self.now < until and not self._passed(soon, MomentKind.WAIVER_EXPIRES_SOON):
            return self._remind(MomentKind.WAIVER_EXPIRES_SOON, soon, *to)
        return self._remind(MomentKind.WAIVER_EXPIRES, until, *to)

    def _remind(self, kind: MomentKind, at: datetime, *people: PersonId) -> Moment:
        return Moment(at=at, kind=kind, to=known(people, self.organisation, self.team))

    def _working_time(self, at: datetime) -> datetime:
        """Of the team; what was missed is lifted to now before, not after."""
        return working_time(max(at, self.now), self.team)

    def _asked_to_accept(self) -> list[Moment]:
        return self._passed(self.accept_by, MomentKind.REMIND_TO_ACCEPT, MomentKind.ESCALATE)

    def _passed(self, since: datetime, *kinds: MomentKind) -> list[Moment]:
        return [moment for moment in self.item.reminders if moment.kind in kinds and moment.at >= since]
