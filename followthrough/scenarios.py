"""Reads drill scenarios, one YAML file each; what is wrong in one is said with the line."""

from functools import lru_cache
from pathlib import Path

from followthrough.domain.replayed.drill.drill import Scenario
from followthrough.organisation_file import OrganisationError, load_section, stamp_of

SHIPPED = Path(__file__).parent / "drill_scenarios"


def load_scenarios(folder: str | None) -> dict[str, Scenario]:
    """By file name without its ending; those that come along when no ``folder`` is named.

    A relative folder is looked for where the service was started. Raises OrganisationError with everything that is
    wrong in any of them.
    """
    place = Path(folder) if folder else SHIPPED
    scenarios: dict[str, Scenario] = {}
    errors: list[str] = []
    for path in sorted(place.glob("*.yaml")):
        try:
            scenarios[path.stem] = _scenario(path, stamp_of(path))
        except OrganisationError as error:
            errors += error.errors
    if not scenarios and not errors:
        errors = [f"{place}: holds no drill scenario; put a YAML file there, for example a copy of one in {SHIPPED}."]
    if errors:
        raise OrganisationError(errors)
    return scenarios


@lru_cache(maxsize=256)
def _scenario(path: Path, _stamp: tuple[int, ...]) -> Scenario:
    """Read once for as long as its stamp stays the same."""
    return load_section(path, Scenario, example=f"one in {SHIPPED}")
