"""SCIM 2.0 over HTTP, against the real application."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from scim2_client.client import BaseSyncSCIMClient, RawResponse
from scim2_tester import Status, check_server
from temporalio.client import Client

from followthrough.scim import DirectoryUser, entry_of
from tests.web.directory import (
    ENTERPRISE,
    FOLLOWTHROUGH,
    GROUP,
    NOBODY_LISTENS,
    USER,
    Office,
    office_in,
    user,
)

RFC: dict[str, Any] = json.loads(Path("tests/web/rfc_scim.json").read_text())
"""Examples of RFC 7643 and RFC 7644, by their sections."""


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    client = await Client.connect(NOBODY_LISTENS, lazy=True)
    with office_in(tmp_path, client) as office:
        yield office


class Requests(BaseSyncSCIMClient):
    """scim2-tester's requests, over HTTP."""

    def __init__(self, api: httpx.Client) -> None:
        super().__init__()
        self.api = api

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return endpoint.startswith("/")

    def _parse_json(self, response: RawResponse) -> Any:
        return cast(httpx.Response, response).json()

    def request(self, method: str, url: str, **named: Any) -> httpx.Response:
        return self.api.request(method, f"/scim/v2{url}", **named)


def test_scim2_tester_finds_nothing_wrong(office: Office) -> None:
    found = check_server(Requests(office.directory))
    wrong = [result for result in found if result.status not in (Status.SUCCESS, Status.SKIPPED)]
    assert [(result.title, result.reason) for result in wrong] == []
    assert sum(result.status is Status.SUCCESS for result in found) > 100


@pytest.mark.parametrize("example", ["8.1-user-minimal", "8.2-user-full", "8.3-enterprise_user"])
def test_users_of_the_rfc_are_created_and_read_as_they_were_sent(office: Office, example: str) -> None:
    sent = RFC[f"rfc7643-{example}"]
    made = office.created("/Users", **sent)
    read = office.scim("GET", f"/Users/{made['id']}").json()
    sent.get(ENTERPRISE, {}).get("manager", {}).pop("displayName", None)
    ours = {"id", "meta", "groups", "password"}
    assert {key: value for key, value in read.items() if key not in ours} == {
        key: value for key, value in sent.items() if key not in ours
    }
    bjensen = office.organisation().people["bjensen"]
    assert (bjensen.email, bjensen.left) == ("bjensen@example.com", None)


def test_the_schemas_have_all_that_the_rfc_has(office: Office) -> None:
    served = {one["id"]: one for one in office.scim("GET", "/Schemas").json()["Resources"]}
    for name in ("user", "group", "enterprise_user"):
        wanted = RFC[f"rfc7643-8.7.1-schema-{name}"]
        ours = attributes(served[wanted["id"]]["attributes"])
        assert attributes(wanted["attributes"]).items() <= ours.items()


def attributes(described: list[dict[str, Any]], under: str = "") -> dict[str, tuple[str, bool]]:
    """Type and whether there may be several, by name."""
    found = {}
    for one in described:
        found[under + one["name"]] = (one["type"], one["multiValued"])
        found |= attributes(one.get("subAttributes", []), f"{under}{one['name']}.")
    return found


def test_a_user_of_the_rfc_is_created_found_replaced_and_deleted(office: Office) -> None:
    answer = office.scim("POST", "/Users", RFC["rfc7644-3.3-user-post_request"])
    made = answer.json()
    path = f"/Users/{made['id']}"
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/scim+json")
    assert answer.headers["location"] == made["meta"]["location"]
    assert made["meta"]["location"].endswith(f"/scim/v2{path}")
    assert (answer.headers["etag"], made["meta"]["version"], made["meta"]["resourceType"]) == ('W/"1"', 'W/"1"', "User")

    again = office.scim("POST", "/Users", {**RFC["rfc7644-3.3-user-post_request"], "userName": "BJENSEN"})
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")

    partial = office.scim("GET", path, params={"attributes": "userName"}).json()
    assert partial == {**RFC["rfc7644-3.9-user-partial_response"], "id": made["id"]}

    put = office.scim("PUT", path, RFC["rfc7644-3.5.1-user-put_request"])
    assert (put.status_code, put.json()["emails"][1], put.headers["etag"]) == (
        200,
        {"value": "babs@jensen.org"},
        'W/"2"',
    )

    assert office.scim("DELETE", path).status_code == 204
    gone = office.scim("GET", path)
    assert (gone.status_code, gone.json()["schemas"], gone.json()["status"]) == (
        404,
        ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "404",
    )


