"""What Temporal keeps is encrypted, and nothing but the right key reads it."""

import pytest
from pydantic import SecretStr, ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from followthrough.converter import converting_with
from followthrough.encryption import ENCRYPTED, KEY_ID, Encryption, Unreadable, WithoutKeys, encryption_of, key_id
from followthrough.settings import Settings

OLD, NEW = b"o" * 32, b"n" * 32
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"vermilion"')


async def encoded(*keys: bytes) -> Payload:
    (payload,) = await Encryption(keys).encode([PLAIN])
    return payload


async def test_nothing_of_a_payload_can_be_read_and_no_two_are_the_same() -> None:
    first, second = await encoded(OLD), await encoded(OLD)
    assert b"vermilion" not in first.SerializeToString()
    assert b"json/plain" not in first.SerializeToString()
    assert first.data != second.data
    assert first.metadata == {"encoding": ENCRYPTED, KEY_ID: key_id(OLD).encode()}
    assert await Encryption([OLD]).decode([first, second]) == [PLAIN, PLAIN]


async def test_the_first_key_encrypts_and_all_decrypt_so_that_keys_can_be_replaced() -> None:
    before, between, after = await encoded(OLD), await encoded(OLD, NEW), await encoded(NEW, OLD)
    assert [payload.metadata[KEY_ID].decode() for payload in (before, between, after)] == [
        key_id(OLD),
        key_id(OLD),
        key_id(NEW),
    ]
    for keys in ([OLD, NEW], [NEW, OLD]):
        assert await Encryption(keys).decode([before, between, after]) == [PLAIN] * 3


async def test_what_was_written_before_is_read_as_it_is() -> None:
    assert await Encryption([NEW]).decode([PLAIN]) == [PLAIN]
    assert await WithoutKeys().decode(await WithoutKeys().encode([PLAIN])) == [PLAIN]


async def test_a_key_that_is_missing_is_named_with_where_it_belongs() -> None:
    with pytest.raises(Unreadable) as wrong:
        await Encryption([NEW]).decode([await encoded(OLD)])
    assert str(wrong.value) == (
        f"Something in Temporal is encrypted with the key {key_id(OLD)}, which is not here; "
        f"add it to FOLLOWTHROUGH_PAYLOAD_KEYS, which has {key_id(NEW)}."
    )
    with pytest.raises(
        Unreadable, match=f"the key {key_id(OLD)}, and there is no key here; set FOLLOWTHROUGH_PAYLOAD_KEYS"
    ):
        await WithoutKeys().decode([await encoded(OLD)])


@pytest.mark.parametrize("at", [0, 12, -1])
async def test_what_somebody_changed_is_not_decrypted(at: int) -> None:
    payload = await encoded(OLD)
    changed = bytearray(payload.data)
    changed[at] ^= 1
    payload.data = bytes(changed)
    with pytest.raises(Unreadable, match="was changed since"):
        await Encryption([OLD]).decode([payload])
    payload.data = b""
    with pytest.raises(Unreadable, match="was changed since"):
        await Encryption([OLD]).decode([payload])


async def test_a_payload_does_not_pass_for_one_of_another_key() -> None:
    payload = await encoded(OLD)
    payload.metadata[KEY_ID] = key_id(NEW).encode()
    with pytest.raises(Unreadable, match="was changed since"):
        await Encryption([OLD, NEW]).decode([payload])


async def test_failures_say_nothing_in_plain_words_either() -> None:
    converter, failure = converting_with(Encryption([OLD])), Failure()
    await converter.encode_failure(ApplicationError("vermilion is refused", {"more": "vermilion"}), failure)
    assert b"vermilion" not in failure.SerializeToString()
    error = await converter.decode_failure(failure)
    assert isinstance(error, ApplicationError)
    assert (error.message, error.details) == ("vermilion is refused", ({"more": "vermilion"},))


def test_keys_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert encryption_of(Settings()) is None
    monkeypatch.setenv("FOLLOWTHROUGH_PAYLOAD_KEYS", f"{NEW.hex()}, {OLD.hex().upper()}")
    encryption = encryption_of(Settings())
    assert encryption is not None
    assert encryption.key_ids == (key_id(NEW), key_id(OLD))


@pytest.mark.parametrize("written", ["too short", "g" * 64, OLD.hex()[:-2], f"{OLD.hex()},", ""])
def test_what_is_no_key_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("FOLLOWTHROUGH_PAYLOAD_KEYS", written)
    with pytest.raises(ValidationError, match="a key is 64 hexadecimal digits; make one with `openssl rand -hex 32`"):
        Settings()


def test_settings_do_not_show_keys() -> None:
    assert OLD.hex() not in repr(Settings(payload_keys=(SecretStr(OLD.hex()),)))


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://Temporal.example.com/", "https://temporal.example.com"),
        ("http://127.0.0.1:8233", "http://127.0.0.1:8233"),
    ],
)
def test_the_ui_is_named_by_its_origin(monkeypatch: pytest.MonkeyPatch, written: str, origin: str) -> None:
    monkeypatch.setenv("FOLLOWTHROUGH_TEMPORAL_UI", written)
    assert Settings().temporal_ui == origin


@pytest.mark.parametrize(
    "written", ["temporal", "https://temporal.example.com/namespaces", "https://*.example.com/?a=b"]
)
def test_more_than_an_origin_is_refused(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("FOLLOWTHROUGH_TEMPORAL_UI", written)
    with pytest.raises(ValidationError, match="write it like https://"):
        Settings()
