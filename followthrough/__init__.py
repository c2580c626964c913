"""Incident follow-up that can't be forgotten."""

from pathlib import Path

__version__ = "0.1.0"

_SHIPPED = Path(__file__).parent / "shipped"
ROOT = _SHIPPED if _SHIPPED.is_dir() else Path(__file__).parents[1]
"""Where the example and the sources of the engine stand: inside the package that was installed, or in a clone."""
