"""What somebody who looks finds."""

from dataclasses import dataclass
from enum import StrEnum


class FindingState(StrEnum):
    """MISSING leaves something out that one can do without; WRONG has to be put right."""

    OK = "ok"
    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``what_to_do`` is empty when nothing is."""

    subject: str
    state: FindingState
    sentence: str
    what_to_do: str = ""
