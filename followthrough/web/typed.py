"""What was typed into the forms of one page, as the model that it is meant for, or to be copied from."""

from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from followthrough.domain.answered.wording import what_is_wrong
from followthrough.domain.replayed.values import Refusal

MOST_SHOWN = 20
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


def prose_in(request: Request) -> list[str]:
    """Texts of several words in the form that was sent, where it was read before something went wrong."""
    form = getattr(request, "_form", None)
    if not isinstance(form, FormData):
        return []
    texts = (value.strip() for value in form.values() if isinstance(value, str))
    return [text for text in texts if len(text.split()) > 1][:MOST_SHOWN]
