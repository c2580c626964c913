"""Where events go out to, in the organisation file."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, HttpUrl

from followthrough.domain.answered.organisation.file_types import Section, TeamName
from followthrough.domain.answered.webhook.events import EventType
from followthrough.domain.replayed.text import Key
from followthrough.domain.replayed.values import TeamId

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def _receiver(url: HttpUrl) -> HttpUrl:
    parts = urlsplit(str(url))
    if parts.username is not None:
        raise ValueError("has a name or password in it, which anybody could read here; the signature says who speaks")
    if parts.scheme != "https" and parts.netloc.rpartition(":")[0] not in LOOPBACK and parts.netloc not in LOOPBACK:
        raise ValueError(f"{url} is not encrypted; write it with https://")
    return url


def _place_of_secret(value: str) -> str:
    if "/" not in value and not re.fullmatch(r"[A-Z][A-Z0-9]*_[A-Z0-9_]*", value):
        raise ValueError(
            "is where the secret is, and not the secret: write the name of an environment variable, like "
            "WEBHOOK_SECRET_WAREHOUSE, or the path of a file, like /run/secrets/warehouse"
        )
    return value


Receiver = Annotated[HttpUrl, AfterValidator(_receiver)]
PlaceOfSecret = Annotated[
    str,
    AfterValidator(_place_of_secret),
    Field(
        description="Where workers find the secret, which begins with whsec_: the name of an environment variable, "
        "or a path with a / in it",
        examples=["WEBHOOK_SECRET_WAREHOUSE", "/run/secrets/warehouse"],
    ),
]
EndpointName = Annotated[Key, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=60)]


class WebhookEndpoint(Section):
    """A receiver of events, signed as Standard Webhooks says."""

    url: Receiver
    secrets: tuple[PlaceOfSecret, ...] = Field(
        min_length=1, max_length=3, description="Each signs; there are two while one is rotated"
    )
    events: tuple[EventType, ...] = Field((), description="Without them all")
    teams: tuple[TeamName, ...] = Field((), description="Without them all")
    drills: bool = Field(False, description="Whether it hears of drills, too")

    def wants(self, event: EventType, team: TeamId, *, drill: bool) -> bool:
        """Whether it is told."""
        return (
            (not self.events or event in self.events)
            and (not self.teams or team in self.teams)
            and (self.drills or not drill)
        )
