"""Every sentence with which a command is refused, and beside it what is accepted."""

from dataclasses import dataclass
from datetime import timedelta

from followthrough.domain.replayed.incident.incident import ItemSummary
from followthrough.domain.replayed.values import Record
from tests.domain.changes import Doing
from tests.records import NOW

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
INCIDENT, OTHER, THIRD = (f"inc-000000000{number}" for number in (1, 2, 3))
TITLE, WHY = "Alert on queue depth", "The supplier is late"


@dataclass(frozen=True)
class Row:
    """``doing`` it to ``record`` is refused with ``sentence``; with ``but`` in the place of one of them it is not."""

    record: Record
    doing: Doing
    sentence: str
    but: Record | Doing

    @property
    def accepted(self) -> tuple[Record, Doing]:
        """What is nearly the same."""
        return (self.but, self.doing) if isinstance(self.but, Record) else (self.record, self.but)


def do(doing: Doing, record: Record) -> None:
    """Raises Refusal."""
    doing.apply(record, NOW) if not callable(doing) else doing(record)


def summaries(number: int, of: str = INCIDENT) -> list[ItemSummary]:
    return [ItemSummary(id=f"{of}.{one}", title=TITLE, owner="ana") for one in range(1, number + 1)]
