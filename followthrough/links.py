"""Signed links in mails: what they hold can be read by anybody and changed by nobody."""

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Container, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Self
from uuid import NAMESPACE_URL, uuid5

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from followthrough.domain.replayed.values import Message, PersonId
from followthrough.private_files import private_folder
from followthrough.settings import SHORTEST_LINK_SECRET, Settings, too_short

PERHAPS_TOKEN = re.compile(r"[\w.-]++")
PAYLOAD, SIGNATURE = 20, 43
"""Characters; a token is a payload, a time and a signature, with dots between."""
SECRET_FILE = "link-secret"  # noqa: S105 -- its name


class Link(Message):
    """What one person may do by it, and to what."""

    purpose: str
    person: PersonId
    about: str = ""
    """Id of an incident or action item."""
    nonce: str = ""
    """Equal links have equal nonces, so that they act once."""

    @classmethod
    def in_mail(cls, mail: str, purpose: str, person: PersonId, about: str = "") -> Self:
        """That of the mail with this key: the same one, however often the mail is made."""
        nonce = uuid5(NAMESPACE_URL, f"{mail}/{purpose}/{person}/{about}").hex
        return cls(purpose=purpose, person=person, about=about, nonce=nonce)


class BadLink(Exception):
    """It was changed, cut off, signed with another secret, or is for another purpose."""


class ExpiredLink(Exception):
    """It was signed here, too long ago."""

    def __init__(self, link: Link) -> None:
        self.link = link


class WeakSecret(Exception):
    """The kept secret is guessed too easily; the message says where it is and what to do."""


class Links:
    """Signs with the last of ``secret_keys`` and takes what any of them signed."""

    def __init__(self, secret_keys: Iterable[str], clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        class Signer(TimestampSigner):
            def get_timestamp(self) -> int:
                return int(clock().timestamp())

        self._clock = clock
        self._secret_keys = list(secret_keys)
        self._serializer = URLSafeTimedSerializer(
            self._secret_keys, salt="followthrough", signer=Signer, signer_kwargs={"digest_method": hashlib.sha256}
        )

    def sign(self, link: Link) -> str:
        """A token for URLs."""
        return str(self._serializer.dumps(link.model_dump()))

    def ending_with(self, token: str) -> Self:
        """What they sign expires when the token does. Raises BadLink."""
        _, signed_at = self._loaded(token)
        return type(self)(self._secret_keys, lambda: signed_at)

    def _loaded(self, token: str) -> tuple[Any, datetime]:
        """What it holds and when it was signed."""
        try:
            held, signed_at = self._serializer.loads(token, return_timestamp=True)
        except BadData:
            raise BadLink from None
        return held, signed_at

    def read(self, token: str, purposes: Container[str], lifetime: timedelta | None = None) -> Link:
        """What the token holds. Raises BadLink or ExpiredLink."""
        held, signed_at = self._loaded(token)
        link = Link.model_validate(held)
        if link.purpose not in purposes:
            raise BadLink
        if lifetime is not None and signed_at + lifetime < self._clock():
            raise ExpiredLink(link)
        return link


def hidden(text: str) -> str:
    """For eyes and logs that are not to act: the text without tokens."""
    return PERHAPS_TOKEN.sub(_without_token, text)


def _without_token(found: re.Match[str]) -> str:
    word = found[0].rstrip(".")
    parts = word.split(".")
    signed = any(len(part) >= SIGNATURE for part in parts[2:])
    return "…" + found[0][len(word) :] if signed and len(word) > PAYLOAD + SIGNATURE else found[0]


def links_for(settings: Settings) -> Links:
    """With the secrets of the settings, or else with one that is made once and kept in ``data_dir``.

    Raises WeakSecret.
    """
    newest = settings.link_secret.get_secret_value() if settings.link_secret else _kept(settings.data_dir / SECRET_FILE)
    return Links([*(secret.get_secret_value() for secret in settings.previous_link_secrets), newest])


def _kept(file: Path) -> str:
    """Of several processes that start at once, one makes it: a link to a whole file appears at once or not at all."""
    if not file.exists():
        private_folder(file.parent)
        with NamedTemporaryFile("w", dir=file.parent) as made:
            made.write(secrets.token_urlsafe(32))
            made.flush()
            os.fsync(made.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(made.name, file)
    secret = file.read_text(encoding="utf-8")
    if wrong := too_short(secret, SHORTEST_LINK_SECRET):
        raise WeakSecret(f"The secret of links in {file} can't be used: {wrong}, or delete the file to have one made.")
    return secret
