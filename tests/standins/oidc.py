"""A conforming OpenID provider on loopback, from the package ``oidc-provider-mock``, and people signing in at it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from oidc_provider_mock import User, run_server_in_thread

CLIENT = "followthrough"
INES = User(sub="1001", claims={"email": "ines@example.com", "email_verified": True, "preferred_username": "ines"})
TOMAS = User(sub="1002", claims={"email": "Tomas@Example.com", "email_verified": True, "preferred_username": "tomas"})
UNVERIFIED = User(sub="1003", claims={"email": "ines@example.com", "email_verified": False})
STRANGER = User(sub="1004", claims={"email": "eve@example.net", "email_verified": True})
PEOPLE = (INES, TOMAS, UNVERIFIED, STRANGER)


@contextmanager
def provider() -> Iterator[str]:
    """Its issuer."""
    with run_server_in_thread(require_nonce=True, user_claims=PEOPLE) as server:
        yield f"http://localhost:{server.server_port}"


async def sent_back(at_provider: str, user: User) -> str:
    """Where the provider sends the browser once that person has signed in there: path and query."""
    async with httpx.AsyncClient() as there:
        answer = await there.post(at_provider, data={"sub": user.sub})
    assert answer.status_code == 302, answer.text
    return httpx.URL(answer.headers["location"]).raw_path.decode()


async def sign_in(browser: httpx.AsyncClient, user: User, to: str = "/") -> httpx.Response:
    """The service's answer to the browser that comes back."""
    begun = await browser.get("/sign-in", params={"to": to})
    assert begun.status_code == 303, begun.text
    return await browser.get(await sent_back(begun.headers["location"], user))


async def csrf_of(browser: httpx.AsyncClient) -> str:
    """What forms of this session carry."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', (await browser.get("/you")).text)
    assert found
    return found[1]