@pytest.mark.parametrize(
    ("patch", "emails", "street"),
    [
        ("rfc7644-3.5.2.1-patch_op-add_emails", {"bjensen@example.com", "babs@jensen.org"}, "100 Universal City Plaza"),
        ("rfc7644-3.5.2.2-patch_op-remove_multi_complex_value", {"babs@jensen.org"}, "100 Universal City Plaza"),
        (
            "rfc7644-3.5.2.3-patch_op-replace_all_email_values",
            {"bjensen@example.com", "babs@jensen.org"},
            "100 Universal City Plaza",
        ),
        (
            "rfc7644-3.5.2.3-patch_op-replace_street_address",
            {"bjensen@example.com", "babs@jensen.org"},
            "1010 Broadway Ave",
        ),
        (
            "rfc7644-3.5.2.3-patch_op-replace_user_work_address",
            {"bjensen@example.com", "babs@jensen.org"},
            "911 Universal City Plaza",
        ),
    ],
)
def test_a_user_is_patched_as_in_the_rfc(office: Office, patch: str, emails: set[str], street: str) -> None:
    made = office.created("/Users", **RFC["rfc7643-8.2-user-full"])
    answer = office.scim("PATCH", f"/Users/{made['id']}", RFC[patch])
    after = answer.json()
    assert answer.status_code == 200, answer.text
    assert {email["value"] for email in after["emails"]} == emails
    assert next(one for one in after["addresses"] if one["type"] == "work")["streetAddress"] == street


def test_members_are_patched_as_in_the_rfc(office: Office) -> None:
    babs, james = (office.created("/Users", **user(name))["id"] for name in ("babs", "james"))
    ids = {
        "2819c223-7f76-453a-919d-413861904646": babs,
        "2819c223...919d-413861904646": babs,
        "2819c223-7f76-...413861904646": babs,
        "08e1d05d...473d93df9210": james,
        "08e1d05d-121c-4561-8b96-473d93df9210": james,
    }
    group = office.created("/Groups", schemas=[GROUP], displayName="Payments")

    def members(patch: str) -> list[str]:
        text = json.dumps(RFC[f"rfc7644-3.5.2.{patch}"])
        for elided, real in ids.items():
            text = text.replace(elided, real)
        answer = office.scim("PATCH", f"/Groups/{group['id']}", json.loads(text))
        assert answer.status_code == 200, answer.text
        return [member["value"] for member in answer.json().get("members", ())]

    assert members("1-patch_op-add_members") == [babs]
    assert "babs" in office.organisation().teams["payments"].members
    assert members("2-patch_op-remove_and_add_one_member") == [james]
    assert members("3-patch_op-replace_all_members") == [babs, james]
    assert members("2-patch_op-remove_one_member") == [james]
    assert members("2-patch_op-remove_all_members") == []
    assert office.organisation().teams["payments"].members == ("ines", "tomas", "lucia")


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('userName eq "BJENSEN@example.com"', ["bjensen"]),
        ('externalId eq "701984"', ["bjensen"]),
        ('name.familyName co "O\'Malley"', ["omalley"]),
        ('userName sw "J"', ["jsmith"]),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"', ["jsmith"]),
        ("title pr", ["bjensen"]),
        ('meta.lastModified gt "2011-05-13T04:42:34Z"', ["bjensen", "jsmith", "omalley"]),
        ('title pr and userType eq "Employee"', ["bjensen"]),
        ('title pr or userType eq "Intern"', ["bjensen", "omalley"]),
        ('userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")', ["bjensen"]),
        ('userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")', ["omalley"]),
        ('userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', ["bjensen"]),
        (
            'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
            ["bjensen"],
        ),
    ],
)
def test_the_filters_of_the_rfc_find_whom_they_name(office: Office, expression: str, found: list[str]) -> None:
    office.created("/Users", **RFC["rfc7643-8.2-user-full"])
    office.created("/Users", **user("jsmith", emails=[{"value": "jsmith@example.com"}]))
    malley = {"name": {"familyName": "O'Malley"}, "userType": "Intern", "emails": [{"value": "o@malley.net"}]}
    office.created("/Users", **user("omalley", **malley))
    answer = office.scim("GET", "/Users", params={"filter": expression}).json()
    assert sorted(one["userName"].split("@")[0] for one in answer.get("Resources", ())) == found
    assert answer["totalResults"] == len(found)


