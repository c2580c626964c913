"""Times and durations in mails and updates."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic_core import ErrorDetails

UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


def when(at: datetime | None, zone: str = "UTC") -> str:
    """``Mon 02 Mar 2026, 10:15 (UTC)``; empty for no time."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %Y, %H:%M} ({zone})" if at else ""


def span(duration: timedelta) -> str:
    """In its largest unit, rounded down: ``3 days``."""
    seconds = int(duration.total_seconds())
    unit, length = next(((unit, length) for unit, length in UNITS if seconds >= length), UNITS[-1])
    count = seconds // length
    return f"{count} {unit}{'' if count == 1 else 's'}"


def without_addresses(text: str) -> str:
    """Fit for logs and timelines, which have no personal data."""
    return re.sub(r"\S++", lambda word: "[address]" if "@" in word[0][1:-1] else word[0], text)


def what_is_wrong(details: ErrorDetails) -> str:
    """One of pydantic's errors, without an end."""
    if details["type"] == "string_too_long":
        limit = details["ctx"]["max_length"]
        return f"the text has {len(details['input'])} characters, and may have {limit}; say it shorter"
    if details["type"] == "string_pattern_mismatch":
        return f"{details['input']!r} is no id; ids look like inc-7f3a9c21d0, or inc-7f3a9c21d0.1 for an action item"
    return details["msg"].removeprefix("Value error, ")
