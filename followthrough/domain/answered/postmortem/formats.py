"""Which questions a postmortem asks, in rotation, and a draft that the timeline already filled."""

from collections.abc import Sequence
from importlib.resources import files

from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from followthrough.domain.answered.incident.durations import durations
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import to_the_minute
from followthrough.domain.replayed.incident.alert import in_words
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.postmortem.postmortem import FormatName
from followthrough.domain.replayed.text import one_line
from followthrough.domain.replayed.values import EntryKind, PersonId, Severity, TimelineEntry

_ROTATION = tuple(name for name in FormatName if name is not FormatName.SHORT)
_HAPPENED = (
    EntryKind.ALERT,
    EntryKind.STATUS,
    EntryKind.SEVERITY,
    EntryKind.ROLE,
    EntryKind.NOTE,
    EntryKind.DECISION,
)


def next_format(severity: Severity, recent: Sequence[FormatName]) -> FormatName:
    """The format to suggest to a team whose postmortems had the formats ``recent``, the latest last.

    SEV3 and SEV4 get the short form. The others get the format that was not used for the longest time, so none
    comes twice in a row, also when short ones were in between.
    """
    if severity in (Severity.SEV3, Severity.SEV4):
        return FormatName.SHORT
    last_used = {name: number for number, name in enumerate(recent)}
    return min(_ROTATION, key=lambda name: last_used.get(name, -1))


def _environment() -> ImmutableSandboxedEnvironment:
    folder = files("followthrough") / "postmortem_formats"
    templates = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(templates), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(minute=to_the_minute, one_line=one_line, in_words=in_words)
    return environment


_TEMPLATES = _environment()


def draft(
    name: FormatName,
    incident: Incident,
    timeline: Sequence[TimelineEntry],
    organisation: Organisation,
    thanks: Sequence[str] = (),
    anonymous: Sequence[str] = (),
) -> str:
    """A postmortem in Markdown: what is known is filled in, what only people know is asked.

    ``thanks`` are the kudos given on the incident, one line each, ``anonymous`` the anonymous notes that are shown by
    now. Times are in UTC.
    """
    names: dict[PersonId, str] = {key: person.name for key, person in organisation.people.items()}
    service = organisation.services.get(incident.service)
    entries = sorted(timeline, key=lambda entry: (entry.at, entry.number))
    return _TEMPLATES.get_template(f"{name}.md.j2").render(
        incident=incident,
        names=names,
        service=service.name if service else incident.service,
        first_alert=next((entry.at for entry in entries if entry.kind is EntryKind.ALERT), None),
        took=durations(incident).in_words(),
        happened=[entry for entry in entries if entry.kind in _HAPPENED],
        decisions=[entry for entry in entries if entry.kind is EntryKind.DECISION],
        updates=[entry for entry in entries if entry.kind is EntryKind.UPDATE],
        thanks=thanks,
        anonymous=anonymous,
    )
