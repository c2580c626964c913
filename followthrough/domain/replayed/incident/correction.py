"""A command that corrects when something happened to an incident."""

from datetime import UTC, datetime
from typing import Literal

from pydantic import model_validator

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.privacy import UNCLOSED
from followthrough.domain.replayed.text import Reason
from followthrough.domain.replayed.times import LONG_AGO, YEAR, Time
from followthrough.domain.replayed.values import EntryKind, PersonId, Refusal, Request

TIMES = {"declared": "declared_at", "mitigated": "mitigated_at", "resolved": "resolved_at"}


class CorrectTimes(Request):
    """It began, was mitigated or was over at another time than when somebody said so; what is left out stays."""

    command: Literal["correct times"] = "correct times"
    by: PersonId
    declared_at: Time | None = None
    mitigated_at: Time | None = None
    resolved_at: Time | None = None
    reason: Reason

    @model_validator(mode="after")
    def _says_which(self) -> "CorrectTimes":
        if self.declared_at is self.mitigated_at is self.resolved_at is None:
            raise ValueError("say which time was another: when it was declared, mitigated or resolved")
        return self

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal once it has ended, for a drill, and for times that are not there or in no order.

        What was mitigated by being resolved stays so. Deadlines and reminders go on counting from when it was said.
        """
        incident.require(*UNCLOSED, to="given other times")
        if incident.drill:
            raise Refusal(f"Incident {incident.id} is a drill; its times are what is practised, and stay as they are.")
        before: dict[str, datetime | None] = {word: getattr(incident, name) for word, name in TIMES.items()}
        given: dict[str, datetime | None] = {word: getattr(self, name) for word, name in TIMES.items()}
        for word, at in given.items():
            if at is not None and before[word] is None:
                raise Refusal(f"Incident {incident.id} is not {word} yet; say so first, and then when it was.")
        after = {word: given[word] or before[word] for word in TIMES}
        if given["mitigated"] is None and before["mitigated"] == before["resolved"]:
            after["mitigated"] = after["resolved"]
        if after == before:
            raise Refusal(f"Incident {incident.id} has these times already; say which one was another.")
        _require_order(incident, after, now)
        said = [
            f"{word} from {_minute(before[word])} to {_minute(at)}" for word, at in after.items() if at != before[word]
        ]
        incident.declared_said_at = incident.declared_since
        incident.resolved_said_at = incident.resolved_since
        for word, name in TIMES.items():
            setattr(incident, name, after[word])
        incident.note(now, EntryKind.STATUS, f"Times corrected: {', '.join(said)} UTC: {self.reason}", self.by)


def _require_order(incident: Incident, times: dict[str, datetime | None], now: datetime) -> None:
    """By their minutes, which is how people say them."""
    known = {word: at.replace(second=0, microsecond=0) for word, at in times.items() if at is not None}
    last, at = max(known.items(), key=lambda one: one[1])
    if at > now:
        raise Refusal(f"{last.capitalize()} {_minute(at)} UTC is yet to come; name a time that has passed.")
    if [*known.values()] != sorted(known.values()):
        said = ", ".join(f"{word} {_minute(at)}" for word, at in known.items())
        raise Refusal(
            f"Incident {incident.id} can't be {said} UTC; it is declared first, then mitigated, then resolved."
        )
    if now - known["declared"] > LONG_AGO:
        raise Refusal(
            f"{known['declared']:%Y-%m-%d} is more than {LONG_AGO // YEAR} years ago; say in a note when it began."
        )


def _minute(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}" if at else "never"
