"""SCIM's users and groups, as the RFCs 7643 and 7644 have them, and what a user says of a person."""

from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import EmailStr, Field, TypeAdapter, ValidationError
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    Context,
    ETag,
    Extension,
    Filter,
    Group,
    Mutability,
    Pagination,
    Patch,
    Reference,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)
from scim2_models import EnterpriseUser as StrictEnterpriseUser
from scim2_models.urn import URN

from followthrough.domain.answered.organisation.directory import absences
from followthrough.domain.answered.organisation.file_types import TimeZone
from followthrough.domain.answered.organisation.organisation import Away
from followthrough.domain.answered.organisation.taking_over import Entry
from followthrough.domain.replayed.text import TITLE, cut, one_line

MOST_RESULTS = 200
"""Of one page."""

POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""As much as Okta and Entra ID need."""


class Manager(ComplexAttribute):
    """Whom the directory names as a manager; most name them by the value alone."""

    value: Annotated[str | None, CaseExact.true] = None
    ref: Reference["User"] | None = Field(  # type: ignore[type-arg]  # the library's own name for users
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display_name: Annotated[str | None, Mutability.read_only] = None


class EnterpriseUser(StrictEnterpriseUser):
    """Enterprise User."""

    manager: Manager | None = None  # type: ignore[assignment]  # which needs less than the library's


class FollowthroughUser(Extension):
    """What Followthrough can use beside the enterprise extension."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:followthrough:2.0:User")

    away: str | None = None
    """Days out of office, the last one included: 2026-08-03/2026-08-21; 2026-12-24."""


DirectoryUser: Any = User[EnterpriseUser | FollowthroughUser]

CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MOST_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    pagination=Pagination(cursor=False, index=True, default_page_size=MOST_RESULTS, max_page_size=MOST_RESULTS),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer token",
            description="The token in the setting FOLLOWTHROUGH_SCIM_TOKEN",
            primary=True,
        )
    ],
)

PROVIDER = ScimProvider(
    models=[User, EnterpriseUser, FollowthroughUser, Group],
    resource_types=[ResourceType.from_resource(DirectoryUser), ResourceType.from_resource(Group)],
    config=CONFIG,
    policy=POLICY,
)

_EMAIL, _TIME_ZONE = TypeAdapter(EmailStr), TypeAdapter(TimeZone)


def document_of(resource: User[Any] | Group) -> dict[str, Any]:
    """What is kept of it: neither a password, nor what is ours to say."""
    kept = resource.model_copy(deep=True)
    kept.id = kept.meta = None
    if isinstance(kept, User):
        kept.password = kept.groups = None
    return kept.model_dump(scim_ctx=Context.DEFAULT, scim_policy=POLICY)


def entry_of(user: User[Any], user_id: str, before: Entry | None, now: datetime) -> Entry:
    """What it says of a person, who has left from the moment on that it is not active any more, wherever they are."""
    name = _name(user)
    unread: list[str] = []
    time_zone = _time_zone(user, name, unread)
    left = None
    if user.active is False:
        today = min(now.astimezone(zone).date() for zone in (ZoneInfo(time_zone or "UTC"), UTC))
        left = before.left if before is not None and before.left is not None else today
    return Entry(
        id=user_id,
        names=tuple(said for said in (user.user_name, user.external_id) if said),
        name=name,
        email=_email(user),
        manager=_manager(user),
        time_zone=time_zone,
        left=left,
        away=_away(user, name, unread),
        unread=tuple(unread),
    )


def _name(user: User[Any]) -> str:
    parts = user.name
    whole = " ".join(part for part in (parts.given_name, parts.family_name) if part) if parts else ""
    said = (user.display_name, parts.formatted if parts else None, whole, user.user_name)
    return cut(next((line for line in (one_line(text or "") for text in said) if line), "Somebody"), TITLE)


def _email(user: User[Any]) -> str | None:
    """The primary one, or that of work, or the first; else the user name where it is one."""
    emails = [email for email in user.emails or () if email.value]
    best = sorted(emails, key=lambda email: (not email.primary, email.type != "work"))
    if best:
        return str(best[0].value)
    try:
        return str(_EMAIL.validate_python(user.user_name))
    except ValidationError:
        return None


def _manager(user: User[Any]) -> str | None:
    enterprise = user[EnterpriseUser]
    manager = enterprise.manager if enterprise else None
    if manager is None:
        return None
    return manager.value or (str(manager.ref).rstrip("/").rpartition("/")[2] if manager.ref else None)


def _time_zone(user: User[Any], name: str, unread: list[str]) -> str | None:
    if not user.timezone:
        return None
    try:
        return str(_TIME_ZONE.validate_python(user.timezone))
    except ValidationError:
        unread.append(f"The time zone of {name}, {cut(user.timezone, 64)}, is none; write it like Europe/Madrid.")
        return None


def _away(user: User[Any], name: str, unread: list[str]) -> tuple[Away, ...]:
    extension = user[FollowthroughUser]
    try:
        return absences(extension.away or "") if extension else ()
    except ValueError:
        unread.append(
            f"The absences of {name}, {cut(one_line(extension.away), 64)}, can't be read; write them like "
            "2026-08-03/2026-08-21; 2026-12-24."
        )
        return ()
