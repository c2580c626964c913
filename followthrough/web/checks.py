"""What commands say is checked before it reaches a workflow: blameless wording, and whether an item can be checked."""

from typing import TypeVar

from followthrough.domain import blameless, item_quality
from followthrough.domain.incident_commands import IncidentCommand, ProposeItem
from followthrough.domain.item_commands import ItemCommand
from followthrough.domain.item_lifecycle import SplitItem
from followthrough.domain.postmortem_commands import Publish, SubmitPostmortem
from followthrough.organisation import Organisation
from followthrough.policies import ItemQuality
from followthrough.web.errors import Returned

CommandT = TypeVar("CommandT", IncidentCommand, ItemCommand)


def findings(text: str, organisation: Organisation) -> list[blameless.Finding]:
    """Sentences of ``text`` that name one of the organisation's people, or anybody, as a cause."""
    return blameless.check(text, [person.name for person in organisation.people.values()])


def checked(command: CommandT, organisation: Organisation) -> CommandT:
    """The command with what was found in it. Raises Returned when it has to be said another way."""
    match command:
        case SubmitPostmortem(text=text) | Publish(text=text):
            found = findings(text or "", organisation)
            if found and command.override is None:
                raise Returned(
                    409,
                    f"{len(found)} {'sentences blame' if len(found) > 1 else 'sentence blames'} a person; say what "
                    "broke instead, as suggested, or send an override with the reason, which goes on the timeline.",
                    {"findings": [finding.model_dump() for finding in found]},
                )
            return command.model_copy(update={"blaming": len(found)})
        case ProposeItem() | SplitItem():
            parts = command.parts if isinstance(command, SplitItem) else (command,)
            lacking = [
                sentence
                for part in parts
                for sentence in item_quality.missing(part.title, part.owner, organisation.people, organisation.teams)
            ]
            if lacking and organisation.policies.items.quality is ItemQuality.ENFORCE:
                what = "A part" if isinstance(command, SplitItem) else "The action item"
                raise Returned(422, f"{what} is too vague. {' '.join(lacking)}", {"missing": lacking})
            hints = tuple(hint for part in parts if (hint := item_quality.hint(part.title)) is not None)
            return command.model_copy(update={"missing": tuple(lacking), "hints": hints})
    return command
