"""What `followthrough audit` asks the service, and says."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner, Result

from followthrough.cli import app, audit
from tests.standins.server import StandIn

LAST = f"3:{'a' * 64}"
WHOLE = {"follows": "0:0", "last": LAST, "entries": 3, "broken_at": None, "why": ""}
BROKEN = WHOLE | {"last": None, "broken_at": 2, "why": "Entry 2 is missing."}


def entry(number: int) -> dict[str, Any]:
    said = {"at": "2026-11-26T09:15:30Z", "person": "ana", "what": "waive", "record": "inc-1.1", "outcome": "done"}
    return {"number": number, "through": "session", "from_address": "192.0.2.7", "to_person": None, **said}


class Service(StandIn):
    """Has as many entries as it is told, and one verdict."""

    def __init__(self, entries: int = 0, verdict: dict[str, Any] | None = None) -> None:
        super().__init__(0)
        self._entries = [entry(number + 1) for number in range(entries)]
        self._verdict = verdict
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = {name: value for name, (value,) in parse_qs(scope["query_string"].decode()).items()}
        self.asked.append((f"{scope['method']} {scope['path']}", query))
        after = int(query.get("after", 0))
        listed = self._entries[after : after + int(query.get("limit", 0))]
        answer = {"GET /api/audit": listed, "GET /api/audit/verify": self._verdict}.get(self.asked[-1][0], {})
        await JSONResponse(answer)(scope, receive, send)


def run(service: Service, monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str | None = None) -> Result:
    monkeypatch.setenv("FOLLOWTHROUGH_URL", service.url)
    return CliRunner().invoke(app, ["audit", *arguments], input=typed)


def test_the_newest_entries_are_listed_as_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    with Service(2) as service:
        wanted = ("--who", "ana", "--what", "waive", "--record", "inc-1", "--since", "2026-11-26", "--limit", "7")
        said = run(service, monkeypatch, *wanted)
    assert (said.exit_code, "waive" in said.stdout, "192.0.2.7" in said.stdout) == (0, True, True)
    since = {"since": "2026-11-26T00:00:00+00:00"}
    asked = {"who": "ana", "what": "waive", "record": "inc-1", "limit": "7"} | since
    assert service.asked == [("GET /api/audit", asked)]


def test_a_log_system_gets_all_entries_a_line_each_from_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "AT_ONCE", 3)
    with Service(10) as service:
        said = run(service, monkeypatch, "--json", "--after", "2")
    assert [json.loads(line)["number"] for line in said.stdout.splitlines()] == list(range(3, 11))
    assert [query["after"] for _, query in service.asked] == ["2", "5", "8", "10"]


@pytest.mark.parametrize(
    ("verdict", "code", "words"), [(WHOLE, 0, LAST), (BROKEN, 1, "The audit is broken. Entry 2 is missing.")]
)
def test_a_chain_that_is_broken_is_said_and_fails(
    monkeypatch: pytest.MonkeyPatch, verdict: dict[str, Any], code: int, words: str
) -> None:
    with Service(verdict=verdict) as service:
        said = run(service, monkeypatch, "verify", "--known", LAST)
    assert (said.exit_code, words in " ".join(said.stdout.split("\n"))) == (code, True)
    assert service.asked == [("GET /api/audit/verify", {"last": LAST})]


@pytest.mark.parametrize(
    ("arguments", "typed", "asked"),
    [(("ana",), "y\n", 1), (("ana",), "n\n", 0), (("ana", "--yes"), None, 1)],
)
def test_a_person_is_erased_once_somebody_is_sure(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], typed: str | None, asked: int
) -> None:
    with Service() as service:
        said = run(service, monkeypatch, "erase", *arguments, typed=typed)
    assert service.asked == [("DELETE /api/audit/people/ana", {})] * asked
    assert said.exit_code == (0 if asked else 1)
