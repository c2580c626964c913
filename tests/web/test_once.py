"""What is sent again with the same ``Idempotency-Key`` is carried out once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session, col, select

from followthrough.store import kept_answers
from followthrough.store.access_tables import TokenRow
from followthrough.store.kept_answers import BROKEN_OFF, KEPT, KeptAnswerRow
from tests.web.conftest import Web

WITHOUT_KEY = {
    "add_anonymous_note": "nothing of the request is kept but its text, so nothing by which to know it again",
    "begin_terminal": "each asking has a code of its own, which ends in minutes",
    "get_terminal_token": "its body has a secret that is good once",
    "check_wording": "it changes nothing",
    "look_at_title": "it changes nothing",
}
PEOPLE = "key,name,email\nzoe,Zoe {},zoe@example.com\n"


@pytest.fixture
async def api(alone: Web) -> Any:
    async with alone.browser() as client:
        yield client


async def imported(api: httpx.AsyncClient, key: str | None, name: str = "Ek") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    answer = await api.post("/api/directory/import", json={"csv": PEOPLE.format(name)}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["changes"]


def test_every_command_takes_a_key_or_says_why_not(alone: Web) -> None:
    without = [
        operation["operationId"]
        for path, operations in alone.app().openapi()["paths"].items()
        for method, operation in operations.items()
        if path.startswith("/api/") and method in ("post", "put", "patch")
        if "Idempotency-Key" not in [parameter["name"] for parameter in operation.get("parameters", ())]
    ]
    assert sorted(without) == sorted(WITHOUT_KEY)


async def test_sent_again_with_its_key_it_has_the_same_answer_and_another_key_is_another_request(
    api: httpx.AsyncClient,
) -> None:
    first = await imported(api, "k1")
    assert first
    assert await imported(api, "k1") == first
    assert await imported(api, "k2") == await imported(api, None) == []
    renamed = await imported(api, "k1", "Oh")
    assert renamed
    assert renamed != first  # another body is another request, whatever its key


async def test_what_was_refused_is_tried_again_with_its_key(api: httpx.AsyncClient, alone: Web) -> None:
    key = {"Idempotency-Key": "refused"}
    for _ in range(2):
        refused = await api.post("/api/directory/import", json={"csv": "name\nZoe\n"}, headers=key)
        assert refused.status_code == 422
    invalid = await api.post("/api/drills", json={}, headers=key)
    assert (invalid.status_code, invalid.headers["Content-Type"]) == (422, "application/problem+json")
    with Session(alone.database) as session:
        assert session.exec(select(KeptAnswerRow).where(col(KeptAnswerRow.status).is_(None))).all() == []


def test_a_request_is_one_until_its_answer_is_forgotten_or_whoever_carried_it_out_is_gone(alone: Web) -> None:
    database, now = alone.database, datetime.now(UTC)
    assert kept_answers.begin(database, "one", now) is None
    going_on = kept_answers.begin(database, "one", now)
    assert going_on is not None
    assert going_on.status is None
    assert kept_answers.begin(database, "one", now + BROKEN_OFF + timedelta(seconds=1)) is None
    kept_answers.keep(database, "one", 200, "[]")
    answered = kept_answers.begin(database, "one", now + KEPT)
    assert answered is not None
    assert (answered.status, answered.body) == (200, "[]")
    assert kept_answers.begin(database, "one", now + KEPT + BROKEN_OFF + timedelta(seconds=2)) is None
    kept_answers.let_go(database, "one")


async def test_a_request_that_is_under_way_is_asked_for_again_later(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way = KeptAnswerRow(id="any", begun_at=datetime.now(UTC))
    monkeypatch.setattr(kept_answers, "begin", lambda *_: under_way)
    answer = await api.post("/api/directory/let-leave", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "with the same key" in answer.json()["detail"]


async def test_a_key_makes_one_token_whose_secret_is_kept_nowhere(api: httpx.AsyncClient, alone: Web) -> None:
    asked: dict[str, Any] = {
        "url": "/api/tokens",
        "json": {"name": "For a key", "service": True},
        "headers": {"Idempotency-Key": "token"},
    }
    made = await api.post(**asked)
    again = await api.post(**asked)
    assert (made.status_code, again.status_code) == (201, 409)
    assert f"followthrough token revoke {made.json()['id']}" in again.json()["detail"]
    with Session(alone.database) as session:
        assert len(session.exec(select(TokenRow).where(TokenRow.name == "For a key")).all()) == 1
        assert not any(made.json()["token"] in row.body for row in session.exec(select(KeptAnswerRow)))
