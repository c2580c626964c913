"""Which version of the product this is, as Temporal tells versions of a deployment apart."""

import hashlib
from functools import cache
from pathlib import Path

from temporalio.common import WorkerDeploymentVersion

from followthrough import __version__
from followthrough.settings import Settings

PACKAGES = ("followthrough", "workflows", "activities")
DIGITS = 8
"""Of the digest."""


def version_of(settings: Settings) -> WorkerDeploymentVersion | None:
    """None where all workers are alike."""
    if not settings.deployment_name:
        return None
    return WorkerDeploymentVersion(settings.deployment_name, settings.build_id or own_build_id())


@cache
def own_build_id() -> str:
    """The version, and a digest of the code that is installed: two builds of one version differ if their code does."""
    base = Path(__file__).parents[1]
    digest = hashlib.sha256((base / "worker.py").read_bytes())
    for path in sorted(path for package in PACKAGES for path in (base / package).rglob("*.py")):
        digest.update(f"{path.relative_to(base)}\n".encode() + path.read_bytes())
    return f"{__version__}-{digest.hexdigest()[:DIGITS]}"
