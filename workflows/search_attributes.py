"""What Temporal's own list and UI can be searched by."""

from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem

SERVICE = SearchAttributeKey.for_keyword("FollowthroughService")
TEAM = SearchAttributeKey.for_keyword("FollowthroughTeam")
SEVERITY = SearchAttributeKey.for_keyword("FollowthroughSeverity")
STATUS = SearchAttributeKey.for_keyword("FollowthroughStatus")
OWNER = SearchAttributeKey.for_keyword("FollowthroughOwner")
DUE = SearchAttributeKey.for_datetime("FollowthroughDue")

SEARCH_ATTRIBUTES = (SERVICE, TEAM, SEVERITY, STATUS, OWNER, DUE)


def of_incident(incident: Incident) -> TypedSearchAttributes:
    """Those of a new incident."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(SERVICE, incident.service),
            SearchAttributePair(TEAM, incident.team),
            SearchAttributePair(SEVERITY, incident.severity.value),
            SearchAttributePair(STATUS, incident.status.value),
        ]
    )


def of_item(item: ActionItem) -> TypedSearchAttributes:
    """Those of a new action item, or of one that is reopened; its deadline only where it does not wait for a plan."""
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(SERVICE, item.service),
        SearchAttributePair(TEAM, item.team),
        SearchAttributePair(SEVERITY, item.severity.value),
        SearchAttributePair(OWNER, item.owner),
        SearchAttributePair(STATUS, item.status.value),
    ]
    return TypedSearchAttributes([*pairs, *([SearchAttributePair(DUE, item.due)] if item.due else [])])


def now_of(record: Incident | ActionItem) -> list[SearchAttributeUpdate[Any]]:
    """Those that change with it, as they should be."""
    if isinstance(record, Incident):
        return [STATUS.value_set(record.status.value), SEVERITY.value_set(record.severity.value)]
    updates: list[SearchAttributeUpdate[Any]] = [OWNER.value_set(record.owner), STATUS.value_set(record.status.value)]
    return [*updates, DUE.value_set(record.plan.due)] if record.plan else updates
