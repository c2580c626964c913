"""What `doctor` finds of who gets in, and how."""

import asyncio
from collections.abc import Iterator

from followthrough.findings import Finding, FindingState
from followthrough.oidc import Provider, ProviderDown
from followthrough.settings import Settings


def doors(settings: Settings) -> Iterator[Finding]:
    """Where people sign in, and the secrets of programs."""
    yield asyncio.run(_sign_in(settings))
    if settings.api_token:
        yield Finding(
            "shared API token",
            FindingState.MISSING,
            "Whoever has it acts as anybody, and nobody sees who that was.",
            "Make each program a token with `followthrough token create`, and remove FOLLOWTHROUGH_API_TOKEN.",
        )
    yield from _webhooks(settings)


async def _sign_in(settings: Settings) -> Finding:
    subject = "sign-in"
    if not settings.oidc_issuer:
        return Finding(
            subject,
            FindingState.WRONG if settings.public_url else FindingState.MISSING,
            "Nobody can sign in, so only whoever sits at this machine gets in.",
            "For others, set FOLLOWTHROUGH_OIDC_ISSUER and FOLLOWTHROUGH_OIDC_CLIENT_ID, as docs/sign-in.md says.",
        )
    try:
        await Provider(settings).departure()
    except ProviderDown as down:
        return Finding(
            subject,
            FindingState.WRONG,
            f"Nobody can sign in: {down}.",
            "Correct FOLLOWTHROUGH_OIDC_ISSUER, or see whether the network lets you through.",
        )
    callback = f"{settings.resolved_public_url}/sign-in/callback"
    return Finding(
        subject, FindingState.OK, f"People sign in at {settings.oidc_issuer}, which sends them to {callback}."
    )


def _webhooks(settings: Settings) -> Iterator[Finding]:
    for name, secret, without in (
        ("generic", "GENERIC_TOKEN", "is off"),
        ("pagerduty", "PAGERDUTY_SECRETS", "is off"),
        ("sendgrid", "SENDGRID_WEBHOOK_KEY", "is off"),
        ("alertmanager", "ALERTMANAGER_TOKEN", "takes alerts from this machine alone"),
    ):
        subject = f"/webhooks/{name}"
        if getattr(settings, secret.lower()):
            yield Finding(subject, FindingState.OK, "Its secret is set.")
        else:
            yield Finding(
                subject, FindingState.MISSING, f"It has no secret and {without}.", f"Set FOLLOWTHROUGH_{secret}."
            )
