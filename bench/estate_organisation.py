"""The organisation of an estate: many teams, where the example has two."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bench.stage import ORGANISATION
from followthrough.organisation_file import Yaml12Loader

NAMES = ("ana", "ben", "carla", "dmitri", "elif", "farid", "greta", "hugo")
PARTS = ("checkout", "ledger", "search")
INCIDENTS_OF_A_TEAM = 330


class Team(NamedTuple):
    """Its lead is its manager, too."""

    id: str
    lead: str
    members: tuple[str, ...]
    services: tuple[str, ...]


def teams(incidents: int) -> list[Team]:
    """So many that each has about as much to do, whatever the size of the estate."""
    return [
        Team(
            f"team-{number:02}",
            f"lead-{number:02}",
            tuple(f"{name}-{number:02}" for name in NAMES),
            tuple(f"{part}-{number:02}" for part in PARTS),
        )
        for number in range(1, max(3, incidents // INCIDENTS_OF_A_TEAM) + 1)
    ]


def write_organisation(folder: Path, known: list[Team]) -> Path:
    """Its file: the example with these people, teams and services instead of its own."""
    example: dict[str, Any] = yaml.load(ORGANISATION.read_text(), Yaml12Loader)
    people = dict(_people(known))
    listed = {
        team.id: {"name": team.id, "lead": team.lead, "members": [*team.members], "time_zone": "Europe/Madrid"}
        for team in known
    }
    services = {
        service: {"name": service, "team": team.id, "on_call": [*team.members[:3]], "escalation_path": [team.lead]}
        for team in known
        for service in team.services
    }
    sprints = example["teams"]["payments"]["sprints"]
    listed[known[0].id]["sprints"] = sprints
    example |= {"people": people, "teams": listed, "services": services, "routes": [], "auditors": ["nora"]}
    file = folder / "followthrough.yaml"
    file.write_text(yaml.safe_dump(example))
    return file


def _people(known: list[Team]) -> Iterator[tuple[str, dict[str, str]]]:
    yield "nora", {"name": "Nora", "email": "nora@example.com"}
    for team in known:
        for person in (team.lead, *team.members):
            manager = "nora" if person == team.lead else team.lead
            yield person, {"name": person.title(), "email": f"{person}@example.com", "manager": manager}
