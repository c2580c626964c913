"""The form behind a link of a mail: what a command asks for, and the command that what was typed means."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from followthrough.domain.answered.choices import BLOCK, DOES_NOT_HOLD, RETURN_POSTMORTEM, Choice, days
from followthrough.domain.answered.organisation.calendar import END_OF_WORKING_DAY, end_of_working_day
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import what_is_wrong
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem, EvidenceKind
from followthrough.domain.replayed.values import Refusal
from followthrough.links import Link

LABELS = {
    "evidence": "Link to what shows it: a change, a dashboard or a test",
    "evidence_kind": "What the link leads to",
    "note": "Note",
    "reason": "Why",
    "to": "Who should own it",
    "until": "Until when",
}
NEEDED = {
    (DOES_NOT_HOLD.name, "note"): "What is missing",
    (RETURN_POSTMORTEM.name, "note"): "What to change",
    (BLOCK.name, "until"): "Until when it waits at most",
}
"""What these commands take without, but nobody would understand."""

INPUTS = {"evidence": "url", "evidence_kind": "choose", "to": "choose", "until": "date"}


class Offer(NamedTuple):
    """What a link is for, as it is now; ``organisation`` is without those who left."""

    link: Link
    record: ActionItem | Incident
    choice: Choice
    organisation: Organisation

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
    options: Mapping[str, Mapping[str, str]]
    earliest: date | None
    latest: date | None


def form_fields(offer: Offer, typed: Mapping[str, str]) -> list[FormField]:
    """What the person fills in, with what they typed before."""
    fields = []
    for name in offer.choice.asks_for:
        needed = NEEDED.get((offer.choice.name, name))
        earliest, latest = _limits(offer) if name == "until" else (None, None)
        field = FormField(
            name=name,
            label=needed or LABELS[name],
            input=INPUTS.get(name, "lines"),
            required=needed is not None or offer.choice.command.model_fields[name].is_required(),
            typed=typed.get(name, ""),
            options=_options(name, offer),
            earliest=earliest,
            latest=latest,
        )
        fields.append(field)
    return fields


def command_of(offer: Offer, typed: Mapping[str, str]) -> Any:
    """The command; a day is meant until its 17:00 where the team is. Raises Refusal for what can't be meant."""
    given: dict[str, Any] = {name: value for name in offer.choice.asks_for if (value := typed.get(name, "").strip())}
    for field in form_fields(offer, typed):
        if field.required and field.name not in given:
            raise Refusal(f"{field.label}: this can't be left out.")
    try:
        if "until" in given:
            given["until"] = end_of_working_day(date.fromisoformat(given["until"]), offer.zone.key)
        return offer.choice.command.model_validate({"by": offer.link.person, **offer.choice.preset, **given})
    except ValidationError as error:
        first = error.errors()[0]
        raise Refusal(f"{LABELS[str(first['loc'][0])]}: {what_is_wrong(first)}.") from None
    except ValueError:
        raise Refusal("Until when: write the day like 2026-12-31.") from None


def _limits(offer: Offer) -> tuple[date, date]:
    """The first and the last day whose 17:00 can be chosen."""
    assert isinstance(offer.record, ActionItem)  # noqa: S101 -- no command to an incident asks for a day
    after, before = days(offer.choice, offer.record, offer.link.person, datetime.now(UTC))
    return _first_day(after, offer.zone), _first_day(before, offer.zone) - timedelta(days=1)


def _first_day(after: datetime, zone: ZoneInfo) -> date:
    """The first whose 17:00 is later."""
    local = after.astimezone(zone)
    return local.date() + timedelta(days=local.time() >= END_OF_WORKING_DAY)


def _options(name: str, offer: Offer) -> dict[str, dict[str, str]]:
    if name == "evidence_kind":
        return {"": {kind.value: f"A {kind.value}" for kind in EvidenceKind}}
    if name != "to" or not isinstance(offer.record, ActionItem):
        return {}
    team = offer.organisation.team(offer.record.team, offer.record.service)
    others = {key: person.name for key, person in offer.organisation.people.items() if key != offer.record.owner}
    near = {key: others.pop(key) for key in dict.fromkeys((*team.members, team.lead)) if key in others}
    return {team.name: near, "Others": others}