def test_people_come_in_pages_sorted_and_by_search(office: Office) -> None:
    for name in ("smith", "jones", "smithers"):
        office.created("/Users", **user(name))
    page = office.scim("GET", "/Users", params={"startIndex": "2", "count": "1"}).json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 2, 1)
    assert [one["displayName"] for one in page["Resources"]] == ["Jones"]
    assert office.scim("GET", "/Users", params={"count": "0"}).json()["totalResults"] == 3
    upside = office.scim("GET", "/Users", params={"sortBy": "userName", "sortOrder": "descending"}).json()
    assert [one["displayName"] for one in upside["Resources"]] == ["Smithers", "Smith", "Jones"]
    for path in ("/.search", "/Users/.search"):
        search = office.scim("POST", path, RFC["rfc7644-3.4.3-search_request"]).json()
        assert [one["displayName"] for one in search["Resources"]] == ["Smith", "Smithers"]
        assert "meta" not in search["Resources"][0]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind"),
    [
        ("GET", "/Users?filter=userName%20is%20x", None, 400, "invalidFilter"),
        ("GET", "/Users?filter=shoe%20eq%20%22x%22", None, 400, "invalidFilter"),
        ("POST", "/Users", {"schemas": [USER]}, 400, "invalidValue"),
        ("POST", "/Users", [], 400, "invalidSyntax"),
        ("GET", "/Users/unknown", None, 404, None),
        ("GET", "/Nothing", None, 404, None),
        ("DELETE", "/Schemas", None, 405, None),
    ],
)
def test_errors_are_scim_errors(
    office: Office, method: str, path: str, body: Any, status: int, kind: str | None
) -> None:
    answer = office.scim(method, path, body)
    assert answer.headers["content-type"] == "application/scim+json"
    error = answer.json()
    assert (answer.status_code, error["status"], error.get("scimType")) == (status, str(status), kind)
    assert error["detail"]


def test_who_has_another_version_changes_nothing(office: Office) -> None:
    path = f"/Users/{office.created('/Users', **user('ada'))['id']}"
    assert office.scim("GET", path, headers={"If-None-Match": 'W/"1"'}).status_code == 304
    old = office.scim("DELETE", path, headers={"If-Match": 'W/"7"'})
    assert (old.status_code, old.json()["status"]) == (412, "412")
    same = office.scim("PUT", path, user("ada"), headers={"If-Match": 'W/"1"'})
    assert (same.status_code, same.headers["etag"]) == (200, 'W/"1"'), "nothing changed"


