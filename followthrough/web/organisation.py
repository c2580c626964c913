"""Which organisation file the service uses, for whoever changes it; the dashboard shows its problems, too."""

from pathlib import Path

from fastapi import APIRouter
from pydantic import BaseModel

from followthrough.web.dependencies import Authorised, OrganisationFileDep


class FileInUse(BaseModel):
    """The file that was read last; ``problems`` is why the one there now can't be taken over."""

    file: Path
    problems: tuple[str, ...]


router = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised])


@router.get("/organisation-file", operation_id="get_organisation_file")
def in_use(file: OrganisationFileDep) -> FileInUse:
    """Looks whether it has changed."""
    file()
    return FileInUse(file=file.in_use.resolve(), problems=file.problems)
