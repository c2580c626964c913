"""The organisation as `followthrough doctor` finds it, and what it says of the directory beside the file."""

from collections import Counter

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from followthrough.domain.answered.organisation.directory import NO_DIRECTORY, Directory, Merged, Source, merged
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import to_the_minute
from followthrough.organisation_file import load
from followthrough.settings import Settings
from followthrough.store import directory
from followthrough.store.database import open_database, to_be_created
from followthrough.store.directory_tables import DirectoryRow


def read(settings: Settings) -> tuple[Organisation, Merged, list[str]]:
    """The file, what it makes with the directory, and from where people are. Raises OrganisationError."""
    beside, state = _directory(settings)
    file = load(settings.organisation_file, beside)
    both = merged(file, beside)
    counts = Counter(both.sources.values())
    heard = ((Source.SCIM, state.scim_at), (Source.CSV, state.csv_at)) if state is not None else ()
    said = [
        f"People known by {source}: {counts[source]}, heard last at {to_the_minute(at)}."
        for source, at in heard
        if at is not None
    ]
    return file, both, said


def in_effect(settings: Settings) -> Organisation:
    """The file with the directory beside it. Raises OrganisationError."""
    return read(settings)[1].organisation


def _directory(settings: Settings) -> tuple[Directory, DirectoryRow | None]:
    """Nobody while the database can't be read, which is said elsewhere."""
    if to_be_created(settings.resolved_database_url):
        return NO_DIRECTORY, None
    database = open_database(settings.resolved_database_url)
    try:
        with Session(database, expire_on_commit=False) as session:
            return directory.read(session), directory.state(session)
    except SQLAlchemyError:
        return NO_DIRECTORY, None
    finally:
        database.dispose()
