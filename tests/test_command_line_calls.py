"""What commands do when the service does not answer, or not with a result."""

from collections.abc import Iterator

import pytest
import typer
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from followthrough.cli import api
from followthrough.headers import PRIVATE
from tests.standins.server import StandIn, cut_off

ITEM = "/items/inc-7f3a9c21d0.1/commands"
ACCEPT = {"command": "accept", "by": "ines"}


class Service(StandIn):
    """Answers with each of ``answers``, in their order; None drops the connection."""

    def __init__(self, *answers: Response | None) -> None:
        super().__init__(0)
        self._answers: Iterator[Response | None] = iter(answers)
        self.keys: list[bytes | None] = []
        self.asked: list[str] = []

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.keys.append(dict(scope["headers"]).get(b"idempotency-key"))
        self.asked.append(scope["query_string"].decode())
        if (answer := next(self._answers)) is None:
            cut_off(receive)
        else:
            await answer(scope, receive, send)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "AGAIN_AFTER", 0)


def silent() -> Response:
    return JSONResponse({"error": "The workflow engine does not answer."}, 503, {"Retry-After": "0"})


def test_a_command_is_given_again_with_its_key_until_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    with Service(silent(), None, JSONResponse({"id": "1"}), JSONResponse({"id": "2"})) as service:
        monkeypatch.setenv("FOLLOWTHROUGH_URL", service.url)
        assert api.call("POST", ITEM, body=ACCEPT, keyed=True) == {"id": "1"}
        assert api.call("POST", ITEM, body=ACCEPT, keyed=True) == {"id": "2"}
    assert None not in service.keys
    assert (len(set(service.keys[:3])), len(set(service.keys))) == (1, 2)


def test_what_takes_no_key_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with Service(silent()) as service:
        monkeypatch.setenv("FOLLOWTHROUGH_URL", service.url)
        with pytest.raises(typer.Exit):
            api.call("POST", "/drills")
    assert service.keys == [None]


def test_a_command_that_is_never_answered_ends_with_what_the_service_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Service(*(silent() for _ in range(4))) as service:
        monkeypatch.setenv("FOLLOWTHROUGH_URL", service.url)
        with pytest.raises(typer.Exit) as ended:
            api.call("POST", ITEM, body=ACCEPT, keyed=True)
    assert (ended.value.exit_code, len(service.keys)) == (api.UNREACHABLE, 4)
    assert "does not answer" in capsys.readouterr().err


def test_a_command_that_is_accepted_without_its_result_says_where_to_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    accepted = {"message": "The command is accepted; look at inc-7f3a9c21d0.1 in a moment."}
    with Service(JSONResponse(accepted, 202, {"Location": "/items/inc-7f3a9c21d0.1"})) as service:
        monkeypatch.setenv("FOLLOWTHROUGH_URL", service.url)
        with pytest.raises(typer.Exit) as ended:
            api.call("POST", ITEM, body=ACCEPT, keyed=True)
    assert ended.value.exit_code == 0
    assert "look at inc-7f3a9c21d0.1 in a moment" in capsys.readouterr().err


def test_how_many_private_ones_a_list_leaves_out_is_said_beside_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Service(JSONResponse([], headers={PRIVATE: "2"}), JSONResponse([], headers={PRIVATE: "0"})) as service:
        monkeypatch.setenv("FOLLOWTHROUGH_URL", service.url)
        assert api.call("GET", "/incidents") == api.call("GET", "/incidents") == []
    assert capsys.readouterr().err == "And 2 private, seen by those who are on them.\n"


def test_a_list_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def people(*keys: str, further: str = "") -> Response:
        link = {"Link": f'</api/people?limit=2&cursor={further}>; rel="next"'} if further else None
        return JSONResponse({"people": [*keys], "held_back": 0}, headers=link)

    with Service(people("ana", "ben", further="WzFd"), people("carla")) as service:
        monkeypatch.setenv("FOLLOWTHROUGH_URL", service.url)
        assert api.whole("/people", "people") == {"people": ["ana", "ben", "carla"], "held_back": 0}
    assert service.asked == ["", "cursor=WzFd"]
