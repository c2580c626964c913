"""Which action items a page lists, and how: what its address says, and addresses that say something else."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel

from followthrough.domain.replayed.ids import is_incident
from followthrough.domain.replayed.item.action_item import ItemStatus, Kind, Priority
from followthrough.domain.replayed.values import PersonId, Severity
from followthrough.store.follow_ups import Sort
from followthrough.store.queries import ItemFilters

WordT = TypeVar("WordT", bound=StrEnum)
SEVERAL: Mapping[str, type[StrEnum]] = {"status": ItemStatus, "severity": Severity, "priority": Priority, "kind": Kind}
SHAPES = ("list", "board")
MOST_WORDS = 10


class ItemFields(BaseModel):
    """Which action items are wanted; of what can be said several times, one has to fit."""

    owner: PersonId | None = None
    team: str | None = None
    service: str | None = None
    incident: str | None = None
    status: list[ItemStatus] | None = None
    severity: list[Severity] | None = None
    priority: list[Priority] | None = None
    kind: list[Kind] | None = None
    late: bool | None = None
    words: str = ""

    def filters(self) -> ItemFilters:
        """As the read model takes them."""
        return ItemFilters(
            incident_id=self.incident,
            owner=self.owner,
            team=self.team,
            service=self.service,
            status=self.status,
            severity=self.severity,
            priority=self.priority,
            kind=self.kind,
            late=self.late,
            words=self.words.split()[:MOST_WORDS] or None,
        )


FILTERS = tuple(ItemFields.model_fields)


class Wanted(NamedTuple):
    """``said`` is what the address says, in its order, without what is left open."""

    filters: ItemFilters
    sort: Sort
    descending: bool
    after: str | None
    board: bool
    picked: bool
    """Each row is chosen to do something about."""
    said: list[tuple[str, str]]

    @classmethod
    def of(cls, query: Iterable[tuple[str, str]]) -> Self:
        """Raises HTTPException 422."""
        said = [(name, text.strip()) for name, text in query if text.strip()]
        last = dict(said)
        sort = last.get("sort", "")
        return cls(
            filters=_filters(said, last),
            sort=_one_of(Sort, sort.removeprefix("-")) if sort else Sort.DUE,
            descending=sort.startswith("-"),
            after=last.get("after"),
            board=_shape(last.get("shape", "list")) == "board",
            picked=last.get("picked") == "all",
            said=[(name, text) for name, text in said if name in (*FILTERS, "sort", "shape")],
        )

    @classmethod
    def written(cls, query: str) -> Self:
        """The same, of a query as it stands in an address."""
        return cls.of(parse_qsl(query))

    @property
    def filtered(self) -> bool:
        """Whether something that there is may be left out."""
        return any(name in FILTERS for name, _ in self.said) or self.after is not None

    def has(self, name: str, value: str) -> bool:
        """Whether the address says so."""
        return (name, value) in self.said

    def typed(self, name: str) -> str:
        """What it says there; empty for what is left open."""
        return dict(self.said).get(name, "")

    def query(self, **changes: str) -> str:
        """As in an address, with something else there; empty leaves it open."""
        kept = [(name, value) for name, value in self.said if name not in changes]
        return urlencode([*kept, *((name, value) for name, value in changes.items() if value)])

    def sorted_by(self, column: str) -> str:
        """The query for this column; the other way round, where it is by that already."""
        return self.query(sort=f"-{column}" if self.sort == column and not self.descending else column)


async def _wanted(request: Request) -> Wanted:
    return Wanted.of(request.query_params.multi_items())


WantedDep = Annotated[Wanted, Depends(_wanted)]


def _filters(said: list[tuple[str, str]], last: Mapping[str, str]) -> ItemFilters:
    incident = last.get("incident")
    if incident and not is_incident(incident):
        raise HTTPException(422, f"{incident!r} is no incident's id; they look like inc-7f3a9c21d0b84e5fa612.")
    fields: dict[str, Any] = {name: last.get(name) for name in ("owner", "team", "service", "incident")}
    fields |= {name: _several(words, name, said) for name, words in SEVERAL.items()}
    fields |= {"late": True if last.get("late") == "true" else None, "words": last.get("words", "")}
    return ItemFields.model_construct(**fields).filters()


def _several(words: type[WordT], name: str, said: Iterable[tuple[str, str]]) -> list[WordT] | None:
    return list(dict.fromkeys(_one_of(words, text) for of, text in said if of == name)) or None


def _one_of(words: type[WordT], text: str) -> WordT:
    try:
        return words(text)
    except ValueError:
        raise HTTPException(422, f"{text!r} is none of {', '.join(words)}.") from None


def _shape(text: str) -> str:
    if text not in SHAPES:
        raise HTTPException(422, f"{text!r} is none of {', '.join(SHAPES)}.")
    return text
