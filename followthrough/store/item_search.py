"""What is searched in action items: their words, and the titles of their incidents."""

from sqlalchemy import ColumnElement, and_, false, func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from followthrough.domain.replayed.values import PersonId
from followthrough.store.narrow_items import ItemSearchRow, position, within
from followthrough.store.privacy import hidden_incident
from followthrough.store.tables import ActionItemRow, IncidentRow

FEW = 1_000
"""So many that have rare words are looked up once; what more have is soon found along an index."""


def has_word(word: str, seen_by: PersonId | None) -> ColumnElement[bool]:
    """Of action items' rows: it is in the item's words, or in the title of its incident, if that may be seen.

    Each is looked at for itself; of whether there are such words PostgreSQL would make a list of all.
    """
    of_it = select(_in_text(word)).where(ItemSearchRow.item_id == ActionItemRow.id).scalar_subquery()
    return or_(func.coalesce(of_it, false()), col(ActionItemRow.incident_id).in_(_titled(word, seen_by)))


def few_with(session: Session, words: list[str], seen_by: PersonId | None) -> list[str] | None:
    """The ids of all that have the words; None where they are more than ``FEW``."""
    each = (or_(_in_text(word), col(ItemSearchRow.incident_id).in_(_titled(word, seen_by))) for word in words)
    return few_that(session, *each)


def few_that(session: Session, *conditions: ColumnElement[bool], few: int = FEW) -> list[str] | None:
    """The ids of all of which they hold, read in one pass; None where they are more than ``few``."""
    found = session.exec(select(ItemSearchRow.item_id).where(*conditions).limit(few + 1)).all()
    return list(found) if len(found) <= few else None


def is_named(text: str) -> ColumnElement[bool]:
    """It is the beginning of its id, or a part of its title, which the id comes after."""
    words = col(ItemSearchRow.text)
    begins = position(words, func.lower(text))
    return and_(begins > 0, begins <= position(words, "\n") + 1)


def _in_text(word: str) -> ColumnElement[bool]:
    return position(col(ItemSearchRow.text), func.lower(word)) > 0


def _titled(word: str, seen_by: PersonId | None) -> SelectOfScalar[str]:
    return select(IncidentRow.id).where(within(IncidentRow.title, word), ~hidden_incident(seen_by))
