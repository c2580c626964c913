"""Signing in at a real Keycloak, by a public client that it wants PKCE of."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from tests.standins import keycloak
from tests.web.conftest import Web, words


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[str]:
    async with keycloak.keycloak() as issuer:
        yield issuer


@pytest.fixture
async def browser(alone: Web, issuer: str) -> AsyncIterator[httpx.AsyncClient]:
    changed = {"oidc_issuer": issuer, "oidc_client_id": "followthrough", "public_url": "http://localhost"}
    known = replace(alone, settings=alone.settings.model_copy(update=changed))
    async with known.browser() as browser:
        browser.headers["Accept"] = "text/html"
        yield browser


async def come_back(browser: httpx.AsyncClient, username: str) -> httpx.Response:
    begun = await browser.get("/sign-in?to=/items")
    assert begun.status_code == 303, begun.text
    return await browser.get(await keycloak.sent_back(begun.headers["location"], username))


async def test_who_is_in_the_organisation_signs_in(browser: httpx.AsyncClient) -> None:
    back = await come_back(browser, "ines")
    assert (back.status_code, back.headers["location"]) == (303, "/items")
    assert "Inés Robles" in (await browser.get("/items")).text


async def test_an_address_that_nobody_has_verified_signs_nobody_in(browser: httpx.AsyncClient) -> None:
    back = await come_back(browser, "impostor")
    assert (back.status_code, "has not verified that tomas@example.com is yours" in words(back)) == (403, True)
    assert (await browser.get("/items")).status_code == 401


async def test_what_keycloak_refuses_is_said(browser: httpx.AsyncClient) -> None:
    begun = httpx.URL((await browser.get("/sign-in")).headers["location"])
    other = begun.copy_set_param("code_challenge", "x" * 43)
    back = await browser.get(await keycloak.sent_back(str(other), "ines"))
    assert (back.status_code, "The sign-in provider refused" in words(back)) == (403, True)
