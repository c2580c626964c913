import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from temporalio.client import Client

from followthrough.domain.notice_kinds import NoticeKind
from followthrough.engine import RunningEngine, engine
from followthrough.organisation import Organisation
from followthrough.organisation_file import load
from followthrough.policies import MailPolicies, RepeatPolicies
from followthrough.settings import Settings

pytest_plugins = ["tests.databases"]

os.environ["FOLLOWTHROUGH_LINK_SECRET"] = "the secret of the tests"

hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")


@pytest.fixture(scope="session")
def organisation() -> Organisation:
    """The example, but incidents that one test declares are no repeats of another's, and no mail waits for others."""
    example = load(Path("followthrough.example.yaml"))
    changed = {"repeats": RepeatPolicies(enabled=False), "mails": MailPolicies(urgent=tuple(NoticeKind))}
    policies = example.policies.model_copy(update=changed)
    return example.model_copy(update={"policies": policies})


@pytest.fixture(scope="session")
async def running_engine(pytestconfig: pytest.Config) -> AsyncIterator[RunningEngine]:
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(line, flush=True)

    async with engine(Settings(), database=None, ui=False, need_time_skipping=True, say=say) as running:
        yield running


@pytest.fixture(scope="session")
def temporal(running_engine: RunningEngine) -> Client:
    return running_engine.client


@pytest.fixture(scope="session")
def address(running_engine: RunningEngine) -> str:
    return running_engine.address
