"""What is logged: a clean line a message, or an object with ids and nothing that a person wrote or is called."""

import ast
import io
import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.testing import ActivityEnvironment

from followthrough.domain.replayed.ids import inbox_id, mail_problem_id, send_again_id
from followthrough.logs import LogFormat, Objects, OneLine, impersonal, log_as, request_id

PERSON, ADDRESS, TEXT = "lucia", "lucia@example.com", "The safe of Lucía is open"
PRIVATE = (PERSON, ADDRESS, TEXT, "safe", "Lucía")
INCIDENT, ITEM = "inc-7f3a9c21d0", "inc-7f3a9c21d0.2"


def said(message: str, *args: object, logger: str = "followthrough.x", **more: Any) -> dict[str, Any]:
    record = logging.getLogger(logger).makeRecord(
        logger, logging.WARNING, "x", 1, message, args, more.get("exc_info"), extra=more.get("extra")
    )
    (line,) = Objects().format(record).splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_what_a_message_quotes_is_one_clean_line() -> None:
    record = logging.LogRecord("x", logging.WARNING, "x", 1, "Jira refused: %s", ("no\nERROR forged \x1b[31m",), None)
    assert OneLine().format(record) == "Jira refused: no ERROR forged [31m"


def test_an_object_has_the_ids_of_what_it_is_about() -> None:
    found = said("Action item %s has tickets %s; the oldest is kept.", ITEM, "PAY-1, PAY-2")
    assert found["message"] == f"Action item {ITEM} has tickets …; the oldest is kept."
    assert (found["incident"], found["item"], found["level"]) == (INCIDENT, ITEM, "warning")
    assert datetime.fromisoformat(found["time"]).tzinfo == UTC


def test_an_object_has_the_workflow_and_activity_in_which_it_is_said() -> None:
    def work() -> dict[str, Any]:
        return said("It goes on.", logger="temporalio.activity")

    environment = ActivityEnvironment()
    found = environment.run(work)
    info = environment.info
    assert (found["workflow"], found["run"], found["activity"]) == (
        info.workflow_id,
        info.workflow_run_id,
        info.activity_type,
    )
    in_workflow = said("It goes on.", extra={"temporal_workflow": {"workflow_id": ITEM, "run_id": "r", "attempt": 1}})
    assert (in_workflow["item"], in_workflow["incident"], in_workflow["run"]) == (ITEM, INCIDENT, "r")


def test_an_object_has_the_request_that_is_answered() -> None:
    token = request_id.set("from-the-proxy-1")
    try:
        assert said("The engine did not answer.")["request"] == "from-the-proxy-1"
    finally:
        request_id.reset(token)
    assert "request" not in said("It goes on.")


@pytest.mark.parametrize(
    "args",
    [(TEXT,), (ADDRESS,), (PERSON,), (f"{INCIDENT}/role-assigned/{PERSON}",), (ValueError(TEXT),), ({"a": TEXT},)],
)
def test_nothing_that_a_person_wrote_or_is_called_is_quoted(args: tuple[object, ...]) -> None:
    for message in ("It says %s.", "It says %r."):
        whole = json.dumps(said(message, *args), ensure_ascii=False)
        assert [word for word in PRIVATE if word in whole] == []


def test_of_an_error_its_kind_and_place_are_said_and_not_its_words() -> None:
    try:
        raise ValueError(TEXT)
    except ValueError:
        found = said("It broke.", exc_info=sys.exc_info())
    assert found["error"] == "ValueError"
    (place,) = found["at"]
    assert place.endswith(" test_of_an_error_its_kind_and_place_are_said_and_not_its_words")
    assert TEXT not in json.dumps(found, ensure_ascii=False)


def test_of_what_others_say_only_the_first_line_without_addresses_is_kept() -> None:
    found = said(f"Task exception was never retrieved for {ADDRESS}\nfuture: {TEXT}", logger="asyncio")
    assert found["message"].startswith("Task exception was never retrieved for ")
    assert [word for word in PRIVATE if word in json.dumps(found, ensure_ascii=False)] == []


def test_a_workflow_of_a_person_is_not_called_by_them() -> None:
    assert impersonal(inbox_id(PERSON)) == "inbox/…"
    assert impersonal(send_again_id(f"{INCIDENT}/role-assigned/{PERSON}")) == "send-again/…"
    assert [impersonal(one) for one in (ITEM, mail_problem_id("e1"))] == [ITEM, mail_problem_id("e1")]


def test_what_our_own_code_says_is_written_there_so_that_what_it_quotes_is_told_apart() -> None:
    wrong = []
    for folder in ("followthrough", "activities", "workflows"):
        for path in sorted(Path(folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                match node:
                    case ast.Call(func=ast.Attribute(value=value, attr=level), args=[first, *_]) if (
                        level in ("debug", "info", "warning", "error", "exception", "critical")
                        and ast.unparse(value).endswith("logger")
                        and not isinstance(first, ast.Constant)
                    ):
                        wrong.append(f"{path}:{node.lineno}")
    assert wrong == []


@pytest.mark.parametrize("form", LogFormat)
def test_the_setting_says_how(monkeypatch: pytest.MonkeyPatch, form: LogFormat) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(activity.logger, "activity_info_on_message", True)
    monkeypatch.setattr(workflow.logger, "workflow_info_on_message", True)
    log_as(form)
    logging.getLogger("followthrough.x").warning("It says %s.", TEXT)
    logging.getLogger("followthrough.x").debug("Nobody wants to know")
    (line,) = stderr.getvalue().splitlines()
    if form is LogFormat.JSON:
        assert json.loads(line)["message"] == "It says …."
    else:
        assert line == f"It says {TEXT}."
    assert activity.logger.activity_info_on_message is (form is LogFormat.LINES)
