"""Where the terminal's tokens are: in the system's keyring, or in a file for its owner alone where there is none.

The file says in any case for which services there is one, so that nobody's keyring is opened for nothing.
"""

import contextlib
import json
import os
from pathlib import Path

import platformdirs

KEYRING = "followthrough"
TOKEN = "token"  # noqa: S105 -- no secret


def token_for(url: str) -> str | None:
    """What to send to that service: of the environment, or kept by `followthrough login`."""
    for name in ("FOLLOWTHROUGH_TOKEN", "FOLLOWTHROUGH_API_TOKEN"):
        if token := os.environ.get(name):
            return token
    return kept_token(url)


def kept_token(url: str) -> str | None:
    """That of `followthrough login`."""
    kept = _read().get(url)
    if kept is None:
        return None
    if TOKEN in kept:
        return kept[TOKEN]
    import keyring
    from keyring.errors import KeyringError

    with contextlib.suppress(KeyringError):
        return keyring.get_password(KEYRING, url)
    return None


def keep_token(url: str, token: str) -> str:
    """Where it is kept."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(KEYRING, url, token)
    except KeyringError:
        _write({**_read(), url: {TOKEN: token}})
        return f"in {_file()}"
    _write({**_read(), url: {}})
    return "in the system's keyring"


def forget_token(url: str) -> None:
    """Also that in the keyring."""
    kept = _read()
    if TOKEN not in kept.pop(url, {}):
        import keyring
        from keyring.errors import KeyringError

        with contextlib.suppress(KeyringError):
            keyring.delete_password(KEYRING, url)
    _write(kept)


def _file() -> Path:
    folder = os.environ.get("FOLLOWTHROUGH_CONFIG_DIR")
    return (Path(folder) if folder else platformdirs.user_config_path("followthrough")) / "tokens.json"


def _read() -> dict[str, dict[str, str]]:
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(_file().read_text(encoding="utf-8"))
        if isinstance(kept, dict):
            return kept
    return {}


def _write(kept: dict[str, dict[str, str]]) -> None:
    """Nobody else reads it, not even while it is made."""
    file = _file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_suffix(f".{os.getpid()}")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as written:  # noqa: PTH123
        json.dump(kept, written)
    new.replace(file)
