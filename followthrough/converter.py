"""How values travel between clients, workflows and activities."""

import dataclasses
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import (
    PydanticJSONPlainPayloadConverter,
    pydantic_data_converter,
)
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
    PayloadCodec,
)

from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.item.commands import ItemCommand
from followthrough.refusals import refused

_TYPES: tuple[Any, ...] = (IncidentCommand, ItemCommand)
COMMANDS = {get_args(command)[0]: TypeAdapter[Any](command) for command in _TYPES}
"""By the type that an update's handler names."""


class TolerantJSONConverter(PydanticJSONPlainPayloadConverter):
    """Ignores unknown fields everywhere: who wrote them may be newer, and who reads them has replaced it.

    A command that is none is refused in words: without it the caller sees no reason.
    """

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """Raises ApplicationError for a command, else what pydantic raises."""
        command = COMMANDS.get(type_hint)
        try:
            return (command or _adapter(type_hint or Any)).validate_json(payload.data, extra="ignore")
        except ValidationError as error:
            if command is None:
                raise
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"][1:]) or "The command"
            sentence = f"{where}: {first['msg'].removeprefix('Value error, ')}."
            raise refused(sentence) from None


@cache
def _adapter(type_hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(type_hint)


_JSON = TolerantJSONConverter()
_CONVERTERS = [
    _JSON if isinstance(one, JSONPlainPayloadConverter) else one
    for one in DefaultPayloadConverter.default_encoding_payload_converters
]
"""Common to all workflows, each of which makes a payload converter."""


class FollowthroughPayloadConverter(CompositePayloadConverter):
    """Pydantic's JSON, whichever version wrote it, with commands that are refused in words."""

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)


def converting_with(codec: PayloadCodec) -> DataConverter:
    """What messages and stack traces of failures say goes through it as well."""
    return dataclasses.replace(
        data_converter, payload_codec=codec, failure_converter_class=DefaultFailureConverterWithEncodedAttributes
    )


data_converter = dataclasses.replace(pydantic_data_converter, payload_converter_class=FollowthroughPayloadConverter)
