"""Administrators have decrypted what Temporal keeps, in Temporal's own UI and command line."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload, Payloads

from followthrough.domain.answered.access.audit import Act
from followthrough.encryption import Encryption, key_id
from followthrough.organisation_file import OrganisationFile
from tests.standins import oidc
from tests.web.audited import audited
from tests.web.conftest import Web

KEY, OTHER = b"k" * 32, b"o" * 32
UI = "https://temporal.example.com"
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"vermilion"')
FROM_UI = {"Origin": UI, "Sec-Fetch-Site": "same-site", "X-Namespace": "default"}


async def encrypted(key: bytes = KEY) -> dict[str, Any]:
    return as_json(*await Encryption([key]).encode([PLAIN]))


def as_json(*payloads: Payload) -> dict[str, Any]:
    return MessageToDict(Payloads(payloads=payloads))


@pytest.fixture
def encrypting(known: Web, run_by_tomas: OrganisationFile) -> Web:
    """Where people sign in, and Tomás is the administrator."""
    changed = {"payload_keys": (SecretStr(KEY.hex()),), "temporal_ui": UI}
    return replace(known, settings=known.settings.model_copy(update=changed), organisation=run_by_tomas)


@pytest.fixture
async def tomas(encrypting: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with encrypting.browser() as browser:
        await oidc.sign_in(browser, oidc.TOMAS)
        yield browser


async def test_an_administrator_reads_and_writes_in_the_ui_what_temporal_keeps_and_it_is_audited(
    encrypting: Web, tomas: httpx.AsyncClient
) -> None:
    with audited(encrypting.settings, encrypting.database, Act.DECRYPTION) as entries:
        answer = await tomas.post("/codec/decode", json=await encrypted(), headers=FROM_UI)
        assert answer.status_code == 200, answer.text
        assert answer.json() == as_json(PLAIN)
        assert answer.headers["access-control-allow-origin"] == UI
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert answer.headers["cache-control"] == "no-store"
        back = await tomas.post("/codec/encode", json=as_json(PLAIN), headers=FROM_UI)
        assert (await tomas.post("/codec/decode", json=back.json(), headers=FROM_UI)).json() == as_json(PLAIN)
    assert entries.said() == [("decrypt", "tomas", "done")] * 2
    assert [line.details for line in entries] == [{"payloads": "1"}] * 2
    assert b"vermilion" not in back.content


async def test_a_browser_may_hand_the_answer_to_the_ui_alone(tomas: httpx.AsyncClient) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace"}
    allowed = await tomas.options("/codec/decode", headers={"Origin": UI, **asks})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, UI)
    other = {"Origin": "https://elsewhere.example.com"}
    assert (
        "access-control-allow-origin" not in (await tomas.options("/codec/decode", headers={**other, **asks})).headers
    )
    refused = await tomas.post("/codec/decode", json=await encrypted(), headers={**FROM_UI, **other})
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    elsewhere = await tomas.post("/api/drills", json={}, headers=FROM_UI)
    assert elsewhere.status_code == 403, "the UI asks nothing but that"
    assert "access-control-allow-origin" not in elsewhere.headers


async def test_nobody_but_administrators_has_anything_decrypted(encrypting: Web) -> None:
    body = await encrypted()
    async with encrypting.browser() as stranger:
        answer = await stranger.post("/codec/decode", json=body, headers=FROM_UI)
        assert answer.status_code == 401
        assert answer.headers["access-control-allow-origin"] == UI, "so that the UI can say why"
        await oidc.sign_in(stranger, oidc.INES)
        for what in ("decode", "encode"):
            answer = await stranger.post(f"/codec/{what}", json=body, headers=FROM_UI)
            assert answer.status_code == 403
            assert "that is for administrators; ask Tomás Ferrer." in answer.json()["error"]


async def test_a_token_of_an_administrator_does_it_for_temporals_command_line(
    encrypting: Web, tomas: httpx.AsyncClient
) -> None:
    tomas.headers["X-CSRF-Token"] = await oidc.csrf_of(tomas)
    made = await tomas.post("/api/tokens", json={"name": "temporal", "scopes": ["administer"]})
    assert made.status_code == 201, made.text
    async with encrypting.browser() as command_line:
        command_line.headers["Authorization"] = f"Bearer {made.json()['token']}"
        assert (await command_line.post("/codec/decode", json=await encrypted())).json() == as_json(PLAIN)


async def test_what_can_not_be_decrypted_is_said(encrypting: Web, tomas: httpx.AsyncClient) -> None:
    answer = await tomas.post("/codec/decode", json=await encrypted(OTHER), headers=FROM_UI)
    assert (answer.status_code, key_id(OTHER) in answer.json()["error"]) == (503, True)
    for body in (b"[1]", b"", b'{"payloads": [{"data": 1}]}', b"\xff", b'{"payload": []}'):
        answer = await tomas.post("/codec/decode", content=body, headers=FROM_UI)
        assert (answer.status_code, answer.json()["error"][:22]) == (422, "These are no payloads;")
    assert (await tomas.post("/codec/decode", json=as_json(PLAIN), headers=FROM_UI)).json() == as_json(PLAIN)
    many = await tomas.post("/codec/decode", content=b" " * 9 * 1024 * 1024, headers=FROM_UI)
    assert many.status_code == 413


async def test_without_keys_there_is_nothing_to_decrypt(encrypting: Web) -> None:
    async with encrypting.browser(payload_keys=(), temporal_ui="") as browser:
        await oidc.sign_in(browser, oidc.TOMAS)
        browser.headers["X-CSRF-Token"] = await oidc.csrf_of(browser)
        answer = await browser.post("/codec/decode", json=await encrypted())
        assert (answer.status_code, answer.json()["error"]) == (
            404,
            "Nothing is encrypted here; docs/encryption.md says how to switch it on.",
        )
        assert (await browser.post("/codec/decode", json={}, headers=FROM_UI)).status_code == 403
