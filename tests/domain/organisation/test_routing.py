import pytest

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.routing import Routed, route
from followthrough.domain.replayed.values import Severity


@pytest.mark.parametrize(
    ("labels", "routed"),
    [
        ({"service": "checkout", "severity": "critical"}, Routed("checkout", "payments", Severity.SEV1)),
        ({"service": "storefront", "severity": "critical"}, Routed("storefront", "platform", Severity.SEV2)),
        (
            {"service": "storefront", "severity": "warning", "job": "web"},
            Routed("storefront", "platform", Severity.SEV3),
        ),
        ({"alertname": "PostgresDown"}, Routed("database", "platform", Severity.SEV1)),
        ({"alertname": "PostgresDown", "service": "checkout"}, Routed("database", "platform", Severity.SEV1)),
        ({"service": "checkout", "drill": "true"}, Routed("checkout", "payments", Severity.SEV3, drill=True)),
        ({"service": "checkout"}, None),
        ({"service": "no such service", "severity": "critical"}, None),
        ({"severity": "critical"}, None),
        ({}, None),
    ],
)
def test_the_first_route_that_fits_an_alert_decides(
    organisation: Organisation, labels: dict[str, str], routed: Routed | None
) -> None:
    assert route(labels, organisation) == routed
