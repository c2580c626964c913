"""What the templates of mails about planning may use."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Self, TypedDict
from zoneinfo import ZoneInfo

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.sprint.proposal import CANDIDATES, Line, Place, Proposal
from followthrough.domain.answered.wording import when
from followthrough.domain.replayed.text import one_line
from followthrough.domain.replayed.values import TeamId
from followthrough.links import Link, Links
from followthrough.mail.context import AsIs
from workflows.messages.sprint import PlanningMail

APPROVE_PLANNING = "approve-planning"
"""The purpose of the link."""
AT_MOST = 10
"""Lines in each list of a mail; a link leads to the rest."""


class ProposalAsMailed(NamedTuple):
    """What a link to approve is about: which proposal its mail had."""

    team: TeamId
    first_day: date
    version: str

    @property
    def written(self) -> str:
        """In the link."""
        return f"{self.team}/{self.first_day}/{self.version}"

    @classmethod
    def read(cls, written: str) -> Self:
        """Of a link that was signed here."""
        team, first_day, version = written.rsplit("/", 2)
        return cls(team, date.fromisoformat(first_day), version)


class Part(NamedTuple):
    """One list of the mail: the first ``lines``, and how many more are on the page."""

    heading: str
    total: int
    lines: list[str]
    more: int
    url: AsIs


class AboutPlanning(TypedDict):
    """Times, people and numbers are words; empty where there is nothing to say."""

    team: str
    team_id: AsIs
    first_day: AsIs
    sprints: bool
    sprint: str
    planning_at: str
    ends_at: str
    moved_on: int
    """How many were planned before and not done."""
    summary: str
    """How many stand where."""
    share: str
    planned: str
    takes: str
    """The estimates of what is proposed."""
    proposed: list[Part]
    """One, or none when nothing is proposed."""
    others: list[Part]
    text: str
    approve_url: AsIs
    """To approve what is proposed, just as the mail says it; the planning's page where nothing is."""
    planning_url: AsIs
    unsubscribe_url: AsIs


def about_planning(
    mail: PlanningMail, proposal: Proposal, organisation: Organisation, public_url: str, unsubscribe: str, links: Links
) -> AboutPlanning:
    """To one person, with times where that person is."""
    plan, zone = mail.plan, organisation.time_zone_of(mail.to)
    placed = Counter(line.place for line in proposal.lines)
    url = f"{public_url}/planning/{plan.team}?first_day={plan.first_day}"
    about = ProposalAsMailed(plan.team, plan.first_day, proposal.version).written
    token = links.sign(Link.in_mail(mail.key, APPROVE_PLANNING, mail.to, about))

    def part(heading: str, anchor: str, lines: Sequence[Line]) -> list[Part]:
        shown = [_sentence(line, organisation, zone) for line in lines[:AT_MOST]]
        return [Part(heading, len(lines), shown, len(lines) - len(shown), AsIs(f"{url}#{anchor}"))] if lines else []

    return {
        "team": one_line(organisation.teams[plan.team].name),
        "team_id": AsIs(plan.team),
        "first_day": AsIs(plan.first_day),
        "sprints": plan.sprints,
        "sprint": one_line(mail.sprint.name) if mail.sprint else "",
        "planning_at": when(plan.planning_at, zone),
        "ends_at": when(plan.ends_at, zone),
        "moved_on": placed[Place.MOVED_ON],
        "summary": ", ".join(f"{count} {place}" for place in Place if (count := placed[place])),
        "share": f"{proposal.share:g}" if proposal.share is not None else "",
        "planned": f"{proposal.planned:g}" if proposal.planned else "",
        "takes": f"{sum(line.estimate for line in proposal.proposed):g}",
        "proposed": part("Proposed", "proposed", proposal.proposed),
        "others": [
            found
            for place in Place
            for found in part(_heading(place), place.name.lower(), proposal.not_proposed(place))
        ],
        "text": one_line(mail.text),
        "approve_url": AsIs(f"{public_url}/act/{token}/planning" if proposal.proposed else url),
        "planning_url": AsIs(url),
        "unsubscribe_url": AsIs(unsubscribe),
    }


def _heading(place: Place) -> str:
    return f"{place.capitalize()}{', not proposed' if place in CANDIDATES else ''}"


def _sentence(line: Line, organisation: Organisation, zone: str) -> str:
    facts = [
        line.id,
        organisation.name_of(line.owner),
        f"{line.severity}, {line.priority} priority",
        line.place if line.proposed else "",
        f"due {line.due.astimezone(ZoneInfo(zone)):%d %b %Y}" if line.due else "",
        f"estimate {line.estimate:g}" if line.estimated else "",
        line.ticket or "",
    ]
    return one_line(f"{line.title} ({', '.join(filter(None, facts))}){line.why and f': {line.why}'}")
