"""A stand-in for SendGrid's Mail Send on loopback: it keeps what it accepts, and makes trouble on demand.

Where ``FOLLOWTHROUGH_CONTRACTS`` names the folder with the vendor's documents, every request and answer is
checked against them: a violation is answered 400 and raised when the stand-in stops.

Also a program: ``python -m tests.standins.sendgrid PORT``. ``GET /standin`` then gives mails and violations,
``POST /standin/faults`` takes the fields of a ``Fault``.
"""

import dataclasses
import json
import sys
import threading
from asyncio import sleep
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

API_KEY = "SG.stand-in"
MOST_PERSONALIZATIONS = 1000
RESERVED_HEADERS = {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"}
RESERVED_HEADERS |= {"to", "from", "subject", "reply-to", "cc", "bcc"}


@dataclasses.dataclass
class Fault:
    """Trouble for the next request."""

    status: int | None = None
    """Answer with this and keep no mail."""
    message: str = ""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    late: float = 0
    """Keep the mail, and answer after so many seconds."""
    body: str | None = None
    """Answer with this text instead of what SendGrid's document says."""
    lose_answer: bool = False
    """Keep the mail, and cut the connection."""


class SendGridStandIn(StandIn):
    """Runs while it is entered as a context; ``mails`` are the bodies of the requests it accepted."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port)
        if CONTRACTS:
            _document()  # reading it takes longer than tests have their client wait
        self.mails: list[dict[str, Any]] = []
        self.faults: list[Fault] = []

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        match request.method, request.url.path:
            case "GET", "/standin":
                response: Response = JSONResponse({"mails": self.mails, "violations": self.violations})
            case "POST", "/standin/faults":
                self.faults.append(Fault(**json.loads(body)))
                response = Response(status_code=204)
            case _:
                fault = self.faults.pop(0) if self.faults else Fault()
                response = self._answer(request, body, fault)
                await sleep(fault.late)
                if fault.lose_answer:
                    cut_off(receive)
                    return
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes, fault: Fault) -> Response:
        if fault.body is not None:
            return Response(fault.body, fault.status or 200, fault.headers, "text/html")
        if fault.status is not None:
            return _refusal(fault.status, fault.message, fault.headers)
        if request.headers.get("Authorization") != f"Bearer {API_KEY}":
            return _refusal(401, "The provided authorization grant is invalid, expired, or revoked")
        response = Response(status_code=202, headers={"X-Message-Id": f"mail-{len(self.mails) + 1}"})
        try:
            if CONTRACTS:
                checked = StarletteOpenAPIRequest(request, body)
                _document().validate_request(checked)
                _document().validate_response(checked, StarletteOpenAPIResponse(response))
        except OpenAPIError as error:
            reasons = [reason.message for reason in getattr(error.__cause__, "schema_errors", ())]
            self.violations.append(f"{request.method} {request.url.path}: {error} {reasons}")
            return _refusal(400, self.violations[-1])
        mail = json.loads(body)
        for name, value in mail.get("headers", {}).items():
            if name.lower() in RESERVED_HEADERS or "\n" in value:
                return _refusal(400, f"The header {name} can't be set.")
        if len(mail["personalizations"]) > MOST_PERSONALIZATIONS:
            return _refusal(400, f"There are more than {MOST_PERSONALIZATIONS} personalizations.")
        self.mails.append(mail)
        return response


def _refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"errors": [{"message": message, "field": None}]}, status, headers)


@cache
def _document() -> OpenAPI:
    """The vendor's document, valid on any host."""
    document = json.loads(Path(CONTRACTS, "sendgrid-mail-v3.json").read_text())
    document["servers"] = [{"url": "/"}]
    return OpenAPI.from_dict(document)


if __name__ == "__main__":
    with SendGridStandIn(port=int(sys.argv[1])) as stand_in:
        print(stand_in.url, flush=True)
        threading.Event().wait()
