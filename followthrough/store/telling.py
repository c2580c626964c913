"""Measures as they are told, each read and put into words in one step."""

from datetime import datetime

from sqlmodel import Session

from followthrough.domain.answered.insights import told
from followthrough.domain.answered.insights.insight import MOST_ROWS, Drawn, Insight, Name, Place
from followthrough.domain.answered.insights.measures import OF_INCIDENTS, OF_ITEMS, Duration
from followthrough.domain.answered.insights.scope import Scope
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import Month
from followthrough.store import insights

IN_MAILS = (Name.ON_TIME, Name.OPEN_AGES, Name.RESPONSE, Name.REPEATS, Name.NOT_DONE)
"""What the monthly digest draws."""


def tell(
    session: Session,
    organisation: Organisation,
    name: Name,
    scope: Scope,
    at_most: int = MOST_ROWS,
    after: Place | None = None,
) -> Insight:
    """One of them, with at most so many rows of a list of records: the first ones, or those after a place."""
    match name:
        case Name.ON_TIME:
            return told.tell_on_time(insights.on_time(session, scope), scope)
        case Name.OPEN_AGES:
            return told.tell_ages(insights.ages(session, scope))
        case Name.STEPS:
            return _durations(name, OF_ITEMS, session, scope)
        case Name.RESPONSE:
            return _durations(name, OF_INCIDENTS, session, scope)
        case Name.POSTMORTEMS:
            return _durations(name, (Duration.PUBLISH,), session, scope)
        case Name.ESCALATIONS:
            return told.tell_escalations(insights.escalated(session, scope))
        case Name.WAIVERS:
            return told.tell_waivers(insights.accepted_risks(session, scope, at_most, after))
        case Name.REPEATS:
            return told.tell_repeats(insights.repeats(session, scope), scope)
        case Name.NOT_DONE:
            return told.tell_price(insights.prices(session, organisation, scope), scope, at_most, after)
        case Name.HELD:
            return told.tell_held(insights.held(session, scope), scope, at_most, after)


def drawn_for_mail(session: Session, organisation: Organisation, month: Month, now: datetime) -> tuple[Drawn, ...]:
    """What there is to draw of the months up to that one, as of its end or of ``now`` when that is earlier."""
    scope = Scope(now=month.last_moment(now))
    found = (tell(session, organisation, name, scope) for name in IN_MAILS)
    return tuple(
        Drawn(name=one.name, summary=one.summary, drawing=one.drawing)
        for one in found
        if one.drawing and not one.drawing.empty
    )


def _durations(name: Name, durations: tuple[Duration, ...], session: Session, scope: Scope) -> Insight:
    found = {what: insights.spreads(session, what, scope) for what in durations}
    return told.tell_durations(name, found, scope)
