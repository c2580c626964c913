"""Comments on a postmortem, and its page in Confluence: on its page, and in the API."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AwareDatetime, ValidationError

from followthrough.checks import NotCarriedOut
from followthrough.domain.answered.postmortem.notes import NewComment, SettleComment, ToConfluence
from followthrough.domain.answered.wording import what_is_wrong
from followthrough.domain.replayed.text import KEY
from followthrough.domain.replayed.values import PersonId, Refusal
from followthrough.permission import Forbidden
from followthrough.settings import Settings
from followthrough.store.postmortem_tables import PostmortemCommentRow
from followthrough.store.postmortems import comments
from followthrough.web.act_links import HEADERS
from followthrough.web.act_pages import TypedDep
from followthrough.web.by import speaker
from followthrough.web.dependencies import ActorDep, Authorised, GatewayDep, Reading, SettingsDep
from followthrough.web.keys import Key, update_id
from followthrough.web.known import person_of
from followthrough.web.once import Once, OnceRoute
from followthrough.web.paging import LINKED, PagingDep, in_time
from followthrough.web.problems import REFUSED
from followthrough.web.reading import read
from followthrough.web.rendering import page
from followthrough.web.shapes.shape import Shape

router = APIRouter(route_class=OnceRoute)
PAGE = "/incidents/{incident_id}/postmortem"
API = f"/api{PAGE}"


class Comment(Shape):
    """What somebody said of a postmortem; ``settled_at`` once there is nothing more to do."""

    id: str
    """What it is called in its address."""
    by: PersonId
    """Who wrote it."""
    at: AwareDatetime
    """When it was written."""
    quote: str
    """The part of the text that it is about; empty where it is about all."""
    text: str
    """What they say."""
    settled_by: PersonId | None
    """Who settled it; null until somebody does."""
    settled_at: AwareDatetime | None
    """When it was settled; null until then."""
    answer: str
    """What was said when it was settled; may be empty."""


class Commented(Shape):
    """Where the comment is."""

    id: str
    """What it is called in its address."""


class Asked(Shape):
    """What becomes of it."""

    message: str
    """For people; it may change its words."""


@router.get(f"{API}/comments", tags=["api"], dependencies=[Authorised], response_model=list[Comment], responses=LINKED)
async def list_comments(
    incident_id: str, gateway: GatewayDep, actor: ActorDep, reading: Reading, paging: PagingDep
) -> list[PostmortemCommentRow]:
    """The first first, also those that are settled."""
    incident = await gateway.incidents.seen(incident_id, actor)
    found = await read(comments, reading, incident.id)
    return paging.of(found, lambda comment: (in_time(comment.at), comment.id))


@router.post(
    f"{API}/comments",
    operation_id="comment_on_postmortem",
    tags=["api"],
    dependencies=[Authorised],
    responses=REFUSED,
    status_code=201,
)
async def add_comment(
    incident_id: str, new: NewComment, gateway: GatewayDep, actor: ActorDep, key: Key = None
) -> Commented:
    """Comments on the text that was handed in."""
    by = speaker(new.by, actor)
    return Commented(id=await gateway.postmortems.comment(incident_id, new, by, actor, update_id(key, new)))


@router.post(
    f"{API}/comments/{{comment_id}}",
    tags=["api"],
    dependencies=[Authorised, Once],
    responses=REFUSED,
    status_code=204,
)
async def settle_comment(
    incident_id: str, comment_id: str, said: SettleComment, gateway: GatewayDep, actor: ActorDep
) -> None:
    """There is nothing more to do about it; by who wrote it, or may publish."""
    await gateway.postmortems.settle(incident_id, comment_id, said, speaker(said.by, actor), actor)


@router.post(
    f"{API}/confluence",
    operation_id="publish_to_confluence",
    tags=["api"],
    dependencies=[Authorised, Once],
    responses=REFUSED,
    status_code=202,
)
async def to_confluence(
    incident_id: str, asked: ToConfluence, gateway: GatewayDep, actor: ActorDep, settings: SettingsDep
) -> Asked:
    """Writes the published text to its page in Confluence, as soon as that takes it."""
    _require_confluence(settings)
    await gateway.postmortems.to_confluence(incident_id, speaker(asked.by, actor), actor)
    return Asked(message=f"It is on its way; {settings.resolved_public_url}/incidents/{incident_id}/postmortem has it.")


@router.post(f"{PAGE}/comments", include_in_schema=False)
async def comment(
    request: Request, incident_id: str, typed: TypedDep, gateway: GatewayDep, actor: ActorDep
) -> Response:
    """Once for each form that was shown; what is refused keeps what was typed."""
    incident, person = await gateway.incidents.seen(incident_id, actor), person_of(request, actor)
    try:
        new = NewComment(by=person, text=typed.get("text", ""), quote=typed.get("quote", ""))
        key = update_id(typed.get("nonce", "")[:KEY], new) or None
        comment_id = await gateway.postmortems.comment(incident_id, new, person, actor, key)
    except (Refusal, NotCarriedOut, Forbidden) as error:
        status, refused = 403 if isinstance(error, Forbidden) else 409, str(error)
    except ValidationError as error:
        status, refused = 409, f"The comment: {what_is_wrong(error.errors()[0])}."
    else:
        return RedirectResponse(f"/incidents/{incident_id}/postmortem#comment-{comment_id}", 303, HEADERS)
    return page(
        request,
        "postmortem-comment.html",
        status=status,
        headers=HEADERS,
        incident=incident,
        typed=typed,
        refused=refused,
    )


@router.post(f"{PAGE}/comments/{{comment_id}}", include_in_schema=False)
async def settle(
    request: Request, incident_id: str, comment_id: str, typed: TypedDep, gateway: GatewayDep, actor: ActorDep
) -> Response:
    """One that somebody else settled meanwhile stays as that said."""
    said = SettleComment(answer=typed.get("answer", "")[:2_000])
    await gateway.postmortems.settle(incident_id, comment_id, said, person_of(request, actor), actor)
    return RedirectResponse(f"/incidents/{incident_id}/postmortem#comment-{comment_id}", 303, HEADERS)


@router.post(f"{PAGE}/confluence", include_in_schema=False)
async def publish_to_confluence(
    request: Request, incident_id: str, gateway: GatewayDep, actor: ActorDep, settings: SettingsDep
) -> Response:
    """The postmortem's page says what became of it."""
    _require_confluence(settings)
    await gateway.postmortems.to_confluence(incident_id, person_of(request, actor), actor)
    return RedirectResponse(f"/incidents/{incident_id}/postmortem", 303, HEADERS)


def _require_confluence(settings: Settings) -> None:
    if not settings.resolved_confluence_url:
        raise Refusal("No Confluence is known here; whoever runs the service sets FOLLOWTHROUGH_CONFLUENCE_SPACE.")
