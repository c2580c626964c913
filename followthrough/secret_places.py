"""Secrets that the organisation file names the place of: in the environment or in files."""

import os
from pathlib import Path


class NoSecret(Exception):
    """There is none; the message is a sentence that says where it was looked for, and what to do."""


def secret_in(place: str, what: str) -> str:
    """What is in an environment variable or, with a / in it, a file. Raises NoSecret.

    It is read each time, so that a new one counts at once.
    """
    if "/" not in place:
        if key := os.environ.get(place, "").strip():
            return key
        raise NoSecret(f"The environment variable {place} has no {what}; set it where workers run.")
    try:
        key = Path(place).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NoSecret(f"The {what} in {place} can't be read ({type(error).__name__}); put it there.") from None
    if not key:
        raise NoSecret(f"The file {place} has no {what}; put it there.")
    return key
