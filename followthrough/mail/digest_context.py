"""What the templates of digests may use."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, TypedDict
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from followthrough.domain.answered.choices import DECIDE
from followthrough.domain.answered.drill.scorecard import measures
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import Digest, KudosLine, Month, RepeatLine
from followthrough.domain.answered.report.escalations import Escalation
from followthrough.domain.answered.report.load import Overload
from followthrough.domain.answered.report.weekly import Decision, Wanted, WeeklyDigest
from followthrough.domain.answered.wording import span
from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.ids import page_of
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.text import one_line, shortened
from followthrough.domain.replayed.values import PersonId
from followthrough.links import Link, Links
from followthrough.mail.charts import charts
from followthrough.mail.context import AsIs

LONGEST = 200
"""Letters of a text that somebody typed; the rest is behind its link."""


class Line(NamedTuple):
    """``text`` links to ``url``, unless that is empty; ``more`` follows it."""

    text: str
    url: str
    more: str = ""


class Chapter(NamedTuple):
    """A heading and its list."""

    heading: str
    lines: list[Line]


class Listed(NamedTuple):
    """The first lines of a list, of which ``left`` more stand at ``url``, and so many of private incidents nowhere."""

    lines: list[Line]
    left: int = 0
    private: int = 0
    url: str = ""

    @property
    def length(self) -> int:
        """How many it would have that may be named."""
        return len(self.lines) + self.left


class AboutDigest(TypedDict):
    """For the monthly digest; ``asked`` is what leadership has to decide, in words, or nothing."""

    month: str
    asked: str
    declared: str
    resolved: int
    on_time: int
    closed: int
    share: str
    waived: int
    open: int
    overdue: int
    median_age: str
    oldest: list[Line]
    charts: list[tuple[str, str, str]]
    """The sentence of each, what its image shows in words, and the address of that."""
    chapters: list[Chapter]
    page_url: AsIs
    file_url: AsIs
    """Of the insights of the months up to this one, as pages."""
    unsubscribe_url: AsIs


class AboutWeekly(TypedDict):
    """For the weekly digest; ``summary`` counts what it is about."""

    summary: str
    decisions: int
    first: str
    """The most urgent decision, and where it is made; the whole page where there is none."""
    first_url: AsIs
    late: int
    chapters: list[Chapter]
    page_url: AsIs
    unsubscribe_url: AsIs


def about_weekly(
    digest: WeeklyDigest,
    organisation: Organisation,
    public_url: str,
    unsubscribe: str,
    at_most: int | None,
    links: Links | None,
) -> AboutWeekly:
    """``at_most`` lines in each list, or all of them; days are those of the reader.

    With ``links`` each decision leads to its choices, else to the page of what it is about.
    """
    decide = partial(_deciding, digest, public_url, links)
    page_url = AsIs(f"{public_url}/digests/weekly/{quote(digest.person)}")
    found = _lists_of_week(digest, organisation, public_url, decide)
    counted = {f"{heading}: {lines.length}": lines for heading, lines in found.items() if lines.length}
    if digest.private:
        counted[f"Of private incidents: {digest.private}"] = Listed([], private=digest.private)
    return {
        "summary": ", ".join(counted).lower(),
        "decisions": found["Decisions wanted of you"].length,
        "first": _short(digest.decisions[0].item.title) if digest.decisions else "",
        "first_url": decide(digest.decisions[0]) if digest.decisions else page_url,
        "late": found["Late"].length,
        "chapters": _chapters(counted, page_url, at_most),
        "page_url": page_url,
        "unsubscribe_url": AsIs(unsubscribe),
    }


def _lists_of_week(
    digest: WeeklyDigest, organisation: Organisation, public_url: str, decide: Callable[[Decision], AsIs]
) -> dict[str, Listed]:
    """By their headings."""
    zone, names = ZoneInfo(organisation.people[digest.person].time_zone), organisation.name_of

    def coming(item: ActionItem) -> str:
        due = item.due_at
        return f"{item.severity}, {names(item.owner)}, due {_day(due, zone)}" if due else ""

    def blocked(item: ActionItem) -> str:
        block = item.block
        return f"{names(item.owner)}, for {span(digest.at - block.at)}: {_short(block.reason)}" if block else ""

    left, team = digest.left, _only_team(digest.person, organisation)

    def listed(items: Iterable[ActionItem], more: Callable[[ActionItem], str], left: int, **query: str) -> Listed:
        url = f"{public_url}/items?{urlencode(query | team)}"
        return Listed([_about(item, public_url, more(item)) for item in items], left, url=url)

    decisions = [
        _about(one.item, public_url, _wanted(one, digest.at, organisation, zone))._replace(url=decide(one))
        for one in digest.decisions
    ]
    return {
        "Decisions wanted of you": Listed(decisions, left.decisions, url=f"{public_url}/"),
        "Late": listed(digest.late, lambda item: _late(item, digest.at, organisation), left.late, late="true"),
        "Due within a week": listed(digest.coming, coming, left.coming, sort="due"),
        "Blocked for long": listed(digest.blocked, blocked, left.blocked, sort="proposed"),
        "Closed in the last week": listed(
            digest.closed, lambda item: f"thanks to {names(item.owner)}", left.closed, status=ItemStatus.CLOSED
        ),
    }


def _only_team(person: PersonId, organisation: Organisation) -> dict[str, str]:
    """As a filter, where what is beyond a list is of one team."""
    led = [name for name, team in organisation.teams.items() if team.lead == person]
    return {"team": led[0]} if len(led) == 1 else {}


def _deciding(digest: WeeklyDigest, public_url: str, links: Links | None, decision: Decision) -> AsIs:
    """Where it is made."""
    item_id = decision.item.id
    if links is None:
        return AsIs(f"{public_url}/{page_of(item_id)}")
    token = links.sign(Link.in_mail(digest.key, DECIDE, digest.person, item_id))
    return AsIs(f"{public_url}/decide/{token}")


def _late(item: ActionItem, at: datetime, organisation: Organisation) -> str:
    due, who = item.due_at, f"{item.severity}, {organisation.name_of(item.owner)}"
    return f"{who}, {span(at - due)} late" if due and due < at else f"{who}, nobody has accepted it"


def _wanted(decision: Decision, at: datetime, organisation: Organisation, zone: ZoneInfo) -> str:
    item, names = decision.item, organisation.name_of
    match decision.wanted:
        case Wanted.ESCALATION if decision.since:
            return f"{_late(item, at, organisation)}; escalation {decision.level} waits for {span(at - decision.since)}"
        case Wanted.OWNER if item.owner_wanted:
            return f"who else could own it? {_short(item.owner_wanted.because)}"
        case Wanted.EXTENSION if asked := item.extension_wanted:
            return f"{names(asked.by)} asks for time until {_day(asked.until, zone)}: {_short(asked.reason)}"
        case Wanted.WAIVER if item.waiver and item.waiver.until:
            return f"its waiver ends {_day(item.waiver.until, zone)}: {_short(item.waiver.reason)}"
    return f"{names(item.owner)} has done it; please verify the evidence"


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %d %b}"


def about_digest(
    digest: Digest, organisation: Organisation, public_url: str, unsubscribe: str, at_most: int | None
) -> AboutDigest:
    """Of a month; ``at_most`` lines in each list, or all of them."""
    items, ages = digest.items, digest.ages
    closed = items.on_time + items.late
    page_url = AsIs(f"{public_url}/digests/monthly?month={digest.month}")
    unanswered = len(digest.unanswered) + digest.left.unanswered + digest.unnamed.unanswered
    repeats = len(digest.repeats) + digest.left.repeats + digest.unnamed.repeats
    asked = {
        f"escalations without an answer: {unanswered}": unanswered,
        f"action items past their deadline: {items.overdue}": items.overdue,
        f"repeated incidents: {repeats}": repeats,
        "not every team practised": digest.missed_drills,
        "a few people carry much": digest.overloads,
    }
    return {
        "month": f"{Month.parse(digest.month).start:%B %Y}",
        "asked": "; ".join(sentence for sentence, there in asked.items() if there),
        "declared": ", ".join(f"{count} {severity}" for severity, count in digest.incidents.items() if count) or "none",
        "resolved": digest.resolved,
        "on_time": items.on_time,
        "closed": closed,
        "share": f"{items.on_time / closed:.0%}" if closed else "",
        "waived": items.waived,
        "open": items.open,
        "overdue": items.overdue,
        "median_age": span(timedelta(days=ages.median)) if ages.median else "less than a day",
        "oldest": [_about(ages.oldest, public_url)] if ages.oldest else [],
        "charts": [(chart.said, chart.alt, f"cid:{chart.content_id}") for chart in charts(digest)],
        "chapters": _chapters(_of_month(digest, organisation, public_url), page_url, at_most),
        "page_url": page_url,
        "file_url": AsIs(f"{public_url}/insights/{digest.month}.pdf"),
        "unsubscribe_url": AsIs(unsubscribe),
    }


def _of_month(digest: Digest, organisation: Organisation, public_url: str) -> dict[str, Listed]:
    """What the month is told by, under its headings."""
    left, private = digest.left, digest.unnamed
    return {
        "Escalations that nobody has answered": Listed(
            [_about(one.item, public_url, _unanswered(one, organisation)) for one in digest.unanswered],
            left.unanswered,
            private.unanswered,
            f"{public_url}/items?late=true",
        ),
        "Incidents that repeated an earlier one": Listed(
            [_repeat(repeat, public_url) for repeat in digest.repeats],
            left.repeats,
            private.repeats,
            f"{public_url}/insights/repeats",
        ),
        "Teams that have not practised this quarter": Listed(
            [
                Line(one_line(organisation.teams[team.team].name), AsIs(f"{public_url}/drills"))
                for team in digest.missed_drills
            ]
        ),
        "Who carries much, and who else could": Listed([_carries(one, organisation) for one in digest.overloads]),
        "Waived": Listed(
            [_about(item, public_url, _waived(item, organisation)) for item in digest.waived],
            left.waived,
            private.waived,
            f"{public_url}/items?status={ItemStatus.WAIVED}",
        ),
        "Drills": Listed([_drill(report, organisation, public_url) for report in digest.drills]),
        "Thanks": Listed(
            [_thanks(kudos, organisation, public_url) for kudos in digest.kudos],
            left.kudos,
            private.kudos,
            f"{public_url}/incidents",
        ),
    }


def _chapters(lists: Mapping[str, Listed], page_url: AsIs, at_most: int | None) -> list[Chapter]:
    """Those that have lines; what is beyond those is on the page, and beyond the page's lines in a list of its own."""
    chapters = []
    for heading, listed in lists.items():
        shown = listed.lines[:at_most]
        left, url = listed.length - len(shown), page_url if at_most else AsIs(listed.url)
        more = [Line(f"and {left} more", url)] if left else []
        private = listed.private
        secret = [Line(f"{private} private {'one' if private == 1 else 'ones'}", "")] if private else []
        if shown or secret:
            chapters.append(Chapter(heading, [*shown, *more, *secret]))
    return chapters


