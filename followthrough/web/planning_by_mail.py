"""Approving a planning by the link of its mail: the proposal that the mail had, or the new one once it changed."""

from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from followthrough.domain.answered.access.actor import Door
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.values import Refusal
from followthrough.links import Link
from followthrough.mail.planning import APPROVE_PLANNING, ProposalAsMailed
from followthrough.permission import Forbidden
from followthrough.web.access import without_sign_in
from followthrough.web.act_links import HEADERS, Closed, held_by, nobody_any_more
from followthrough.web.dependencies import GatewayDep, LinksDep, OrganisationDep, Reading, newcomer
from followthrough.web.keys import update_id
from followthrough.web.planning import Planning, find
from followthrough.web.rendering import page
from workflows.messages.sprint import Approval

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

CHANGED = "The proposal has changed since the mail was written. This is the new one."
CHANGED_MEANWHILE = "The proposal changed while you looked at it. This is the new one; nothing was approved."


class ToApprove(NamedTuple):
    """The planning as it is now, and which proposal the mail had; ``people`` are without those who left."""

    link: Link
    mailed: ProposalAsMailed
    planning: Planning
    people: Organisation


async def _to_approve(
    token: str, reading: Reading, organisation: OrganisationDep, gateway: GatewayDep, links: LinksDep
) -> ToApprove:
    """Raises Closed, and Unknown for a sprint that is not planned any more."""
    link, expired = held_by(token, {APPROVE_PLANNING}, links, organisation)
    if expired:
        raise Closed(410, "This link has expired", "Use the one in the latest mail about it, or the page Planning.")
    mailed = ProposalAsMailed.read(link.about)
    people = as_of(organisation, datetime.now(UTC).date())
    if link.person not in people.people:
        raise nobody_any_more(link.person)
    planning, *_ = await find(mailed.team, reading, organisation, gateway, mailed.first_day)
    return ToApprove(link, mailed, planning, people)


ToApproveDep = Annotated[ToApprove, Depends(_to_approve)]


@router.api_route("/act/{token}/planning", methods=["GET", "HEAD"])
@without_sign_in
async def look(request: Request, asked: ToApproveDep) -> Response:
    """What would be planned, and the button to approve it."""
    changed = asked.planning.proposal.version != asked.mailed.version
    return _page(request, asked, CHANGED if changed else "")


@router.post("/act/{token}/planning")
@without_sign_in
async def approve(
    request: Request, asked: ToApproveDep, gateway: GatewayDep, seen: Annotated[str, Form()] = ""
) -> Response:
    """What was seen, if that is still what is proposed; as the person whom the mail was for."""
    link, _, planning, _ = asked
    if seen != planning.proposal.version:
        return _page(request, asked, CHANGED_MEANWHILE, status=409)
    items = tuple(line.id for line in planning.proposal.proposed)
    try:
        if not items:
            raise Refusal("Nothing is proposed any more; the page of the planning has all that can be planned.")
        approval = Approval(by=link.person, items=items)
        actor = newcomer(request, Door.MAIL_LINK, link.person)
        progress = await gateway.approve_planning(planning.plan, approval, actor, update_id(link.nonce, approval))
    except (Refusal, Forbidden) as error:
        return _page(request, asked, str(error), status=409)
    return _page(request, asked._replace(planning=planning.model_copy(update={"progress": progress})), "")


def _page(request: Request, asked: ToApprove, said: str, *, status: int = 200) -> Response:
    return page(
        request,
        "planning-approve.html",
        status=status,
        headers=HEADERS,
        planning=asked.planning,
        said=said,
        organisation=asked.people,
        person=asked.link.person,
        zone=asked.people.time_zone_of(asked.link.person),
    )
