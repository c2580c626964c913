"""How people unsubscribe from a kind of digest, by a link or by the button of their mail program (RFC 8058)."""

from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.values import PersonId
from followthrough.links import Link, Links

UNSUBSCRIBE = "unsubscribe"
"""The purpose of the link."""


def unsubscribe_url(kind: DigestKind, person: PersonId, public_url: str, links: Links) -> str:
    """Shows a page that asks; a POST to it does it."""
    return f"{public_url}/unsubscribe/{links.sign(Link(purpose=UNSUBSCRIBE, person=person, about=kind))}"


def unsubscribe_headers(url: str) -> dict[str, str]:
    """Of a digest, with its ``unsubscribe_url``."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
