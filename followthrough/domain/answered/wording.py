"""How durations, times and mistakes are said, in mails, pages, documents and on the command line."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

UNITS = {
    timedelta(days=1): ("day", "d"),
    timedelta(hours=1): ("hour", "h"),
    timedelta(minutes=1): ("minute", "min"),
    timedelta(seconds=1): ("second", "s"),
}


def listed(words: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    return f" {last} ".join([*filter(None, [", ".join(words[:-1])]), *words[-1:]])


def span(duration: timedelta) -> str:
    """How long about, in its largest unit: ``3 days``, ``1 hour``; ``moments`` below a minute."""
    length = abs(duration)
    for unit, (name, _) in UNITS.items():
        if unit <= length >= timedelta(minutes=1):
            return f"{length // unit} {name}{'s' if length // unit > 1 else ''}"
    return "moments"


def span_to_the_minute(duration: timedelta) -> str:
    """``2 h 5 min``, ``40 min``."""
    hours, minutes = divmod(round(duration / timedelta(minutes=1)), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def exact_span(duration: timedelta) -> str:
    """In the largest unit that it has a whole number of: ``90 min``."""
    unit, short = next((unit, short) for unit, (_, short) in UNITS.items() if not duration % unit)
    return f"{duration // unit} {short}"


def whole_span(duration: timedelta) -> str:
    """The same to the second and in full, for what somebody has set: ``90 minutes``, ``1 day``."""
    seconds = timedelta(seconds=round(duration.total_seconds()))
    unit, name = next((unit, name) for unit, (name, _) in UNITS.items() if not seconds % unit)
    return f"{seconds // unit} {name}{'s' if seconds != unit else ''}"


def distance(at: datetime, now: datetime) -> str:
    """How far away: ``3 days ago``, ``in 2 hours``."""
    return f"in {span(at - now)}" if at > now else f"{span(at - now)} ago"


def when(at: datetime | None, zone: str = "UTC") -> str:
    """For who reads it some time: ``Mon 02 Mar 2026, 10:15 (UTC)``; empty for no time."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %Y, %H:%M} ({zone})" if at else ""


def short_zone(local: datetime) -> str:
    """How a time's zone is called where there is little room: ``CET``, ``UTC+05:30`` where it has no letters."""
    name, offset = local.tzname() or "", f"{local:%z}"
    return name if name.isalpha() else f"UTC{offset[:3]}:{offset[3:5]}"


def when_from_here(at: datetime, now: datetime, zone: tzinfo) -> str:
    """For who reads it now and in ``zone``: ``tomorrow 09:00``, ``Thursday 09:00``, ``12 March 09:00``."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    days = (local.date() - today.date()).days
    if days in (-1, 0, 1):
        day = ("today", "tomorrow", "yesterday")[days]
    elif 1 < days < 7:
        day = f"{local:%A}"
    else:
        day = f"{local.day} {local:%B}" + (f" {local.year}" if local.year != today.year else "")
    return f"{day} {local:%H:%M}"


def to_the_minute(at: datetime) -> str:
    """For records: ``2026-03-02 10:15 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def without_addresses(text: str) -> str:
    """Fit for logs and timelines, which have no personal data."""
    return re.sub(r"\S++", lambda word: "[address]" if "@" in word[0][1:-1] else word[0], text)


def what_is_wrong(details: "ErrorDetails") -> str:
    """One of pydantic's errors, without an end."""
    if details["type"] == "string_too_long":
        limit = details["ctx"]["max_length"]
        return f"the text has {len(details['input'])} characters, and may have {limit}; say it shorter"
    if details["type"] == "string_pattern_mismatch":
        return f"{details['input']!r} is no id; ids look like inc-7f3a9c21d0, or inc-7f3a9c21d0.1 for an action item"
    return details["msg"].removeprefix("Value error, ")
