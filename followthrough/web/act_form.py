"""The form to act by, behind a link of a mail or on a page: what a command asks for, and the command that was meant."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, get_args
from zoneinfo import ZoneInfo

from annotated_types import MaxLen
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from followthrough.domain.answered.choices import BLOCK, DOES_NOT_HOLD, RETURN_POSTMORTEM, Choice, days
from followthrough.domain.answered.incident.choices import PUBLISH_WITHOUT_ITEMS
from followthrough.domain.answered.item.choices import BLOCK_ON
from followthrough.domain.answered.organisation.calendar import END_OF_WORKING_DAY, end_of_working_day
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import what_is_wrong
from followthrough.domain.replayed.incident.commands import AssignRole
from followthrough.domain.replayed.incident.correction import CorrectTimes
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.kudos import GiveKudos
from followthrough.domain.replayed.incident.lifecycle import HandOver
from followthrough.domain.replayed.incident.privacy import Admit, people_on
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.item.editing import Edit
from followthrough.domain.replayed.postmortem.commands import AssignPostmortem
from followthrough.domain.replayed.text import REASON
from followthrough.domain.replayed.values import PersonId, Refusal

LABELS: Mapping[str, str] = {
    "evidence": "Link to what shows it: a change, a dashboard or a test",
    "evidence_kind": "What the link leads to",
    "note": "Note",
    "reason": "Why",
    "to": "Who should own it",
    "until": "Until when",
    "on": "Which one it waits for",
    "into": "Which one goes on for both",
    "ticket": "Key or address of the ticket",
    "no_items_because": "Why nothing has to be followed up",
    "estimate": "How much work, in the unit of the team's capacity",
    "parts": "Parts",
    "merge-into.into": "Which incident goes on",
    "of": "Which earlier one",
    "person": "Who",
    "role": "Which role",
    "hand-over.note": "What they need to know",
    "severity": "Severity",
    "split-off.severity": "Severity, if it is another",
    "service": "Service, if it is another",
    "mitigate.summary": "What helped",
    "resolve.summary": "What ended it",
    "text": "What happened",
    "decision.text": "What was decided, and why",
    "kudos.text": "What for",
    "update.text": "What to tell them",
    "kudos.to": "Whom to thank; several can be chosen",
    "for_openness": "It is for admitting a mistake, or saying early what was not known",
    "at": "When, if that was earlier",
    "title": "What the new one is about",
    "edit.title": "What is to be done, so that anybody can see when it is",
    "description": "More about it; a link to what is longer",
    "comment.text": "What whoever has to do with it should know",
    "times.reason": "Why it was at another time",
    "declared_at": "When it began, or somebody noticed",
    "mitigated_at": "When users were no longer hurt",
    "resolved_at": "When it was over",
    "propose.title": "What is to be done, so that anybody can see when it is",
    "owner": "Who should own it",
    "kind": "What it does about the next incident of this sort",
    "priority": "Priority",
    "audience": "For whom",
    "stage": "Where the work stands",
    "format": "Form",
}
"""By the name of the field, or for one choice alone, as ``reassign.to``."""
NEEDED = {
    (DOES_NOT_HOLD.name, "note"): "What is missing",
    (RETURN_POSTMORTEM.name, "note"): "What to change",
    (PUBLISH_WITHOUT_ITEMS.name, "no_items_because"): "Why nothing has to be followed up",
    (BLOCK.name, "until"): "Until when it waits at most",
    (BLOCK_ON.name, "on"): "Which one it waits for",
}
"""What these commands take without, but nobody would understand."""

INPUTS: Mapping[str, str] = {
    "evidence": "url",
    "to": "person",
    "until": "date",
    "on": "record",
    "into": "record",
    "ticket": "line",
    "estimate": "number",
    "parts": "rows",
    "of": "record",
    "unlink-repeat.of": "listed",
    "person": "person",
    "owner": "person",
    "kudos.to": "people",
    "title": "line",
    "service": "service",
    "for_openness": "check",
    "at": "moment",
    "declared_at": "moment",
    "mitigated_at": "moment",
    "resolved_at": "moment",
}
"""How it is asked for, named alike, where its type does not say so; else it is lines of text."""

ROWS = 3
"""Parts that are asked for at first; empty ones are left out."""
MOST_ROWS = 20
MINUTES = "%Y-%m-%dT%H:%M"
EDITS = (Edit, CorrectTimes)
"""Their forms begin with what is there, and say only what is another then."""
SEVERAL = "\n"
"""Between what was chosen in a field of which several can be."""


class Offer(NamedTuple):
    """What somebody may do, as it is now; ``organisation`` is without those who left."""

    person: PersonId
    nonce: str
    """Equal ones act once."""
    record: ActionItem | Incident
    choice: Choice
    organisation: Organisation
    others: Mapping[str, str] = MappingProxyType({})
    """Ids and titles of those that it may be about as well."""

    @property
    def zone(self) -> ZoneInfo:
        """Where the team is."""
        return ZoneInfo(self.organisation.team(self.record.team, self.record.service).time_zone)


class FormField(NamedTuple):
    """One field; ``options`` are groups of values and names to choose from."""

    name: str
    label: str
    input: str
    required: bool
    typed: str
    shown: str | None
    """What the form began with, for one that changes what is there."""
    options: Mapping[str, Mapping[str, str]]
    earliest: date | None
    latest: date | None
    rows: list[Mapping[str, str]]
    """Of a field that takes several: what was typed into each."""
    longest: int
    """Characters."""


def form_fields(offer: Offer, typed: Mapping[str, str]) -> list[FormField]:
    """What the person fills in, with what they typed before."""
    fields, there = list[FormField](), _there(offer)
    for name in offer.choice.asks_for:
        if name in there and there[name] is None:
            continue
        needed, info = NEEDED.get((offer.choice.name, name)), offer.choice.command.model_fields[name]
        earliest, latest = _limits(offer) if name == "until" else (None, None)
        kind = _named(INPUTS, offer.choice, name) or ("choose" if _words_of(info) else "lines")
        field = FormField(
            name=name,
            label=(needed or _named(LABELS, offer.choice, name))
            + (f" (time in {offer.zone.key})" if kind == "moment" else ""),
            input=kind,
            required=needed is not None or info.is_required(),
            typed=typed.get(name, there.get(name) or (info.default.value if isinstance(info.default, StrEnum) else "")),
            shown=typed.get(f"shown-{name}", there[name]) if name in there else None,
            options=_options(kind, info, offer),
            earliest=earliest,
            latest=latest,
            rows=list(_rows(typed)) if kind == "rows" else [],
            longest=next((limit.max_length for limit in info.metadata if isinstance(limit, MaxLen)), REASON),
        )
        fields.append(field)
    return fields


def command_of(offer: Offer, typed: Mapping[str, str]) -> Any:
    """The command; a day is meant until its 17:00 where the team is. Raises Refusal for what can't be meant."""
    given: dict[str, Any] = {name: value for name in offer.choice.asks_for if (value := typed.get(name, "").strip())}
    fields = form_fields(offer, typed)
    for field in fields:
        if field.shown is not None:
            given |= {field.name: typed.get(field.name, "").strip()} if field.name in typed else {}
            if _same(given.get(field.name), field.shown):
                given.pop(field.name, None)
            continue
        if field.input == "rows":
            given[field.name] = [
                {name: value for name, value in row.items() if value} for row in field.rows if any(row.values())
            ]
        if field.required and not given.get(field.name):
            raise Refusal(f"{field.label}: this can't be left out.")
        if field.input == "people" and field.name in given:
            given[field.name] = given[field.name].split(SEVERAL)
    try:
        if "until" in given:
            given["until"] = end_of_working_day(date.fromisoformat(given["until"]), offer.zone.key)
        for field in fields:
            if field.input == "moment" and field.name in given:
                given[field.name] = datetime.fromisoformat(given[field.name]).replace(tzinfo=offer.zone)
        return offer.choice.command.model_validate({"by": offer.person, **offer.choice.preset, **given})
    except ValidationError as error:
        first = error.errors()[0]
        raise Refusal(f"{_where(offer.choice, first['loc'])}{what_is_wrong(first)}.") from None
    except ValueError:
        day = "until" in given
        written = "Until when: write the day like 2026-12-31." if day else "When: write it like 2026-12-31T13:45."
        raise Refusal(written) from None


