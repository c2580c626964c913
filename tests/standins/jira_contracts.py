"""Atlassian's documents, for checking requests and answers."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from openapi_core import OpenAPI
from openapi_core.contrib.starlette import StarletteOpenAPIRequest
from starlette.requests import Request

from tests.standins.server import CONTRACTS

DOCUMENT_SCHEMA = Path(__file__).parents[1] / "contracts" / "atlassian-document-format.json"


@cache
def document(name: str) -> OpenAPI | None:
    """A vendor's document, valid on any host."""
    if not CONTRACTS:
        return None
    document = json.loads(Path(CONTRACTS, name).read_text())
    document["servers"] = [{"url": "/"}]
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)  # anonymous is allowed there; the stand-in asks for more
            for parameter in operation.get("parameters", []):
                schema = parameter.get("schema", {})
                if "object" in (schema.get("type"), schema.get("items", {}).get("type")):  # which no query can hold
                    parameter["schema"] = {"type": "string"}
    for schema in document["components"]["schemas"].values():
        _take_jiras_times(schema)
    return OpenAPI.from_dict(document)


def _take_jiras_times(schema: Any) -> None:
    """Jira writes +0000, also in the documents' examples, which is none of JSON Schema's times."""
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _take_jiras_times(part)
    if isinstance(schema, dict) and schema.get("format") == "date-time":
        del schema["format"]


@cache
def document_schema() -> Draft4Validator:
    return Draft4Validator(json.loads(DOCUMENT_SCHEMA.read_text()))


def contract_of(request: Request, body: bytes) -> tuple[OpenAPI | None, StarletteOpenAPIRequest]:
    """The document that has the request's path, and the request as it is to be checked."""
    path = request.url.path
    checked = Request({**request.scope, "path": path.replace("/rest/api/2/", "/rest/api/3/")})
    if path.startswith("/rest/agile/"):
        contract = document("jira-software-1.0.json")
    elif path.startswith("/rest/api/") and path != "/rest/api/2/search":
        contract = document("jira-platform-v3.json")
    else:
        contract = None
    return contract, StarletteOpenAPIRequest(checked, body or None)
