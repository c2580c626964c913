"""A stand-in for Confluence Cloud's REST API v2 on loopback: it keeps spaces and pages, and makes trouble on demand.

Every request and answer is checked against Atlassian's document, of which ``tests/contracts/confluence-v2.json`` keeps
what is used: a violation is answered 400 and raised when the stand-in stops. So is a body that is no XHTML.
"""

import dataclasses
import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from openapi_core import OpenAPI
from openapi_core.contrib.starlette import StarletteOpenAPIRequest, StarletteOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.standins.server import StandIn, cut_off

CONTRACT = Path(__file__).parents[1] / "contracts" / "confluence-v2.json"
BASE = "/wiki/api/v2"
SPACE, SPACE_ID = "OPS", "98305"
NAMESPACES = 'xmlns:ac="http://atlassian.com/content" xmlns:ri="http://atlassian.com/resource/identifier"'


@dataclasses.dataclass
class Fault:
    """Trouble for the next request."""

    status: int | None = None
    """Answer with this, and keep nothing."""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    lose_answer: bool = False
    """Keep what was sent, and cut the connection."""
    to: str = ""
    """Only of this method."""


class ConfluenceStandIn(StandIn):
    """Runs while it is entered as a context. ``pages`` are by id, ``requests`` what was asked."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port)
        _document()  # reading it takes longer than tests have their client wait
        self.pages: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.faults: list[Fault] = []

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.requests.append(f"{request.method} {request.url.path.removeprefix(BASE)}")
        fault = Fault()
        if self.faults and self.faults[0].to in ("", request.method):
            fault = self.faults.pop(0)
        if fault.status is not None:
            await _refusal(fault.status, "Trouble on demand", fault.headers)(scope, receive, send)
            return
        response = self._answer(request, body)
        if fault.lose_answer:
            cut_off(receive)
            return
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        if not request.headers.get("Authorization", "").startswith("Basic "):
            return _refusal(401, "Unauthorized")
        checked = StarletteOpenAPIRequest(request, body or None)
        try:
            _document().validate_request(checked)
            response = self._act(request, json.loads(body) if body else {})
            if response.status_code == 200:
                _document().validate_response(checked, StarletteOpenAPIResponse(response))
        except (OpenAPIError, ElementTree.ParseError) as error:
            reasons = [reason.message for reason in getattr(error.__cause__, "schema_errors", ())]
            self.violations.append(f"{request.method} {request.url.path}: {error} {reasons}")
            return _refusal(400, self.violations[-1])
        return response

    def _act(self, request: Request, body: dict[str, Any]) -> Response:
        path, asked = request.url.path.removeprefix(BASE), request.query_params
        match request.method, path:
            case "GET", "/spaces":
                space = {"id": SPACE_ID, "key": SPACE, "name": "Operations"}
                return JSONResponse({"results": [space] if asked["keys"] == SPACE else []})
            case "GET", "/pages":
                titled = [page for page in self.pages.values() if page["title"] == asked["title"]]
                return JSONResponse({"results": [_short(page) for page in titled if page["status"] == "current"]})
            case "POST", "/pages":
                return self._create(body)
        page = self.pages.get(re.sub(".*/", "", path))
        if page is None:
            return _refusal(404, "Page does not exist")
        return JSONResponse(_short(page)) if request.method == "GET" else self._update(page, body)

    def _create(self, body: dict[str, Any]) -> Response:
        _require_xhtml(body)
        if body["spaceId"] != SPACE_ID:
            return _refusal(404, "Space does not exist")
        if any(page["title"] == body["title"] and page["status"] == "current" for page in self.pages.values()):
            return _refusal(400, "A page with this title already exists in this space")
        page_id = str(65601 + len(self.pages))
        self.pages[page_id] = {**body, "id": page_id, "version": {"number": 1, "message": ""}}
        return JSONResponse(_short(self.pages[page_id]))

    def _update(self, page: dict[str, Any], body: dict[str, Any]) -> Response:
        _require_xhtml(body)
        if body["version"]["number"] != page["version"]["number"] + 1:
            return _refusal(409, "Version must be incremented on update")
        page.update(body)
        return JSONResponse(_short(page))


def _require_xhtml(body: dict[str, Any]) -> None:
    """Raises ElementTree.ParseError."""
    ElementTree.fromstring(f"<page {NAMESPACES}>{body['body']['value']}</page>")


def _short(page: dict[str, Any]) -> dict[str, Any]:
    """Without its body, which has to be asked for."""
    kept: dict[str, Any] = {
        name: page[name] for name in ("id", "title", "status", "spaceId", "version") if name in page
    }
    return {**kept, "_links": {"webui": f"/spaces/{SPACE}/pages/{page['id']}"}}


def _refusal(status: int, title: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"errors": [{"status": status, "code": "STAND_IN", "title": title}]}, status, headers)


@cache
def _document() -> OpenAPI:
    document = json.loads(CONTRACT.read_text())
    document["servers"] = [{"url": BASE}]
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
    for body in document["components"]["requestBodies"].values():
        shape = body["content"]["application/json"]["schema"]["properties"]["body"]
        shape["anyOf"] = shape.pop("oneOf")  # what is of the first is also of the second, which requires nothing
    return OpenAPI.from_dict(document)
