"""What ``doctor`` says of receivers of webhooks."""

from datetime import UTC, datetime
from typing import Any

import pytest

from followthrough.doctor_webhooks import receivers
from followthrough.domain.answered.organisation.webhooks import WebhookEndpoint
from followthrough.findings import FindingState
from followthrough.store.webhook_tables import WebhookEndpointRow
from tests.example import EXAMPLE
from tests.standins.webhooks import SECRET

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def said(**state: Any) -> tuple[FindingState, str]:
    values = {"url": "https://data.example.com/hooks", "secrets": ("WEBHOOK_SECRET_TEST",)}
    endpoint = WebhookEndpoint.model_validate(values)
    organisation = EXAMPLE.model_copy(update={"webhooks": {"warehouse": endpoint}})
    states = {"warehouse": WebhookEndpointRow(name="warehouse", **state)} if state else {}
    (finding,) = receivers(organisation, states)
    assert finding.subject == "webhook warehouse"
    return finding.state, f"{finding.sentence} {finding.what_to_do}"


@pytest.mark.parametrize(
    ("secret", "why"), [("", "has no secret of a webhook"), ("hunter2", "is no secret of a webhook")]
)
def test_a_secret_that_is_missing_or_none_is_said_and_not_shown(
    secret: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET_TEST", secret)
    state, words = said()
    assert (state, why in words, "WEBHOOK_SECRET_TEST" in words) == (FindingState.WRONG, True, True)
    assert "hunter2" not in words


def test_an_endpoint_that_fails_or_is_disabled_is_said_with_since_when(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET_TEST", SECRET)
    assert said()[0] is FindingState.OK
    assert said(failing_since=AT) == (
        FindingState.WRONG,
        "data.example.com takes nothing since 2026-03-02 09:15 UTC. "
        "See `followthrough webhooks --to warehouse` for what it answers; what waits is tried again.",
    )
    state, words = said(failing_since=AT, disabled_at=AT, disabled_because="It answered 410 Gone.")
    assert state is FindingState.WRONG
    assert "disabled since 2026-03-02 09:15 UTC: It answered 410 Gone. Mend the receiver" in words
    assert "`followthrough webhooks enable warehouse`" in words
