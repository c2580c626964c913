"""The page behind a digest's link, and behind the button of mail programs (RFC 8058).

Looking at it changes nothing, for mail scanners do.
"""

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.values import PersonId
from followthrough.links import BadLink, Links
from followthrough.mail.unsubscribe import UNSUBSCRIBE
from followthrough.store import subscriptions
from followthrough.web.access import without_sign_in
from followthrough.web.dependencies import LinksDep, OrganisationDep, Reading
from followthrough.web.rendering import page

NAMES = {
    DigestKind.MONTHLY: "the monthly digest",
    DigestKind.WEEKLY: "the weekly digest",
    DigestKind.SPRINT: "the digest before each sprint planning",
}


router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/unsubscribe/{token}")
@without_sign_in
def ask(request: Request, reading: Reading, links: LinksDep, organisation: OrganisationDep, token: str) -> Response:
    """Whether the digest is wanted."""
    return _show(request, reading, organisation, *_meant(links, token))


@router.post("/unsubscribe/{token}")
@without_sign_in
def act(
    request: Request,
    reading: Reading,
    links: LinksDep,
    organisation: OrganisationDep,
    token: str,
    wanted: bool = False,
) -> Response:
    """Subscribes or unsubscribes."""
    meant = _meant(links, token)
    change = subscriptions.subscribe if wanted else subscriptions.unsubscribe
    change(reading, *meant)
    reading.commit()
    return _show(request, reading, organisation, *meant)


def _show(
    request: Request, session: Session, organisation: Organisation, person: PersonId, kind: DigestKind
) -> Response:
    wanted = subscriptions.wants(session, person, kind)
    name = organisation.name_of(person)
    return page(request, "unsubscribe.html", name=name, digest=NAMES[kind], wanted=wanted)


def _meant(links: Links, token: str) -> tuple[PersonId, DigestKind]:
    try:
        link = links.read(token, {UNSUBSCRIBE})
    except BadLink:
        raise HTTPException(404, "This link is incomplete or not from here; use the one in the mail.") from None
    return link.person, DigestKind(link.about)
