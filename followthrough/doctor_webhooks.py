"""What ``doctor`` says of receivers of webhooks: whether their secrets are there, and how they do. None is asked."""

from collections.abc import Iterator

from sqlmodel import Session

from activities.webhooks import NotSent, signing_key
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import to_the_minute
from followthrough.findings import Finding, FindingState
from followthrough.store import webhooks
from followthrough.store.webhook_tables import WebhookEndpointRow


def known(session: Session, organisation: Organisation) -> dict[str, WebhookEndpointRow]:
    """How each endpoint of the organisation file does."""
    return webhooks.endpoints(session, list(organisation.webhooks))


def receivers(organisation: Organisation, states: dict[str, WebhookEndpointRow]) -> Iterator[Finding]:
    """One finding for each endpoint, of the first thing that is wrong with it."""
    for name, endpoint in organisation.webhooks.items():
        subject, state = f"webhook {name}", states.get(name)
        try:
            for place in endpoint.secrets:
                signing_key(place)
        except NotSent as error:
            sentence = f"What is signed for it can't be signed by this process: {error}"
            yield Finding(subject, FindingState.WRONG, sentence, "Until workers have its secret, its events wait.")
            continue
        if state is not None and state.disabled_at is not None:
            yield Finding(
                subject,
                FindingState.WRONG,
                f"It is disabled since {to_the_minute(state.disabled_at)}: {state.disabled_because}",
                f"Mend the receiver, then `followthrough webhooks enable {name}`, and what waits goes out.",
            )
        elif state is not None and state.failing_since is not None:
            yield Finding(
                subject,
                FindingState.WRONG,
                f"{endpoint.url.host} takes nothing since {to_the_minute(state.failing_since)}.",
                f"See `followthrough webhooks --to {name}` for what it answers; what waits is tried again.",
            )
        else:
            yield Finding(subject, FindingState.OK, f"Its secret is there, and nothing failed at {endpoint.url.host}.")
