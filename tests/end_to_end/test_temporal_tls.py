"""An engine behind TLS that wants a certificate of its clients, as a namespace of Temporal Cloud may."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from followthrough.engine import EngineError, engine
from followthrough.settings import Settings

NAME = "payments.a1b2c.tmprl.cloud"
"""Of the certificate, and no name of the machine that it is tried on."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that signs itself, for both ends."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "wanted").write_text(
        "[req]\ndistinguished_name = whose\nx509_extensions = for_one\n[whose]\n"
        f"[for_one]\nsubjectAltName = DNS:{NAME}\nbasicConstraints = critical, CA:FALSE\n"
    )
    made = ["openssl", "req", "-x509", "-config", str(folder / "wanted"), "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    made += ["-subj", f"/CN={NAME}", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(made, check=True, capture_output=True)
    return folder


@pytest.fixture
async def behind_tls(address: str, certificates: Path) -> AsyncIterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates / "cert.pem"))
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        except OSError:
            pass  # whoever is at the other end has gone
        finally:
            target.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to = await asyncio.open_connection(*address.split(":"))
        await asyncio.gather(copy(reader, to), copy(there, writer))

    async with await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def how(settings: Settings) -> str:
    async with engine(settings, database=None, ui=False, say=print) as running:
        return running.how


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch, certificates: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("TEMPORAL_TLS_SERVER_CA_CERT_PATH", str(certificates / "cert.pem"))
    monkeypatch.setenv("TEMPORAL_TLS_SERVER_NAME", NAME)
    return monkeypatch


async def test_a_certificate_of_ours_lets_us_in(
    behind_tls: str, trusting: pytest.MonkeyPatch, certificates: Path
) -> None:
    trusting.setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", str(certificates / "cert.pem"))
    trusting.setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", str(certificates / "key.pem"))
    assert await how(Settings(TEMPORAL_ADDRESS=behind_tls)) == "TEMPORAL_ADDRESS"


@pytest.mark.usefixtures("trusting")
async def test_without_one_it_says_that_nothing_answers_there(behind_tls: str) -> None:
    with pytest.raises(EngineError, match="no Temporal server with a namespace default answers there"):
        await how(Settings(TEMPORAL_ADDRESS=behind_tls))


async def test_a_certificate_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", str(tmp_path / "none.pem"))
    monkeypatch.setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", str(tmp_path / "none.key"))
    with pytest.raises(EngineError, match="correct TEMPORAL_TLS_CLIENT_CERT_PATH"):
        await how(Settings(TEMPORAL_ADDRESS="127.0.0.1:9"))


async def test_an_api_key_goes_over_tls_and_comes_from_a_file(
    behind_tls: str, trusting: pytest.MonkeyPatch, certificates: Path, tmp_path: Path
) -> None:
    trusting.setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", str(certificates / "cert.pem"))
    trusting.setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", str(certificates / "key.pem"))
    (tmp_path / "key").write_text("a-key-of-temporal-cloud\n")
    trusting.setenv("TEMPORAL_API_KEY_FILE", str(tmp_path / "key"))
    settings = Settings(TEMPORAL_ADDRESS=behind_tls)
    async with engine(settings, database=None, ui=False, say=print) as running:
        assert running.client.service_client.config.api_key == "a-key-of-temporal-cloud"


async def test_an_api_key_is_sent_to_nobody_in_the_open(address: str) -> None:
    with pytest.raises(EngineError, match="no Temporal server"):
        await how(Settings(TEMPORAL_ADDRESS=address, TEMPORAL_API_KEY="a-key-of-temporal-cloud"))
