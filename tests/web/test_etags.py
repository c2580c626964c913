"""Who has read something is not given it again, and changes nothing that has changed meanwhile."""

from uuid import uuid4

import httpx
import pytest

from followthrough.domain.replayed.ids import incident_of, page_of
from followthrough.web.etags import versions
from tests.waiting import eventually
from tests.web.test_api import give, with_item


async def test_what_is_known_is_not_given_again_until_it_changes(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    for record, change in (
        (item, {"command": "accept", "by": "tomas"}),
        (incident_of(item), {"command": "acknowledge"}),
    ):
        path = f"/api/{page_of(record)}"

        async def unchanged() -> bool:
            known = (await api.get(path)).headers["ETag"]  # noqa: B023 -- it is awaited before the next one
            again = await api.get(path, headers={"If-None-Match": f'"other", W/{known}'})  # noqa: B023
            return (again.status_code, again.content, again.headers["ETag"]) == (304, b"", known)

        await eventually(unchanged)
        known = (await api.get(path)).headers["ETag"]
        assert (await api.post(f"{path}/commands", json={"by": "ines", **change})).status_code == 200
        changed = await api.get(path, headers={"If-None-Match": known})
        assert changed.status_code == 200
        assert changed.headers["ETag"] != known


async def test_a_command_to_what_has_changed_meanwhile_is_not_carried_out(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    path = f"/api/items/{item}"
    read = (await api.get(path)).headers["ETag"]
    accepted = await give(api, item, "accept", by="tomas")
    body = {"command": "reassign", "to": "lucia", "reason": "Holidays", "by": "marcos"}
    refused = await api.post(f"{path}/commands", json=body, headers={"If-Match": read})
    assert (refused.status_code, refused.json()["type"]) == (412, "urn:followthrough:problem:changed")
    assert refused.json()["detail"] == f"{item} has changed since it was read; read it again, and decide then."
    assert (await api.get(path)).json()["owner"] == "tomas"
    assert accepted.headers["ETag"] == f'"{accepted.json()["version"]}"'

    async def carried_out() -> httpx.Response | None:
        """Its workflow may go on by itself between reading and writing."""
        now, key = (await api.get(path)).headers["ETag"], uuid4().hex
        said = {"If-Match": f'"1-other", {now}', "Idempotency-Key": key}
        answer = await api.post(f"{path}/commands", json=body, headers=said)
        if answer.status_code == 412:
            return None
        again = await api.post(f"{path}/commands", json=body, headers=said)
        assert (again.status_code, again.json()["owner"]) == (200, "lucia")
        return answer

    done = await eventually(carried_out)
    assert done is not None
    assert (done.status_code, done.json()["owner"]) == (200, "lucia")
    anyway = await api.post(
        f"{path}/commands", json={"command": "comment", "text": "Thanks", "by": "marcos"}, headers={"If-Match": "*"}
    )
    assert anyway.status_code == 200


async def test_one_that_is_over_is_reopened_only_as_it_was_read(api: httpx.AsyncClient) -> None:
    incident = await api.post(
        "/api/incidents", json={"title": "x", "service": "checkout", "severity": "SEV4", "by": "ines"}
    )
    record = incident.json()["incident"]
    ended = await give(api, record, "cancel", reason="A false alarm")
    path, body = f"/api/incidents/{record}/commands", {"command": "reopen", "by": "ines", "reason": "It was none"}
    refused = await api.post(path, json=body, headers={"If-Match": '"1"'})
    assert refused.status_code == 412
    reopened = await api.post(path, json=body, headers={"If-Match": ended.headers["ETag"]})
    assert (reopened.status_code, reopened.json()["status"]) == (200, "declared")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, None),
        ("*", None),
        ('"12-1f0c"', (12,)),
        ('"12"', (12,)),
        ('"12-1f0c", "13-aa"', (12, 13)),
        ('W/"12-1f0c"', ()),
        ('"inc-1"', ()),
        ("12", ()),
        ("", ()),
    ],
)
def test_versions_that_a_header_names(header: str | None, found: tuple[int, ...] | None) -> None:
    assert versions(header) == found
