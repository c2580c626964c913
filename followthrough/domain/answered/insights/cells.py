"""What stands in the cells of a measure's table, for people."""

from collections.abc import Iterator
from datetime import timedelta

from followthrough.domain.answered.insights.insight import Cell, Column, Kind
from followthrough.domain.answered.insights.scope import By
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import span_to_the_minute


def in_words(columns: tuple[Column, ...], row: tuple[Cell, ...], organisation: Organisation) -> Iterator[str]:
    """Empty where there is nothing to say."""
    for column, cell in zip(columns, row, strict=True):
        text = "" if cell is None else str(cell)
        match column.kind:
            case Kind.MINUTES if isinstance(cell, int):
                yield span_to_the_minute(timedelta(minutes=cell))
            case Kind.PERCENT if cell is not None:
                yield f"{cell} %"
            case Kind.PERSON if cell:
                yield organisation.name_of(text)
            case _ if column.name == "of" and By.TEAM.value in row and text in organisation.teams:
                yield organisation.teams[text].name
            case _:
                yield text
