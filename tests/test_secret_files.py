"""Secrets that stand in files, as containers are given them."""

from pathlib import Path

import pytest
import typer

from followthrough.cli.service import read_settings
from followthrough.secret_files import secret_settings
from followthrough.settings import Settings

SECRETS = {
    "FOLLOWTHROUGH_DATABASE_URL": "postgresql://somebody:something@db/followthrough",
    "FOLLOWTHROUGH_API_TOKEN": "a-token-for-all",
    "FOLLOWTHROUGH_OIDC_CLIENT_SECRET": "what the provider made",
    "FOLLOWTHROUGH_GENERIC_TOKEN": "a-token-of-a-script",
    "FOLLOWTHROUGH_ALERTMANAGER_TOKEN": "a-token-of-alertmanager",
    "FOLLOWTHROUGH_PAGERDUTY_SECRETS": "of last year,of this year",
    "FOLLOWTHROUGH_PAGERDUTY_ROUTING_KEY": "a-routing-key",
    "FOLLOWTHROUGH_SCIM_TOKEN": "a-token-of-the-directory",
    "FOLLOWTHROUGH_JIRA_TOKEN": "a-token-of-jira",
    "FOLLOWTHROUGH_JIRA_WEBHOOK_SECRETS": '["of last year", "of this year"]',
    "FOLLOWTHROUGH_SENDGRID_API_KEY": "a-key-of-sendgrid",
    "FOLLOWTHROUGH_LINK_SECRET": "signs what is in mails",
    "FOLLOWTHROUGH_PREVIOUS_LINK_SECRETS": "signed what was in mails",
    "FOLLOWTHROUGH_PAYLOAD_KEYS": f"{'1b' * 32},{'0a' * 32}",
    "TEMPORAL_API_KEY": "a-key-of-temporal-cloud",
}


def test_each_setting_with_a_secret_in_it_may_come_from_a_file() -> None:
    assert set(secret_settings(Settings)) == set(SECRETS)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("name", SECRETS)
def test_it_is_what_the_setting_would_be_whatever_ends_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, end: str
) -> None:
    monkeypatch.setenv(name, SECRETS[name])
    given = read_settings()
    monkeypatch.delenv(name)
    file = tmp_path / "secret"
    file.write_text(SECRETS[name] + end, newline="")
    monkeypatch.setenv(f"{name}_FILE", str(file))
    assert read_settings() == given != Settings.model_construct()


def test_the_names_of_files_may_stand_in_dot_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-routing-key\n")
    (tmp_path / ".env").write_text("FOLLOWTHROUGH_PAGERDUTY_ROUTING_KEY_FILE=key\n")
    monkeypatch.chdir(tmp_path)
    found = Settings(_env_file=".env").pagerduty_routing_key
    assert found is not None
    assert found.get_secret_value() == "a-routing-key"


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(typer.Exit) as ended:
        read_settings()
    assert ended.value.exit_code == 2
    return " ".join(capsys.readouterr().err.split())


def test_a_secret_that_is_given_twice_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret").write_text("a-token-of-a-script")
    monkeypatch.setenv("FOLLOWTHROUGH_GENERIC_TOKEN", "another-token")
    monkeypatch.setenv("FOLLOWTHROUGH_GENERIC_TOKEN_FILE", str(tmp_path / "secret"))
    said = "Both FOLLOWTHROUGH_GENERIC_TOKEN and FOLLOWTHROUGH_GENERIC_TOKEN_FILE are set; remove one of them."
    assert refused(capsys) == said


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "can't be read (No such file or directory); put the secret there."),
        (b"\xff\xfe", "can't be read (it is no text in UTF-8); put the secret there."),
        (b" \n", "is empty; put the secret there."),
    ],
)
def test_a_file_without_a_secret_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
    why: str,
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("TEMPORAL_API_KEY_FILE", str(file))
    said = refused(capsys).replace(" ", "")
    assert said == f"TEMPORAL_API_KEY_FILE names {file}, which {why}".replace(" ", "")


def test_one_that_is_too_short_is_refused_like_one_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret").write_text("1234567")
    monkeypatch.setenv("FOLLOWTHROUGH_SCIM_TOKEN_FILE", str(tmp_path / "secret"))
    said = refused(capsys)
    assert said.startswith("The setting FOLLOWTHROUGH_SCIM_TOKEN is wrong: it has 7 characters")
    assert "1234567" not in said
