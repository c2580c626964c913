"""Encrypts what Temporal keeps: AES-256 in Galois/Counter Mode, with a key that the engine never has.

What was written before it was switched on is read as it is.
"""

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.converter import PayloadCodec

from followthrough.settings import Settings

ENCODING, KEY_ID = "encoding", "encryption-key-id"
"""What a payload's metadata says of it, which is not encrypted."""
ENCRYPTED = b"binary/encrypted"
NONCE_BYTES = 12


class Unreadable(Exception):
    """A payload that can't be decrypted here; the message is a sentence that says what to do.

    A worker tries the workflow's task again until it can: nothing fails.
    """


class Encryption(PayloadCodec):
    """The first key encrypts, and each of them decrypts what it encrypted, so that keys can be replaced."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self.first = key_id(keys[0])

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Of all keys, the one that encrypts first."""
        return tuple(self._ciphers)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each whole, with what its metadata says."""
        return [self._encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """What is not encrypted comes back as it is. Raises Unreadable."""
        return [self._decrypted(payload) if is_encrypted(payload) else payload for payload in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        nonce, key = os.urandom(NONCE_BYTES), self.first.encode()
        sealed = self._ciphers[self.first].encrypt(nonce, payload.SerializeToString(), key)
        return Payload(metadata={ENCODING: ENCRYPTED, KEY_ID: key}, data=nonce + sealed)

    def _decrypted(self, payload: Payload) -> Payload:
        key = encrypted_with(payload)
        if (cipher := self._ciphers.get(key)) is None:
            raise Unreadable(
                f"Something in Temporal is encrypted with the key {key}, which is not here; "
                f"add it to FOLLOWTHROUGH_PAYLOAD_KEYS, which has {', '.join(self.key_ids)}."
            )
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, sealed, key.encode()))
        except (InvalidTag, ValueError, DecodeError):
            raise Unreadable(
                f"Something that the key {key} encrypted was changed since, so it is not decrypted; "
                "restore Temporal's database from a backup of before."
            ) from None


class WithoutKeys(PayloadCodec):
    """Encrypts nothing, and says what is missing where something is encrypted."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """As they are."""
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """As they are. Raises Unreadable where one is encrypted."""
        for payload in payloads:
            if is_encrypted(payload):
                raise Unreadable(
                    f"Something in Temporal is encrypted with the key {encrypted_with(payload)}, and there is no key "
                    "here; set FOLLOWTHROUGH_PAYLOAD_KEYS to what the other processes have."
                )
        return list(payloads)


def encryption_of(settings: Settings) -> Encryption | None:
    """None where nothing is encrypted."""
    keys = [bytes.fromhex(key.get_secret_value()) for key in settings.payload_keys]
    return Encryption(keys) if keys else None


def encrypts(client: Client) -> bool:
    """Whether what it hands to the engine is encrypted."""
    return isinstance(client.data_converter.payload_codec, Encryption)


def key_id(key: bytes) -> str:
    """What a key is called wherever others may look: nothing leads from it to the key."""
    return hashlib.sha256(b"Followthrough payload key " + key).hexdigest()[:12]


def is_encrypted(payload: Payload) -> bool:
    """Whether it has been encrypted here or elsewhere."""
    return payload.metadata.get(ENCODING) == ENCRYPTED


def encrypted_with(payload: Payload) -> str:
    """The id of the key that did."""
    return payload.metadata.get(KEY_ID, b"unknown").decode(errors="replace")
