"""What the environment says, and what is said of what makes no sense."""

from datetime import timedelta

import pytest
import typer

from followthrough.cli.service import read_settings

MADE_HERE = ("API_TOKEN", "GENERIC_TOKEN", "ALERTMANAGER_TOKEN", "LINK_SECRET")
LISTED = ("PAGERDUTY_SECRETS", "JIRA_WEBHOOK_SECRETS", "PREVIOUS_LINK_SECRETS")
VENDORS = ("JIRA_TOKEN", "SENDGRID_API_KEY")

EMPTY = [
    *((name, value) for name in (*MADE_HERE, *LISTED, *VENDORS) for value in ("", "  ")),
    *((name, value) for name in LISTED for value in ('[""]', '["a good secret here", " "]', "a-good-secret-here,")),
]
SHORT = [(name, "1234567") for name in (*MADE_HERE, *LISTED)] + [
    ("LINK_SECRET", "123456789012345"),
    ("PREVIOUS_LINK_SECRETS", '["123456789012345"]'),
]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        *((name, value, "it is empty; write the secret, or remove the setting.") for name, value in EMPTY),
        *((name, value, "needs at least") for name, value in SHORT),
        *((name, '["', "it is no JSON list") for name in LISTED),
    ],
)
def test_a_secret_that_keeps_nobody_out_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(f"FOLLOWTHROUGH_{name}", value)
    with pytest.raises(typer.Exit) as ended:
        read_settings()
    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.exit_code == 2
    assert said.startswith(f"The setting FOLLOWTHROUGH_{name} is wrong: ")
    assert why in said
    assert "123456" not in said


def test_secrets_are_listed_as_json_or_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ('["of last year", "of this year"]', "of last year, of this year"):
        monkeypatch.setenv("FOLLOWTHROUGH_PAGERDUTY_SECRETS", value)
        found = [secret.get_secret_value() for secret in read_settings().pagerduty_secrets]
        assert found == ["of last year", "of this year"]
    monkeypatch.setenv("FOLLOWTHROUGH_PAGERDUTY_SECRETS", "[]")
    assert read_settings().pagerduty_secrets == ()


def test_further_hosts_are_names_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FOLLOWTHROUGH_HOSTS", "Followthrough.monitoring.svc, 10.42.8.201, [fd00::7]")
    assert read_settings().hosts == ("followthrough.monitoring.svc", "10.42.8.201", "fd00::7")
    for wrong in ("https://followthrough.example.com", "followthrough.example.com:8080", "a b", ""):
        monkeypatch.setenv("FOLLOWTHROUGH_HOSTS", wrong)
        with pytest.raises(typer.Exit):
            read_settings()
        said = " ".join(capsys.readouterr().err.split())
        assert said.startswith("The setting FOLLOWTHROUGH_HOSTS is wrong: ")
        assert "without a port" in said


@pytest.mark.parametrize(
    ("written", "meant"),
    [("30s", timedelta(seconds=30)), ("2 days", timedelta(days=2)), ("0s", timedelta(0))],
)
def test_durations_are_written_as_in_the_organisation_file(
    monkeypatch: pytest.MonkeyPatch, written: str, meant: timedelta
) -> None:
    monkeypatch.setenv("FOLLOWTHROUGH_JIRA_INDEX_LAG", written)
    assert read_settings().jira_index_lag == meant


def test_one_that_is_none_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FOLLOWTHROUGH_JIRA_INDEX_LAG", "30")
    with pytest.raises(typer.Exit):
        read_settings()
    said = " ".join(capsys.readouterr().err.split())
    assert "FOLLOWTHROUGH_JIRA_INDEX_LAG is wrong: '30' is not a duration; write it like 30m, 4h or 2 days" in said


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("PUBLIC_URL", "followthrough.example.com", "write it like https://followthrough.example.com"),
        ("PUBLIC_URL", "http://[", "is no address"),
        ("JIRA_URL", "jira.example.com", "is no address"),
        ("JIRA_URL", "http://jira.example.com:port", "is no address"),
        ("METRICS_ADDRESS", "9464", "is no address to listen on"),
        ("DEPLOYMENT_NAME", "follow.through", "is no name that Temporal takes"),
        ("SENDGRID_HOST", "api.sendgrid.com", "is no address"),
        ("SENDGRID_WEBHOOK_KEY", "garbage", "it is no public key"),
        ("OIDC_ISSUER", "sso.example.com", "is no address"),
        ("OIDC_ISSUER", "http://sso.example.com", "write it with https://"),
        ("OIDC_CLAIM", "preferred_username", "maps no claim; write email, or like preferred_username=key"),
        ("OIDC_CLAIM", "sub=shoe-size", "maps no claim"),
    ],
)
def test_what_leads_nowhere_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(f"FOLLOWTHROUGH_{name}", value)
    with pytest.raises(typer.Exit):
        read_settings()
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith(f"The setting FOLLOWTHROUGH_{name} is wrong: ")
    assert why in said


def test_a_provider_needs_the_name_that_it_has_for_the_service(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FOLLOWTHROUGH_OIDC_ISSUER", "https://sso.example.com/realms/company")
    with pytest.raises(typer.Exit):
        read_settings()
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith("The setting FOLLOWTHROUGH_OIDC_CLIENT_ID is wrong: it is empty")
    monkeypatch.setenv("FOLLOWTHROUGH_OIDC_CLIENT_ID", "followthrough")
    monkeypatch.setenv("FOLLOWTHROUGH_OIDC_CLAIM", "preferred_username=key")
    assert read_settings().oidc_claim == "preferred_username=key"
