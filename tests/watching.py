"""What is deployed to watch the service, and which metrics it asks for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

RULES = Path("deploy/prometheus/followthrough.rules.yaml")
DASHBOARD = Path("deploy/grafana/followthrough.json")
METRIC = re.compile(r"\b(?:followthrough|temporal|process)_[a-z_]+\b")


def asked_for(file: Path) -> set[str]:
    """The names of metrics in all queries of the rules or of the dashboard."""
    return {name for query in queries(file) for name in METRIC.findall(query)}


def queries(file: Path) -> Iterator[str]:
    """Whatever stands behind ``expr``, at any depth, with an interval where Grafana has one of its own."""
    text = file.read_text().replace("$__rate_interval", "5m")
    yield from _expressions(json.loads(text) if file.suffix == ".json" else yaml.safe_load(text))


def _expressions(value: Any) -> Iterator[str]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if key == "expr":
            yield str(inner)
        elif isinstance(inner, dict | list):
            yield from _expressions(inner)
