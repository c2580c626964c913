"""What routes are given: each names what it needs by one of these types."""

import hmac
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.client import Client

from followthrough.audit import Audit
from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.access.privacy import seen_by
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.values import PersonId
from followthrough.gateway import Gateway
from followthrough.links import Links
from followthrough.noting import happened
from followthrough.oidc import Provider
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.web.limits import Often


@dataclass(frozen=True)
class Served:
    """What stands behind the application, for as long as it runs: ``app.state.served``."""

    settings: Settings
    organisation_file: OrganisationFile
    client: Client
    database: Engine
    gateway: Gateway
    links: Links
    audit: Audit
    provider: Provider | None
    """Where people sign in; None where nobody can."""
    tries: Often = field(default_factory=lambda: Often(100, timedelta(minutes=1)))
    """Of signing in: a whole company may come from one address."""
    codes: Often = field(default_factory=lambda: Often(10, timedelta(minutes=1)))
    """Of codes that people type."""


def served(request: Request) -> Served:
    """What stands behind the application that was asked."""
    behind: Served = request.app.state.served
    return behind


def newcomer(request: Request, door: Door, person: PersonId | None = None) -> Actor:
    """Who comes without being signed in; nobody is known until that door has proven somebody."""
    return Actor(person=person, door=door, address=address_of(request))


def address_of(request: Request) -> str:
    """Where it came from, for the audit alone."""
    return request.client.host if request.client else ""


async def _settings(request: Request) -> Settings:
    return served(request).settings


async def _organisation_file(request: Request) -> OrganisationFile:
    return served(request).organisation_file


async def _organisation(request: Request) -> Organisation:
    return served(request).organisation_file()


async def _gateway(request: Request) -> Gateway:
    return served(request).gateway


async def _links(request: Request) -> Links:
    return served(request).links


async def actor_of(request: Request) -> Actor:
    """As it was proven before the route was asked, unless that is marked ``access.without_sign_in``."""
    actor: Actor = request.state.visitor.actor
    return actor


async def _audit(request: Request) -> Audit:
    return served(request).audit


def _session(request: Request) -> Iterator[Session]:
    with Session(served(request).database) as session:
        yield session


SettingsDep = Annotated[Settings, Depends(_settings)]
OrganisationFileDep = Annotated[OrganisationFile, Depends(_organisation_file)]
OrganisationDep = Annotated[Organisation, Depends(_organisation)]
"""As the file is at the request's begin."""
GatewayDep = Annotated[Gateway, Depends(_gateway)]
ActorDep = Annotated[Actor, Depends(actor_of)]
"""Who asks."""
LinksDep = Annotated[Links, Depends(_links)]
AuditDep = Annotated[Audit, Depends(_audit)]
Reading = Annotated[Session, Depends(_session)]
"""A session on the database; it connects when it is first used."""


async def _seen_by(actor: ActorDep) -> PersonId | None:
    return seen_by(actor)


SeenByDep = Annotated[PersonId | None, Depends(_seen_by)]
"""Whose eyes look at what may be private; None for those that see everything."""


def require_bearer(request: Request, token: SecretStr) -> None:
    """Raises HTTPException 401 unless the request carries the token."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        raise HTTPException(
            401,
            "The bearer token is missing or wrong; send it as Authorization: Bearer TOKEN.",
            {"WWW-Authenticate": "Bearer"},
        )


async def _authorised(request: Request, settings: SettingsDep, actor: ActorDep) -> None:
    if settings.api_token is not None and actor.door is Door.THIS_MACHINE:
        require_bearer(request, settings.api_token)


Authorised = Depends(_authorised)
"""Of routes that ask for the API's token where one is set."""


async def _note_export(request: Request, actor: ActorDep, audit: AuditDep) -> AsyncIterator[None]:
    *_, record, file = request.scope["path"].split("/")
    async with audit.noting(happened(actor, Act.EXPORT, file, datetime.now(UTC), record=record)):
        yield


Exported = Depends(_note_export)
"""Of routes whose answer is kept as a file: of the record or service that stands before its name."""
