"""Every route needs somebody who is known, but for these."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from followthrough.web.access import is_open
from tests.web.addresses import BESIDE, addresses, routes
from tests.web.conftest import Web

OPEN = {
    "tells nothing but that it runs": {"GET /healthz", "GET /readyz"},
    "proves by its own secret who posts": {
        "POST /webhooks/alertmanager",
        "POST /webhooks/pagerduty",
        "POST /webhooks/generic",
        "POST /webhooks/jira",
        "POST /webhooks/sendgrid",
    },
    "is signed, and for one person": {
        "GET /act/{token}",
        "HEAD /act/{token}",
        "POST /act/{token}",
        "GET /act/{token}/update",
        "HEAD /act/{token}/update",
        "POST /act/{token}/update",
        "GET /act/{token}/planning",
        "HEAD /act/{token}/planning",
        "POST /act/{token}/planning",
        "GET /decide/{token}",
        "HEAD /decide/{token}",
        "GET /unsubscribe/{token}",
        "POST /unsubscribe/{token}",
        "GET /people/{person}/deadlines.ics",
    },
    "must not know who writes": {
        "GET /incidents/{incident_id}/anonymous",
        "POST /incidents/{incident_id}/anonymous",
        "POST /api/incidents/{incident_id}/anonymous",
    },
    "is how one becomes known": {
        "GET /sign-in",
        "GET /sign-in/callback",
        "GET /sign-in/code",
        "POST /sign-in/code",
        "POST /api/terminals",
        "POST /api/terminals/token",
    },
    "a directory has a token of its own": {
        "DELETE /scim/v2/Groups/{resource_id}",
        "DELETE /scim/v2/Users/{resource_id}",
        "GET /scim/v2/Groups",
        "GET /scim/v2/Groups/{resource_id}",
        "GET /scim/v2/ResourceTypes",
        "GET /scim/v2/ResourceTypes/{name}",
        "GET /scim/v2/Schemas",
        "GET /scim/v2/Schemas/{urn}",
        "GET /scim/v2/ServiceProviderConfig",
        "GET /scim/v2/Users",
        "GET /scim/v2/Users/{resource_id}",
        "PATCH /scim/v2/Groups/{resource_id}",
        "PATCH /scim/v2/Users/{resource_id}",
        "POST /scim/v2/.search",
        "POST /scim/v2/Groups",
        "POST /scim/v2/Groups/.search",
        "POST /scim/v2/Users",
        "POST /scim/v2/Users/.search",
        "PUT /scim/v2/Groups/{resource_id}",
        "PUT /scim/v2/Users/{resource_id}",
    },
}


def open_to_all(route: RouteContext) -> bool:
    assert route.endpoint is not None
    return is_open(route.endpoint)


def methods(route: RouteContext) -> set[str]:
    return route.methods or set()


@pytest.fixture
def app(alone: Web) -> FastAPI:
    return alone.app()


def test_only_these_routes_are_open_to_everybody(app: FastAPI) -> None:
    found = {f"{method} {route.path}" for route in routes(app) if open_to_all(route) for method in methods(route)}
    assert found == set().union(*OPEN.values())


def test_what_no_endpoint_answers_is_named(app: FastAPI) -> None:
    beside = {route.path for route in iter_route_contexts(app.routes) if not isinstance(route.original_route, APIRoute)}
    assert beside == set(BESIDE)


def test_a_route_is_seen_however_deep_it_was_included(app: FastAPI) -> None:
    before = addresses(app)
    inner, outer = APIRouter(), APIRouter(prefix="/outer")
    inner.add_api_route("/new", lambda: None, methods=["PUT"])
    outer.include_router(inner, prefix="/inner")
    app.include_router(outer)
    app.add_api_route("/newer", lambda: None)
    assert addresses(app) - before == {"PUT /outer/inner/new", "GET /newer"}


@pytest.fixture
async def local(alone: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with alone.browser() as local:
        yield local


@pytest.mark.parametrize("signing_in", [True, False])
async def test_all_others_refuse_whom_nobody_knows(alone: Web, app: FastAPI, signing_in: bool) -> None:
    issuer = "http://localhost:9" if signing_in else ""
    closed = [route for route in routes(app) if not open_to_all(route)]
    assert len(closed) > 50
    async with alone.browser("192.0.2.7", public_url="http://localhost", oidc_issuer=issuer) as stranger:
        for route in closed:
            for method in methods(route):
                path = str(route.path).replace("{which}", "weekly")
                answer = await stranger.request(method, path, headers={"Authorization": "Basic c3RyYW5nZXI6"})
                sentence = "Sign in first" if signing_in else "FOLLOWTHROUGH_OIDC_ISSUER"
                assert answer.status_code == (401 if signing_in else 403), (method, path, answer.text)
                assert sentence in answer.json()["error"]


FROM_ELSEWHERE = [
    ("192.0.2.7", {}, {}),
    ("127.0.0.1", {"public_url": "https://followthrough.example.com"}, {}),
    ("127.0.0.1", {"public_url": "http://localhost"}, {}),
    ("127.0.0.1", {"hosts": ("followthrough.example.com",)}, {"Host": "followthrough.example.com"}),
    ("127.0.0.1", {}, {"X-Forwarded-For": "127.0.0.1"}),
    ("127.0.0.1", {}, {"Forwarded": "for=127.0.0.1"}),
    ("127.0.0.1", {}, {"Via": "1.1 proxy"}),
    ("127.0.0.1", {}, {"CF-Connecting-IP": "192.0.2.7"}),
    ("127.0.0.1", {}, {"X-Client-IP": "192.0.2.7"}),
]


@pytest.mark.parametrize(("peer", "changes", "headers"), FROM_ELSEWHERE)
async def test_elsewhere_nothing_is_shown_and_no_alert_taken_until_it_is_set_up(
    alone: Web, peer: str, changes: dict[str, object], headers: dict[str, str]
) -> None:
    async with alone.browser(peer, **changes) as browser:
        page = await browser.get("/items", headers={**headers, "Accept": "text/html"})
        assert page.status_code == 403
        assert "FOLLOWTHROUGH_OIDC_ISSUER" in page.text
        assert page.headers["content-type"].startswith("text/html")
        alert = await browser.post("/webhooks/alertmanager", json={"alerts": []}, headers=headers)
        assert (alert.status_code, "FOLLOWTHROUGH_ALERTMANAGER_TOKEN" in alert.json()["error"]) == (403, True)
    async with alone.browser(peer, **changes, alertmanager_token=SecretStr("of the pager")) as browser:
        known = {**headers, "Authorization": "Bearer of the pager"}
        assert (await browser.post("/webhooks/alertmanager", json={"alerts": []}, headers=known)).status_code == 422


async def test_a_proxy_that_was_told_nothing_does_not_make_everybody_sit_at_this_machine(alone: Web) -> None:
    """As nginx comes: it asks for localhost, in HTTP/1.0, and says nothing of whom it asks for."""
    app = alone.app()

    async def proxied(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "http_version": "1.0"}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(proxied), base_url="http://localhost") as browser:
        assert (await browser.get("/items")).status_code == 403


async def test_at_this_machine_everything_is_as_it_was(local: httpx.AsyncClient) -> None:
    page = await local.get("/items")
    assert (page.status_code, "On this machine: who are you?" in page.text) == (200, True)
    assert (await local.get("/sign-in")).headers["location"] == "/you?to=%2F"


async def test_whoever_sits_at_this_machine_says_once_who_they_are(alone: Web) -> None:
    async with alone.browser() as browser:
        assert (await browser.post("/you", data={"person": "eve"})).status_code == 422
        assert (await browser.post("/you", data={"person": "ines"})).status_code == 303
    async with alone.browser() as browser:
        assert "On this machine, as Inés Robles" in (await browser.get("/items")).text
        assert 'value="ines" selected' in (await browser.get("/you")).text
    (alone.settings.data_dir / "local-person").unlink()


async def test_the_shared_token_goes_on_as_one_that_acts_for_others(alone: Web) -> None:
    async with alone.browser("192.0.2.7", api_token=SecretStr("api-token")) as elsewhere:
        known, wrong = {"Authorization": "Bearer api-token"}, {"Authorization": "Bearer another-token"}
        assert (await elsewhere.get("/api/incidents", headers=known)).status_code == 200
        refused = await elsewhere.get("/api/incidents", headers=wrong)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")


async def test_an_unknown_host_has_a_page_where_a_browser_asks(local: httpx.AsyncClient) -> None:
    page = await local.get("/", headers={"Host": "evil.example.com", "Accept": "text/html"})
    assert (page.status_code, "is not called evil.example.com" in page.text) == (400, True)
    assert page.headers["content-type"].startswith("text/html")
