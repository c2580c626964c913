"""What the API shows is the API's own, so that a workflow may come to know more without telling everybody."""

import typing
from collections.abc import Iterator

from pydantic import BaseModel

from tests.web.addresses import routes
from tests.web.conftest import Web


def models(shown: object, seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """Those that a type is made of, at any depth."""
    if isinstance(shown, type) and issubclass(shown, BaseModel) and shown not in seen:
        seen.add(shown)
        yield shown
        for field in shown.model_fields.values():
            yield from models(field.annotation, seen)
    for part in typing.get_args(shown):
        yield from models(part, seen)


def test_no_answer_of_the_api_is_a_record_of_the_domain_or_of_a_workflow(alone: Web) -> None:
    elsewhere, seen = [], set[type[BaseModel]]()
    for route in routes(alone.app()):
        answers = [route.response_model, *(answer.get("model") for answer in (route.responses or {}).values())]
        for model in (model for answer in answers for model in models(answer, seen)):
            if route.include_in_schema and not model.__module__.startswith("followthrough.web."):
                elsewhere.append(f"{route.path}: {model.__module__}.{model.__name__}")
    assert len(seen) > 80
    assert elsewhere == []
