"""A real Keycloak with a realm of its own, on loopback. Its distribution is downloaded once, and kept."""

import asyncio
import hashlib
import html
import re
import shutil
import subprocess
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from platformdirs import user_cache_path

from followthrough.guard import guarded
from tests.databases import free_port

VERSION = "26.4.0"
SOURCE = (
    f"https://repo1.maven.org/maven2/org/keycloak/keycloak-quarkus-dist/{VERSION}/keycloak-quarkus-dist-{VERSION}.zip"
)
SHA256 = "1b6a11a2726ac8a8dc9c91d5fafe989a75ce4f1622d7f7b45c21d5bc16629c0a"
REALM = Path(__file__).parent / "keycloak-realm.json"
PASSWORD = "a password for tests"
OLDEST_JAVA = 17


@asynccontextmanager
async def keycloak() -> AsyncIterator[str]:
    """The issuer of the realm ``company``. Skips where there is no Java, or no network for the first download."""
    _require_java()
    distribution = await asyncio.to_thread(_distribution)
    with TemporaryDirectory(prefix="followthrough-keycloak-") as folder:
        home = await asyncio.to_thread(_unpack, distribution, Path(folder))
        port = free_port()
        issuer = f"http://127.0.0.1:{port}/realms/company"
        command = ("sh", home / "bin" / "kc.sh", "start-dev", "--db=dev-mem", "--import-realm")
        where = ("--http-host=127.0.0.1", f"--http-port={port}", "--features-disabled=impersonation")
        with (Path(folder) / "log").open("wb") as log:
            async with guarded([*command, *where], output=log, cwd=home) as process:
                await _answers(issuer, process, Path(folder) / "log")
                yield issuer


async def sent_back(at_provider: str, username: str) -> str:
    """Where Keycloak sends the browser of who signs in there by its form: path and query."""
    async with httpx.AsyncClient(timeout=120) as browser:
        form = await browser.get(at_provider, follow_redirects=True)
        action = re.search(r'id="kc-form-login"[^>]*action="([^"]+)"', form.text)
        assert action, form.text
        # browsers send cookies for TLS to loopback, too
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
        typed = {"username": username, "password": PASSWORD, "credentialId": ""}
        answer = await browser.post(html.unescape(action[1]), data=typed, headers={"Cookie": cookies})
    assert answer.status_code == 302, answer.text
    return httpx.URL(answer.headers["location"]).raw_path.decode()


def _require_java() -> None:
    java = shutil.which("java")
    said = subprocess.run([java, "-version"], capture_output=True, text=True).stderr if java else ""
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        pytest.skip(f"There is no Java {OLDEST_JAVA}; on Debian: apt-get install openjdk-17-jre-headless")


def _distribution() -> Path:
    kept = user_cache_path("followthrough") / f"keycloak-{VERSION}.zip"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        loading = kept.with_suffix(".loading")
        try:
            with httpx.stream("GET", SOURCE, timeout=60, follow_redirects=True) as answer, loading.open("wb") as file:
                for part in answer.raise_for_status().iter_bytes():
                    file.write(part)
        except httpx.HTTPError as error:
            pytest.skip(f"Keycloak can't be downloaded from Maven Central: {error!r}")
        loading.replace(kept)
    with kept.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    assert found == SHA256, f"{kept} is another file than it was; delete it"
    return kept


def _unpack(distribution: Path, folder: Path) -> Path:
    with zipfile.ZipFile(distribution) as packed:
        packed.extractall(folder)
    home = folder / f"keycloak-{VERSION}"
    (home / "data" / "import").mkdir(parents=True)
    shutil.copy(REALM, home / "data" / "import" / "company-realm.json")
    return home


async def _answers(issuer: str, process: asyncio.subprocess.Process, log: Path) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        while True:
            assert process.returncode is None, await asyncio.to_thread(log.read_text)
            try:
                if (await client.get(f"{issuer}/.well-known/openid-configuration")).is_success:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.5)
