import os
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from hypothesis import settings as hypothesis_settings
from temporalio.client import Client

from followthrough import engine as engines
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import MailPolicies, RepeatPolicies
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.engine import RunningEngine
from followthrough.settings import Settings
from tests.days import CLOCK, HOME, days, moment
from tests.ending import ended_in_time
from tests.example import EXAMPLE

pytest_plugins = ["tests.databases"]

for name in [name for name in os.environ if name.startswith(("FOLLOWTHROUGH_", "TEMPORAL_"))]:
    if name != "FOLLOWTHROUGH_CONTRACTS":
        del os.environ[name]  # what the caller's own service is like is nothing to the tests
os.environ["FOLLOWTHROUGH_LINK_SECRET"] = "the secret of the tests"
os.environ["FOLLOWTHROUGH_CONFIG_DIR"] = os.devnull  # nobody is signed in
Settings.model_config["env_file"] = None

for profile, examples in (("quick", 20), ("usual", 100), ("thorough", 1000)):
    hypothesis_settings.register_profile(profile, deadline=None, max_examples=examples)
hypothesis_settings.load_profile("usual")

DAY = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--day", help="when workflow tests play: a name of tests.days, a time as in ISO 8601, or today")
    parser.addoption("--day-seed", type=int, help="draws the day, when none is given, and its hour")
    parser.addoption("--take-pictures", action="store_true", help="take the README's pictures anew")


def pytest_configure(config: pytest.Config) -> None:
    seed, now = config.getoption("--day-seed") or random.randrange(1, 10_000), datetime.now(UTC)
    config.option.day_seed = seed  # for processes that run a part of the tests
    name = config.getoption("--day") or random.Random(seed).choice(list(days(now)))
    try:
        at = moment(name, seed, now)
    except ValueError as error:
        raise pytest.UsageError(f"--day: {error} Give one of {', '.join(days(now))}, today, or a time.") from error
    CLOCK.ahead = at - now
    local = at.astimezone(HOME)
    again = f"again with --day={local.isoformat(timespec='minutes')}, or today with --day-seed={seed}"
    config.stash[DAY] = f"workflows play on {local:%A}, {name}; {again}"
    config.addinivalue_line("markers", "today: at the real time, because the server's own or another process counts")


def pytest_report_header(config: pytest.Config) -> str:
    return config.stash[DAY]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(config.stash[DAY])


@pytest.fixture(scope="session")
def organisation() -> Organisation:
    """The example, but incidents that one test declares are no repeats of another's, and no mail waits for others."""
    changed = {"repeats": RepeatPolicies(enabled=False), "mails": MailPolicies(urgent=tuple(NoticeKind))}
    policies = EXAMPLE.policies.model_copy(update=changed)
    return EXAMPLE.model_copy(update={"policies": policies})


@pytest.fixture(scope="session")
async def running_engine(pytestconfig: pytest.Config) -> AsyncIterator[RunningEngine]:
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(line, flush=True)

    with pytest.MonkeyPatch.context() as patch:
        often = 'system.namespaceCacheRefreshInterval="300ms"'
        patch.setattr(engines, "DYNAMIC_CONFIG", (*engines.DYNAMIC_CONFIG, often))
        patch.setattr(engines, "REREAD_SECONDS", 1.5)
        engine = engines.engine(Settings(), database=None, ui=False, need_time_skipping=True, say=say)
        async with ended_in_time(engine) as running:
            yield running


@pytest.fixture(scope="session")
def temporal(running_engine: RunningEngine) -> Client:
    config = running_engine.client.config()
    return Client(**config | {"interceptors": [*config["interceptors"], CLOCK]})


@pytest.fixture(scope="session")
def address(running_engine: RunningEngine) -> str:
    return running_engine.address
