"""Who gets in: by which name, from which page, with how much, and who is shown links that act."""

import re
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlmodel import Session

from followthrough.links import Link, Links
from followthrough.store.database import migrate, open_database
from tests import records
from tests.web.addresses import addresses
from tests.web.conftest import SETTINGS, Web
from tests.web.test_api import with_item

assert SETTINGS.link_secret is not None
LINKS = Links([SETTINGS.link_secret.get_secret_value()])
ALERT = {"dedup_key": "doors", "title": "Nothing", "state": "resolved"}
BEARER = {"Authorization": "Bearer generic-token"}
TOKEN, KNOWN = SecretStr("api-token"), {"Authorization": "Bearer api-token"}


@pytest.mark.parametrize("host", ["10.42.8.201:8000", "followthrough-7d9f.internal", "[fd00::7]:8080", ""])
async def test_probes_are_answered_whatever_they_call_the_machine(api: httpx.AsyncClient, host: str) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await api.get(path, headers={"Host": host})).json() == {"status": "ok"}
    assert (await api.get("/api/incidents", headers={"Host": host})).status_code == 400


async def test_further_names_of_the_service_are_a_setting(web: Web) -> None:
    name = {"Host": "followthrough.monitoring.svc"}
    async with web.browser() as api, web.browser(hosts=("followthrough.monitoring.svc",)) as named:
        refused = await api.post("/webhooks/generic", json=ALERT, headers=BEARER | name)
        taken = await named.post("/webhooks/generic", json=ALERT, headers=BEARER | name)
    assert (refused.status_code, "FOLLOWTHROUGH_HOSTS" in refused.json()["error"]) == (400, True)
    assert taken.status_code == 200


async def test_only_the_services_own_names_lead_to_it(web: Web) -> None:
    async with web.browser(public_url="https://followthrough.example.com", host="::1", api_token=TOKEN) as api:
        for host, status in (
            ("evil.example.com", 400),
            ("followthrough.example.com", 200),
            ("127.0.0.1:8080", 200),
            ("[::1]:8080", 200),
            ("[", 400),
            ("localhost.evil.example.com", 400),
            ("evil.example.com/healthz?", 400),
        ):
            assert (await api.get("/api/incidents", headers={"Host": host, **KNOWN})).status_code == status


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, True),
        ({"Origin": "https://evil.example.com"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "http://["}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "http://localhost"}, False),
        ({"Origin": "https://followthrough.example.com"}, False),
        ({}, False),
    ],
)
async def test_pages_of_other_sites_change_nothing_anywhere(web: Web, headers: dict[str, str], refused: bool) -> None:
    public = {"public_url": "https://followthrough.example.com", "api_token": TOKEN}
    known = {**KNOWN, **headers}
    changing = [
        (method.upper(), path.replace("{which}", "none"))
        for path, methods in web.app().openapi()["paths"].items()
        for method in methods
        if method != "get"
    ]
    scim = [one.partition(" ") for one in addresses(web.app()) if "/scim/" in one]
    changing += [(method, path) for method, _, path in scim if method != "GET"]
    changing += [("POST", path) for path in ("/act/x", "/unsubscribe/x", "/incidents/x/anonymous")]
    assert ("POST", "/api/digests/none/send") in changing
    async with web.browser(**public) as browser:
        for method, path in changing:
            answer = await browser.request(method, path, headers=known)
            assert (answer.status_code == 403 and "not from here" in answer.text) == refused, (method, path)
        assert (await browser.get("/api/incidents", headers=known)).status_code == 200


