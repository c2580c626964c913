"""What a pager has to be told next of the roles of an incident.

It runs inside workflows.
"""

from datetime import datetime
from enum import StrEnum

from followthrough.domain.replayed.incident.incident import ONGOING, Incident, Paged, Role, RoleHolder
from followthrough.domain.replayed.text import REASON, cut, one_line
from followthrough.domain.replayed.values import EntryKind, Message

OURS = "followthrough/"
"""How our keys begin, by which what the pager says of our own pages is known."""


class PageAction(StrEnum):
    """As PagerDuty calls them."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


class ToPage(Message):
    """One thing to tell; ``about`` is how it is then."""

    key: str
    action: PageAction
    about: Paged


def page_key(incident: Incident, holder: RoleHolder | Paged) -> str:
    """One for each role; Resolvers, of whom there may be several, have one each."""
    whose = f"/{holder.person}" if holder.role is Role.RESOLVER else ""
    return f"{OURS}{incident.id}/{holder.role.value}{whose}"


def next_page(incident: Incident) -> ToPage | None:
    """What the pager does not know yet; None when it knows all.

    A role that is handed on after it was acknowledged is over there first: PagerDuty wakes nobody twice for the same.
    """
    holders = {page_key(incident, holder): holder for holder in incident.roles} if incident.status in ONGOING else {}
    for key, told in incident.paged.items():
        holder = holders.get(key)
        if holder is None or (told.acknowledged and holder.acknowledged_at is None):
            return ToPage(key=key, action=PageAction.RESOLVE, about=told)
        if holder.acknowledged_at is not None and not told.acknowledged:
            about = _of(holder, acknowledged=True).model_copy(update={"refused": told.refused})
            return ToPage(key=key, action=PageAction.ACKNOWLEDGE, about=about)
    to_page = incident.plan.to_page if incident.plan else ()
    for key, holder in holders.items():
        told_at = incident.paged[key].at if key in incident.paged else None
        if holder.acknowledged_at is None and holder.person in to_page and holder.at != told_at:
            return ToPage(key=key, action=PageAction.TRIGGER, about=_of(holder))
    return None


def unpaged(incident: Incident) -> list[Paged]:
    """Roles that wait, and of which the pager could not be told."""
    waiting = {holder.person for holder in incident.roles if holder.acknowledged_at is None}
    ongoing = incident.status in ONGOING
    return [told for told in incident.paged.values() if ongoing and told.problem and told.person in waiting]


def take_answer(incident: Incident, page: ToPage, now: datetime, problem: str = "", *, refused: bool = False) -> None:
    """What came of it: it is told, or there was a ``problem``, which the timeline says.

    What is ``refused`` without a problem was over before it could be told.
    """
    known, problem = incident.paged.get(page.key), cut(one_line(problem), REASON)
    if page.action is PageAction.RESOLVE:
        incident.paged = {key: told for key, told in incident.paged.items() if key != page.key}
    else:
        about = page.about.model_copy(update={"problem": problem, "refused": refused})
        incident.paged = {**incident.paged, page.key: about}
    role, person = page.about.role.value, page.about.person
    if problem and page.action is PageAction.TRIGGER:
        text = f"Nobody was paged for {role}, which {person} is asked to take: {problem}"
        incident.note(now, EntryKind.ESCALATION, text)
    elif problem:
        text = f"PagerDuty could not be told to {page.action} the page for {role}: {problem}"
        incident.note(now, EntryKind.NOTE, text)
    elif page.action is PageAction.TRIGGER and not refused and (known is None or known.problem):
        incident.note(now, EntryKind.ESCALATION, f"Paged for {role}, which {person} is asked to take")


def _of(holder: RoleHolder, *, acknowledged: bool = False) -> Paged:
    return Paged(role=holder.role, person=holder.person, at=holder.at, acknowledged=acknowledged)
