"""Signing in by OpenID Connect: the authorization code flow with PKCE, state and nonce, at any standard provider.

What the provider publishes of itself is kept for an hour, its keys until one is missing, and both for as long as it
does not answer.
"""

import asyncio
import logging
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

import httpx
from authlib.deprecate import AuthlibDeprecationWarning
from authlib.integrations.base_client import OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from followthrough.settings import Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)  # it would rather have httpx2, which hardly anybody has
    from authlib.integrations.httpx_client import AsyncOAuth2Client

logger = logging.getLogger(__name__)

WITHIN = timedelta(seconds=10)
"""For one answer of the provider."""
KEPT, ASKED_EVERY = timedelta(hours=1), timedelta(minutes=1)
LEEWAY = 60
"""Seconds that the provider's clock may differ from ours."""
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""By a key that only the provider has."""
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderDown(Exception):
    """The provider does not answer, or not with what a provider answers; the message says what."""


class SignInFailed(Exception):
    """The provider says no, or what it says can't be believed; the message is one sentence."""


@dataclass(frozen=True)
class Departure:
    """Where a browser is sent, and what has to be known when it comes back."""

    url: str
    state: str
    nonce: str
    code_verifier: str


@dataclass
class _Kept:
    """Something that the provider publishes."""

    value: Any = None
    at: float = float("-inf")

    def is_older_than(self, age: timedelta) -> bool:
        return monotonic() - self.at > age.total_seconds()


class Provider:
    """The one of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.oidc_issuer.rstrip("/")
        self._client_id = settings.oidc_client_id
        secret = settings.oidc_client_secret
        self._secret = secret.get_secret_value() if secret else None
        self._claim = settings.oidc_claim.partition("=")[0]
        self._redirect_uri = f"{settings.resolved_public_url}/sign-in/callback"
        self._metadata, self._keys = _Kept(), _Kept()
        self._asking = asyncio.Lock()

    def may_be(self, issuer: str) -> bool:
        """Whether an answer can be this one's; those that say nothing are (RFC 9207)."""
        return not issuer or issuer.rstrip("/") == self._issuer

    async def departure(self) -> Departure:
        """To begin with. Raises ProviderDown."""
        metadata = await self._described()
        async with self._client(metadata) as client:
            nonce, code_verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
            url, state = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=secrets.token_urlsafe(32),
                code_verifier=code_verifier,
                nonce=nonce,
            )
        return Departure(url, state, nonce, code_verifier)

    async def claims(self, code: str, nonce: str, code_verifier: str) -> Mapping[str, object]:
        """What the provider says of whom it has sent back with that code. Raises ProviderDown or SignInFailed."""
        metadata = await self._described()
        async with self._client(metadata) as client:
            try:
                token = await client.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=code_verifier,
                )
            except OAuthError as error:
                raise SignInFailed(f"The sign-in provider refused: {error.description or error.error}.") from None
            except (httpx.HTTPError, ValueError) as error:
                raise ProviderDown(f"its token endpoint gave no answer: {error!r}") from None
        claims = await self._validated(token, nonce, metadata)
        if self._claim in claims or "userinfo_endpoint" not in metadata:
            return claims
        further = await self._asked(metadata["userinfo_endpoint"], Authorization=f"Bearer {token['access_token']}")
        if further.get("sub") != claims["sub"]:
            raise SignInFailed("The sign-in provider told of somebody else than who signed in.")
        return {**further, **claims}

    async def _validated(self, token: Mapping[str, Any], nonce: str, metadata: Mapping[str, Any]) -> dict[str, object]:
        try:
            decoded = await self._decoded(str(token.get("id_token")), metadata)
            options = {
                "iss": {"essential": True, "value": metadata["issuer"]},
                "aud": {"essential": True, "value": self._client_id},
            }
            known = {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")}
            claims = CodeIDToken(decoded.claims, decoded.header, options, known)
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError) as error:
            logger.warning("An ID token can't be believed: %r", error)
            raise SignInFailed("What the sign-in provider says of you can't be believed; sign in again.") from None
        return dict(claims)

    async def _decoded(self, id_token: str, metadata: Mapping[str, Any]) -> jwt.Token:
        said = metadata.get("id_token_signing_alg_values_supported", ("RS256",))
        registry = JWSRegistry(algorithms=[one for one in SIGNATURES if one in said], strict_check_header=False)
        try:
            return jwt.decode(id_token, await self._key_set(metadata, KEPT), registry=registry)
        except InvalidKeyIdError:
            return jwt.decode(id_token, await self._key_set(metadata, ASKED_EVERY), registry=registry)

    async def _described(self) -> Mapping[str, Any]:
        address = f"{self._issuer}/.well-known/openid-configuration"
        metadata: Mapping[str, Any] = await self._published(self._metadata, address, KEPT)
        if missing := [name for name in NEEDED if not isinstance(metadata.get(name), str)]:
            raise ProviderDown(f"{address} does not say its {missing[0]}")
        if metadata["issuer"].rstrip("/") != self._issuer:
            raise ProviderDown(f"{address} is of another issuer, {metadata['issuer']}")
        return metadata

    async def _key_set(self, metadata: Mapping[str, Any], age: timedelta) -> KeySet:
        return KeySet.import_key_set(await self._published(self._keys, metadata["jwks_uri"], age))

    async def _published(self, kept: _Kept, address: str, age: timedelta) -> Any:
        """Asked for again when it is older; what is older will do while the provider does not answer."""
        async with self._asking:
            if kept.is_older_than(age):
                try:
                    kept.value = await self._asked(address)
                    kept.at = monotonic()
                except ProviderDown as error:
                    if kept.value is None:
                        raise
                    kept.at = monotonic() - age.total_seconds() + ASKED_EVERY.total_seconds()
                    logger.warning("The sign-in provider is used as it was: %s", error)
        return kept.value

    async def _asked(self, address: str, **headers: str) -> Mapping[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=WITHIN.total_seconds(), headers=headers) as client:
                answer = (await client.get(address)).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderDown(f"{address} gave no answer: {error!r}") from None
        if not isinstance(answer, dict):
            raise ProviderDown(f"{address} answered something else")
        return answer

    def _client(self, metadata: Mapping[str, Any]) -> AsyncOAuth2Client:
        ways = metadata.get("token_endpoint_auth_methods_supported", ("client_secret_basic",))
        way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        return AsyncOAuth2Client(
            self._client_id,
            self._secret,
            token_endpoint_auth_method=way if self._secret else "none",
            scope="openid email profile",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=WITHIN.total_seconds(),
        )
