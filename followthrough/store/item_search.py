"""What is searched in action items: their words, and the titles of their incidents."""

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from followthrough.domain.replayed.values import PersonId
from followthrough.store.narrow_items import ItemSearchRow, position
from followthrough.store.privacy import hidden_incident
from followthrough.store.tables import ActionItemRow, IncidentRow

FEW = 1_000
"""So many that have rare words are looked up once; what more have is soon found along an index."""


def has_word(word: str, seen_by: PersonId | None) -> ColumnElement[bool]:
    """Of action items' rows: it is in the item's words, or in the title of its incident, if that may be seen."""
    of_it = select(1).where(ItemSearchRow.item_id == ActionItemRow.id, _in_text(word))
    return or_(of_it.exists(), col(ActionItemRow.incident_id).in_(_titled(word, seen_by)))


def few_with(session: Session, words: list[str], seen_by: PersonId | None) -> list[str] | None:
    """The ids of all that have the words; None where they are more than ``FEW``."""
    each = (or_(_in_text(word), col(ItemSearchRow.incident_id).in_(_titled(word, seen_by))) for word in words)
    return few_that(session, *each)


def few_that(session: Session, *conditions: ColumnElement[bool]) -> list[str] | None:
    """The ids of all of which they hold, read in one pass; None where they are more than ``FEW``."""
    found = session.exec(select(ItemSearchRow.item_id).where(*conditions).limit(FEW + 1)).all()
    return list(found) if len(found) <= FEW else None


def is_named(text: str) -> ColumnElement[bool]:
    """It is the beginning of its id, or a part of its title."""
    words, said = col(ItemSearchRow.text), func.lower(text)
    title_ends = position(words, "\n")
    in_title = and_(position(words, said) > 0, position(words, said) < title_ends)
    return or_(in_title, position(words, func.lower(f"\n{text}")) == title_ends)


def _in_text(word: str) -> ColumnElement[bool]:
    return position(col(ItemSearchRow.text), func.lower(word)) > 0


def _titled(word: str, seen_by: PersonId | None) -> SelectOfScalar[str]:
    titled = col(IncidentRow.title).icontains(word, autoescape=True)
    return select(IncidentRow.id).where(titled, ~hidden_incident(seen_by))
