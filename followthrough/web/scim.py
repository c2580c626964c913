"""SCIM 2.0: a directory tells who there is, whom they report to, and who is in which team."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from scim2_models import (
    Context,
    Error,
    Group,
    InvalidSyntaxException,
    ListResponse,
    Meta,
    NotFoundException,
    PatchOp,
    PreconditionFailedException,
    ResourceType,
    ResponseParameters,
    Schema,
    SearchRequest,
    UniquenessException,
)
from scim2_models import SCIMException as ScimError
from scim2_models.path import CompareOperator, Comparison
from sqlmodel import Session

from followthrough.domain.answered.access.actor import Door
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.organisation.directory import Source
from followthrough.domain.answered.organisation.taking_over import Entry
from followthrough.domain.replayed.text import clean_all
from followthrough.noting import Noted, happened
from followthrough.scim import CONFIG, MOST_RESULTS, POLICY, PROVIDER, DirectoryUser, document_of, entry_of
from followthrough.store import directory_resources as rows
from followthrough.store.directory import change, heard
from followthrough.store.directory_tables import DirectoryGroupRow, DirectoryUserRow
from followthrough.web.access import without_sign_in
from followthrough.web.dependencies import Reading, SettingsDep, newcomer, require_bearer, served

ROOT = "/scim/v2"


@dataclass(frozen=True)
class Kind:
    """Of resources; ``indexed`` are the attributes that a column has, by their names in small letters."""

    endpoint: str
    resource_type: str
    model: Any
    row: Any
    indexed: dict[str, str]


USERS = Kind("Users", "User", DirectoryUser, DirectoryUserRow, {"username": "user_name", "externalid": "external_id"})
GROUPS = Kind("Groups", "Group", Group, DirectoryGroupRow, {"displayname": "name", "externalid": "external_id"})


class ScimResponse(JSONResponse):
    """With the ETag that the resource has."""

    media_type = "application/scim+json"

    def __init__(self, content: Any, status_code: int = 200, headers: dict[str, str] | None = None) -> None:
        version = content.get("meta", {}).get("version") if isinstance(content, dict) else None
        super().__init__(content, status_code, {**(headers or {}), **({"ETag": version} if version else {})})


async def _from_directory(request: Request, settings: SettingsDep) -> None:
    if settings.scim_token is None:
        raise HTTPException(403, "SCIM is off; set FOLLOWTHROUGH_SCIM_TOKEN to the token that the directory sends.")
    require_bearer(request, settings.scim_token)


def _heard(request: Request) -> None:
    heard(served(request).database, datetime.now(UTC))


async def _kind(request: Request) -> Kind:
    return USERS if request.scope["path"].startswith(f"{ROOT}/{USERS.endpoint}") else GROUPS


async def _payload(request: Request) -> dict[str, Any]:
    try:
        payload = clean_all(await request.json())
    except ValueError as error:
        raise InvalidSyntaxException(detail="The body is not JSON in UTF-8.") from error
    if not isinstance(payload, dict):
        raise InvalidSyntaxException(detail="The body is no JSON object.")
    return payload


KindDep = Annotated[Kind, Depends(_kind)]
Payload = Annotated[dict[str, Any], Depends(_payload)]

router = APIRouter(prefix=ROOT, include_in_schema=False, dependencies=[Depends(_from_directory), Depends(_heard)])


@router.get("/ServiceProviderConfig")
def service_provider_config(request: Request) -> Response:
    """What this service can."""
    config = CONFIG.model_copy(update={"meta": _meta(request, "ServiceProviderConfig", "ServiceProviderConfig")})
    return ScimResponse(config.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


@router.get("/ResourceTypes")
def resource_types(request: Request) -> Response:
    """Users and groups."""
    return _listed(ListResponse[ResourceType], _resource_types(request))


@router.get("/ResourceTypes/{name}")
def resource_type(request: Request, name: str) -> Response:
    """One of them."""
    return _one(_resource_types(request), name)


@router.get("/Schemas")
def schemas(request: Request) -> Response:
    """The core schemas, the enterprise extension, and that of Followthrough."""
    return _listed(ListResponse[Schema], _schemas(request))


@router.get("/Schemas/{urn}")
def schema(request: Request, urn: str) -> Response:
    """One of them."""
    return _one(_schemas(request), urn)


@router.post("/.search")
def search_all(request: Request, reading: Reading, payload: Payload) -> Response:
    """Users and groups."""
    search = _read(_about(SearchRequest, DirectoryUser | Group), payload, Context.SEARCH_REQUEST)
    return _search(request, reading, (USERS, GROUPS), search)


@router.post("/Users/.search")
@router.post("/Groups/.search")
def search_kind(request: Request, reading: Reading, kind: KindDep, payload: Payload) -> Response:
    """As a query, with its parameters in the body."""
    return _search(request, reading, (kind,), _read(_about(SearchRequest, kind.model), payload, Context.SEARCH_REQUEST))


@router.get("/Users")
@router.get("/Groups")
def list_resources(request: Request, reading: Reading, kind: KindDep) -> Response:
    """A page of those that the filter has."""
    asked = dict(request.query_params)
    return _search(request, reading, (kind,), _read(_about(SearchRequest, kind.model), asked, Context.SEARCH_REQUEST))


@router.post("/Users")
@router.post("/Groups")
def create(request: Request, kind: KindDep, payload: Payload) -> Response:
    """A new one; a user name is had once."""
    resource = _read(kind.model, payload, Context.RESOURCE_CREATION_REQUEST)

    def make(session: Session) -> Any:
        now = datetime.now(UTC)
        row = kind.row(id=str(uuid4()), version=0, created_at=now, modified_at=now)
        _fill(session, kind, row, resource, now)
        session.add(row)
        return row

    created = _resource(request, kind, _changed(request, kind, "create", make))
    answered = created.model_dump(
        scim_ctx=Context.RESOURCE_CREATION_RESPONSE, response_parameters=_attributes(request, kind)
    )
    return ScimResponse(answered, 201, {"Location": created.meta.location})


@router.get("/Users/{resource_id}")
@router.get("/Groups/{resource_id}")
def get(request: Request, reading: Reading, kind: KindDep, resource_id: str) -> Response:
    """One, or 304 for who has it as it is."""
    resource = _resource(request, kind, _found(reading, kind, resource_id))
    if resource.meta.version in _tags(request, "if-none-match"):
        return Response(status_code=304, headers={"ETag": resource.meta.version})
    return ScimResponse(
        resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=_attributes(request, kind))
    )


@router.put("/Users/{resource_id}")
@router.put("/Groups/{resource_id}")
def replace(request: Request, kind: KindDep, resource_id: str, payload: Payload) -> Response:
    """All that the directory may say of it."""
    replacement = _read(kind.model, payload, Context.RESOURCE_REPLACEMENT_REQUEST)

    def edit(resource: Any) -> tuple[Any, bool]:
        return replacement, replacement.replace(resource)

    return _edited(request, kind, resource_id, edit, Context.RESOURCE_REPLACEMENT_RESPONSE)


@router.patch("/Users/{resource_id}")
@router.patch("/Groups/{resource_id}")
def patch(request: Request, kind: KindDep, resource_id: str, payload: Payload) -> Response:
    """Some of it, all operations or none."""
    operations = _read(_about(PatchOp, kind.model), payload, Context.RESOURCE_PATCH_REQUEST)

    def edit(resource: Any) -> tuple[Any, bool]:
        return resource, operations.patch(resource, POLICY)

    return _edited(request, kind, resource_id, edit, Context.RESOURCE_PATCH_RESPONSE)


@router.delete("/Users/{resource_id}")
@router.delete("/Groups/{resource_id}")
def delete(request: Request, kind: KindDep, resource_id: str) -> Response:
    """A user who is deleted has left; what they did stays theirs."""

    def make(session: Session) -> Any:
        row = _found(session, kind, resource_id)
        _refuse_another_version(request, row)
        if kind is GROUPS or row.person is None:
            session.delete(row)
            return row
        now = datetime.now(UTC)
        entry = Entry.model_validate(row.entry)
        gone = entry.model_copy(update={"gone": True, "left": entry.left or now.date(), "names": ()})
        row.user_name = row.external_id = None
        row.document, row.entry, row.modified_at = {}, gone.model_dump(mode="json"), now
        return row

    _changed(request, kind, "delete", make)
    return Response(status_code=204)


def _edited(
    request: Request, kind: Kind, resource_id: str, edit: Callable[[Any], tuple[Any, bool]], context: Context
) -> Response:
    def make(session: Session) -> Any:
        row = _found(session, kind, resource_id)
        _refuse_another_version(request, row)
        resource, differs = edit(_resource(request, kind, row))
        if differs:
            _fill(session, kind, row, resource, datetime.now(UTC))
            session.add(row)
        return row

    row = _changed(request, kind, "change", make)
    return ScimResponse(
        _resource(request, kind, row).model_dump(scim_ctx=context, response_parameters=_attributes(request, kind))
    )


def _changed(request: Request, kind: Kind, what: str, make: Callable[[Session], Any]) -> Any:
    """The row; a change is in the audit before it counts, with a group's id, or with whom it makes of a user."""
    behind, now = served(request), datetime.now(UTC)
    behind.organisation_file()
    what = f"{what} {kind.resource_type.lower()}"
    with ExitStack() as noting:
        noted: list[Noted] = []

        def noted_first(session: Session) -> Any:
            row = make(session)
            if session.new or session.dirty or session.deleted:
                said = happened(newcomer(request, Door.DIRECTORY), Act.DIRECTORY, what, now)
                noted.append(noting.enter_context(behind.audit.doing(said)))
            return row

        row = change(behind.database, behind.organisation_file.file, now, Source.SCIM, noted_first)
        for one in noted:
            if kind is GROUPS:
                one.record = row.id
            elif row.person is not None:
                one.whom = row.person["key"]
    return row


