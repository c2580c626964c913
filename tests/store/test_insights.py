"""Each measure as SQL has it is what its definition says, whatever the records."""

from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine
from sqlmodel import Session

from followthrough.domain.answered.insights import costs, measures
from followthrough.domain.answered.insights.measures import Duration
from followthrough.domain.answered.insights.scope import Scope
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.store import insights
from followthrough.store.privacy import marked
from tests.notices import ORGANISATION
from tests.store.some_records import SCOPES, answers, some_records, written


@settings(max_examples=40, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
@given(records=some_records(), scope=SCOPES)
def test_sql_says_what_the_definitions_say(
    database: Engine, records: tuple[list[Incident], list[ActionItem]], scope: Scope
) -> None:
    incidents, items = records
    with Session(database) as session:
        written(session, database, incidents, items)
        assert insights.on_time(session, scope) == measures.on_time(items, scope)
        assert insights.ages(session, scope) == measures.ages(items, scope)
        for what in Duration:
            of = items if what in measures.OF_ITEMS else incidents
            assert insights.spreads(session, what, scope) == measures.spreads(what, of, scope), what
        assert insights.escalated(session, scope) == measures.escalated(items, answers(items), scope)
        known = marked(session, [one.lean() for one in items])
        for at_most in (1, 200):
            after = None
            for _ in range(3):
                risks = insights.accepted_risks(session, scope, at_most, after)
                assert risks == measures.accepted_risks(known, scope, at_most, after)
                after = risks.items[-1].place if risks.items else after
        assert insights.repeats(session, scope) == costs.repeats(incidents, items, scope)
        named = marked(session, items)
        assert insights.prices(session, ORGANISATION, scope) == costs.price(incidents, named, ORGANISATION, scope)
        assert insights.held(session, scope) == costs.held(incidents, items, scope)
