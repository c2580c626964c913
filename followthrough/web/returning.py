"""Where a browser goes on after signing in: back to a page of this service, and nowhere else."""

import re
from urllib.parse import urlencode

from followthrough.domain.replayed.text import URL

HERE = re.compile(r"/(?![/\\])[^\\\s\x00-\x1f\x7f]*")
"""A page of this service, whatever a browser makes of it."""

NOWHERE = ("/sign-in", "/sign-in/callback", "/sign-out")
"""They would lead in a circle."""


def here(to: str) -> str:
    """The page, if it is one of this service that can be gone on with; else the first."""
    fits = HERE.fullmatch(to) and to.partition("?")[0] not in NOWHERE and len(to) <= URL
    return to if fits else "/"


def sign_in_link(to: str) -> str:
    """To come back to that page."""
    return f"/sign-in?{urlencode({'to': here(to)})}"
