"""Lists of action items that people have named for themselves."""

from sqlmodel import Field, Session, SQLModel, col, func, select

from followthrough.domain.replayed.values import PersonId

MOST_VIEWS = 50


class SavedViewRow(SQLModel, table=True):
    """A list of action items that a person has named for themselves; kept here alone."""

    __tablename__ = "saved_view"

    person: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    query: str
    """As in the address of the list."""


def views_of(session: Session, person: PersonId) -> list[SavedViewRow]:
    """By name."""
    query = select(SavedViewRow).where(SavedViewRow.person == person)
    return list(session.exec(query.order_by(func.lower(col(SavedViewRow.name)), col(SavedViewRow.name))))


def save_view(session: Session, person: PersonId, name: str, query: str) -> bool:
    """Whether there was room for it; one of the same name is replaced."""
    known = session.get(SavedViewRow, (person, name))
    if known is None and len(views_of(session, person)) >= MOST_VIEWS:
        return False
    session.merge(SavedViewRow(person=person, name=name, query=query))
    session.commit()
    return True


def forget_view(session: Session, person: PersonId, name: str) -> None:
    """Also one that is not there."""
    if row := session.get(SavedViewRow, (person, name)):
        session.delete(row)
        session.commit()
