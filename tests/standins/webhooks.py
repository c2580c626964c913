"""A receiver of our webhooks on loopback: it verifies signatures, keeps what it took, and makes trouble on demand."""

import json
from base64 import b64encode
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.standins.server import StandIn, cut_off

SECRET = f"whsec_{b64encode(b'of the stand-in for receivers!!!').decode()}"


class WebhookStandIn(StandIn):
    """Runs while it is entered as a context.

    ``took`` are the bodies that it took, by their ``webhook-id``, in the order of their first coming; ``tries`` are the
    ids of all requests. ``answers`` are the next ones: a status, or None to cut the connection.
    """

    def __init__(self, *, port: int = 0, secret: str = SECRET) -> None:
        super().__init__(port)
        self.secret = secret
        self.took: dict[str, Any] = {}
        self.tries: list[str] = []
        self.answers: list[int | None] = []
        self.otherwise: int | None = 200
        """The status of all that ``answers`` says nothing of."""

    @property
    def types(self) -> list[str]:
        """Of what it took."""
        return [body["type"] for body in self.took.values()]

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        status = self.answers.pop(0) if self.answers else self.otherwise
        self.tries.append(request.headers["webhook-id"])
        if status is None:
            cut_off(receive)
            return
        if status == 200:
            try:
                Webhook(self.secret).verify(body, dict(request.headers))
            except WebhookVerificationError as error:
                self.violations.append(str(error))
                status = 401
            else:
                self.took.setdefault(self.tries[-1], json.loads(body))
        headers = {"Location": "/elsewhere"} if status == 302 else {}
        await Response("what a receiver writes, which nobody keeps", status, headers)(scope, receive, send)