def _fill(session: Session, kind: Kind, row: Any, resource: Any, now: datetime) -> None:
    """Raises UniquenessException for the user name of another."""
    row.document, row.external_id = document_of(resource), resource.external_id
    row.version, row.modified_at = row.version + 1, now
    if kind is GROUPS:
        row.name = resource.display_name.casefold()
        return
    if any(other.id != row.id for other in rows.named(session, kind.row, "user_name", resource.user_name)):
        raise UniquenessException(detail=f"There is a user {resource.user_name} already; change that one.")
    before = Entry.model_validate(row.entry) if row.entry else None
    row.source, row.user_name = Source.SCIM, resource.user_name.casefold()
    row.entry = entry_of(resource, row.id, before, now).model_dump(mode="json")


def _search(request: Request, reading: Session, kinds: Iterable[Kind], search: Any) -> Response:
    count = min(search.count if search.count is not None else MOST_RESULTS, MOST_RESULTS)
    start = search.start_index_0
    kinds = tuple(kinds)
    if len(kinds) == 1 and search.filter is None and search.sort_by is None:
        total, page = rows.part(reading, kinds[0].row, start, count)
        resources = [_resource(request, kinds[0], row) for row in page]
    else:
        there = [_resource(request, kind, row) for kind in kinds for row in _candidates(reading, kind, search)]
        fits = search.sort([one for one in there if search.filter is None or search.filter.match(one)])
        total, resources = len(fits), fits[start : start + count]
    response = _about(ListResponse, DirectoryUser | Group)(
        total_results=total, start_index=start + 1, items_per_page=len(resources), resources=resources
    )
    return ScimResponse(response.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=search))


