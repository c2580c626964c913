"""Who sits at this machine, chosen once; only where nobody has to sign in."""

from pathlib import Path

from followthrough.domain.replayed.values import PersonId
from followthrough.private_files import private_folder

LOCAL_PERSON = "local-person"


def local_person(data_dir: Path) -> PersonId | None:
    """None until somebody has chosen."""
    try:
        return (data_dir / LOCAL_PERSON).read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def choose_local_person(data_dir: Path, person: PersonId) -> None:
    """From now on."""
    private_folder(data_dir)
    (data_dir / LOCAL_PERSON).write_text(f"{person}\n", encoding="utf-8")
