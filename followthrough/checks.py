"""What commands say is checked before it reaches a workflow.

Whether the organisation file has whom and what they name, blameless wording, and whether an action item can be checked.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from followthrough.domain.answered.item import quality as item_quality
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import ItemQuality
from followthrough.domain.answered.postmortem import blameless
from followthrough.domain.answered.postmortem.notes import CorrectPostmortem
from followthrough.domain.answered.postmortem.prompts import unanswered
from followthrough.domain.replayed.incident.commands import AssignRole, IncidentCommand, ProposeItem
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.kudos import GiveKudos
from followthrough.domain.replayed.incident.lifecycle import HandOver, LinkRepeat, Merge, Split
from followthrough.domain.replayed.incident.privacy import Admit
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.item.commands import ItemCommand, Reassign
from followthrough.domain.replayed.item.editing import Edit
from followthrough.domain.replayed.item.lifecycle import BlockItem, MergeItem, SplitItem
from followthrough.domain.replayed.postmortem.commands import AssignPostmortem, Publish, SubmitPostmortem
from followthrough.domain.replayed.values import PersonId, ServiceId

CommandT = TypeVar("CommandT", IncidentCommand, ItemCommand)


class NotCarriedOut(Exception):
    """Nothing of what was asked for is done; the message says why, and what to do."""


class NotInFile(NotCarriedOut):
    """The organisation file has no such person or service."""


class Returned(NotCarriedOut):
    """It has to be said another way; ``details`` say how, beside the sentence."""

    def __init__(self, sentence: str, **details: Any) -> None:
        super().__init__(sentence)
        self.details = details


class Blames(Returned):
    """A person is named as the cause."""


class LeftOpen(Returned):
    """Questions of its format are as they came."""


class TooVague(Returned):
    """Nobody could say when it is done."""


def require_people(people: Iterable[PersonId], organisation: Organisation) -> None:
    """Raises NotInFile for who is not there, or not any more."""
    for person in people:
        if person not in organisation.people:
            raise NotInFile(f"The organisation file has no person {person!r}; use the key of one of its people.")
        left = organisation.people[person].left
        if left is not None and left <= datetime.now(UTC).date():
            raise NotInFile(f"{person} left on {left}; name somebody who is still there.")


def require_service(service: ServiceId, organisation: Organisation) -> None:
    """Raises NotInFile."""
    if service not in organisation.services:
        known = ", ".join(sorted(organisation.services))
        raise NotInFile(f"The organisation file has no service {service!r}; it has {known}.")


def named_in(command: IncidentCommand | ItemCommand) -> list[PersonId]:
    """Who gives the command, and whom else it names."""
    by = [command.by] if command.by else []
    match command:
        case AssignRole(person=other) | HandOver(person=other) | ProposeItem(owner=other) | Admit(person=other):
            return [*by, other]
        case AssignPostmortem(to=other) | Reassign(to=other):
            return [*by, other]
        case GiveKudos(to=others):
            return [*by, *others]
        case SplitItem(parts=parts):
            return [*by, *(part.owner for part in parts)]
    return by


def other_named_in(command: IncidentCommand | ItemCommand) -> str | None:
    """The incident or action item that it names beside the one that it is given to; of the same kind."""
    match command:
        case Merge(into=other) | MergeItem(into=other) | LinkRepeat(of=other) | BlockItem(on=str(other)):
            return other
    return None


def findings(text: str, organisation: Organisation) -> list[blameless.Finding]:
    """Sentences of ``text`` that name one of the organisation's people, or anybody, as a cause."""
    return blameless.check(text, [person.name for person in organisation.people.values()])


def checked(command: CommandT, record: Incident | ActionItem, organisation: Organisation) -> CommandT:
    """The command to the record, with what was found in it. Raises NotCarriedOut."""
    found: dict[str, Any] = {}
    if isinstance(command, Publish) and isinstance(record, Incident):
        _require_answers(command, record)
    if isinstance(command, Edit) and isinstance(record, ActionItem) and command.title not in (None, record.title):
        found = _vague("The new title", [(command.title, record.owner)], organisation)
    match command:
        case SubmitPostmortem() | Publish():
            found = _blaming(command, organisation)
        case ProposeItem() | SplitItem():
            what = "A part" if isinstance(command, SplitItem) else "The action item"
            named = command.parts if isinstance(command, SplitItem) else (command,)
            found = _vague(what, [(one.title, one.owner) for one in named], organisation)
        case Split(service=service):
            require_service(service or record.service, organisation)
    require_people(named_in(command), organisation)
    return command.model_copy(update=found)


def checked_correction(command: CorrectPostmortem, organisation: Organisation) -> CorrectPostmortem:
    """The same for a text that is published already. Raises NotCarriedOut."""
    _require_answered(command.text)
    _blaming(command, organisation)
    return command


def _require_answers(command: Publish, incident: Incident) -> None:
    _require_answered(command.text or (incident.postmortem.text if incident.postmortem else ""))


def _require_answered(text: str) -> None:
    if left := unanswered(text):
        what = "A question is as it came" if len(left) == 1 else f"{len(left)} questions are as they came"
        raise LeftOpen(
            f"{what}, the first is “{left[0]}”; answer each, or take it out, and hand the text in again.",
            unanswered=left,
        )


def _blaming(command: SubmitPostmortem | Publish | CorrectPostmortem, organisation: Organisation) -> dict[str, Any]:
    found = findings(command.text or "", organisation)
    if found and command.override is None:
        raise Blames(
            f"{len(found)} {'sentences blame' if len(found) > 1 else 'sentence blames'} a person; say what "
            "broke instead, as suggested, or send an override with the reason, which goes on the timeline.",
            findings=[finding.model_dump() for finding in found],
        )
    return {"blaming": len(found)}


def _vague(what: str, titles: Iterable[tuple[str, PersonId]], organisation: Organisation) -> dict[str, Any]:
    """``titles`` with the owner of each."""
    lacking, hints = list[str](), list[str]()
    for title, owner in titles:
        lacking += item_quality.missing(title, owner, organisation.people, organisation.teams)
        hints += filter(None, [item_quality.hint(title)])
    if lacking and organisation.policies.items.quality is ItemQuality.ENFORCE:
        raise TooVague(f"{what} is too vague. {' '.join(lacking)}", missing=lacking)
    return {"missing": tuple(lacking), "hints": tuple(hints)}
