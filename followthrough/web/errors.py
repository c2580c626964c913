"""Every error leaves as one sentence: ``{"error": "..."}``, or a small page where a browser asked for one."""

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import exc
from starlette.exceptions import HTTPException
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from followthrough.domain.text import REASON, cut, one_line
from followthrough.domain.values import Refusal
from followthrough.domain.wording import what_is_wrong
from followthrough.links import hidden
from followthrough.web.rendering import page

logger = logging.getLogger(__name__)

RETRY_AFTER = {"Retry-After": "5"}

SENTENCES = {
    400: "The body can't be read; it is not JSON in UTF-8.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}
"""Instead of the framework's own words."""


class Unknown(Exception):
    """No incident or action item has this id; the message is the sentence for the person who asked."""


class NotYet(Exception):
    """A command is accepted and will be carried out, but its result was not there in time."""

    def __init__(self, record_id: str) -> None:
        super().__init__(
            f"The command to {record_id} is accepted, but its result is not there yet; look at {record_id} in a moment."
        )
        self.url = f"/{'items' if '.' in record_id else 'incidents'}/{record_id}"


class Returned(Exception):
    """A command that has to be said another way; ``details`` say how, beside the sentence."""

    def __init__(self, status: int, sentence: str, details: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.status = status
        self.details = details


def install(app: FastAPI) -> None:
    """Every error that a request can meet gets its status and its sentence."""

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> Response:
        sentence = error.detail if error.detail.endswith(".") else SENTENCES.get(error.status_code, error.detail)
        return answer(request, error.status_code, sentence, error.headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = error.errors()
        malformed = any(details["type"] == "json_invalid" for details in errors)
        return answer(request, 400 if malformed else 422, _sentence(errors))

    @app.exception_handler(Unknown)
    def unknown(request: Request, error: Unknown) -> Response:
        return answer(request, 404, str(error))

    @app.exception_handler(Refusal)
    def refused(request: Request, error: Refusal) -> Response:
        return answer(request, 409, str(error))

    @app.exception_handler(NotYet)
    def notyet(request: Request, accepted: NotYet) -> Response:
        return answer(request, 202, str(accepted), {"Location": accepted.url})

    @app.exception_handler(Returned)
    def returned(_request: Request, error: Returned) -> Response:
        return JSONResponse({"error": str(error), **error.details}, error.status)

    @app.exception_handler(RPCError)
    @app.exception_handler(TimeoutError)
    @app.exception_handler(WorkflowUpdateRPCTimeoutOrCancelledError)
    def noanswer(request: Request, error: Exception) -> Response:
        logger.warning("The engine did not answer %s %s: %r", request.method, hidden(request.url.path), error)
        return answer(request, 503, "The workflow engine does not answer; try again in a moment.", RETRY_AFTER)

    @app.exception_handler(exc.DBAPIError)
    @app.exception_handler(exc.TimeoutError)
    def no_database(request: Request, error: Exception) -> Response:
        path = hidden(request.url.path)
        logger.warning("The database did not answer %s %s: %s", request.method, path, type(error).__name__)
        return answer(request, 503, "The database does not answer; try again in a moment.", RETRY_AFTER)

    @app.exception_handler(Exception)
    def broken(request: Request, _error: Exception) -> Response:
        return answer(request, 500, "Followthrough made a mistake here; its log says more.")


def answer(request: Request, status: int, text: str, headers: Any = None) -> Response:
    """As a page or as JSON; ``text`` may repeat what came in."""
    sentence = cut(one_line(text), REASON)
    if "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith(
        ("/api/", "/webhooks/")
    ):
        heading = "That is on its way" if status == 202 else "That did not work"
        return page(request, "error.html", status=status, headers=headers, heading=heading, sentence=sentence)
    return JSONResponse({"message" if status == 202 else "error": sentence}, status, headers)


def _sentence(errors: Sequence[Any]) -> str:
    first = errors[0]
    if first["type"] == "json_invalid":
        return f"The body is not JSON: {first['ctx']['error']} at character {first['loc'][-1]}."
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{where or 'The body'}: {what_is_wrong(first)}{more}."
