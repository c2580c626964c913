"""What ``domain/answered/report/load.py`` counts, asked of the database."""

from collections import Counter
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.load import Case, Duty, at_night
from followthrough.domain.answered.report.parts import What
from followthrough.store.facts import PartRow
from followthrough.store.open_items import is_open
from followthrough.store.tables import ActionItemRow, IncidentRow

_OF = {What.LED: Duty.LED, What.RESOLVED: Duty.RESOLVED}


def cases(session: Session, since: datetime, until: datetime, organisation: Organisation) -> Counter[Case]:
    """See ``load.cases``: of incidents declared from ``since`` to ``until``, and of what is open now."""
    found: Counter[Case] = Counter()
    incident, declared_at = col(IncidentRow.id), col(IncidentRow.declared_at)
    place = col(IncidentRow.service), col(IncidentRow.team)
    part = (
        select(*place, col(PartRow.person))
        .join(PartRow, col(PartRow.incident_id) == incident)
        .where(~col(IncidentRow.drill), declared_at >= since, declared_at <= until)
    )
    what = col(PartRow.what)
    held = part.add_columns(what, func.count(incident.distinct())).where(what.in_(list(_OF)))
    for service, team, person, held_as, count in session.connection().execute(
        held.group_by(*place, col(PartRow.person), what)
    ):
        found[Case(_OF[What(held_as)], person, service, team)] = count
    asked = part.add_columns(incident, col(PartRow.at)).where(what == What.ASKED)
    woken = {
        (incident_id, Case(Duty.WOKEN, person, service, team))
        for service, team, person, incident_id, at in session.connection().execute(asked)
        if at_night(at, person, organisation)
    }
    found.update(case for _, case in woken)
    owner, place = col(ActionItemRow.owner), (col(ActionItemRow.service), col(ActionItemRow.team))
    owned = select(owner, *place, func.count()).where(is_open(), ~col(ActionItemRow.drill)).group_by(owner, *place)
    for person, service, team, count in session.connection().execute(owned):
        found[Case(Duty.OWNS, person, service, team)] = count
    return found
