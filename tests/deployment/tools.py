"""Helm, what merges Compose's files, and definitions of others' resources: found, or made once from Go's modules."""

import fcntl
import hashlib
import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from platformdirs import user_cache_path

from followthrough import ROOT

TOOLS = ROOT / "deploy" / "tools"
HELM = "helm.sh/helm/v3/cmd/helm"
KEDA = "github.com/kedacore/keda/v2@v2.21.0"
PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
COMPOSE = "github.com/compose-spec/compose-go/v2@v2.16.2"
DEFINITIONS = (
    (KEDA, "config/crd/bases/keda.sh_scaledobjects.yaml"),
    (KEDA, "config/crd/bases/keda.sh_triggerauthentications.yaml"),
    (PROMETHEUS_OPERATOR, "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml"),
)


@cache
def helm() -> Path:
    """On the path, or built as ``deploy/tools`` says, some minutes once; skips without Go or its modules."""
    if found := shutil.which("helm"):
        return Path(found)
    wanted = b"".join((TOOLS / name).read_bytes() for name in ("go.mod", "go.sum"))
    name = f"helm-{hashlib.sha256(wanted).hexdigest()[:16]}"
    return _built(name, "-mod=readonly", "-ldflags=-s -w", package=HELM)


@cache
def compose_spec() -> Path:
    """What reads and merges files for `docker compose`, built in half a minute once; skips as ``helm``."""
    return _built(f"compose-spec-{COMPOSE.rpartition('@')[2]}", "-C", str(module(COMPOSE)), package="./cmd")


def _built(name: str, *flags: str, package: str) -> Path:
    copy = user_cache_path("followthrough") / name
    copy.parent.mkdir(parents=True, exist_ok=True)
    with copy.with_name(f"{name}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not copy.exists():
            partial = copy.with_name(f"{name}.partial")
            _go("build", *flags, "-o", str(partial), package)
            partial.replace(copy)
    return copy


@cache
def module(name: str) -> Path:
    """Where a Go module's files are, downloaded when they are not there yet; skips when they can't be had."""
    return Path(json.loads(_go("mod", "download", "-json", name))["Dir"])


@cache
def definitions() -> dict[tuple[str, str], Draft202012Validator]:
    """Of KEDA's and the Prometheus operator's resources, by version and kind, after their OpenAPI schemas."""
    found = {}
    for name, path in DEFINITIONS:
        spec = yaml.load((module(name) / path).read_text(), Loader=yaml.CSafeLoader)["spec"]
        for version in spec["versions"]:
            key = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
            found[key] = Draft202012Validator(_closed(version["schema"]["openAPIV3Schema"]))
    return found


def _closed(schema: Any) -> Any:
    """As a cluster has it, which keeps no field that the definition does not name."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(closed.get("properties"), dict) and not closed.get("x-kubernetes-preserve-unknown-fields"):
        closed.setdefault("additionalProperties", False)
    return closed


def _go(*arguments: str) -> str:
    if not (go := shutil.which("go")):
        pytest.skip("neither helm nor Go is installed")
    done = subprocess.run([go, *arguments], cwd=TOOLS, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"`go {arguments[0]}` can't have what deploy/tools names: {done.stderr.strip()[-300:]}")
    return done.stdout
