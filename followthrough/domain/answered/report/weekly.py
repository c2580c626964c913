"""What a manager hears in a week: their people's late action items, and the decisions that wait for them."""

from collections.abc import Iterable, Mapping, Sized
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from followthrough.domain.answered.access.privacy import not_private
from followthrough.domain.answered.organisation.calendar import FIRST_ZONE, WEEKDAYS
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import WeeklyPolicies
from followthrough.domain.answered.report.digest import MOST_LISTED
from followthrough.domain.answered.report.escalations import unanswered
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.report.mails import WeeklyMail
from followthrough.domain.replayed.values import Message, PersonId

WEEK = timedelta(days=7)
LISTS = ("late", "coming", "blocked", "closed")
"""Beside the decisions."""


class Wanted(StrEnum):
    """Which decision, the most urgent first."""

    ESCALATION = "escalation"
    OWNER = "owner"
    EXTENSION = "extension"
    VERIFICATION = "verification"
    WAIVER = "waiver"


class Decision(Message):
    """One that waits for the reader; ``since`` and ``level`` are those of an escalation."""

    wanted: Wanted
    item: ActionItem
    since: AwareDatetime | None = None
    level: int = 0


class Left(Message):
    """How many more there are in each list."""

    decisions: int = 0
    late: int = 0
    coming: int = 0
    blocked: int = 0
    closed: int = 0


class WeeklyDigest(WeeklyMail):
    """For one reader. No action item is listed twice; the worst severity and the earliest deadline come first.

    Of each list there are the first; ``left`` counts the others.
    """

    decisions: tuple[Decision, ...]
    late: tuple[ActionItem, ...]
    coming: tuple[ActionItem, ...]
    """Due within a week."""
    blocked: tuple[ActionItem, ...]
    """For longer than the policy's time."""
    closed: tuple[ActionItem, ...]
    """In the last week."""
    private: int = 0
    """How many more there would be in these lists that belong to private incidents."""
    left: Left = Left()

    @property
    def empty(self) -> bool:
        """Not worth a mail."""
        return not (self.decisions or self.late or self.coming or self.blocked or self.closed or self.private)


def readers(item: ActionItem, organisation: Organisation) -> set[PersonId]:
    """The owner's manager and the team's lead; the owner only when there is nobody else."""
    lead = organisation.team(item.team, item.service).lead
    return {lead, *organisation.managers(item.owner)[:1]} - {item.owner} or {lead}


def weekly_mails(organisation: Organisation, at: datetime) -> list[WeeklyMail]:
    """To all who manage somebody or lead a team, each in their own morning of the latest weekday that began."""
    policies, people = organisation.policies.weekly, organisation.people
    managers = {person.manager for person in people.values()} | {team.lead for team in organisation.teams.values()}
    day = at.astimezone(ZoneInfo(FIRST_ZONE)).date()
    day -= timedelta(days=(day.weekday() - WEEKDAYS.index(policies.weekday)) % 7)
    return [
        WeeklyMail(person=key, week=week_of(day), at=datetime.combine(day, policies.at, ZoneInfo(person.time_zone)))
        for key, person in people.items()
        if key in managers
    ]


def week_of(day: date) -> str:
    """By ISO 8601."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def weekly_digest(
    mail: WeeklyMail,
    items: Iterable[ActionItem],
    answers: Mapping[str, datetime],
    organisation: Organisation,
    at_most: int = MOST_LISTED,
) -> WeeklyDigest:
    """Of the action items that its reader has a say in; ``answers`` are those of ``escalations.unanswered``.

    Those of private incidents are counted, also where the reader may see them: mails are read on many screens.
    ``store/weekly.py`` says the same in SQL.
    """
    person, now = mail.person, mail.at
    real = sorted(
        (item for item in items if not item.drill), key=lambda item: (item.severity, item.due_at or now, item.id)
    )
    decisions = [
        Decision(wanted=Wanted.ESCALATION, item=one.item, since=one.moment.at, level=one.moment.level)
        for one in unanswered(real, answers)
        if person in one.moment.to and person != one.item.owner
    ]
    escalated = {decision.item.id for decision in decisions}
    lists: dict[str, list[ActionItem]] = {name: [] for name in LISTS}
    for item in real:
        if item.id in escalated or person not in readers(item, organisation):
            continue
        if wanted := _wanted(item, person, organisation, now):
            decisions.append(Decision(wanted=wanted, item=item))
        elif place := _place(item, now, organisation.policies.weekly):
            lists[place].append(item)
    urgency = list(Wanted)
    decided = [decision for decision in decisions if not decision.item.private]
    named = {name: not_private(listed) for name, listed in lists.items()}
    private = len(decisions) - len(decided) + sum(item.private for listed in lists.values() for item in listed)
    decided.sort(key=lambda decision: urgency.index(decision.wanted))
    all_lists: dict[str, Sized] = {**named, "decisions": decided}
    left = {name: max(len(listed) - at_most, 0) for name, listed in all_lists.items()}
    return WeeklyDigest(
        person=person,
        week=mail.week,
        at=now,
        decisions=tuple(decided[:at_most]),
        late=tuple(named["late"][:at_most]),
        coming=tuple(named["coming"][:at_most]),
        blocked=tuple(named["blocked"][:at_most]),
        closed=tuple(named["closed"][:at_most]),
        private=private,
        left=Left.model_validate(left),
    )


def _wanted(item: ActionItem, person: PersonId, organisation: Organisation, now: datetime) -> Wanted | None:
    if item.status is ItemStatus.WAIVED:
        expires = item.waiver.until if item.waiver else None
        return Wanted.WAIVER if expires and expires <= now + WEEK else None
    if item.settled:
        return None
    if item.owner_wanted and person == organisation.team(item.team, item.service).lead:
        return Wanted.OWNER
    if item.extension_wanted:
        return Wanted.EXTENSION
    if item.status is ItemStatus.DONE and person != item.evidence[-1].by:
        return Wanted.VERIFICATION
    return None


def _place(item: ActionItem, now: datetime, policies: WeeklyPolicies) -> str | None:
    if item.settled:
        closed = item.status is ItemStatus.CLOSED and item.ended_at and item.ended_at > now - WEEK
        return "closed" if closed else None
    if item.late(now):
        return "late"
    if item.due_at and item.status is not ItemStatus.DONE and item.due_at < now + WEEK:
        return "coming"
    return "blocked" if item.block and item.block.at < now - policies.blocked_for else None
