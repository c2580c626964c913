"""Declaring an incident on a page, on the real engine."""

import httpx
import pytest

from tests.web.conftest import Web, words
from tests.web.test_api import get
from tests.web.test_doing import hidden
from tests.web.test_private import eyes_of

CALL = "https://meet.example.com/tonight"
TYPED = {"title": "Refunds fail", "service": "checkout", "severity": "SEV2"}


@pytest.mark.parametrize(
    ("kind", "drill", "private"), [("real", False, False), ("drill", True, False), ("private", False, True)]
)
async def test_an_incident_is_declared_once_for_each_form(
    web: Web, api: httpx.AsyncClient, kind: str, drill: bool, private: bool
) -> None:
    async with eyes_of(web, "wei") as wei:
        assert 'href="/incidents/new"' in (await wei.get("/incidents")).text
        form = await wei.get("/incidents/new")
        assert "You do this as Wei" in words(form)
        typed = TYPED | {"kind": kind, "nonce": hidden(form, "nonce"), "call": CALL}
        answers = [await wei.post("/incidents/new", data=typed) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.headers["location"] for answer in answers}) == 1
        page = answers[0].headers["location"]
        assert "is declared" in words(await wei.get(page))
    declared = await get(api, page.partition("?")[0].removeprefix("/"))
    assert (declared["declared_by"], declared["drill"], declared["private"]) == ("wei", drill, private)
    assert declared["call"] == CALL


async def test_what_can_not_be_declared_is_said_above_all_that_was_typed(web: Web) -> None:
    async with eyes_of(web, "wei") as wei:
        for wrong, sentence in (
            ({"title": " "}, "What is wrong: this can't be left out."),
            ({"title": "x" * 251}, "What is wrong: "),
            ({"service": "weather"}, "The organisation file has no service 'weather'"),
            ({"severity": "SEV9"}, "Severity: "),
            ({"call": "tonight"}, "Link to the call where you talk: 'tonight' is no link to a call"),
        ):
            refused = await wei.post("/incidents/new", data=TYPED | wrong | {"kind": "private", "nonce": "of the form"})
            assert (refused.status_code, sentence in words(refused)) == (409, True), words(refused)
            assert 'value="private" checked' in refused.text
            assert hidden(refused, "nonce") == "of the form"
        assert 'value="checkout" selected' in (await wei.get("/incidents/new?service=checkout")).text


async def test_whoever_is_not_known_yet_says_so_first(api: httpx.AsyncClient) -> None:
    answer = await api.get("/incidents/new")
    assert (answer.status_code, answer.headers["location"]) == (303, "/you?to=%2Fincidents%2Fnew")
