"""What plans depend on, in a word that changes with it: the organisation file, who has left it, the product's rules."""

import hashlib
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from followthrough import domain
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation

BESIDE_THE_FILE: dict[str, Any] = {"update_templates": True, "teams": {"__all__": {"update_templates"}}}
"""Folders, which are elsewhere on another machine with the same file."""


def fingerprint(wanted: Organisation, day: date) -> str:
    """The same in every process with the same file and the same version, wherever it runs."""
    said = as_of(wanted, day).model_dump_json(exclude=BESIDE_THE_FILE)
    return hashlib.sha256(f"{_rules()}{said}".encode()).hexdigest()


@cache
def _rules() -> str:
    """Of all rules, so that none is forgotten, and of the holidays that they count with."""
    content = b"".join(module.read_bytes() for module in sorted(Path(domain.__path__[0]).rglob("*.py")))
    return hashlib.sha256(content + version("holidays").encode()).hexdigest()
