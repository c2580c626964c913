"""What the commands send is what the API takes: the command line knows none of its types, so that it starts quickly."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner, Result

from followthrough.cli import COMMANDS, app
from followthrough.domain.answered.postmortem.anonymous import NewNote
from followthrough.domain.answered.postmortem.notes import (
    CorrectPostmortem,
    NewComment,
    SettleComment,
    ToConfluence,
)
from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.item.commands import ItemCommand
from followthrough.web.bodies import (
    ApprovePlanning,
    BringBackAlert,
    DirectoryImport,
    NewDrill,
    NewIncident,
    NewToken,
    Prose,
    SetAsideAlert,
)
from tests.standins.server import StandIn

INCIDENT, EARLIER, ITEM, OTHER = "inc-0000000001", "inc-0000000002", "inc-0000000001.1", "inc-0000000001.2"
AFTER = {
    "id": INCIDENT,
    "title": "Payments fail",
    "status": "declared",
    "ended_at": None,
    "roles": [],
    "next_in_words": "",
    "durations_in_words": {"resolved": "1 h 0 min"},
    "you": "ines",
    "you_may": [],
    "time_zone": "Europe/Madrid",
    "split_into": ["one", "two"],
    "waiver": None,
    "extension_wanted": None,
    "plan": {"due": "2027-01-02T16:00:00Z"},
    "incident": INCIDENT,
    "url": "http://localhost/incidents/x",
    "approval": {"items": [ITEM]},
    "shown_from": None,
    "ends_at": "2027-01-02T16:00:00Z",
    "token": "ftp_x",
    "message": "It is on its way",
}
GIVEN: dict[type | Any, list[tuple[str, ...]]] = {
    IncidentCommand: [
        ("ack", INCIDENT),
        ("role", INCIDENT, "ic", "ines", "--note", "Hello"),
        ("severity", INCIDENT, "1", "It is worse"),
        ("mitigate", INCIDENT, "It helped"),
        ("resolve", INCIDENT, "It is over"),
        ("cancel", INCIDENT, "It was nothing"),
        ("propose", INCIDENT, "Add a test", "ines", "--kind", "detect", "--priority", "low"),
        ("handover", INCIDENT, "ines", "All is in the notes"),
        ("merge", INCIDENT, EARLIER),
        ("split", INCIDENT, "Another", "It differs", "--service", "checkout", "--severity", "sev4"),
        ("reopen", INCIDENT, "It is back"),
        (
            "correct-times",
            INCIDENT,
            "The graph",
            "--declared",
            "2026-03-02T09:15",
            "--resolved",
            "2026-03-02T10:15+01:00",
        ),
        ("make-private", INCIDENT, "A person"),
        ("make-open", INCIDENT, "Nobody"),
        ("admit", INCIDENT, "ines"),
        ("link-repeat", INCIDENT, EARLIER, "The same"),
        ("unlink-repeat", INCIDENT, EARLIER, "Not the same"),
        ("update", INCIDENT, "internal", "identified", "We know"),
        ("subscribe", INCIDENT, "--audience", "exec"),
        ("unsubscribe", INCIDENT),
        ("note", INCIDENT, "It began", "--decision", "--at", "2026-03-02T09:15"),
        ("kudos", INCIDENT, "Thanks", "--to", "ines", "--to", "tomas", "--for-openness"),
        ("postmortem", "format", INCIDENT, "five-whys"),
        ("postmortem", "assign", INCIDENT, "ines", "Away"),
        ("postmortem", "submit", INCIDENT, "-"),
        ("postmortem", "approve", INCIDENT),
        ("postmortem", "return", INCIDENT, "More"),
        ("postmortem", "publish", INCIDENT, "--no-items-because", "Nothing"),
    ],
    ItemCommand: [
        ("accept", ITEM),
        ("done", ITEM, "https://example.com/1", "--kind", "test"),
        ("verify", ITEM, "--no-holds", "--note", "It fails"),
        ("waive", ITEM, "It goes away", "--until", "2026-12-31"),
        ("reassign", ITEM, "ines", "Away"),
        ("extend", ITEM, "2026-12-31", "The supplier is late"),
        ("decline", ITEM, "No time"),
        ("approve-extension", ITEM),
        ("refuse-extension", ITEM, "It can't wait"),
        ("block", ITEM, "It comes first", "--on", OTHER),
        ("unblock", ITEM),
        ("split-item", ITEM, "--part", "ines: One", "--part", "tomas: Two"),
        ("merge-item", ITEM, OTHER),
        ("reopen-item", ITEM, "It is back"),
        ("edit", ITEM, "--title", "Add a test", "--description", "", "--kind", "detect", "--priority", "low"),
        ("comment", ITEM, "The vendor answered"),
        ("adopt", ITEM, "PAY-12"),
        ("estimate", ITEM, "2.5"),
    ],
    NewIncident: [
        ("declare", "Payments fail", "--service", "checkout", "--severity", "s1", "--private"),
        ("declare", "Payments fail", "--service", "checkout", "--call", "https://meet.example.com/tonight"),
    ],
    NewDrill: [("drill", "payments"), ("drill", "payments", "--scenario", "disk-full")],
    ApprovePlanning: [("approve-planning", "payments", "--items", ITEM, "--sprint", "2026-03-02")],
    SetAsideAlert: [("alerts", "set-aside", "checkout/disk", "It is replaced on Monday")],
    BringBackAlert: [("alerts", "bring-back", "checkout/disk")],
    NewNote: [("anonymous-note", INCIDENT, "I did not know")],
    NewComment: [("postmortem", "comment", INCIDENT, "Why?", "--quote", "It broke")],
    SettleComment: [("postmortem", "settle", INCIDENT, "4f1e", "--answer", "It says so below")],
    CorrectPostmortem: [("postmortem", "correct", INCIDENT, "-", "It was later")],
    ToConfluence: [("postmortem", "export", INCIDENT, "--to", "confluence")],
    NewToken: [("token", "create", "a script", "--scope", "read", "--days", "3")],
    Prose: [("lint", "-")],
}


class Service(StandIn):
    """Keeps what it is sent."""

    def __init__(self, answer: Any = AFTER) -> None:
        super().__init__(0)
        self._answer = answer
        self.bodies: list[Any] = []

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method == "POST":
            self.bodies.append(json.loads(await request.body()))
        is_prose = request.url.path.endswith("/blameless")
        await JSONResponse([] if is_prose else self._answer)(scope, receive, send)


def run(service: Service, *arguments: str, by: str = "ines") -> Result:
    environment = {"FOLLOWTHROUGH_URL": service.url, "FOLLOWTHROUGH_USER": by}
    return CliRunner().invoke(app, [*arguments], env=environment, input="# What broke\n")


@pytest.mark.parametrize(
    ("takes", "typed"),
    [(takes, typed) for takes, given in GIVEN.items() for typed in given],
    ids=lambda one: str(one)[:40],
)
def test_a_command_sends_what_the_api_takes(takes: Any, typed: tuple[str, ...]) -> None:
    with Service() as service:
        said = run(service, *typed)
    assert said.exit_code == 0, said.output
    TypeAdapter(takes).validate_python(service.bodies[-1])
    assert said.stdout.strip() or typed[0] == "lint"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("edit", ITEM), "Say what is to be changed: --title, --description, --kind or --priority."),
        (
            ("correct-times", INCIDENT, "The graph"),
            "Say which time was another: --declared, --mitigated or --resolved.",
        ),
        (
            ("correct-times", INCIDENT, "Why", "--declared", "1999-01-01T00:00"),
            "--declared: the year has to be from 2000",
        ),
    ],
)
def test_what_says_nothing_is_not_sent(typed: tuple[str, ...], sentence: str) -> None:
    with Service() as service:
        said = run(service, *typed)
    assert (said.exit_code, sentence in said.output, service.bodies) == (2, True, [])


@pytest.mark.parametrize("typed", [("ack", INCIDENT), ("accept", ITEM), GIVEN[NewIncident][0]], ids=str)
def test_by_whom_it_is_can_be_left_to_the_service(typed: tuple[str, ...]) -> None:
    with Service() as service:
        said = run(service, *typed, by="")
        assert said.exit_code == 0, said.output
        assert run(service, *typed, "--by", "tomas", by="").exit_code == 0
    assert [body["by"] for body in service.bodies] == ["", "tomas"]
    assert "left out" in " ".join(CliRunner().invoke(app, [typed[0], "-h"]).output.split())


def test_a_file_of_people_is_sent_with_what_was_agreed_to(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("key,name\n")
    imported = {"changes": [], "people": 0, "dry_run": False}
    with Service(imported) as service:
        said = run(service, "directory", "import", str(tmp_path / "people.csv"), "--even-if-many-leave")
    assert said.exit_code == 0, said.output
    assert TypeAdapter(DirectoryImport).validate_python(service.bodies[-1]).even_if_many_leave


def test_every_command_is_where_the_table_says() -> None:
    group = typer.main.get_group(app)
    context = group.context_class(group)
    names = [name for parts in COMMANDS.values() for part in parts.values() for name in part]
    assert len(names) == len(set(names))
    for name in names:
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name
    written = {module: names for parts in COMMANDS.values() for module, names in parts.items() if len(names) > 1}
    for module in {module for parts in COMMANDS.values() for module in parts}:
        found = import_module(f"followthrough.cli.{module}").app
        if module in written:
            there = {*typer.main.get_group(found).commands}
            listed = {name for parts in COMMANDS.values() for name in parts.get(module, ())}
            assert there == listed, module


@pytest.mark.parametrize("heavy", ["pydantic", "sqlalchemy", "temporalio", "fastapi"])
def test_no_command_imports_what_takes_long_before_it_runs(heavy: str) -> None:
    modules = ", ".join(f"followthrough.cli.{module}" for parts in COMMANDS.values() for module in parts)
    code = f"import sys, {modules}; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("arguments", [(), ("items",), ("postmortem",), ("postmortem", "draft"), ("audit", "verify")])
@pytest.mark.parametrize("asks", ["-h", "--help"])
def test_help_has_a_short_name_everywhere(arguments: tuple[str, ...], asks: str) -> None:
    said = CliRunner().invoke(app, [*arguments, asks])
    assert said.exit_code == 0
    assert "Usage:" in said.output


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(app, ["--version"]).output.startswith("followthrough 0.")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("incidents", "--limit", "many"), "no number"),
        (("incidents", "--limit", "0"), "from 1 to 500"),
        (("extend", ITEM, "soon", "Late"), "does not match"),
        (("role", INCIDENT, "boss", "ines"), "none of Incident Commander (ic, commander), Comms Lead"),
        (("declare", "x", "--service", "checkout", "--severity", "9"), "none of SEV1"),
        (("ack", ITEM), "leave out what is behind the point"),
        (("accept", INCIDENT), f"look like {INCIDENT}.1"),
    ],
)
def test_what_is_typed_wrong_is_said_before_anything_is_sent(typed: tuple[str, ...], words: str) -> None:
    with Service() as service:
        said = run(service, *typed)
    assert said.exit_code == 2
    assert words in " ".join(said.output.replace("│", " ").split())
    assert service.bodies == []