def test_only_the_directory_with_its_token_gets_in(office: Office) -> None:
    for headers in ({"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        answer = office.scim("GET", "/Users", headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (401, "401")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_password_is_never_kept(office: Office) -> None:
    made = office.created("/Users", **user("ada", password="secret-of-ada"))
    assert "password" not in made
    assert b"secret-of-ada" not in Path(office.database.url.database or "").read_bytes()
    assert b"secret-of-ada" not in Path(f"{office.database.url.database}-wal").read_bytes()


def test_as_okta_and_entra_id_do_it(office: Office) -> None:
    boss = office.created("/Users", **user("boss"))
    made = office.created("/Users", **user("ada", active=True, timezone="Europe/Madrid", unknownAttribute="x"))
    path = f"/Users/{made['id']}"
    for operation in (
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": {"value": boss["id"]}},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "ada.l@example.com"},
        {"op": "Add", "value": {f"{FOLLOWTHROUGH}:away": "2026-08-03/2026-08-21; 2026-12-24"}},
    ):
        assert office.patched(path, operation).status_code == 200
    ada = office.organisation().people["ada"]
    assert (ada.manager, ada.email, ada.time_zone, len(ada.away)) == ("boss", "ada.l@example.com", "Europe/Madrid", 2)
    for inactive in ("False", False):
        assert office.patched(path, {"op": "Replace", "path": "active", "value": inactive}).status_code == 200
        assert office.organisation().people["ada"].left is not None
        assert office.patched(path, {"op": "replace", "value": {"active": True}}).status_code == 200
        assert office.organisation().people["ada"].left is None
    group = office.created("/Groups", schemas=[GROUP], displayName="platform", members=[{"value": made["id"]}])
    assert "ada" in office.organisation().teams["platform"].members
    removal = {"op": "Remove", "path": "members", "value": [{"value": made["id"]}]}
    assert office.patched(f"/Groups/{group['id']}", removal).status_code == 200
    assert "ada" not in office.organisation().teams["platform"].members


@pytest.mark.parametrize("time_zone", ["Pacific/Auckland", "America/Los_Angeles", None])
@pytest.mark.parametrize("hour", [2, 20])
def test_who_is_not_active_any_more_is_not_there_from_then_on(time_zone: str | None, hour: int) -> None:
    now = datetime(2026, 11, 26, hour, tzinfo=UTC)
    gone = entry_of(DirectoryUser(user_name="ada@example.com", active=False, timezone=time_zone), "1", None, now)
    assert gone.left is not None
    assert gone.left <= now.date()


def test_who_is_deleted_has_left_and_comes_back_as_the_same_person(office: Office) -> None:
    made = office.created("/Users", **user("ada"))
    assert office.scim("DELETE", f"/Users/{made['id']}").status_code == 204
    assert office.organisation().people["ada"].left is not None
    again = office.created("/Users", **user("ada", userName="lovelace", emails=[{"value": "ada@example.com"}]))
    assert again["id"] != made["id"]
    assert office.organisation().people["ada"].left is None
    assert "lovelace" not in office.organisation().people


def test_what_would_break_the_organisation_changes_nothing_and_is_told(office: Office) -> None:
    boss = office.created("/Users", **user("boss"))
    ada = office.created("/Users", **user("ada", **{ENTERPRISE: {"manager": {"value": boss["id"]}}}))
    before = office.organisation()
    for name, operation in (
        (boss, {"op": "replace", "path": f"{ENTERPRISE}:manager.value", "value": ada["id"]}),
        (boss, {"op": "replace", "path": "emails", "value": [{"value": "ada@example.com"}]}),
        (ada, {"op": "replace", "path": f"{ENTERPRISE}:manager.value", "value": "nobody-knows"}),
        (ada, {"op": "replace", "path": "timezone", "value": "Mars"}),
    ):
        assert office.patched(f"/Users/{name['id']}", operation).status_code == 200
    assert office.organisation() is before
    assert len(office.problems()) == 4
    found = office.api.get("/api/troubles/counts").json()
    assert found["directory not followed"] == 4
    page = office.api.get("/people").text
    for words in ("Not taken over", "nobody-knows", "was heard by SCIM", "Boss", "Inés Robles", "the file", "SCIM"):
        assert words in page
    assert office.patched(f"/Users/{ada['id']}", {"op": "remove", "path": "timezone"}).status_code == 200
    assert len(office.problems()) == 3