async def test_a_foreign_page_sends_no_digest(web: Web, api: httpx.AsyncClient) -> None:
    before = await web.workflows()
    answer = await api.post("/api/digests/monthly/send", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert await web.workflows() == before


@pytest.mark.parametrize(("path", "most"), [("/webhooks/generic", 20), ("/api/incidents", 1), ("/act/x", 1)])
async def test_bodies_are_as_large_as_their_address_needs(api: httpx.AsyncClient, path: str, most: int) -> None:
    within, beyond = b'"' + b"x" * (most * 1024 * 1024 - 2) + b'"', b"x" * (most * 1024 * 1024 + 1)
    kind = "application/x-www-form-urlencoded" if path.startswith("/act") else "application/json"
    headers = {"Content-Type": kind, **(BEARER if path.startswith("/webhooks") else {})}
    assert (await api.post(path, content=within, headers=headers)).status_code in (400, 422)
    refused = await api.post(path, content=beyond, headers=headers)
    assert (refused.status_code, f"larger than {most} MiB" in refused.text) == (413, True)


async def test_an_address_that_nothing_here_has_is_refused_in_words(api: httpx.AsyncClient) -> None:
    paths = ("/outbox/%00", "/items?owner=%00", "/incidents/a%0Ab", "/api/incidents?service=a%1bb", "/outbox/%E2%80%AE")
    for path, sentence in (
        *((path, "holds characters") for path in paths),
        ("/" + "a." * 3_000, "characters, and may"),
    ):
        answer = await api.get(path)
        assert (answer.status_code, sentence in answer.json()["error"]) == (400, True)


@pytest.fixture
def mail(web: Web) -> str:
    """The path of one with a link that acts."""
    key, token = uuid4().hex, LINKS.sign(Link.in_mail(uuid4().hex, "accept", "tomas", "inc-0000000001.1"))
    with Session(web.database) as session, session.begin():
        session.add(
            records.mail(
                key,
                text=f"http://localhost/act/{token}",
                html=f"<head></head><a href='http://localhost/act/{token}'>Accept it</a>",
                headers={"List-Unsubscribe": f"<http://localhost/unsubscribe/{token}>"},
            )
        )
    return f"/outbox/{key}"


@pytest.mark.parametrize(
    ("peer", "changes", "headers", "status", "shown"),
    [
        ("127.0.0.1", {}, {}, 200, True),
        ("::1", {}, {"Host": "[::1]:8080"}, 200, True),
        ("127.0.0.1", {}, {"Host": "127.0.0.1:8080"}, 200, True),
        ("192.0.2.7", {"api_token": TOKEN}, KNOWN, 200, False),
        ("127.0.0.1", {"api_token": TOKEN}, {}, 200, False),
        ("127.0.0.1", {"sendgrid_api_key": SecretStr("SG.key")}, {}, 200, False),
        ("192.0.2.7", {}, {}, 403, False),
        ("127.0.0.1", {"host": "10.0.0.7"}, {"Host": "10.0.0.7:8080"}, 403, False),
        ("127.0.0.1", {}, {"X-Forwarded-For": "127.0.0.1"}, 403, False),
        ("127.0.0.1", {}, {"X-Forwarded-Proto": "https"}, 403, False),
        ("127.0.0.1", {}, {"Forwarded": "for=127.0.0.1"}, 403, False),
        ("127.0.0.1", {}, {"X-Real-IP": "127.0.0.1"}, 403, False),
        ("127.0.0.1", {}, {"Via": "1.1 proxy"}, 403, False),
    ],
)
async def test_links_that_act_are_shown_only_at_the_machine_itself(
    web: Web, mail: str, peer: str, changes: dict[str, object], headers: dict[str, str], status: int, shown: bool
) -> None:
    async with web.browser(peer, **changes) as browser:
        page = await browser.get(mail, headers=headers)
        framed = await browser.get(f"{mail}?part=html", headers=headers)
    assert (page.status_code, framed.status_code) == (status, status)
    for answer, path in ((page, "/act/"), (framed, "/act/"), (page, "/unsubscribe/")):
        assert (re.search(f"{path}[^… ]", answer.text) is not None) == shown
    assert ("are left out" in page.text) == (status == 200 and not shown)


async def test_the_door_is_shut_to_scripts_of_pages_that_know_an_id(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    waive = {"command": "waive", "by": "marcos", "reason": "None of your business"}
    answer = await api.post(f"/api/items/{item}/commands", json=waive, headers={"Origin": "https://evil.example.com"})
    assert answer.status_code == 403
    assert (await api.get(f"/api/items/{item}")).json()["status"] == "proposed"


async def test_a_service_that_can_not_write_is_not_ready(web: Web, tmp_path: Path) -> None:
    async with web.browser(data_dir=tmp_path / "gone") as browser:
        answer = await browser.get("/readyz")
        assert (answer.status_code, "data folder" in answer.json()["error"]) == (503, True)
        assert answer.headers["Retry-After"]
        assert (await browser.get("/healthz")).status_code == 200
    file = tmp_path / "followthrough.db"
    migrate(open_database(f"sqlite:///{file}"))
    read_only = open_database(f"sqlite:///file:{file}?mode=ro&uri=true")
    async with replace(web, database=read_only).browser() as browser:
        answer = await browser.get("/readyz")
        assert (answer.status_code, "takes no writes" in answer.json()["error"]) == (503, True)
    read_only.dispose()
