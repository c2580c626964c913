"""A stand-in for PagerDuty's Events API v2 on loopback: it keeps events and alerts, and makes trouble on demand.

Where ``FOLLOWTHROUGH_CONTRACTS`` names the folder with the vendor's documents, every request and answer is
checked against them: a violation is answered 400 and raised when the stand-in stops.

Also a program: ``python -m tests.standins.pagerduty PORT``. ``GET /standin`` then gives events, alerts and violations.
"""

import dataclasses
import json
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

from openapi_core import OpenAPI
from openapi_core.contrib.starlette import StarletteOpenAPIRequest, StarletteOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.standins.server import CONTRACTS, StandIn, cut_off

ROUTING_KEY = "R0STANDIN0000000000000000000KEY0"
LONGEST_KEY, LONGEST_SUMMARY = 255, 1024


@dataclasses.dataclass
class Fault:
    """Trouble for the next requests."""

    status: int | None = None
    """Answer with this and keep nothing."""
    body: str | None = None
    """With this text instead of what PagerDuty's document says."""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    lose_answer: bool = False
    """Keep the event, and cut the connection."""
    times: int = 1


class PagerDutyStandIn(StandIn):
    """Runs while it is entered as a context.

    ``events`` are the bodies of the requests it accepted, ``alerts`` what became of each ``dedup_key``, and ``woken``
    the keys that somebody was woken for: a trigger of what is open wakes nobody again.
    """

    def __init__(self, *, port: int = 0, keys: tuple[str, ...] = (ROUTING_KEY,)) -> None:
        super().__init__(port)
        if CONTRACTS:
            _document()  # reading it takes longer than tests have their client wait
        self.keys = keys
        self.events: list[dict[str, Any]] = []
        self.alerts: dict[str, str] = {}
        self.woken: list[str] = []
        self.faults: list[Fault] = []

    @property
    def told(self) -> list[str]:
        """What was done, in order."""
        return [event["event_action"] for event in self.events]

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        if (request.method, request.url.path) == ("GET", "/standin"):
            seen = {"events": self.events, "alerts": self.alerts, "violations": self.violations}
            await JSONResponse(seen)(scope, receive, send)
            return
        fault = self._fault()
        response = self._answer(request, body, fault)
        if fault.lose_answer:
            cut_off(receive)
            return
        await response(scope, receive, send)

    def _fault(self) -> Fault:
        if not self.faults:
            return Fault()
        fault = self.faults[0]
        fault.times -= 1
        if fault.times <= 0:
            self.faults.pop(0)
        return fault

    def _answer(self, request: Request, body: bytes, fault: Fault) -> Response:
        if fault.body is not None:
            return Response(fault.body, fault.status or 200, fault.headers, "text/html")
        if fault.status is not None:
            return _refusal(fault.status, "Trouble on demand", [], fault.headers)
        event = json.loads(body)
        accepted = {"status": "success", "message": "Event processed", "dedup_key": event.get("dedup_key", "made")}
        response = JSONResponse(accepted, 202)
        try:
            if CONTRACTS:
                checked = StarletteOpenAPIRequest(request, body)
                _document().validate_request(checked)
                _document().validate_response(checked, StarletteOpenAPIResponse(response))
        except OpenAPIError as error:
            reasons = [reason.message for reason in getattr(error.__cause__, "schema_errors", ())]
            self.violations.append(f"{request.method} {request.url.path}: {error} {reasons}")
            return _refusal(400, self.violations[-1], reasons)
        if problems := list(self._problems(event)):
            return _refusal(400, "Event object is invalid", problems)
        self._keep(event)
        return response

    def _problems(self, event: dict[str, Any]) -> list[str]:
        """What the document says in words only."""
        action, key = event["event_action"], event.get("dedup_key", "")
        found = {
            "Invalid routing key": event["routing_key"] not in self.keys,
            "'dedup_key' is missing or blank": action != "trigger" and not key,
            "'dedup_key' is too long": len(key) > LONGEST_KEY,
            "'payload' is missing or blank": action == "trigger" and "payload" not in event,
            "'summary' is too long": len(event.get("payload", {}).get("summary", "")) > LONGEST_SUMMARY,
        }
        return [problem for problem, there in found.items() if there]

    def _keep(self, event: dict[str, Any]) -> None:
        """Nothing is acknowledged or resolved that is not open."""
        key, known = event["dedup_key"], self.alerts.get(event["dedup_key"], "resolved")
        self.events.append(event)
        match event["event_action"]:
            case "trigger" if known == "resolved":
                self.alerts[key] = "triggered"
                self.woken.append(key)
            case "acknowledge" if known == "triggered":
                self.alerts[key] = "acknowledged"
            case "resolve" if known != "resolved":
                self.alerts[key] = "resolved"


def _refusal(status: int, message: str, errors: list[str], headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"status": "invalid event", "message": message, "errors": errors}, status, headers)


@cache
def _document() -> OpenAPI:
    """The vendor's document, valid on any host."""
    document = json.loads(Path(CONTRACTS, "pagerduty-events-v2.json").read_text())
    document["servers"] = [{"url": "/v2"}]
    return OpenAPI.from_dict(document)


if __name__ == "__main__":
    with PagerDutyStandIn(port=int(sys.argv[1])) as stand_in:
        print(stand_in.url, flush=True)
        threading.Event().wait()
