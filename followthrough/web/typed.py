"""What was typed into the forms of one page, as the model that it is meant for."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from followthrough.domain.answered.wording import what_is_wrong
from followthrough.domain.replayed.values import Refusal

ModelT = TypeVar("ModelT", bound=BaseModel)


def typed_as(model: type[ModelT], labels: Mapping[str, str], fields: Mapping[str, Any]) -> ModelT:
    """Of the first field that is wrong its label and why; ``labels`` are by field. Raises Refusal."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        label = labels.get(field, field)
        raise Refusal(f"{label}: {what_is_wrong(first)}.") from None
