"""What a provider says is believed only when it is signed by it, for us, now, and for this sign-in."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from followthrough import oidc
from followthrough.oidc import Provider, ProviderDown, SignInFailed
from followthrough.settings import Settings
from tests.standins.server import StandIn

KEY, OTHERS_KEY = (RSAKey.generate_key(2048, {"kid": kid}, private=True) for kid in ("ours", "theirs"))
CLIENT, NONCE = "followthrough", "of this sign-in"
AT_ONCE = timedelta(seconds=-1)
ANSWERS = {"email": "ines@example.com", "email_verified": True}


class Issuer(StandIn):
    """A provider that says what a test wants; ``id_token`` is what it answers to a code."""

    def __init__(self) -> None:
        super().__init__(0)
        self.keys = [KEY]
        self.id_token: Callable[[], Any] = lambda: self.signed()
        self.userinfo: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.asked: list[dict[str, list[str]]] = []

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        right = {"iss": self.url, "sub": "1001", "aud": CLIENT, "nonce": NONCE, "iat": now, "exp": now + 60, **ANSWERS}
        return {name: value for name, value in (right | changes).items() if value is not None}

    def signed(self, key: RSAKey = KEY, **changes: Any) -> str:
        return jwt.encode({"alg": "RS256", "kid": key.kid}, self.claims(**changes), key)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self._answer(request))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        match request.url.path:
            case "/.well-known/openid-configuration":
                ends = ("authorization", "token", "userinfo")
                described = {f"{end}_endpoint": f"{self.url}/{end}" for end in ends}
                return JSONResponse({"issuer": self.url, "jwks_uri": f"{self.url}/keys", **described, **self.metadata})
            case "/keys":
                return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys]})
            case "/token":
                self.asked.append(parse_qs((await request.body()).decode()))
                token = {"access_token": "of ines", "token_type": "Bearer", "expires_in": 60}
                return JSONResponse({**token, "id_token": self.id_token()})
            case _:
                return JSONResponse(self.userinfo)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


def provider(issuer: Issuer, **changes: Any) -> Provider:
    settings = Settings(public_url="https://followthrough.example.com", oidc_issuer=issuer.url, oidc_client_id=CLIENT)
    return Provider(settings.model_copy(update=changes))


async def claims(issuer: Issuer, **changes: Any) -> dict[str, object]:
    return dict(await provider(issuer, **changes).claims("the code", NONCE, "the verifier"))


async def test_what_is_signed_for_us_is_believed(issuer: Issuer) -> None:
    found = await claims(issuer)
    assert {name: found[name] for name in ANSWERS} == ANSWERS
    (asked,) = issuer.asked
    assert asked["code_verifier"] == ["the verifier"]
    assert asked["redirect_uri"] == ["https://followthrough.example.com/sign-in/callback"]
    assert asked["client_id"] == [CLIENT]


def encoded(header: dict[str, str], claims: dict[str, Any], secret: bytes | None) -> str:
    """By hand, for no library makes such a thing."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    said = b".".join(parts)
    signature = urlsafe_b64encode(hmac.digest(secret, said, "sha256")).rstrip(b"=") if secret else b""
    return b".".join((said, signature)).decode()


def by_our_public_key(issuer: Issuer) -> str:
    """As if it were a shared secret."""
    return encoded({"alg": "HS256", "kid": "ours"}, issuer.claims(), KEY.as_pem(private=False))


def unsigned(issuer: Issuer) -> str:
    return encoded({"alg": "none", "kid": "ours"}, issuer.claims(), None)


FORGED: list[Callable[[Issuer], Any]] = [
    lambda issuer: issuer.signed(iss="https://evil.example.com"),
    lambda issuer: issuer.signed(iss=None),
    lambda issuer: issuer.signed(aud="another service"),
    lambda issuer: issuer.signed(aud=None),
    lambda issuer: issuer.signed(aud=[CLIENT, "another service"]),
    lambda issuer: issuer.signed(azp="another service"),
    lambda issuer: issuer.signed(nonce="of another sign-in"),
    lambda issuer: issuer.signed(nonce=None),
    lambda issuer: issuer.signed(exp=int(time.time()) - 3600),
    lambda issuer: issuer.signed(exp=None),
    lambda issuer: issuer.signed(iat=None),
    lambda issuer: issuer.signed(nbf=int(time.time()) + 3600),
    lambda issuer: issuer.signed(sub=None),
    lambda issuer: issuer.signed(at_hash="of another access token"),
    lambda issuer: issuer.signed(OTHERS_KEY),
    lambda issuer: issuer.signed(RSAKey.generate_key(2048, {"kid": "ours"}, private=True)),
    lambda issuer: issuer.signed()[:-4] + "AAAA",
    by_our_public_key,
    unsigned,
    lambda _: "no token",
    lambda _: None,
]


@pytest.mark.parametrize("forged", FORGED)
async def test_what_is_not_is_not(issuer: Issuer, forged: Callable[[Issuer], Any]) -> None:
    issuer.id_token = lambda: forged(issuer)
    with pytest.raises(SignInFailed, match="can't be believed"):
        await claims(issuer)


async def test_a_key_that_is_new_is_asked_for(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "ASKED_EVERY", AT_ONCE)
    known = provider(issuer)
    await known.claims("the code", NONCE, "the verifier")
    issuer.keys, issuer.id_token = [OTHERS_KEY], lambda: issuer.signed(OTHERS_KEY)
    assert (await known.claims("the code", NONCE, "the verifier"))["email"] == "ines@example.com"


async def test_what_an_id_token_leaves_out_is_asked_for(issuer: Issuer) -> None:
    issuer.id_token = lambda: issuer.signed(email=None, email_verified=None)
    issuer.userinfo = {"sub": "1001", **ANSWERS}
    found = await claims(issuer)
    assert {name: found[name] for name in ANSWERS} == ANSWERS
    issuer.userinfo = {"sub": "1002", **ANSWERS}
    with pytest.raises(SignInFailed, match="somebody else"):
        await claims(issuer)


@pytest.mark.parametrize(
    ("metadata", "why"),
    [({"issuer": "https://evil.example.com"}, "is of another issuer"), ({"token_endpoint": None}, "token_endpoint")],
)
async def test_a_provider_that_is_another_signs_nobody_in(issuer: Issuer, metadata: dict[str, Any], why: str) -> None:
    issuer.metadata = metadata
    with pytest.raises(ProviderDown, match=why):
        await provider(issuer).departure()


async def test_a_provider_that_is_known_is_used_as_it_was_while_it_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "KEPT", AT_ONCE)
    with Issuer() as issuer:
        known = provider(issuer)
        before = await known.departure()
    after = await known.departure()
    assert after.url.partition("?")[0] == before.url.partition("?")[0] == f"{issuer.url}/authorization"
    with pytest.raises(ProviderDown, match="gave no answer"):
        await provider(issuer).departure()
