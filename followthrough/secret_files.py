"""Secrets from files, as containers have them: ``FOLLOWTHROUGH_LINK_SECRET_FILE`` instead of ``..._LINK_SECRET``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, PydanticBaseSettingsSource


class FromFile:
    """Marks a setting that has a secret in it, although it is written as usual text."""


class SecretFileError(Exception):
    """A file that should have a secret; the message is a sentence that names its setting and says what to do."""


class SecretFiles(PydanticBaseSettingsSource):
    """What stands in the files that the environment or ``.env`` names; nothing is read that is not named there.

    Raises SecretFileError where one can't be read, or the setting is given as well.
    """

    def __init__(self, settings: type[BaseSettings], *named: EnvSettingsSource) -> None:
        super().__init__(settings)
        self._named = named

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The text of its file, and the name that settings know it by."""
        name = setting_name(self.settings_cls, field_name)
        file = self.given(f"{name}_FILE") if is_secret(field) else None
        if file is None:
            return None, field_name, False
        if self.given(name) is not None:
            raise SecretFileError(f"Both {name} and {name}_FILE are set; remove one of them.")
        return _text(f"{name}_FILE", file), field.validation_alias or field_name, False  # type: ignore[return-value]

    def __call__(self) -> dict[str, Any]:
        """Those that come from files."""
        found = (self.get_field_value(field, name) for name, field in self.settings_cls.model_fields.items())
        return {key: value for value, key, _ in found if value is not None}

    def given(self, name: str) -> str | None:
        """By the environment, or else by ``.env``."""
        return next((given for one in self._named if (given := one.env_vars.get(name.lower())) is not None), None)


def setting_name(settings: type[BaseSettings], field: str) -> str:
    """What it is called in the environment."""
    alias = settings.model_fields[field].validation_alias
    return str(alias or f"{settings.model_config.get('env_prefix', '')}{field.upper()}")


def secret_settings(settings: type[BaseSettings]) -> Iterator[str]:
    """The names of those that may come from files, each without ``_FILE``."""
    return (setting_name(settings, name) for name, field in settings.model_fields.items() if is_secret(field))


def named_files(settings: type[BaseSettings]) -> dict[str, str]:
    """Which of them come from files, each with ``_FILE``, and from which."""
    named = SecretFiles(settings, EnvSettingsSource(settings), DotEnvSettingsSource(settings))
    names = (f"{name}_FILE" for name in secret_settings(settings))
    return {name: file for name in names if (file := named.given(name)) is not None}


def is_secret(field: FieldInfo) -> bool:
    """Whether it may come from a file."""
    return any(isinstance(mark, FromFile) for mark in field.metadata) or _holds_secret(field.annotation)


def _holds_secret(kind: Any) -> bool:
    return kind is SecretStr or any(_holds_secret(part) for part in get_args(kind))


def _text(name: str, file: str) -> str:
    """Without the end of its line, which editors and `echo` write."""
    try:
        text = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise SecretFileError(f"{name} names {file}, which can't be read ({why}); put the secret there.") from None
    if not text.strip():
        raise SecretFileError(f"{name} names {file}, which is empty; put the secret there.")
    return text
