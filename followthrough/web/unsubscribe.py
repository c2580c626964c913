"""The page behind a digest's link: looking at it changes nothing, for mail scanners do."""

from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from followthrough.domain.notice_kinds import DigestKind
from followthrough.links import BadLink, Links
from followthrough.mail.unsubscribe import UNSUBSCRIBE
from followthrough.organisation import Organisation
from followthrough.store import subscriptions
from followthrough.web.reading import Reading
from followthrough.web.rendering import page

NAMES = {
    DigestKind.MONTHLY: "the monthly digest",
    DigestKind.WEEKLY: "the weekly digest",
    DigestKind.SPRINT: "the digest before each sprint planning",
}


def unsubscribe(organisation: Callable[[], Organisation], links: Links) -> APIRouter:
    """For browsers, and for the button of mail programs (RFC 8058)."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    def show(request: Request, reading: Reading, token: str) -> Response:
        person, kind = _meant(links, token)
        wanted = subscriptions.wants(reading, person, kind)
        name = organisation().name_of(person)
        return page(request, "unsubscribe.html", name=name, digest=NAMES[kind], wanted=wanted)

    @router.get("/unsubscribe/{token}")
    def ask(request: Request, reading: Reading, token: str) -> Response:
        return show(request, reading, token)

    @router.post("/unsubscribe/{token}")
    def act(request: Request, reading: Reading, token: str, wanted: bool = False) -> Response:
        change = subscriptions.subscribe if wanted else subscriptions.unsubscribe
        change(reading, *_meant(links, token))
        reading.commit()
        return show(request, reading, token)

    return router


def _meant(links: Links, token: str) -> tuple[str, DigestKind]:
    try:
        link = links.read(token, {UNSUBSCRIBE})
    except BadLink:
        raise HTTPException(404, "This link is incomplete or not from here; use the one in the mail.") from None
    return link.person, DigestKind(link.about)
