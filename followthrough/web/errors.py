"""Every error leaves as one sentence: in a problem (``problems.py``), or on a small page where a browser asked."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from scim2_models import Error, SCIMException
from sqlalchemy import exc
from starlette.exceptions import HTTPException
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from followthrough.checks import Blames, LeftOpen, NotInFile, Returned, TooVague
from followthrough.domain.answered.wording import what_is_wrong
from followthrough.domain.replayed.ids import page_of
from followthrough.domain.replayed.text import REASON, cut, one_line
from followthrough.domain.replayed.values import Refusal
from followthrough.encryption import Unreadable
from followthrough.engine_errors import Changed, NotHeard
from followthrough.links import hidden
from followthrough.permission import Forbidden
from followthrough.records import EndedMeanwhile, NotYet, Unknown
from followthrough.store.audit_journal import NotKept
from followthrough.store.cursors import NoSuchPlace
from followthrough.web.act_links import Closed, closed_page
from followthrough.web.known import NobodyYet
from followthrough.web.once import Answered, answered_before
from followthrough.web.problems import problem
from followthrough.web.rendering import page
from followthrough.web.returning import page_asked, sign_in_link
from followthrough.web.typed import prose_in

logger = logging.getLogger(__name__)

RETRY_AFTER = {"Retry-After": "5"}

SENTENCES = {
    400: "The body can't be read; it is not JSON in UTF-8.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}
"""Instead of the framework's own words."""

HEADINGS = {202: "That is on its way", 401: "Who are you?", 403: "That is not for you"}
SIGN_IN = "People sign in to see this. Afterwards you come back here."
SIGN_IN_AGAIN = "Nothing was done, for you are not signed in any more. Afterwards you come back to the form's page."


STATUS = {
    Unknown: 404,
    Refusal: 409,
    Forbidden: 403,
    NotInFile: 422,
    EndedMeanwhile: 503,
    Changed: 412,
    NoSuchPlace: 422,
    Blames: 409,
    LeftOpen: 409,
    TooVague: 422,
    NotKept: 503,
    Unreadable: 503,
}
"""Of what is not done, with the sentence that it says."""


def _http_error(request: Request, error: HTTPException) -> Response:
    sentence = error.detail if error.detail.endswith(".") else SENTENCES.get(error.status_code, error.detail)
    return answer(request, error.status_code, sentence, error.headers)


def _invalid(request: Request, error: RequestValidationError) -> Response:
    errors = error.errors()
    malformed = any(details["type"] == "json_invalid" for details in errors)
    return answer(request, 400 if malformed else 422, _sentence(errors))


def _not_done(request: Request, error: Exception) -> Response:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if isinstance(error, Returned):
        return problem(status, str(error), **error.details)
    return answer(request, status, str(error))


def _not_yet(request: Request, accepted: NotYet) -> Response:
    return answer(request, 202, str(accepted), {"Location": f"/{page_of(accepted.record_id)}"})


def _nobody_yet(_request: Request, nobody: NobodyYet) -> Response:
    return RedirectResponse(str(nobody), 303)


def _no_engine(request: Request, error: Exception) -> Response:
    logger.warning("The engine did not answer %s %s: %r", request.method, hidden(request.url.path), error)
    return answer(request, 503, "The workflow engine does not answer; try again in a moment.", RETRY_AFTER)


def _no_database(request: Request, error: Exception) -> Response:
    path = hidden(request.url.path)
    logger.warning("The database did not answer %s %s: %s", request.method, path, type(error).__name__)
    return answer(request, 503, "The database does not answer; try again in a moment.", RETRY_AFTER)


def _scim_error(request: Request, error: SCIMException) -> Response:
    return _of_scim(error.status, one_line(str(error)), error.scim_type or None)


def _of_scim(status: int, sentence: str, scim_type: str | None = None, headers: Any = None) -> Response:
    error = Error(status=status, detail=cut(sentence, REASON), scim_type=scim_type)
    return JSONResponse(error.model_dump(), status, headers, media_type="application/scim+json")


def _broken(request: Request, _error: Exception) -> Response:
    return answer(request, 500, "Followthrough made a mistake here; its log says more.")


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Response]] = {
    HTTPException: _http_error,
    RequestValidationError: _invalid,
    **dict.fromkeys(STATUS, _not_done),
    NotYet: _not_yet,
    Closed: closed_page,
    NobodyYet: _nobody_yet,
    Answered: answered_before,
    **dict.fromkeys((RPCError, TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, NotHeard), _no_engine),
    SCIMException: _scim_error,
    **dict.fromkeys((exc.DBAPIError, exc.TimeoutError), _no_database),
    Exception: _broken,
}
"""Every error that a request can meet gets its status and its sentence."""


def answer(request: Request, status: int, text: str, headers: Any = None) -> Response:
    """As a page or as JSON; ``text`` may repeat what came in."""
    sentence = cut(one_line(text), REASON)
    if request.scope["path"].startswith("/scim/"):
        return _of_scim(status, sentence, headers=headers)
    if "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith(
        ("/api/", "/webhooks/")
    ):
        return page(
            request,
            "error.html",
            status=status,
            headers=headers,
            heading=HEADINGS.get(status, "That did not work"),
            sentence=(SIGN_IN if request.method == "GET" else SIGN_IN_AGAIN) if status == 401 else sentence,
            sign_in=sign_in_link(page_asked(request)) if status == 401 else "",
            typed=prose_in(request) if status >= 400 else [],
        )
    if status < 400:
        return JSONResponse({"message": sentence}, status, headers)
    return problem(status, sentence, headers)


def _sentence(errors: Sequence[Any]) -> str:
    first = errors[0]
    if first["type"] == "json_invalid":
        return f"The body is not JSON: {first['ctx']['error']} at character {first['loc'][-1]}."
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "path"))
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{where or 'The body'}: {what_is_wrong(first)}{more}."
