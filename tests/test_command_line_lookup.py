"""What commands take for an id: a ticket, a page, the beginning of an id, part of a title; what a shell completes."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner, Result

from followthrough.cli import app
from followthrough.cli.lookup import incident_id, item_id, people, record_id
from tests.standins.server import StandIn

INCIDENT, ITEM = "inc-" + "7f3a" * 5, "inc-" + "7f3a" * 5 + ".1"


def hit(record: str, title: str) -> dict[str, Any]:
    return {"id": record, "status": "accepted", "ticket": "PAY-12", "title": title}


class Service(StandIn):
    """Finds what it is told, and keeps what it was asked."""

    def __init__(self, *hits: dict[str, Any]) -> None:
        super().__init__(0)
        self._hits = [*hits]
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = {name: value for name, (value,) in parse_qs(scope["query_string"].decode()).items()}
        self.asked.append((f"{scope['method']} {scope['path']}", query))
        answers = {
            "/api/find": self._hits,
            "/api/people": {"people": [{"key": "ines", "name": "Inés Robles"}, {"key": "tomas", "name": "Tomás"}]},
        }
        await JSONResponse(answers.get(scope["path"], {"message": "It is read."}))(scope, receive, send)


def run(service: Service, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments], env={"FOLLOWTHROUGH_URL": service.url, "FOLLOWTHROUGH_USER": "ines"})


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (INCIDENT, INCIDENT),
        (f" {INCIDENT.upper()} ", INCIDENT),
        (f"https://x.example/incidents/{INCIDENT}#now", INCIDENT),
    ],
)
def test_an_id_and_the_address_of_its_page_are_taken_without_asking(typed: str, found: str) -> None:
    assert incident_id(typed) == record_id(typed) == found
    assert item_id(typed.replace(INCIDENT, ITEM).replace(INCIDENT.upper(), ITEM.upper())) == ITEM


def test_one_hit_is_taken_and_said() -> None:
    with Service(hit(ITEM, "Alert on queue depth")) as service:
        said = run(service, "look", "pay-12")
    assert (said.exit_code, said.stdout) == (0, "It is read.\n")
    assert said.stderr == f"{ITEM} “Alert on queue depth”\n"
    assert service.asked[0] == ("GET /api/find", {"text": "pay-12", "kind": "item"})
    assert service.asked[1][0] == f"POST /api/items/{ITEM}/ticket"


def test_of_several_hits_none_is_taken_and_all_are_listed() -> None:
    with Service(hit(ITEM, "Alert on queue depth"), hit(f"{INCIDENT}.2", "Alert on queues")) as service:
        said = run(service, "look", "alert")
    assert said.exit_code == 2
    assert ITEM in said.stderr
    assert f"{INCIDENT}.2" in said.stderr
    assert "More than one action item fits “alert”; give the id" in said.stderr
    assert len(service.asked) == 1


def test_no_hit_is_said_in_a_sentence() -> None:
    with Service() as service:
        said = run(service, "look", "nothing like it")
    assert said.exit_code == 4
    assert said.stderr == (
        "There is no action item with “nothing like it” as its id, its ticket or a part of its title; "
        "`followthrough items` lists them.\n"
    )


def test_a_shell_completes_ids_people_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def completed(*words: str) -> str:
        typed = {"COMP_WORDS": " ".join(("followthrough", *words)), "COMP_CWORD": str(len(words))}
        environment = {"_FOLLOWTHROUGH_COMPLETE": "complete_bash", "FOLLOWTHROUGH_URL": service.url, **typed}
        return CliRunner().invoke(app, [], prog_name="followthrough", env=environment).stdout

    with Service(hit(ITEM, "Alert on queue depth")) as service:
        monkeypatch.setenv("FOLLOWTHROUGH_URL", service.url)
        assert people("in") == [("ines", "Inés Robles")]
        assert "approve-planning" in completed("appro")
        assert ITEM in completed("accept", "inc-")
        assert "ines" in completed("items", "--owner", "in")
        assert "Comms Lead" in completed("role", INCIDENT, "Co")
    assert people("in") == []
