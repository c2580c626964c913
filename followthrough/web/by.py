"""By whom something is: as the body says, or else whoever asks."""

from typing import Annotated, Any, TypeVar

from fastapi import HTTPException
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeAliasType

from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.may import nobody_named
from followthrough.domain.answered.choices import FILLED_IN
from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.item.commands import ItemCommand
from followthrough.domain.replayed.values import PersonId

CommandT = TypeVar("CommandT", IncidentCommand, ItemCommand)


class OrWhoAsks:
    """Marks commands in a body: their ``by`` may be left out, and what the service fills in is passed over."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_as_given, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        written = handler(schema)
        for command in map(handler.resolve_ref_schema, written["oneOf"]):
            needed = [name for name in command.pop("required", ()) if name != "by"]
            command.update({"required": needed} if needed else {})
            command["properties"]["by"]["description"] = "Left out, it is whoever asks"
            for name in FILLED_IN:
                command["properties"].pop(name, None)
        return written


ToIncident = TypeAliasType("ToIncident", Annotated[IncidentCommand, OrWhoAsks()])
ToItem = TypeAliasType("ToItem", Annotated[ItemCommand, OrWhoAsks()])


def _as_given(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    said = {name: value for name, value in body.items() if name not in FILLED_IN}
    return {**said, "by": ""} if said.get("by") is None else said


def given(command: CommandT, actor: Actor) -> CommandT:
    """The command with who gives it. Raises HTTPException for one that somebody has to give, and nobody does."""
    needed = type(command).model_fields["by"].is_required()
    return command.model_copy(update={"by": speaker(command.by, actor) if needed else command.by or actor.person})


def speaker(by: PersonId | None, actor: Actor) -> PersonId:
    """Who speaks. Raises HTTPException where that is nobody."""
    if person := by or actor.person:
        return person
    raise HTTPException(422, nobody_named(actor))
