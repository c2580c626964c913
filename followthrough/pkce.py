"""Proof that who fetches something is who asked for it (PKCE, RFC 7636)."""

import hashlib
from base64 import urlsafe_b64encode


def challenge_of(verifier: str) -> str:
    """As its method S256 has it."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
