"""What the API's description says is true: schemathesis sends each operation what it says it takes, and looks."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from pydantic import SecretStr
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from followthrough.domain.replayed.ids import incident_of
from followthrough.organisation_file import OrganisationFile
from followthrough.web.description import TAGS
from followthrough.web.example_answers import VALUES
from followthrough.web.examples import BODIES
from followthrough.web.fields import FIELDS
from tests.browser.conftest import serving
from tests.web.conftest import Web, new_web
from tests.web.test_api import give, with_item

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 8
"""For each operation, always the same."""


@pytest.fixture(scope="module")
async def here(
    address: str, organisation: OrganisationFile, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Web, str, dict[str, str]]]:
    """A service of its own, with records whose ids stand in addresses; whoever asks is known."""
    web = await new_web(address, organisation, tmp_path_factory.mktemp("described"))
    (web.settings.data_dir / "local-person").write_text("ines")
    async with web.worker(), serving(web.database, web.client, data_dir=web.settings.data_dir) as url:
        async with httpx.AsyncClient(base_url=url, timeout=60) as api:
            item = await with_item(api)
            await give(api, incident_of(item), "submit postmortem", text="# What we learned")
            comments = f"/api/incidents/{incident_of(item)}/postmortem/comments"
            comment = (await api.post(comments, json={"text": "Which deploy?"})).json()
            token = (await api.post("/api/tokens", json={"name": "For nothing"})).json()
        known = {
            "incident_id": incident_of(item),
            "item_id": item,
            "comment_id": comment.get("id", "none"),
            "token_id": token["id"],
            "team": "payments",
            "service_id": "checkout",
            "person": "ines",
        }
        yield web, url, known
    web.database.dispose()


def parameters(operation: APIOperation[Any, Any, Any, Any], known: Mapping[str, str]) -> dict[str, str]:
    return {name: known[name] for name in known if f"{{{name}}}" in operation.path}


def tell(operation: APIOperation[Any, Any, Any, Any], url: str, known: Mapping[str, str], token: str = "") -> str:
    """What is wrong with the answers of an operation; empty where nothing is."""
    headers = {"Authorization": f"Bearer {token}"} if token else None
    found, fixed = "", parameters(operation, known)
    cases = operation.as_strategy(path_parameters=fixed)
    if operation.body or operation.query:
        cases |= operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=fixed)
    if fixed:
        cases |= operation.as_strategy()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def look(case: Any) -> None:
        nonlocal found
        if found:
            return
        answer = case.call(base_url=url, headers=headers, timeout=120)
        try:
            case.validate_response(answer, checks=CHECKS, headers=headers)
        except (Failure, FailureGroup) as failure:
            whole = getattr(failure, "exceptions", [failure])
            said = f"{answer.status_code} {whole} {answer.content[:300]!r}"
            found = f"{operation.label}: {said} by {case.as_curl_command()}"

    look()
    return found


async def test_each_operation_answers_as_its_description_says(here: tuple[Web, str, dict[str, str]]) -> None:
    web, url, known = here
    described = schemathesis.openapi.from_dict(web.app().openapi())
    operations: list[Any] = [found.ok() for found in described.get_all_operations()]  # type: ignore[union-attr]
    assert len(operations) > 50
    wrong = [await asyncio.to_thread(tell, operation, url, known) for operation in operations]
    assert "\n".join(filter(None, wrong)) == ""


async def test_where_people_sign_in_nothing_is_answered_without_a_token(
    here: tuple[Web, str, dict[str, str]],
) -> None:
    web, _, known = here
    secured = {"data_dir": web.settings.data_dir, "api_token": SecretStr("of a program")}
    described = schemathesis.openapi.from_dict(web.app(**secured).openapi())
    operations: list[Any] = [found.ok() for found in described.get_all_operations()]  # type: ignore[union-attr]
    async with serving(web.database, web.client, **secured) as url:
        wrong = [
            await asyncio.to_thread(tell, operation, url, known, token)
            for operation in operations
            for token in ("", "of a program")
        ]
    assert "\n".join(filter(None, wrong)) == ""


async def test_the_page_has_every_operation_and_nothing_from_elsewhere(alone: Web) -> None:
    async with alone.browser() as browser:
        shown = (await browser.get("/api-docs")).text
        described = (await browser.get("/openapi.json")).json()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert f"<code>{method.upper()} {path}</code>" in shown
            assert f'id="{operation["operationId"]}"' in shown
    assert "<script src=" not in shown.replace('<script src="/', "")


def test_examples_are_what_the_operations_take(alone: Web) -> None:
    document = alone.app().openapi()
    wrong = []
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                validator = Draft202012Validator({**content["schema"], "components": document["components"]})
                for name, example in content.get("examples", {}).items():
                    wrong += [f"{path} {name}: {error.message}" for error in validator.iter_errors(example["value"])]
    assert wrong == []


def test_every_field_and_every_parameter_is_described(alone: Web) -> None:
    document = alone.app().openapi()
    unsaid = []
    for name, schema in document["components"]["schemas"].items():
        for field, said in schema.get("properties", {}).items():
            words = f"{said.get('description', '')} {schema.get('description', '')}"
            null = {"type": "null"} in said.get("anyOf", ()) and field in schema.get("required", ())
            if not said.get("description") or (null and not re.search(r"\b[Nn]ull\b", words)):
                unsaid.append(f"{name}.{field}")
    for operation in (one for path in document["paths"].values() for one in path.values()):
        unsaid += [operation["operationId"]] if operation["description"].startswith("Asks for:") else []
        parameters = operation.get("parameters", ())
        unsaid += [f"{operation['operationId']}: {one['name']}" for one in parameters if not one["description"]]
    assert unsaid == []


def test_what_is_described_apart_is_there(alone: Web) -> None:
    schemas = alone.app().openapi()["components"]["schemas"].items()
    there = {
        name
        for owner, schema in schemas
        for field in schema.get("properties", ())
        for name in (field, f"{owner}.{field}")
    }
    assert {*FIELDS, *VALUES} - there == set()


def test_each_json_answer_has_an_example_that_is_as_its_schema_says(alone: Web) -> None:
    document = alone.app().openapi()
    shown, wrong = 0, []
    for operation in (one for path in document["paths"].values() for one in path.values()):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {}).get("application/json")
            if content is None or not status.startswith("2"):
                continue
            shown += 1
            validator = Draft202012Validator({**content["schema"], "components": document["components"]})
            errors = validator.iter_errors(content["example"])
            wrong += [f"{operation['operationId']} {error.json_path}: {error.message}" for error in errors]
            wrong += [operation["operationId"]] if '[""]' in json.dumps(content["example"]) else []
    assert shown > 60
    assert wrong == []


def test_each_answer_says_what_is_in_it_and_each_body_is_described(alone: Web) -> None:
    document = alone.app().openapi()
    unsaid = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            contents = [answer.get("content", {}) for answer in operation["responses"].values()]
            schemas = [content["schema"] for each in contents for content in each.values() if "schema" in content]
            takes_one = method == "post" and path.startswith("/webhooks/")
            if {} in schemas or (takes_one and not {"requestBody"} <= operation.keys()):
                unsaid.append(f"{method} {path}")
    assert unsaid == []


def test_refusals_are_of_operations_that_may_refuse(alone: Web) -> None:
    operations = alone.app().openapi()["paths"]

    def statuses(path: str, method: str) -> set[str]:
        return {*operations[path][method]["responses"]}

    assert "409" not in statuses("/api/blameless", "post") | statuses("/api/tokens/{token_id}", "delete")
    assert "409" in statuses("/api/items/{item_id}/commands", "post") & statuses("/api/tokens", "post")
    assert "404" not in statuses("/api/people", "get") | statuses("/api/items", "get")
    assert "404" in statuses("/api/items/{item_id}", "get") & statuses("/api/mails/send-again", "post")
    assert "413" in statuses("/webhooks/sendgrid", "post")


def test_each_example_and_tag_is_of_an_operation(alone: Web) -> None:
    operations = [one for path in alone.app().openapi()["paths"].values() for one in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert set(BODIES) <= set(names)
    assert {tag for operation in operations for tag in operation["tags"]} == set(TAGS)
    bodies = {one["operationId"] for one in operations if "requestBody" in one}
    assert bodies == set(BODIES)
