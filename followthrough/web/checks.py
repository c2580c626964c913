"""What commands say is checked before it reaches an incident: blameless wording, and whether an item can be checked."""

from followthrough.domain import blameless, item_quality
from followthrough.domain.incident_commands import IncidentCommand, ProposeItem
from followthrough.domain.postmortem_commands import Publish, SubmitPostmortem
from followthrough.organisation import Organisation
from followthrough.policies import ItemQuality
from followthrough.web.errors import Returned


def findings(text: str, organisation: Organisation) -> list[blameless.Finding]:
    """Sentences of ``text`` that name one of the organisation's people, or anybody, as a cause."""
    return blameless.check(text, [person.name for person in organisation.people.values()])


def checked(command: IncidentCommand, organisation: Organisation) -> IncidentCommand:
    """The command with what was found in it. Raises Returned when it has to be said another way."""
    match command:
        case SubmitPostmortem(text=str(text)) | Publish(text=str(text)):
            found = findings(text, organisation)
            if found and command.override is None:
                raise Returned(
                    409,
                    f"{len(found)} {'sentences blame' if len(found) > 1 else 'sentence blames'} a person; say what "
                    "broke instead, as suggested, or send an override with the reason, which goes on the timeline.",
                    {"findings": [finding.model_dump() for finding in found]},
                )
            return command.model_copy(update={"blaming": len(found)})
        case ProposeItem():
            lacking = item_quality.missing(command.title, command.owner, organisation.people, organisation.teams)
            if lacking and organisation.policies.items.quality is ItemQuality.ENFORCE:
                raise Returned(422, f"The action item is too vague. {' '.join(lacking)}", {"missing": lacking})
            return command.model_copy(update={"missing": tuple(lacking)})
    return command
