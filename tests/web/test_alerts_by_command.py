"""Alerts without a route, by the API: listed, set aside and brought back."""

from datetime import UTC, datetime
from typing import Any

import httpx

from followthrough.domain.replayed.incident.alert import Alert, AlertState
from followthrough.store.alerts import keep
from tests.web.audited import audited
from tests.web.conftest import Web

DISK = "generic:checkout/disk"


async def listed(api: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    return {one["dedup_key"]: one for one in (await api.get("/api/alerts", params=params)).json()}


async def test_an_alert_is_set_aside_and_brought_back(alone: Web) -> None:
    now, labels = datetime.now(UTC), {"disk": "1"}
    alert = Alert(
        dedup_key=DISK, source="generic", state=AlertState.FIRING, title="The disk is full", labels=labels, at=now
    )
    keep(alone.database, alert, now)
    async with alone.browser() as api:
        assert (await listed(api))[DISK]["labels"] == labels
        with audited(alone.settings, alone.database) as entries:
            body = {"by": "wei", "alert": DISK, "because": "It is replaced on Monday"}
            assert (await api.post("/api/alerts/set-aside", json=body)).status_code == 204
            aside = (await listed(api, aside=True))[DISK]
            assert (aside["set_aside_by"], aside["set_aside_because"]) == ("wei", "It is replaced on Monday")
            assert DISK not in await listed(api)
            assert (await api.post("/api/alerts/bring-back", json={"by": "wei", "alert": DISK})).status_code == 204
        assert entries.said() == [("set aside alert", "wei", "done"), ("bring alert back", "wei", "done")]
        assert DISK in await listed(api)
        gone = await api.post("/api/alerts/set-aside", json=body | {"alert": "nothing"})
        assert (gone.status_code, "was forgotten" in gone.json()["detail"]) == (404, True)
        nobody = await api.post("/api/alerts/set-aside", json={"alert": DISK, "because": "Why"})
        assert nobody.status_code == 422