def _candidates(reading: Session, kind: Kind, search: Any) -> Iterable[Any]:
    """All, but where an index finds them: that is how directories look for one."""
    match search.filter.ast if search.filter is not None else None:
        case Comparison(attr_path=path, op=CompareOperator.eq, value=str(value)) if path.sub_attr is None:
            column = kind.indexed.get(path.attr.casefold())
            if column is not None:
                return rows.named(reading, kind.row, column, value)
    return rows.everything(reading, kind.row)


def _found(session: Session, kind: Kind, resource_id: str) -> Any:
    row = rows.found(session, kind.row, resource_id)
    if row is None:
        raise NotFoundException(detail=f"There is no {kind.resource_type.lower()} with this id.")
    return row


def _resource(request: Request, kind: Kind, row: Any) -> Any:
    resource = kind.model.model_validate(row.document, scim_policy=POLICY)
    resource.id = row.id
    resource.meta = _meta(request, kind.resource_type, f"{kind.endpoint}/{row.id}")
    resource.meta.created, resource.meta.last_modified = row.created_at, row.modified_at
    resource.meta.version = f'W/"{row.version}"'
    return resource


def _meta(request: Request, resource_type: str, path: str) -> Meta:
    public = served(request).settings.resolved_public_url
    return Meta(resource_type=resource_type, location=f"{public}{ROOT}/{path}")


def _resource_types(request: Request) -> list[Any]:
    return [
        one.model_copy(update={"meta": _meta(request, "ResourceType", f"ResourceTypes/{one.id}")})
        for one in PROVIDER.resource_types
    ]


def _schemas(request: Request) -> list[Any]:
    return [one.model_copy(update={"meta": _meta(request, "Schema", f"Schemas/{one.id}")}) for one in PROVIDER.schemas]


def _listed(kind: Any, resources: list[Any]) -> Response:
    response = kind(total_results=len(resources), start_index=1, items_per_page=len(resources), resources=resources)
    return ScimResponse(response.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def _one(resources: list[Any], name: str) -> Response:
    for resource in resources:
        if str(resource.id).casefold() == name.casefold():
            return ScimResponse(resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))
    raise NotFoundException(detail="There is none of this name.")


def _attributes(request: Request, kind: Kind) -> Any:
    asked = {name: value for name, value in request.query_params.items() if name.lower().endswith("attributes")}
    return _read(_about(ResponseParameters, kind.model), asked, Context.DEFAULT)


def _refuse_another_version(request: Request, row: Any) -> None:
    tags = _tags(request, "if-match")
    if tags and "*" not in tags and f'W/"{row.version}"' not in tags:
        raise PreconditionFailedException(detail="It has changed since; read it again.")


def _about(message: Any, model: Any) -> Any:
    """The message for resources of that kind."""
    return message[model]


def _tags(request: Request, header: str) -> list[str]:
    return [tag.strip() for tag in request.headers.get(header, "").split(",") if tag.strip()]


def _read(model: Any, payload: dict[str, Any], context: Context) -> Any:
    """Raises SCIMException for the first thing that is wrong."""
    try:
        return model.model_validate(payload, scim_ctx=context, scim_policy=POLICY)
    except ValidationError as error:
        raise ScimError.from_error(Error.from_validation_errors(error)[0]) from error


for route in router.routes:
    without_sign_in(route.endpoint)  # type: ignore[attr-defined]  # a directory has a token of its own
