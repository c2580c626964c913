"""What pagers really send: storms, odd texts, groups that change, and ends that come late."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import Resolve
from followthrough.domain.replayed.values import Severity
from followthrough.organisation_file import OrganisationFile
from tests.web.conftest import Web
from tests.web.pagers import TOKEN, accepted, event, generic, give, group, member, page, state

CHECKOUT = {"alertname": "ErrorRate", "service": "checkout"}


async def test_the_worst_of_a_groups_alerts_decides_although_they_share_no_severity(
    web: Web, api: httpx.AsyncClient
) -> None:
    alerts = [
        member(labels=CHECKOUT),
        member(
            labels=CHECKOUT | {"severity": "critical", "zone": "a"},
            annotations={"description": "Every third payment"},
            generatorURL="https://prometheus.example.com/graph?g0.expr=x",
        ),
        member(labels=CHECKOUT | {"severity": "warning"}),
    ]
    incident = await state(web, await accepted(await page(api, commonLabels=CHECKOUT, alerts=alerts)))
    assert (incident.service, incident.severity) == ("checkout", Severity.SEV1)
    assert incident.alert is not None
    assert incident.alert.labels["zone"] == "a"
    assert incident.alert.summary == "12 % fail"
    assert incident.alert.url == "https://prometheus.example.com/graph?g0.expr=x"


async def test_an_alert_of_a_group_that_is_over_does_not_decide(web: Web, api: httpx.AsyncClient) -> None:
    alerts = [
        member(status="resolved", labels=CHECKOUT | {"severity": "critical"}),
        member(labels=CHECKOUT | {"severity": "warning"}),
    ]
    incident = await state(web, await accepted(await page(api, commonLabels=CHECKOUT, alerts=alerts)))
    assert incident.severity is Severity.SEV3


async def test_a_group_that_gets_worse_raises_its_incident_unless_a_person_decided(
    web: Web, api: httpx.AsyncClient
) -> None:
    key, labels = uuid4().hex, {"service": "checkout"}
    for severity, expected in (("warning", "SEV3"), ("critical", "SEV1"), ("warning", "SEV1")):
        answer = await page(api, groupKey=key, commonLabels=labels | {"severity": severity})
        incident = await state(web, await accepted(answer))
        assert incident.severity == expected
    command = {"command": "change severity", "by": "ines", "severity": "SEV4", "reason": "Nobody notices"}
    assert (await api.post(f"/api/incidents/{incident.id}/commands", json=command)).status_code == 200
    await page(api, groupKey=key, commonLabels=labels | {"severity": "critical"})
    assert (await state(web, incident.id)).severity == "SEV4"


async def test_equal_group_keys_of_two_alertmanagers_are_two_incidents(web: Web, api: httpx.AsyncClient) -> None:
    key = uuid4().hex
    clusters = {
        "production": {"service": "checkout", "severity": "critical"},
        "staging": {"service": "checkout", "severity": "warning"},
    }

    async def send(cluster: str, status: str = "firing") -> httpx.Response:
        url = f"http://alertmanager.{cluster}.example.com"
        return await page(api, groupKey=key, externalURL=url, commonLabels=clusters[cluster], status=status)

    production, staging = [await accepted(await send(cluster)) for cluster in clusters]
    assert production != staging
    await accepted(await send("staging", "resolved"))
    assert (await state(web, staging)).resolution_proposed_at is not None
    incident = await state(web, production)
    assert (incident.severity, incident.resolution_proposed_at) == ("SEV1", None)


async def test_what_makes_an_alertmanagers_alert_the_same_is_chosen_in_the_file(
    web: Web, organisation: OrganisationFile
) -> None:
    def chosen() -> Organisation:
        policies = organisation().policies
        alertmanager = policies.alertmanager.model_copy(update={"identity": ("groupKey", "labels.cluster")})
        changed = policies.model_copy(update={"alertmanager": alertmanager})
        return organisation().model_copy(update={"policies": changed})

    key, labels = uuid4().hex, {"service": "checkout", "severity": "critical"}
    async with replace(web, organisation=chosen).browser() as api:  # type: ignore[arg-type]
        pair = [
            await accepted(
                await page(
                    api, groupKey=key, externalURL=f"http://{peer}:9093", commonLabels=labels | {"cluster": "eu"}
                )
            )
            for peer in ("one", "two")
        ]
        elsewhere = await accepted(await page(api, groupKey=key, commonLabels=labels | {"cluster": "us"}))
    assert len(set(pair)) == 1
    assert elsewhere not in pair


async def test_a_storm_of_alerts_starts_an_incident_that_keeps_little_of_it(web: Web, api: httpx.AsyncClient) -> None:
    sentences = " ".join(
        f"This is sentence {number} of what somebody wrote about it in the rule." for number in range(9)
    )
    alerts = [
        member(
            labels=CHECKOUT | {"severity": "critical", "instance": f"shop-{number}"},
            annotations={"summary": f"shop-{number} fails", "description": f"{number}: {sentences}"},
        )
        for number in range(2_000)
    ]
    storm = group(groupLabels={}, commonLabels=CHECKOUT, commonAnnotations={}, alerts=alerts)
    assert len(json.dumps(storm)) > 1_300_000
    incident = await state(web, await accepted(await api.post("/webhooks/alertmanager", json=storm)))
    assert (incident.severity, incident.title) == ("SEV1", "ErrorRate")
    assert len(incident.model_dump_json()) < 10_000


async def test_nothing_that_is_long_costs_an_alert(web: Web, api: httpx.AsyncClient) -> None:
    long, labels = "x" * 400_000, {f"label-{number}": "v" * 5_000 for number in range(3_000)}
    fits = {"service": "checkout", "severity": "critical", "urgency": "high"}
    answers = [
        await page(api, groupKey=long, commonAnnotations={"summary": long, "description": long}, externalURL=long),
        await page(api, groupKey=long + "y", commonLabels={**fits, **labels}),
        await api.post(
            "/webhooks/generic",
            json=generic(dedup_key=long, title=long, summary=long, labels={**fits, "long": long}, url=long),
            headers=TOKEN,
        ),
        await event(api, "triggered", id=long, title=long, html_url=long),
    ]
    incidents = [await accepted(answer) for answer in answers]
    assert len(set(incidents)) == len(incidents)
    for incident_id in incidents:
        incident = await state(web, incident_id)
        assert len(incident.model_dump_json()) < 12_000
        assert len(incident.dedup_key) <= 200
    assert (await state(web, incidents[0])).title.endswith("… [cut]")
    kept = (await state(web, incidents[1])).alert
    assert kept is not None
    assert kept.labels["…"].endswith(" more")


HALF = "Pay \ud83d"
ODD_BODIES: dict[str, dict[str, Any]] = {
    "half a pair in a summary": group(commonAnnotations={"summary": HALF}),
    "half a pair in a description": group(commonAnnotations={"description": HALF}),
    "half a pair in a label": group(commonLabels={"service": "checkout", "severity": "critical", HALF: HALF}),
    "half a pair in an alert": group(alerts=[member(labels={HALF: HALF}, annotations={HALF: HALF}, generatorURL=HALF)]),
    "half a pair in the key": group(groupKey=f"{uuid4()}{HALF}"),
    "half a pair as a field": group(**{HALF: HALF}),
    "NUL": group(commonAnnotations={"summary": "a\0b", "description": "CPU \0 90 %"}, groupKey=f"{uuid4()}\0"),
    "nulls": group(commonAnnotations=None, groupLabels=None, externalURL=None, receiver=None, alerts=None),
    "null labels": group(commonLabels={"service": "checkout", "severity": "critical", "zone": None}),
    "numbers in labels": group(commonLabels={"service": "checkout", "severity": "critical", "zone": 1, "on": True}),
    "an alert without times": group(alerts=[member(startsAt=None), member(startsAt="soon"), {}]),
    "another version": group(version="5"),
    "Grafana's version": group(version="1", orgId=1, title="[FIRING:1]", message="..."),
    "no version": {name: value for name, value in group().items() if name != "version"},
    "no alerts": group(alerts=[]),
    "an alert that is no object": group(alerts=[None, HALF, member()]),
    "a receiver that is no text": group(receiver=[HALF], externalURL={}),
    "times at the edges": group(
        alerts=[member(startsAt="0001-01-01T00:00:00+23:59"), member(startsAt="9999-12-31T23:59:59-23:59")]
    ),
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
async def test_odd_bodies_start_incidents(web: Web, api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    content = json.dumps(body | {"groupKey": body["groupKey"] + uuid4().hex})
    answer = await api.post("/webhooks/alertmanager", content=content, headers={"Content-Type": "application/json"})
    incident = await state(web, await accepted(answer))
    assert "\0" not in incident.model_dump_json()


REFUSED_BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "a null in a list of labels": ("alertmanager", group(commonLabels=["a", None])),
    "a label that is a list": ("alertmanager", group(commonLabels={HALF: [None]})),
    "alerts that are no list": ("alertmanager", group(alerts={HALF: None})),
    "a blank title": ("generic", generic(title=" \u2028 ")),
    "an unknown field with half a pair": ("generic", generic(**{HALF: 1})),
    "a status of ours": ("alertmanager", group(status="merged")),
}


@pytest.mark.parametrize(("pager", "body"), REFUSED_BODIES.values(), ids=REFUSED_BODIES)
async def test_what_is_not_understood_is_refused_in_a_sentence(
    api: httpx.AsyncClient, pager: str, body: dict[str, Any]
) -> None:
    headers = {**TOKEN, "Content-Type": "application/json"}
    answer = await api.post(f"/webhooks/{pager}", content=json.dumps(body), headers=headers)
    assert answer.status_code == 422
    assert len(answer.json()["error"]) < 300
    assert "AlertState" not in answer.json()["error"]


async def test_an_end_that_comes_late_does_not_end_what_began_after_it(web: Web, api: httpx.AsyncClient) -> None:
    pager, key = f"Q{uuid4().hex[:12]}", uuid4().hex
    by_event = await accepted(await event(api, "triggered", id=pager))
    await accepted(await event(api, "reopened", id=pager, minutes=30))
    await accepted(await event(api, "resolved", id=pager, minutes=20))
    by_group = await accepted(await page(api, groupKey=key, alerts=[member(startsAt="2026-03-02T09:30:00Z")]))
    over = member(status="resolved", endsAt="2026-03-02T09:20:00Z")
    await accepted(await page(api, groupKey=key, status="resolved", alerts=[over]))
    body = generic(at="2026-03-02T09:30:00Z")
    by_hand = await accepted(await api.post("/webhooks/generic", json=body, headers=TOKEN))
    late = body | {"state": "resolved", "at": "2026-03-02T09:20:00Z"}
    await accepted(await api.post("/webhooks/generic", json=late, headers=TOKEN))
    for incident_id in (by_event, by_group, by_hand):
        incident = await state(web, incident_id)
        assert (incident.alerts >= 2, incident.resolution_proposed_at) == (True, None)


async def test_a_group_that_fires_on_after_its_end_by_time_out_is_believed(web: Web, api: httpx.AsyncClient) -> None:
    """Alertmanager ends an alert that Prometheus could not repeat in time; it comes back with its old time."""
    key = uuid4().hex
    incident_id = await accepted(await page(api, groupKey=key, alerts=[member()]))
    over = member(status="resolved", endsAt="2026-03-02T09:20:00Z")
    await accepted(await page(api, groupKey=key, status="resolved", alerts=[over]))
    await give(api, incident_id, Resolve(by="ines", summary="It looked over"))
    assert await accepted(await page(api, groupKey=key, alerts=[member()])) == f"{incident_id}-2"


async def test_the_page_of_an_incident_shows_its_alert_and_links_only_the_web(web: Web, api: httpx.AsyncClient) -> None:
    body = generic(url="https://grafana.example.com/d/1?a=1&b=2", summary="Queue <full>\nSince nine")
    shown = (await api.get(f"/incidents/{await _sent(api, body)}")).text
    assert 'href="https://grafana.example.com/d/1?a=1&amp;b=2"' in shown
    assert "Queue &lt;full&gt;\nSince nine" in shown
    assert "service=checkout" in shown
    for url in ("javascript:alert(1)", "data:text/html,x", "https://me:secret@example.com", "ftp://example.com", "//x"):
        shown = (await api.get(f"/incidents/{await _sent(api, generic(url=url))}")).text
        assert url not in shown


async def _sent(api: httpx.AsyncClient, body: dict[str, Any]) -> str:
    return await accepted(await api.post("/webhooks/generic", json=body, headers=TOKEN))
