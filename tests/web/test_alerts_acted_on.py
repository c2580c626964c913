"""An alert that no route fits: somebody declares an incident from it, or says that it needs none."""

import html
import re
from uuid import uuid4

import httpx
import pytest

from tests.waiting import eventually
from tests.web.audited import audited
from tests.web.conftest import Web, words
from tests.web.pagers import group, state
from tests.web.test_doing import hidden
from tests.web.test_private import eyes_of

LABELS = {"severity": "info", "service": "checkout", "queue": "refunds"}


@pytest.fixture
def title() -> str:
    return f"Refunds are slow {uuid4().hex[:8]}"


async def fires(api: httpx.AsyncClient, title: str) -> None:
    body = group(groupKey=title, commonLabels=LABELS, commonAnnotations={"summary": title})
    assert (await api.post("/webhooks/alertmanager", json=body)).status_code in (200, 202)


async def row(api: httpx.AsyncClient, title: str) -> str:
    """What the page has of the alert; empty when it is not there."""
    rows = re.findall(r"<tr.*?</tr>", (await api.get("/alerts")).text, re.DOTALL)
    return next((one for one in rows if title in one), "")


def key(row: str) -> str:
    found = re.search(r'name="alert" value="([^"]+)"', row)
    assert found is not None
    return html.unescape(found[1])


async def test_an_incident_declared_from_an_alert_hears_of_it_from_then_on(web: Web, title: str) -> None:
    async with eyes_of(web, "wei") as wei, eyes_of(web, "tomas") as tomas, web.browser() as api:
        await fires(api, title)
        shown = await row(wei, title)
        alert = key(shown)
        assert "Declare an incident from it" in shown
        form, other = [await one.get("/incidents/new", params={"alert": alert}) for one in (wei, tomas)]
        assert f'value="{title}"' in form.text
        assert 'value="checkout" selected' in form.text
        typed = {"title": title, "service": "checkout", "severity": "SEV2", "kind": "real"}
        sent = typed | {"alert": alert, "nonce": hidden(form, "nonce")}
        first = await wei.post("/incidents/new", data=sent)
        incident = first.headers["location"].partition("?")[0].rpartition("/")[2]
        await eventually(lambda: api.get(f"/api/incidents/{incident}"), lambda answer: answer.status_code == 200)
        assert await row(wei, title) == ""
        late = await tomas.post("/incidents/new", data=sent | {"nonce": hidden(other, "nonce"), "title": "Slow"})
        assert (late.status_code, "started an incident by now" in words(late)) == (409, True)
        assert 'value="Slow"' in late.text

        found = await state(web, incident)
        assert (found.declared_by, found.severity, found.firing) == ("wei", "SEV2", [alert])
        assert found.alert is not None
        assert found.alert.labels["queue"] == "refunds"
        assert f"Declared: {title}" in words(await wei.get(f"/incidents/{incident}"))
        await fires(api, title)
        assert await row(wei, title) == ""
        assert (await state(web, incident)).alerts == 2
        again = await wei.post("/incidents/new", data=sent)
        assert again.headers["location"] == first.headers["location"]


async def test_a_drill_is_declared_beside_the_alert(web: Web, title: str) -> None:
    async with eyes_of(web, "wei") as wei, web.browser() as api:
        await fires(api, title)
        alert = key(await row(wei, title))
        typed = {"title": title, "service": "checkout", "severity": "SEV2", "kind": "drill", "alert": alert}
        declared = await wei.post("/incidents/new", data=typed)
        incident = declared.headers["location"].partition("?")[0].rpartition("/")[2]
        assert (await state(web, incident)).alert is None
        assert key(await row(wei, title)) == alert


async def test_an_alert_is_set_aside_with_a_reason_and_brought_back(web: Web, title: str) -> None:
    async with eyes_of(web, "wei") as wei, eyes_of(web, None) as token, web.browser() as api:
        await fires(api, title)
        assert "Set it aside" not in await row(token, title)
        assert "/you?to=/alerts" in (await api.get("/alerts")).text
        alert = key(await row(wei, title))
        refused = await wei.post("/alerts/set-aside", data={"alert": alert, "because": " "})
        assert (refused.status_code, "Why it needs no incident: this can't be left out." in words(refused)) == (
            409,
            True,
        )
        with audited(web.settings, web.database, "set aside alert") as entries:
            done = await wei.post("/alerts/set-aside", data={"alert": alert, "because": "It is the load test"})
        assert entries.said() == [("set aside alert", "wei", "done")]
        assert "It is set aside" in words(await wei.get(done.headers["location"]))
        await fires(api, title)
        assert "It is the load test<small>Wei Zhang" in await row(wei, title)
        back = await wei.post("/alerts/set-aside", data={"alert": alert, "back": "true"})
        assert back.status_code == 303
        assert "Set it aside" in await row(wei, title)
        gone = await wei.post("/alerts/set-aside", data={"alert": "unknown", "because": "Nothing"})
        assert gone.headers["location"] == "/alerts?said=gone"