def overtaken(offer: Offer, typed: Mapping[str, str]) -> Mapping[str, str]:
    """What somebody else wrote into fields that this form would change, since it was shown: what is there now, by name.

    What both wrote is no difference.
    """
    found = {}
    for name, now in _there(offer).items():
        if now is None or name not in typed:
            continue
        shown, mine = typed.get(f"shown-{name}", now), typed[name]
        if not (_same(mine, shown) or _same(mine, now) or _same(now, shown)):
            found[name] = now
    return found


def _there(offer: Offer) -> Mapping[str, str | None]:
    """What the fields of a form that changes something begin with; None for what can't be changed yet."""
    if offer.choice.command not in EDITS:
        return {}
    values = {name: getattr(offer.record, name) for name in offer.choice.asks_for if hasattr(offer.record, name)}
    return {
        name: value.astimezone(offer.zone).strftime(MINUTES) if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _same(typed: str | None, shown: str) -> bool:
    """Browsers send the ends of lines in another way."""
    if typed is None:
        return True
    lines, before = ([line.rstrip() for line in text.strip().splitlines()] for text in (typed, shown))
    return lines == before


def _where(choice: Choice, place: tuple[int | str, ...]) -> str:
    """The label of what is wrong, and in which row; nothing where it is the whole."""
    match place:
        case (str(name), int(row), *inner):
            return ", ".join([_named(LABELS, choice, name), f"row {row + 1}", *map(str, inner)]) + ": "
        case (str(name), *_):
            return f"{_named(LABELS, choice, name)}: "
    return ""


def _named(names: Mapping[str, str], choice: Choice, name: str) -> str:
    return names.get(f"{choice.name}.{name}") or names.get(name, "")


def _words_of(info: FieldInfo) -> type[StrEnum] | None:
    """What can be chosen from, by the type of the field."""
    types = (info.annotation, *get_args(info.annotation))
    return next((kind for kind in types if isinstance(kind, type) and issubclass(kind, StrEnum)), None)


def _rows(typed: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """As many as were asked for."""
    asked = typed.get("rows", "")
    for number in range(min(int(asked), MOST_ROWS) if asked.isdecimal() and len(asked) < len("100") else ROWS):
        yield {name: typed.get(f"{name}-{number}", "").strip() for name in ("title", "owner")}


def _limits(offer: Offer) -> tuple[date, date] | tuple[None, None]:
    """The first and the last day whose 17:00 can be chosen; not known before it is planned."""
    if not isinstance(offer.record, ActionItem) or offer.record.plan is None:
        return None, None
    after, before = days(offer.choice, offer.record, offer.person, datetime.now(UTC))
    return _first_day(after, offer.zone), _first_day(before, offer.zone) - timedelta(days=1)


def _first_day(after: datetime, zone: ZoneInfo) -> date:
    """The first whose 17:00 is later."""
    local = after.astimezone(zone)
    return local.date() + timedelta(days=local.time() >= END_OF_WORKING_DAY)


def _options(kind: str, info: FieldInfo, offer: Offer) -> dict[str, Mapping[str, str]]:
    match kind:
        case "record" | "listed":
            return {"": offer.others}
        case "service":
            return {"": {key: service.name for key, service in offer.organisation.services.items()}}
        case "person" | "people":
            return _people(offer, but=_left_out(offer))
        case "rows":
            return _people(offer, but=())
    words = _words_of(info) if kind == "choose" else None
    return {"": {word.value: word.value for word in words}} if words else {}


def _left_out(offer: Offer) -> Iterable[PersonId | None]:
    """Those for whom it would be refused."""
    if isinstance(offer.record, ActionItem):
        return (offer.record.owner,)
    command = offer.choice.command
    if command is Admit:
        return people_on(offer.record)
    if command in (AssignRole, HandOver):
        return [holder.person for holder in offer.record.roles]
    if command is AssignPostmortem:
        return (offer.record.postmortem_owner,)
    return (offer.person,) if command is GiveKudos else ()


def _people(offer: Offer, but: Iterable[PersonId | None]) -> dict[str, Mapping[str, str]]:
    """Those of the team first."""
    left_out = {*but}
    team = offer.organisation.team(offer.record.team, offer.record.service)
    others = {key: person.name for key, person in offer.organisation.people.items() if key not in left_out}
    near = {key: others.pop(key) for key in dict.fromkeys((*team.members, team.lead)) if key in others}
    return {team.name: near, "Others": others}
