"""Decrypts what Temporal keeps for administrators, in Temporal's UI and command line: its remote codec protocol.

The UI's pages come from another address, and may ask here, and nowhere else, when the settings name it.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.api.common.v1 import Payload, Payloads

from followthrough.domain.answered.access.audit import Act
from followthrough.encryption import Encryption, encryption_of
from followthrough.noting import happened
from followthrough.web.dependencies import ActorDep, AuditDep, Authorised, SettingsDep
from followthrough.web.security import CODEC

router = APIRouter(prefix=CODEC.rstrip("/"), include_in_schema=False, dependencies=[Authorised])


class AskedByUI:
    """Lets browsers hand the answers to the pages of Temporal's UI."""

    def __init__(self, app: ASGIApp, ui: str) -> None:
        self._app = app
        self._asked = CORSMiddleware(
            app,
            allow_origins=[ui],
            allow_methods=["POST"],
            allow_headers=["authorization", "content-type", "x-namespace"],
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wraps the application."""
        asks = scope["type"] == "http" and scope["path"].startswith(CODEC)
        await (self._asked if asks else self._app)(scope, receive, send)


async def _encryption(settings: SettingsDep) -> Encryption:
    if (encryption := encryption_of(settings)) is None:
        raise HTTPException(404, "Nothing is encrypted here; docs/encryption.md says how to switch it on.")
    return encryption


async def _payloads(request: Request) -> list[Payload]:
    try:
        return [*Parse(await request.body(), Payloads()).payloads]
    except (ParseError, UnicodeDecodeError):
        raise HTTPException(
            422, 'These are no payloads; send {"payloads": [...]} as Temporal\'s API has them.'
        ) from None


EncryptionDep = Annotated[Encryption, Depends(_encryption)]
PayloadsDep = Annotated[list[Payload], Depends(_payloads)]


@router.post("/decode")
async def decode(encryption: EncryptionDep, payloads: PayloadsDep, actor: ActorDep, audit: AuditDep) -> Response:
    """As they were before they were encrypted, once it is in the audit. Raises Unreadable."""
    said = happened(actor, Act.DECRYPTION, "decrypt", datetime.now(UTC))
    async with audit.noting(said) as noted:
        noted.details["payloads"] = str(len(payloads))
        return _answer(await encryption.decode(payloads))


@router.post("/encode")
async def encode(encryption: EncryptionDep, payloads: PayloadsDep) -> Response:
    """Encrypted, for what somebody sends to a workflow in the UI."""
    return _answer(await encryption.encode(payloads))


def _answer(payloads: list[Payload]) -> Response:
    return Response(MessageToJson(Payloads(payloads=payloads), indent=None), media_type="application/json")
