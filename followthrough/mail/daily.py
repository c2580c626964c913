"""What the daily mail may use."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TypedDict
from zoneinfo import ZoneInfo

from followthrough.domain.answered.choices import DECIDE
from followthrough.domain.answered.mail.daily import NEWS, most_urgent_first
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import when
from followthrough.domain.replayed.ids import page_of
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.waiting import WaitingMail
from followthrough.domain.replayed.text import one_line
from followthrough.links import Link, Links
from followthrough.mail.context import AsIs
from workflows.messages.mail import DailyMail

SHOWN = 50
"""Mail clients cut off long mails; a link leads to the rest."""

Line = tuple[str, str, AsIs, AsIs]
"""What it says, by when, and the id and page of what it is about."""


class AboutDaily(TypedDict):
    """Incidents have a heading, their page and lines; ``more`` lines are left out."""

    day: str
    count: int
    first: str
    first_url: AsIs
    """Where the most urgent is decided, or its page."""
    incidents: list[tuple[str, AsIs, list[Line]]]
    more: int
    items_url: AsIs


def about_daily(
    daily: DailyMail,
    mails: Sequence[WaitingMail],
    titles: Mapping[str, str],
    organisation: Organisation,
    public_url: str,
    links: Links,
) -> AboutDaily:
    """The most urgent mails, by incident; ``titles`` are those of incidents by their id."""
    zone = organisation.time_zone_of(daily.person)
    ordered = most_urgent_first(mails)
    place: dict[str, int] = {}
    for mail in ordered:
        place.setdefault(mail.incident_id, len(place))

    def line(mail: WaitingMail) -> Line:
        about = mail.item_id or mail.incident_id
        page = page_of(about)
        if mail.kind not in NEWS and (mail.item_id or mail.kind is NoticeKind.POSTMORTEM_TO_REVIEW):
            page = f"decide/{links.sign(Link.in_mail(mail.key, DECIDE, daily.person, about))}"
        by = "" if mail.kind in NEWS else when(mail.deadline, zone)
        return mail.subject, by, AsIs(about), AsIs(f"{public_url}/{page}")

    shown = sorted(ordered[:SHOWN], key=lambda mail: place[mail.incident_id])
    return {
        "day": f"{daily.at.astimezone(ZoneInfo(zone)):%a %d %b %Y}",
        "count": len(mails),
        "first": ordered[0].subject,
        "first_url": line(ordered[0])[-1],
        "incidents": [
            (
                one_line(titles.get(incident, incident)),
                AsIs(f"{public_url}/incidents/{incident}"),
                [line(mail) for mail in of_it],
            )
            for incident, of_it in groupby(shown, key=lambda mail: mail.incident_id)
        ],
        "more": max(0, len(mails) - SHOWN),
        "items_url": AsIs(f"{public_url}/items?owner={daily.person}"),
    }
