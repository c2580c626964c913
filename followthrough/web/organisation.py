"""Which organisation file the service uses, for whoever changes it; the dashboard shows its problems, too."""

from pathlib import Path

from fastapi import APIRouter

from followthrough.web.dependencies import Authorised, OrganisationFileDep
from followthrough.web.shapes.shape import Shape


class FileInUse(Shape):
    """The file that was read last; ``problems`` is why the one there now can't be taken over."""

    file: Path
    """Where it lies, on the service's machine."""
    problems: tuple[str, ...]
    """Sentences; empty where it was taken over."""


router = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised])


@router.get("/organisation-file", operation_id="get_organisation_file")
def in_use(file: OrganisationFileDep) -> FileInUse:
    """Looks whether it has changed."""
    file()
    return FileInUse(file=file.in_use.resolve(), problems=file.problems)
