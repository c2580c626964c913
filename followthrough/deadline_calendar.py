"""Deadlines as calendar entries (RFC 5545)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from icalendar import STATUS, TRANSP, Alarm, Calendar, Event

from followthrough.domain.answered.access.privacy import title_for_all
from followthrough.domain.replayed.item.action_item import ActionItem

ALARM_BEFORE = timedelta(days=1)
ASK_EVERY = timedelta(hours=1)


def deadline_calendar(key: str, name: str, items: Iterable[ActionItem], public_url: str, now: datetime) -> bytes:
    """An entry for each item that has a deadline; a calendar that has an older one moves it."""
    calendar: bytes = Calendar.new(
        uid=f"{key}/deadlines@{urlsplit(public_url).hostname}",
        name=name,
        prodid="-//Followthrough//EN",
        method="PUBLISH",
        refresh_interval=ASK_EVERY,
        subcomponents=[_entry(item, due, public_url, now) for item in items if (due := item.due_at)],
    ).to_ical()
    return calendar


def _entry(item: ActionItem, due: datetime, public_url: str, now: datetime) -> Event:
    title = title_for_all(item)
    alarm = Alarm.new(description=f"Due tomorrow: {title}")
    alarm.add("action", "DISPLAY")
    alarm.TRIGGER = -ALARM_BEFORE
    url = f"{public_url}/items/{item.id}"
    return Event.new(
        uid=f"{item.id}@{urlsplit(public_url).hostname}",
        sequence=item.version,
        stamp=now,
        start=due,
        summary=f"Due: {title}",
        description=f"Action item {item.id} of incident {item.incident_id}: {url}",
        url=url,
        status=STATUS.CANCELLED if item.settled else STATUS.CONFIRMED,
        transparency=TRANSP.TRANSPARENT,
        subcomponents=[] if item.settled else [alarm],
    )
