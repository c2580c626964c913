"""A paging alert: what a pager says, cut to what an incident can keep of it."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, HttpUrl, TypeAdapter, ValidationError

from followthrough.domain.replayed.text import TITLE, URL, MachineKey, clean, cut, one_line
from followthrough.domain.replayed.times import MachineTime
from followthrough.domain.replayed.values import Message, Severity

DESCRIPTION, LABELS, LABEL = 1_000, 20, 100
"""With title and link at most about 8,000 characters of an alert stay with its incident; most need a few hundred."""

_WEB = TypeAdapter(HttpUrl)


class AlertState(StrEnum):
    """What a pager says of an alert; CHANGED and MERGED say neither that it fires again nor that it is over."""

    FIRING = "firing"
    RESOLVED = "resolved"
    CHANGED = "changed"
    MERGED = "merged"


def web_link(value: Any) -> str | None:
    """A link for browsers, in its normal form; None for every other one, and for one with a password in it."""
    try:
        link = _WEB.validate_python(value)
    except ValidationError:
        return None
    return str(link) if len(str(link)) <= URL and link.username is link.password is None else None


def in_words(labels: Mapping[str, str]) -> str:
    """For people, in the order of the alphabet."""
    return ", ".join(f"{name}={text}" for name, text in sorted(labels.items())) or "none"


def _labels(value: Any) -> Any:
    """The first ``LABELS`` of them, of which the last says how many were left out."""
    if not isinstance(value, Mapping):
        return value
    kept = dict(list(value.items())[: LABELS if len(value) <= LABELS else LABELS - 1])
    if len(kept) < len(value):
        kept["…"] = f"{len(value) - len(kept)} more"
    return {cut(one_line(name), LABEL): cut(one_line(text), LABEL) for name, text in kept.items()}


def _cut_to(limit: int, tidy: Callable[[str], str]) -> BeforeValidator:
    return BeforeValidator(lambda value: cut(tidy(value), limit) if isinstance(value, str) else value)


AlertKey = Annotated[MachineKey, Field(min_length=1)]
AlertTitle = Annotated[str, _cut_to(TITLE, one_line)]
WebLink = Annotated[str | None, BeforeValidator(web_link)]


class MergedInto(Message):
    """The alert that a pager continues another one in; ``incident_id`` is the ongoing incident that it belongs to."""

    dedup_key: AlertKey
    title: AlertTitle = ""
    url: WebLink = None
    incident_id: str | None = None


class Alert(Message):
    """An alert, from whichever pager; what is too long is cut. ``dedup_key`` is the pager's own, behind its name.

    ``at`` is the pager's time. ``event`` names what happened then; pagers that rather say how things are, again and
    again, leave it empty. ``severity`` is what the routes say, None when none fits.
    """

    dedup_key: AlertKey
    source: str
    state: AlertState
    title: Annotated[AlertTitle, Field(min_length=1)]
    summary: Annotated[str, _cut_to(DESCRIPTION, lambda text: clean(text).strip())] = ""
    labels: Annotated[dict[str, str], BeforeValidator(_labels)] = Field(default_factory=dict)
    url: WebLink = None
    at: MachineTime
    event: MachineKey = ""
    severity: Severity | None = None
    into: MergedInto | None = None


class Heard(Message):
    """The latest that was heard of an alert."""

    at: MachineTime
    event: str = ""

    def covers(self, alert: Alert) -> bool:
        """Whether a delivery says nothing new: it came again, or after what happened later.

        A firing without an event says that it fires now, whenever that began, so it is always new.
        """
        if alert.event:
            return alert.at < self.at or (alert.at == self.at and alert.event == self.event)
        return alert.state is not AlertState.FIRING and alert.at < self.at
