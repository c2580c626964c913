"""What Temporal's own list and UI can be searched by.

Temporal reads them, so where payloads are encrypted they name no service, team or person. A run keeps to what it was
started with, whatever the settings say later: they are no part of its history.
"""

from typing import Any

from temporalio import workflow
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
NAMES = (SERVICE, TEAM, OWNER)
"""Of them those that lead to people."""


def of_incident(incident: Incident, *, names: bool) -> TypedSearchAttributes:
    """Those of a new incident."""
    return _chosen(
        [
            SearchAttributePair(SERVICE, incident.service),
            SearchAttributePair(TEAM, incident.team),
            SearchAttributePair(SEVERITY, incident.severity.value),
            SearchAttributePair(STATUS, incident.status.value),
        ],
        names,
    )


def of_item(item: ActionItem, *, names: bool) -> TypedSearchAttributes:
    """Those of a new action item, or of one that is reopened; its deadline only where it does not wait for a plan."""
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(SERVICE, item.service),
        SearchAttributePair(TEAM, item.team),
        SearchAttributePair(SEVERITY, item.severity.value),
        SearchAttributePair(OWNER, item.owner),
        SearchAttributePair(STATUS, item.status.value),
    ]
    return _chosen([*pairs, *([SearchAttributePair(DUE, item.due)] if item.due else [])], names)


def names_here() -> bool:
    """Whether the run that asks has names in its own, and those that it starts are to have them."""
    return workflow.info().typed_search_attributes.get(SERVICE) is not None


def now_of(record: Incident | ActionItem, *, names: bool) -> list[SearchAttributeUpdate[Any]]:
    """Those that change with it, as they should be."""
    if isinstance(record, Incident):
        return [STATUS.value_set(record.status.value), SEVERITY.value_set(record.severity.value)]
    updates: list[SearchAttributeUpdate[Any]] = [STATUS.value_set(record.status.value)]
    if names:
        updates.insert(0, OWNER.value_set(record.owner))
    return [*updates, DUE.value_set(record.plan.due)] if record.plan else updates


def _chosen(pairs: list[SearchAttributePair[Any]], names: bool) -> TypedSearchAttributes:
    return TypedSearchAttributes([pair for pair in pairs if names or pair.key not in NAMES])
