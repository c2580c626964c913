"""Files of the service, which hold names, addresses and secrets, are for its own user alone."""

import logging
from pathlib import Path

PRIVATE = 0o077
"""The umask of programs whose files nobody else reads."""

logger = logging.getLogger(__name__)


def private_folder(folder: Path) -> None:
    """Makes it if it is missing; nobody else gets in."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _restrict(folder, 0o700)


def private_database(file: Path) -> None:
    """Makes it if it is missing; nobody else reads it, or what SQLite and who leads keep beside it."""
    file.touch(mode=0o600)
    private_files(file, *(file.with_name(file.name + beside) for beside in ("-wal", "-shm", "-journal", "-lead")))


def private_files(*files: Path) -> None:
    """Those that are there."""
    for file in files:
        if file.exists():
            _restrict(file, 0o600)


def _restrict(path: Path, mode: int) -> None:
    try:
        path.chmod(mode)
    except OSError as error:
        logger.warning("Others may read %s, whose mode can't be changed: %s", path, error.strerror)
