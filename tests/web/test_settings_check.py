"""The settings as they are understood, for administrators, without a secret."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import Request
from pydantic import SecretStr

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.organisation_file import OrganisationFile
from followthrough.web import doors
from tests.web.conftest import Web, words
from tests.web.test_private import eyes_of

SECRET = "a-secret-that-nobody-reads"


@pytest.fixture
def guarded(alone: Web, run_by_tomas: OrganisationFile) -> Web:
    """Every setting that can hold a secret does."""
    secrets: dict[str, object] = {
        name: (SecretStr(SECRET),) * 2 if field.default == () else SecretStr(SECRET)
        for name, field in type(alone.settings).model_fields.items()
        if "SecretStr" in str(field.annotation)
    }
    secrets |= {"api_token": None, "database_url": f"postgresql://ana:{SECRET}@db.example.com/followthrough"}
    changed = {**secrets, "session_idle": timedelta(hours=36)}
    return replace(alone, settings=alone.settings.model_copy(update=changed), organisation=run_by_tomas)


async def test_administrators_read_how_it_is_understood_and_no_secret(guarded: Web) -> None:
    async with eyes_of(guarded, "tomas") as tomas:
        shown = await tomas.get("/settings-check")
    assert (shown.status_code, SECRET in shown.text) == (200, False)
    said = words(shown)
    for part in (
        "Paper Plane",
        "led by Marcos Vidal",
        "Checkout",
        "FOLLOWTHROUGH_SENDGRID_API_KEY",
        "FOLLOWTHROUGH_PAGERDUTY_SECRETS Signing secrets, all accepted, for rotation 2 set",
        "TEMPORAL_ADDRESS",
        "postgresql://ana:***@db.example.com/followthrough",
        "Who asks for nothing so long signs in again 36 hours",
        "waited for after a failure 30 seconds",
        "with the key for all",
    ):
        assert part in said, part


async def test_others_do_not(guarded: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    async def is_wei(_request: Request) -> Actor:
        return Actor(person="wei", door=Door.SESSION)

    monkeypatch.setattr(doors, "actor_of", is_wei)
    async with eyes_of(guarded, "wei") as wei:
        refused = await wei.get("/settings-check")
    assert (refused.status_code, "wei can't see the settings" in refused.json()["error"]) == (403, True)
