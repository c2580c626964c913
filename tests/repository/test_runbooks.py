"""The runbooks have all that they should: each is found from their first page, and every secret can be replaced."""

import re
from pathlib import Path

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.secret_files import secret_settings
from followthrough.settings import Settings
from tests.repository.test_documentation import links

RUNBOOKS = Path("docs/runbooks")
NOT_MARKED = {
    "FOLLOWTHROUGH_SENDGRID_WEBHOOK_KEY",
    "FOLLOWTHROUGH_TOKEN",
    "TEMPORAL_TLS_CLIENT_CERT_PATH",
    "TEMPORAL_TLS_CLIENT_KEY_PATH",
    "OTEL_EXPORTER_OTLP_HEADERS",
}
"""Read by others than the settings, or public."""
SECRET = re.compile(r"(?:^|_)(?:key|secrets?|token|password)$")


def test_each_runbook_is_found_from_their_first_page() -> None:
    listed = {href for href in links((RUNBOOKS / "README.md").read_text()) if "/" not in href}
    assert listed == {page.name for page in RUNBOOKS.glob("*.md")} - {"README.md"}


def test_each_secret_of_the_settings_can_be_replaced() -> None:
    page = (RUNBOOKS / "secrets.md").read_text()
    missing = {*secret_settings(Settings), *NOT_MARKED} - set(re.findall(r"[A-Z][A-Z_]{5,}", page))
    assert missing == set()


def test_so_can_each_secret_that_the_organisation_file_has_the_place_of() -> None:
    page = (RUNBOOKS / "secrets.md").read_text()
    parts = Organisation.model_json_schema()["$defs"].values()
    places = {name for part in parts for name in part.get("properties", {}) if SECRET.search(name)}
    assert {"pagerduty_key", "secrets"} <= places
    assert [place for place in places if f"`{place}`" not in page] == []


def test_each_setting_is_in_some_page() -> None:
    prefix, pages = "FOLLOWTHROUGH_", " ".join(page.read_text() for page in Path("docs").rglob("*.md"))
    named = set(re.findall(r"(?:FOLLOWTHROUGH_|…_)([A-Z_]+)", pages)) | set(re.findall(r"TEMPORAL_[A-Z_]+", pages))
    names = (name.upper() for name in Settings.model_fields)
    assert [prefix + name for name in names if name not in named] == []


def test_the_settings_that_may_come_from_files_are_listed() -> None:
    _, _, below = Path("docs/operations.md").read_text().partition("## Secrets from files\n")
    listed = below.partition("\n## ")[0].replace("…_", "FOLLOWTHROUGH_")
    assert [name for name in secret_settings(Settings) if f"`{name}`" not in listed] == []
