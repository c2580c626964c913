"""What the API's answers have in common."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from followthrough.domain.replayed.values import EntryKind, PersonId


class Shape(BaseModel):
    """Made from a record by the names of its fields: ``ShownItem.model_validate(item)``."""

    model_config = ConfigDict(from_attributes=True, frozen=True, use_attribute_docstrings=True)


class Entry(Shape):
    """A line of a timeline."""

    record_id: str
    """The incident or action item that it is about."""
    number: int
    """Counts from 1 within that record."""
    incident_id: str
    """Its own, or that of the action item."""
    at: AwareDatetime
    """When it happened."""
    kind: EntryKind
    """What the line records."""
    text: str
    """What happened, in a sentence or two."""
    author: PersonId | None
    """Null where nobody did it: a pager, or a deadline that passed."""
    author_name: str | None
    """As people call them: the key of somebody who is not known any more, null where nobody did it."""
    through: str | None
    """How the author said it; null where that was by themselves, or there is none."""


class Around(Shape):
    """What stands beside a single record, for who asks."""

    next_in_words: str
    """What comes next without anybody's doing; empty where nothing does."""
    you: PersonId | None
    """Who asks, or for whom; null where that is nobody who is known."""
    you_may: Annotated[list[str], Field(examples=[["acknowledge", "note", "propose"]])]
    """Names of the choices that they have now, the likely ones first."""


def facts(shape: type[Shape], record: object) -> dict[str, Any]:
    """What the record has of the shape, to be shown with more beside it."""
    return {name: getattr(record, name) for name in shape.model_fields}
