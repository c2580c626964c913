"""The organisation of the year: teams of ten in three places, half of which plan in sprints."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from followthrough.organisation_file import Yaml12Loader

EXAMPLE = Path("followthrough.example.yaml")
MEMBERS = 9
"""Of each team, beside its lead."""
ZONES = ("Europe/Madrid", "America/New_York", "Asia/Kolkata")
COUNTRIES: tuple[dict[str, Any], ...] = (
    {"country": "ES", "subdivision": "MD"},
    {"country": "US", "subdivision": "NY"},
    {"country": "IN", "subdivision": "KA"},
)
LEADS_EACH = 5
"""Leads whom one director has."""
HEAD = "head"
LEAVES = 200
"""The day on which one of some teams does."""
FIRST_BOARD = 100


@dataclass(frozen=True)
class Firm:
    """Who there is; ids are made of numbers."""

    teams: int
    begins: datetime
    days: int
    """Of its year."""

    def team(self, number: int) -> str:
        """From 0 on; the same below."""
        return f"team-{number:02}"

    def lead(self, team: str) -> str:
        """Of a team."""
        return f"lead-{team[-2:]}"

    def members(self, team: str) -> list[str]:
        """Without the lead."""
        return [f"p{team[-2:]}-{number}" for number in range(1, MEMBERS + 1)]

    def present(self, team: str, at: datetime) -> list[str]:
        """Members who have not left by then, nor will within days."""
        members = self.members(team)
        return members[:-1] if at > self.begins + timedelta(days=LEAVES - 10) else members

    def plans_sprints(self, team: str) -> bool:
        """Every other team does."""
        return FIRST_BOARD + int(team[-2:]) in self.boards()

    def services(self, team: str) -> list[str]:
        """Two each."""
        return [f"{team}-api", f"{team}-jobs"]

    def boards(self) -> dict[int, int]:
        """Of teams that plan in sprints: the board, and of how many weeks its sprints are."""
        return {FIRST_BOARD + number: 2 for number in range(0, self.teams, 2)}

    def write(self, file: Path) -> None:
        """The organisation file."""
        said = yaml.load(EXAMPLE.read_text(encoding="utf-8"), Yaml12Loader)
        said["name"], said["people"], said["teams"], said["services"] = "The year", {}, {}, {}
        said["administrators"] = [HEAD]
        said["people"][HEAD] = _person("Head Of All", HEAD, None, ZONES[0])
        for number in range(self.teams):
            self._add_team(said, number)
        said["routes"] = [
            {"match": {"severity": severity}, "severity": severity} for severity in ("SEV1", "SEV2", "SEV3", "SEV4")
        ]
        file.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")

    def _add_team(self, said: dict[str, Any], number: int) -> None:
        team, zone, people = self.team(number), ZONES[number % len(ZONES)], said["people"]
        director = f"director-{number // LEADS_EACH}"
        if director not in people:
            people[director] = _person(f"Director {number // LEADS_EACH}", director, HEAD, zone)
        lead = self.lead(team)
        people[lead] = _person(f"Lead {number}", lead, director, zone)
        for each, member in enumerate(self.members(team), 1):
            people[member] = _person(f"Person {number} {each}", member, lead, zone)
        first = people[self.members(team)[0]]
        first["away"] = [self._days(120 + number, 14), self._days(300 + number % 20, 7)]
        if number % 7 == 3:
            people[self.members(team)[-1]]["left"] = self._day(LEAVES)
        said["teams"][team] = {
            "name": f"Team {number}",
            "lead": lead,
            "members": self.members(team),
            "time_zone": zone,
            "holidays": COUNTRIES[number % len(COUNTRIES)],
            "jira": {"project": f"T{number:02}", "labels": ["incident-follow-up"]},
        }
        if self.plans_sprints(team):
            said["teams"][team]["jira"]["board"] = FIRST_BOARD + number
            said["teams"][team]["sprints"] = {
                "first_day": self._day(0),
                "weeks": 2,
                "planning": "10:00",
                "digest_before": 1,
                "capacity": 40,
                "follow_up_share": 0.2,
                "default_estimate": 1,
            }
        for service in self.services(team):
            said["services"][service] = {
                "name": service,
                "team": team,
                "on_call": self.members(team)[:4],
                "escalation_path": [lead, director],
                "subscribers": {"customers": ["status@example.com"], "internal": [f"{team}@example.com"]},
            }

    def _day(self, number: int) -> date:
        return (self.begins + timedelta(days=number)).date()

    def _days(self, first: int, number: int) -> dict[str, date]:
        return {"first_day": self._day(first), "last_day": self._day(first + number)}


def _person(name: str, id: str, manager: str | None, zone: str) -> dict[str, Any]:  # noqa: A002
    said = {"name": name, "email": f"{id}@example.com", "time_zone": zone, "jira": f"account-{id}"}
    return said | ({"manager": manager} if manager else {})
