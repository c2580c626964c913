"""Alerts that fit no route are kept and shown until they do."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from followthrough.domain.answered.organisation.organisation import Organisation, Route
from followthrough.domain.replayed.values import Severity
from followthrough.organisation_file import OrganisationFile
from followthrough.store.database import migrate, open_database
from tests.web.conftest import Web
from tests.web.pagers import NOBODY_LISTENS, accepted, event, group, page, state


async def test_an_alert_without_a_route_is_kept_and_shown_until_it_has_one(
    with_priorities: Web, priorities: httpx.AsyncClient, tmp_path: Path
) -> None:
    database = open_database(f"sqlite:///{tmp_path}/kept.db")
    migrate(database)
    lost: dict[str, Any] = {
        "id": f"Q{uuid4().hex[:12]}",
        "priority": None,
        "service": {"id": "P9", "summary": "search"},
    }
    async with replace(with_priorities, database=database).browser() as api:
        assert "no route" not in (await api.get("/")).text
        assert "None: every alert" in (await api.get("/alerts")).text
        for minutes in range(3):
            answer = await event(api, "triggered", minutes=minutes, title="Search <b>fails</b>", **lost)
            assert answer.status_code == 202
            assert "service=search" in answer.json()["message"]
        assert '<a href="/alerts">1 alert fits no route</a>' in (await api.get("/")).text
        listed = (await api.get("/alerts")).text
        for words in ("Search &lt;b&gt;fails", "service=search", '"Deliveries">3<', "firing", "PagerDuty"):
            assert words in listed
        await event(api, "resolved", minutes=8, **lost)
        assert '"Says">resolved<' in (await api.get("/alerts")).text
        routed = lost | {"priority": {"id": "P1", "summary": "P1"}, "service": {"id": "P1", "summary": "checkout"}}
        await accepted(await event(api, "reopened", minutes=9, **routed))
        assert "None: every alert" in (await api.get("/alerts")).text
    database.dispose()


async def test_the_last_route_can_take_whatever_comes(web: Web, organisation: OrganisationFile) -> None:
    def with_fallback() -> Organisation:
        fallback = Route(service="storefront", severity=Severity.SEV4)
        return organisation().model_copy(update={"routes": (*organisation().routes, fallback)})

    async with replace(web, organisation=with_fallback).browser() as api:  # type: ignore[arg-type]
        incident = await state(web, await accepted(await page(api, commonLabels={"job": "anything"})))
    assert (incident.service, incident.severity) == ("storefront", "SEV4")


async def test_an_alert_without_a_route_that_cannot_be_kept_is_to_be_sent_again(web: Web) -> None:
    database = open_database(f"postgresql://nobody@{NOBODY_LISTENS}/nothing")
    async with replace(web, database=database).browser() as api:
        answer = await page(api, commonLabels={"severity": "info"})
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


async def test_many_deliveries_at_once_of_an_alert_without_a_route_are_counted_once_each(
    web: Web, tmp_path: Path
) -> None:
    database = open_database(f"sqlite:///{tmp_path}/kept.db")
    migrate(database)
    body = group(commonLabels={"severity": "info"})
    async with replace(web, database=database).browser() as api:
        await asyncio.gather(*(api.post("/webhooks/alertmanager", json=body) for _ in range(20)))
        assert '"Deliveries">20<' in (await api.get("/alerts")).text
    database.dispose()
