"""The short form of ``make chaos``, and its plan."""

from pathlib import Path

import pytest

from tests.chaos import plan as plans
from tests.chaos.__main__ import run
from tests.chaos.plan import CutOff, Deploy, Hang, Kill, Lock, make_plan

SHORT = 6


def test_the_same_seed_gives_the_same_plan_and_another_gives_another() -> None:
    assert make_plan(7, 40) == make_plan(7, 40)
    assert list(plans.in_words(make_plan(7, 40))) == list(plans.in_words(make_plan(7, 40)))
    assert make_plan(7, 40) != make_plan(8, 40)


@pytest.mark.parametrize("seed", range(20))
def test_even_the_short_form_has_every_kind_of_trouble(seed: int) -> None:
    faults = [step for step in make_plan(seed, SHORT) if isinstance(step, plans.Fault)]
    assert {type(fault) for fault in faults} == {Kill, Hang, Lock, CutOff, Deploy}
    for kind in (Kill, Hang):
        assert {fault.what for fault in faults if isinstance(fault, kind)} == {"engine", "web", "worker"}
    assert {fault.vendor for fault in faults if isinstance(fault, CutOff)} == {"jira", "sendgrid"}
    assert [fault.build for fault in faults if isinstance(fault, Deploy)][:2] == ["newer", "older"]


@pytest.mark.timeout(1800)
async def test_nothing_is_lost_or_doubled_whatever_befalls_the_service(tmp_path: Path) -> None:
    assert await run(make_plan(1, SHORT), tmp_path, print) == []
