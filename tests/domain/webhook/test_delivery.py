from datetime import timedelta
from ipaddress import ip_network

import pytest

from followthrough.domain.answered.webhook.delivery import SCHEDULE, Outcome, may_go_to, next_try, outcome_of, spent

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:a00:1::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_however_they_are_written(address: str) -> None:
    assert not may_go_to(address, ())


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::93.184.216.34"])
def test_public_addresses_are_not(address: str) -> None:
    assert may_go_to(address, ())


def test_a_network_may_be_allowed() -> None:
    allowed = (ip_network("10.20.0.0/16"), ip_network("::1/128"))
    assert may_go_to("10.20.9.9", allowed)
    assert may_go_to("::ffff:10.20.9.9", allowed)
    assert may_go_to("::1", allowed)
    assert not may_go_to("10.21.0.1", allowed)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.TAKEN),
        (204, Outcome.TAKEN),
        (302, Outcome.REFUSED),
        (400, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (408, Outcome.AWAY),
        (410, Outcome.GONE),
        (429, Outcome.AWAY),
        (500, Outcome.AWAY),
        (503, Outcome.AWAY),
    ],
)
def test_what_an_answer_means(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome


def test_it_is_tried_for_days_and_not_sooner_than_the_receiver_asks() -> None:
    waits = [next_try(tries) for tries in range(1, 12)]
    assert waits[:3] == [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)]
    assert waits == sorted(waits)
    assert sum(SCHEDULE, timedelta(0)) > timedelta(days=3)
    assert next_try(1, timedelta(hours=1)) == timedelta(hours=1)
    assert next_try(9, timedelta(hours=1)) == timedelta(hours=24)
    assert next_try(2, drawn=1) == timedelta(minutes=5, seconds=30)
    assert next_try(1, timedelta(hours=1), drawn=0.5) == timedelta(hours=1, minutes=3)
    assert [spent(tries) for tries in (1, len(SCHEDULE), len(SCHEDULE) + 1)] == [False, False, True]
