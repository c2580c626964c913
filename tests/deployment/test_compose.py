"""The compose file: Compose's own schema takes it, and what it names is there."""

import json
import re
import stat
import subprocess
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest
import yaml

from followthrough import ROOT, __version__
from followthrough.cli import PLACES
from followthrough.engine import DYNAMIC_CONFIG
from followthrough.secret_files import secret_settings
from followthrough.settings import Settings
from tests.deployment.tools import COMPOSE, compose_spec, module

FILE, DEPLOYING = ROOT / "deploy" / "compose.yaml", ROOT / "docs" / "deploying.md"
SECRETS = {"database-url", "database-password", "temporal-password", "link-secret"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


@pytest.mark.timeout(600)
def test_compose_takes_it(compose: dict[str, Any]) -> None:
    jsonschema.validate(compose, json.loads((module(COMPOSE) / "schema" / "compose-spec.json").read_text()))


def second_file() -> str:
    """As the docs show it."""
    shown = DEPLOYING.read_text().partition("    services:\n")[2].partition("\n\n")[0]
    return dedent(f"    services:\n{shown}\n")


def merged(*files: Path) -> dict[str, Any]:
    """As Compose merges them: it does so with this module."""
    flags = ("-no-path-resolution", "-format", "json")
    done = subprocess.run([compose_spec(), *flags, *files], cwd=files[-1].parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.timeout(600)
def test_what_the_second_file_adds_is_in_web_and_worker_beside_what_they_had(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text(second_file())
    added, whole = yaml.safe_load(second_file()), merged(FILE, path)
    assert whole["secrets"]["sendgrid"]["file"] == "secrets/sendgrid"
    for name in ("web", "worker"):
        had, adds, has = compose["services"][name], added["services"][name], whole["services"][name]
        environment = dict(one.split("=", 1) for one in has["environment"])
        assert environment.keys() == {*had["environment"], *adds["environment"]}
        assert adds["environment"].items() <= environment.items()
        assert {one["source"] for one in has["secrets"]} == {*had["secrets"], *adds["secrets"]}
        assert has["command"] == had["command"]
    assert whole["services"]["migrate"] == merged(FILE)["services"]["migrate"]


@pytest.mark.timeout(600)
def test_an_anchor_of_the_first_file_is_nothing_to_the_second(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text("x-settings: {FOLLOWTHROUGH_MAIL_FROM: incidents@example.com}\n")
    assert merged(FILE, path)["services"] == merged(FILE)["services"]


def test_what_runs_once_does_not_begin_with_the_migration(compose: dict[str, Any]) -> None:
    """`run` starts what a service depends on, with the image that it was given: the new one, before an upgrade."""
    assert "migrate" in compose["services"]["worker"]["depends_on"]
    once = re.findall(r"docker compose [^`\n]* run [^`\n]*", DEPLOYING.read_text())
    assert once
    assert [command for command in once if "--no-deps" not in command] == []


@pytest.mark.timeout(600)
def test_compose_takes_the_second_file_that_the_docs_show(compose: dict[str, Any]) -> None:
    ours = yaml.safe_load(second_file())
    jsonschema.validate(ours, json.loads((module(COMPOSE) / "schema" / "compose-spec.json").read_text()))
    assert ours["services"].keys() <= compose["services"].keys()
    for one in ours["services"].values():
        assert {*one["secrets"]} == ours["secrets"].keys()
        for name, given in one["environment"].items():
            assert name.removeprefix("FOLLOWTHROUGH_").removesuffix("_FILE").lower() in Settings.model_fields
            assert not name.endswith("_FILE") or given.removeprefix("/run/secrets/") in ours["secrets"]


def test_what_a_service_names_is_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, one in services.items():
        assert set(one.get("depends_on", ())) <= services.keys(), name
        assert set(one.get("secrets", ())) <= compose["secrets"].keys(), name
        assert set(one.get("networks", ())) <= compose["networks"].keys(), name
        named = {volume.split(":")[0] for volume in one.get("volumes", ()) if volume[0] not in ".$"}
        assert named <= compose["volumes"].keys(), name
        for needed, when in one.get("depends_on", {}).items():
            assert when["condition"] != "service_healthy" or "test" in services[needed]["healthcheck"], (name, needed)


def test_ours_are_of_this_version_locked_down_and_have_secrets_as_files_alone(compose: dict[str, Any]) -> None:
    ours = [one for one in compose["services"].values() if one.get("build")]
    assert {one["command"][0] for one in ours} == {"web", "worker", "migrate"} <= PLACES.keys()
    for one in ours:
        assert f":{__version__}}}" in one["image"]
        assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"])
        assert not set(secret_settings(Settings)) & one["environment"].keys()
        files = {path for name, path in one["environment"].items() if name.endswith("_FILE") and "/secrets/" in path}
        assert files == {f"/run/secrets/{secret}" for secret in one["secrets"]}


def test_temporal_is_of_the_version_that_the_engine_for_one_machine_has(compose: dict[str, Any]) -> None:
    needed = dict(re.findall(r"^\t(\S+) v(\S+)$", (ROOT / "deploy" / "devserver" / "go.mod").read_text(), re.MULTILINE))
    server, ui = needed["go.temporal.io/server"], needed["github.com/temporalio/ui-server/v2"]
    images = {one["image"].removeprefix("docker.io/temporalio/") for one in compose["services"].values()}
    assert {image for image in images if "/" not in image and "$" not in image} == {
        f"server:{server}",
        f"admin-tools:{server}",
        f"ui:{ui}",
    }


def test_temporal_has_the_settings_of_the_engine_for_one_machine(compose: dict[str, Any]) -> None:
    """But for those that skip time."""
    wanted = dict(one.split("=") for one in DYNAMIC_CONFIG if "TimeSkipping" not in one)
    given = yaml.safe_load(compose["configs"]["temporal-settings"]["content"])
    assert {name: str(one["value"]) for name, [one] in given.items()} == wanted


@pytest.mark.parametrize(("answer", "ends"), [("SERVING", True), ("NOT_SERVING", False)])
def test_its_namespace_waits_until_temporal_serves(compose: dict[str, Any], answer: str, ends: bool) -> None:
    [script] = compose["services"]["temporal-namespace"]["command"]
    asked = re.search(r"\| (grep [^;]+);", script)
    assert asked is not None
    assert (subprocess.run(["sh", "-c", asked.group(1)], input=f"{answer}\n", text=True).returncode == 0) == ends


def test_databases_and_engine_are_reached_from_inside_alone(compose: dict[str, Any]) -> None:
    for name, one in compose["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ())), name
    assert compose["networks"]["inside"] == {"internal": True}
    for name in ("database", "temporal", "temporal-database", "temporal-schema", "temporal-namespace", "migrate"):
        assert compose["services"][name]["networks"] == ["inside"], name


def test_its_secrets_are_made_once(compose: dict[str, Any], tmp_path: Path) -> None:
    assert {Path(one["file"]).name for one in compose["secrets"].values()} == SECRETS
    made = []
    for _ in range(2):
        subprocess.run([ROOT / "deploy" / "compose-secrets", tmp_path / "secrets"], check=True)
        made.append({path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()})
    assert made[0] == made[1]
    assert made[0].keys() == SECRETS
    assert made[0]["database-password"].strip() in made[0]["database-url"]
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o711
