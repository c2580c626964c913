"""What becomes of a try to deliver an event: the schedule is that of the Standard Webhooks specification."""

from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""Between one try and the next, at least."""
LATER_BY = 0.1
"""The part of a wait that may be added to it."""
DISABLED_AFTER = timedelta(days=5)
"""Nothing was taken for so long."""
KEPT = timedelta(days=30)
"""So long the log has events, and those that wait are tried."""

GONE = 410
LATER = (408, 425, 429)
"""Request timeout, too early, too many requests."""

BEHIND = ip_network("64:ff9b::/96")
"""Addresses of IPv4 that an IPv6 network writes so."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Outcome(StrEnum):
    """Of one try."""

    TAKEN = "taken"
    REFUSED = "refused"
    """This event; others may be taken."""
    AWAY = "away"
    """Nobody knows whether others would be taken, so all of them wait, in their order."""
    GONE = "gone"
    """The receiver wants nothing more, ever."""


def outcome_of(status: int) -> Outcome:
    """Of an answer with this status. A redirect is not followed, for it could lead anywhere."""
    if 200 <= status < 300:
        return Outcome.TAKEN
    if status == GONE:
        return Outcome.GONE
    if status in LATER or status >= 500:
        return Outcome.AWAY
    return Outcome.REFUSED


def next_try(tries: int, asked: timedelta | None = None, *, drawn: float = 0) -> timedelta:
    """How long to wait after so many, at least as long as the receiver ``asked`` for.

    ``drawn``, from 0 to 1, makes it longer, so that endpoints that failed together are not tried together.
    """
    wait = max(SCHEDULE[min(tries, len(SCHEDULE)) - 1], asked or timedelta(0))
    return wait * (1 + LATER_BY * drawn)


def spent(tries: int) -> bool:
    """Whether an event that is refused is given up."""
    return tries > len(SCHEDULE)


def may_go_to(address: str, allowed: tuple[Network, ...]) -> bool:
    """Whether it is an address of the public network, or of one that is ``allowed``."""
    real = _real(ip_address(address.partition("%")[0]))
    if any(real in network for network in allowed if network.version == real.version):
        return True
    return real.is_global and not real.is_multicast


def _real(address: Address) -> Address:
    """The one of IPv4 that stands in one of IPv6."""
    if isinstance(address, IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inside is None and address in BEHIND:
        inside = IPv4Address(int(address) & 0xFFFFFFFF)
    return inside or address