def _about(item: ActionItem, public_url: str, more: str = "") -> Line:
    return Line(_short(item.title), AsIs(f"{public_url}/items/{item.id}"), f": {one_line(more)}" if more else "")


def _unanswered(escalation: Escalation, organisation: Organisation) -> str:
    asked = " and ".join(map(organisation.name_of, escalation.moment.to))
    return f"level {escalation.moment.level} on {escalation.moment.at:%d %b}, asked {asked}"


def _waived(item: ActionItem, organisation: Organisation) -> str:
    waiver = item.waiver
    return f"{organisation.name_of(waiver.by or item.owner)}: {_short(waiver.reason)}" if waiver else ""


def _repeat(repeat: RepeatLine, public_url: str) -> Line:
    undone = f"; not done: {_short(', '.join(repeat.items))}" if repeat.items else ""
    more = f", like {', '.join(repeat.earlier)}{undone}"
    return Line(_short(repeat.title), AsIs(f"{public_url}/incidents/{repeat.incident_id}"), more)


def _drill(report: DrillReport, organisation: Organisation, public_url: str) -> Line:
    team = organisation.teams.get(report.team)
    more = f": {team.name if team else report.team}, {'; '.join(measures(report))}"
    return Line(_short(report.title), AsIs(f"{public_url}/incidents/{report.incident_id}"), one_line(more))


def _carries(overload: Overload, organisation: Organisation) -> Line:
    others = " or ".join(map(organisation.name_of, overload.others)) or "nobody on the team yet"
    who = organisation.name_of(overload.person)
    return Line(one_line(f"{who} {overload.duty}: {overload.count} of {overload.total}; who else could: {others}"), "")


def _thanks(kudos: KudosLine, organisation: Organisation, public_url: str) -> Line:
    to = " and ".join(map(organisation.name_of, kudos.to))
    openness = " for openness" if kudos.for_openness else ""
    more = f": to {to}{openness}, from {organisation.name_of(kudos.by)}: {_short(kudos.text)}"
    return Line(_short(kudos.title), AsIs(f"{public_url}/incidents/{kudos.incident_id}"), one_line(more))


def _short(text: str) -> str:
    return shortened(text, LONGEST)
