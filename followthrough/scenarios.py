"""Reads drill scenarios, one YAML file each; what is wrong in one is said with the line."""

from pathlib import Path

from followthrough.domain.replayed.drill.drill import Scenario
from followthrough.organisation_file import OrganisationError, load_section

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
            scenarios[path.stem] = load_section(path, Scenario, example=f"one in {SHIPPED}")
        except OrganisationError as error:
            errors += error.errors
    if not scenarios and not errors:
        errors = [f"{place}: holds no drill scenario; put a YAML file there, for example a copy of one in {SHIPPED}."]
    if errors:
        raise OrganisationError(errors)
    return scenarios
