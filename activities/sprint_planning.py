"""Plans sprints: reads the dates and the action items, tells the team, and moves tickets.

Every activity may be repeated: a mail is sent once, and a ticket that is in the sprint stays there.
"""

from itertools import islice

from sqlmodel import Session
from temporalio import activity

from activities.mails.mailer import Envelope, Mailer
from activities.tickets.tracker import SprintState, Tracker
from activities.vendors import tracker_failures
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.sprint.dates import coming_plans, sprint_plan
from followthrough.domain.answered.sprint.proposal import propose
from followthrough.domain.replayed.item.action_item import OPEN, WORKED_ON, ActionItem
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.sprint.sprint import Sprint, SprintPlan
from followthrough.mail.render import render_planning
from followthrough.store.queries import items_named, items_to_plan
from followthrough.store.subscriptions import wants
from followthrough.webhook_outbox import WebhookOutbox
from workflows.messages.sprint import (
    ItemsInSprint,
    ItemsPutInSprint,
    PlanningMail,
    PlanningMailKind,
    PlanSprint,
    PutInSprint,
    TeamAt,
)

NOBODY = "It is for nobody who is in the organisation file and still there; add the person."


class SprintPlanning:
    """Reads the organisation file as it is at that moment."""

    def __init__(self, tracker: Tracker, mailer: Mailer, webhooks: WebhookOutbox | None = None) -> None:
        self._tracker = tracker
        self._mailer = mailer
        self._webhooks = webhooks

    @activity.defn
    def coming_sprints(self, request: TeamAt) -> list[PlanSprint]:
        """The sprint in planning and the one after it; none for teams that don't plan."""
        plans = islice(coming_plans(request.team, self._mailer.organisation(), request.at), 2)
        return [PlanSprint(team=plan.team, first_day=plan.first_day) for plan in plans]

    @activity.defn
    def sprint_plan(self, request: PlanSprint) -> SprintPlan | None:
        """The moments of one planning; None when the organisation file has no such sprint any more."""
        return sprint_plan(request.team, as_of(self._mailer.organisation(), request.first_day), request.first_day)

    @activity.defn
    def next_sprint(self, request: TeamAt) -> Sprint | None:
        """The tracker's first sprint that has not started."""
        with tracker_failures():
            return self._tracker.next_sprint(request.team, request.at)

    @activity.defn
    def send_planning_mail(self, mail: PlanningMail) -> None:
        """To one person, with what is proposed at that moment; the digest only to those who want it."""
        organisation = as_of(self._mailer.organisation(), mail.at.date())
        digest = mail.kind is PlanningMailKind.DIGEST
        with Session(self._mailer.database) as session:
            wanted = not digest or wants(session, mail.to, DigestKind.SPRINT)
            if not wanted or mail.plan.team not in organisation.teams:
                return
            proposal = propose(mail.plan, items_to_plan(session, mail.plan.team), organisation)
        unsubscribe = self._mailer.unsubscribe_url(DigestKind.SPRINT, mail.to) if digest else ""
        envelope = Envelope(mail.key, mail.kind, mail.to, mail.at)
        with self._mailer.making(mail, envelope):
            url, links = self._mailer.public_url, self._mailer.links
            rendered = render_planning(mail, proposal, organisation, url, unsubscribe, links)
        self._mailer.send(envelope.to_person(rendered, organisation), NOBODY)

    @activity.defn(name="plan_items")
    def put_in_sprint(self, request: PutInSprint) -> ItemsPutInSprint | None:
        """Moves the tickets of all that can be planned in one request; None while there is no sprint to come."""
        with Session(self._mailer.database) as session:
            found = items_named(session, request.items)
        not_planned = {item: why for item in request.items if (why := _obstacle(found.get(item), request.team))}
        planned = tuple(item for item in request.items if item not in not_planned)
        tickets = [ticket for item in planned if (ticket := found[item].ticket)]
        with tracker_failures():
            sprint = self._where(request) if request.sprints else None
            if request.sprints and sprint is None:
                return None
            if tickets and sprint is not None:
                self._tracker.plan_sprint(sprint, tickets)
            elif tickets:
                self._tracker.rank_first(request.team, tickets)
        if self._webhooks is not None and (planning := activity.info().workflow_id) is not None:
            with Session(self._mailer.database) as session, session.begin():
                self._webhooks.planning_approved(session, planning, request.team, [found[item] for item in planned])
        return ItemsPutInSprint(sprint=sprint, planned=planned, not_planned=not_planned)

    @activity.defn
    def left_over(self, request: ItemsInSprint) -> list[str]:
        """Ids of those that are still planned in the sprint and not done."""
        with Session(self._mailer.database) as session:
            found = items_named(session, request.items)
        return [
            key
            for key, item in found.items()
            if item.status in WORKED_ON and item.sprint is not None and item.sprint.id == request.sprint.id
        ]

    def _where(self, request: PutInSprint) -> Sprint | None:
        if request.sprint is not None:
            state = self._tracker.sprint_state(request.sprint, request.at)
            if state not in (SprintState.CLOSED, SprintState.GONE):
                return request.sprint
        return self._tracker.next_sprint(request.team, request.at)


def _obstacle(item: ActionItem | None, team: str) -> str | None:
    """What keeps it from being planned."""
    if item is None or item.team != team:
        return f"It does not belong to team {team}"
    if item.status not in OPEN:
        return f"It is {item.status} by now"
    return None if item.ticket else "It has no ticket yet; its owner has to accept it first"
