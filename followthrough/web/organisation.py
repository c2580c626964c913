"""Which organisation file the service uses, for whoever changes it."""

from pathlib import Path

from fastapi import APIRouter
from pydantic import BaseModel

from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.web.security import authorised


class FileInUse(BaseModel):
    """The file that was read last; ``problems`` is why the one there now can't be taken over."""

    file: Path
    problems: tuple[str, ...]


def organisation_file(settings: Settings, organisation: OrganisationFile) -> APIRouter:
    """For programs; the dashboard shows problems above its list of incidents."""
    router = APIRouter(prefix="/api", tags=["api"], dependencies=[authorised(settings)])

    @router.get("/organisation-file")
    def in_use() -> FileInUse:
        """Looks whether it has changed."""
        organisation()
        return FileInUse(file=organisation.in_use.resolve(), problems=organisation.problems)

    return router
