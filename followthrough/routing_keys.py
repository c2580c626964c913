"""Where routing keys of PagerDuty's Events API v2 are: in the environment or in files."""

from pydantic import SecretStr

from followthrough.secret_places import NoSecret, secret_in


class NoRoutingKey(Exception):
    """There is none; the message is a sentence that says where it was looked for, and what to do."""


def routing_key(place: str | None, for_all: SecretStr | None) -> str:
    """What is in ``place``, which a service or team names, or else the one for all. Raises NoRoutingKey.

    It is read each time, so that a new one counts at once.
    """
    if place is None:
        if for_all is None:
            raise NoRoutingKey("There is no routing key; set FOLLOWTHROUGH_PAGERDUTY_ROUTING_KEY.")
        return for_all.get_secret_value().strip()
    try:
        return secret_in(place, "routing key")
    except NoSecret as error:
        raise NoRoutingKey(str(error)) from None
