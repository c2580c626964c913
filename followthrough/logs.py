"""What the service logs: a line for each message, whatever it quotes, or a JSON object without what is quoted."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePath
from traceback import extract_tb
from types import TracebackType
from typing import Any

import temporalio
from opentelemetry.trace import format_trace_id, get_current_span
from temporalio import activity, workflow

from followthrough.domain.answered.wording import without_addresses
from followthrough.domain.replayed.ids import INBOXES, MAILS_AGAIN, incident_of, is_incident, is_item
from followthrough.domain.replayed.text import one_line

OURS = ("followthrough", "activities", "workflows", "worker", "temporalio")
"""Loggers whose messages are written in the code, with what they quote apart from them."""
SDK = str(PurePath(temporalio.__file__).parent)
HIDDEN = "…"
FRAMES = 20
"""Of a traceback, the innermost."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered."""


class LogFormat(StrEnum):
    """How messages are written."""

    LINES = "lines"
    JSON = "json"


class OneLine(logging.Formatter):
    """A message neither begins another line nor reaches the terminal's controls; a traceback keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        """Cleans what the record says."""
        return one_line(super().formatMessage(record))


class Objects(logging.Formatter):
    """An object for each message, with the ids of what it is about, and nothing that a person wrote or is called."""

    def format(self, record: logging.LogRecord) -> str:
        """On one line."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **_about(record),
        }
        if span := get_current_span().get_span_context().trace_id:
            said["trace"] = format_trace_id(span)
        if request := request_id.get():
            said["request"] = request
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, traceback = record.exc_info
            said |= {"error": kind.__name__, "at": _places(traceback)}
        return json.dumps(said)


def log_as(form: LogFormat) -> None:
    """Warnings and errors, to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(Objects() if form is LogFormat.JSON else OneLine())
    logging.basicConfig(handlers=[handler])
    if form is LogFormat.JSON:  # the ids have fields of their own
        activity.logger.activity_info_on_message = False
        workflow.logger.workflow_info_on_message = False


def impersonal(workflow_id: str) -> str:
    """A workflow's id, without whom it is about: some have a person's key in them."""
    for beginning in (INBOXES, MAILS_AGAIN):
        if workflow_id.startswith(beginning):
            return f"{beginning}{HIDDEN}"
    return workflow_id


_BEFORE_WHAT_IT_QUOTES = re.compile(r" with ID |: |\n")


def _message(record: logging.LogRecord) -> str:
    """Of others' messages the first line, for they may have been put together before they came here.

    Temporal's SDK puts workflows' ids and errors' words into its own; those of its core have them in fields beside it.
    """
    core = getattr(record, "temporal_log", None)
    message = str(record.msg if core is None else core.message)
    if record.args:
        given = record.args if isinstance(record.args, tuple) else (record.args,)
        message = re.sub("%[sr]", "%s", message)
        try:
            message = message % tuple(_shown(one) for one in given)
        except (TypeError, ValueError):
            message = str(record.msg)
    if record.pathname.startswith(SDK):
        message = _BEFORE_WHAT_IT_QUOTES.split(message, maxsplit=1)[0]
    if record.name.partition(".")[0] not in OURS:
        message = without_addresses(message.partition("\n")[0])
    return one_line(message)


def _shown(given: object) -> object:
    """What a message quotes, where that is an id, a number, a file or what kind of error it was."""
    if isinstance(given, BaseException):
        return type(given).__name__
    if isinstance(given, int | float | PurePath) or (isinstance(given, str) and (is_incident(given) or is_item(given))):
        return given
    return HIDDEN


def _about(record: logging.LogRecord) -> dict[str, Any]:
    """The ids of the workflow and activity in which it is said, and of their incident and action item."""
    found: dict[str, Any] = {}
    if isinstance(run := getattr(record, "temporal_workflow", None), dict):
        found = {"workflow": run.get("workflow_id"), "run": run.get("run_id"), "attempt": run.get("attempt")}
    elif activity.in_activity():
        info = activity.info()
        found = {
            "workflow": info.workflow_id,
            "run": info.workflow_run_id,
            "activity": info.activity_type,
            "attempt": info.attempt,
        }
    if workflow_id := found.get("workflow"):
        found["workflow"] = impersonal(workflow_id)
        found |= _record(workflow_id)
    for given in record.args if isinstance(record.args, tuple) else ():
        if isinstance(given, str):
            found = {**_record(given), **found}
    if kind := getattr(record, "kind", None):
        found["kind"] = str(kind)
    return found


def _record(text: str) -> dict[str, str]:
    if is_item(text):
        return {"incident": incident_of(text), "item": text}
    return {"incident": text} if is_incident(text) else {}


def _places(traceback: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(traceback)[-FRAMES:]]
