"""The signature is the specification's, by its own test vector."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from activities.webhooks import NotSent, signed
from followthrough.store.webhook_tables import WebhookEventRow
from tests.standins.webhooks import SECRET

VECTOR = WebhookEventRow(
    id="msg_p5jXN8AQM9LWM0D4loKWxJek",
    type="test",
    at=datetime.fromtimestamp(1614265330, UTC),
    record_id="",
    body='{"test": 2432232314}',
)
VECTOR_SECRET, VECTOR_SIGNATURE = (
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
)


def test_the_vector_of_the_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET_A", VECTOR_SECRET)
    headers = signed(VECTOR, ("WEBHOOK_SECRET_A",), VECTOR.at)
    assert headers["webhook-id"] == VECTOR.id
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == VECTOR_SIGNATURE


def test_while_a_secret_is_rotated_both_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET_A", VECTOR_SECRET)
    monkeypatch.setenv("WEBHOOK_SECRET_B", SECRET)
    headers = signed(VECTOR, ("WEBHOOK_SECRET_A", "WEBHOOK_SECRET_B"), datetime.now(UTC))
    for secret in (VECTOR_SECRET, SECRET):
        assert Webhook(secret).verify(VECTOR.body, headers) == {"test": 2432232314}


@pytest.mark.parametrize("wrong", ["", "hunter2", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!"])
def test_what_is_no_secret_is_said_and_signs_nothing(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET_A", wrong)
    with pytest.raises(NotSent, match="WEBHOOK_SECRET_A") as refused:
        signed(VECTOR, ("WEBHOOK_SECRET_A",), VECTOR.at)
    assert not wrong or wrong not in str(refused.value).replace('"whsec_$', "")
