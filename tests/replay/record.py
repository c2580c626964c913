"""Records the histories of the demo's workflows and of lives that it does not tell.

``python -m tests.replay.record NAME`` adds a folder of them; with ``--to`` it is made elsewhere.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from temporalio.client import WorkflowExecutionStatus, WorkflowHistory

from followthrough import engine
from followthrough.demo import Story
from followthrough.organisation_file import OrganisationFile
from followthrough.service import running
from followthrough.settings import Settings
from tests.replay.lives import IN_SHORT_RUNS, LIVES
from tests.replay.stage import Stage
from tests.standins.confluence import SPACE, ConfluenceStandIn
from tests.standins.jira import JiraStandIn
from tests.standins.jira_data import Sprint
from tests.standins.pagerduty import PagerDutyStandIn
from tests.waiting import eventually

HISTORIES = Path(__file__).parent / "histories"
EXAMPLE = Path("followthrough.example.yaml")
FEW_INBOXES = "WorkflowType != 'InboxWorkflow' OR WorkflowId = 'inbox/marcos' OR WorkflowId = 'inbox/ines'"
SHORT_RUNS = "limit.historyCount.suggestContinueAsNew=50"
IN_SHORT = {
    "reopen_without_evidence: false": "reopen_without_evidence: true",
    "set_aside_after: 3 days": "set_aside_after: 1s",
    "planned_by: planning ": "planned_by: acceptance ",
    "# jira: 5b10ac8d82e05b22cc7d4ef5 ": "jira: 5b10ac8d82e05b22cc7d4ef5 ",
}
"""Mails are set aside soon, and tickets go into the next sprint at once."""


async def record(folder: Path) -> None:
    """First those with the example's organisation, then those with Jira and runs that are short."""
    with (
        tempfile.TemporaryDirectory() as data,
        JiraStandIn() as jira,
        PagerDutyStandIn() as pagerduty,
        ConfluenceStandIn() as wiki,
    ):
        pages = {"pagerduty_events_url": pagerduty.url}
        async with a_stage(Path(data, "long"), jira, pages) as stage:
            await Story(stage.service, stage.organisation(), stage.api).tell()
            for life in LIVES:
                await life(stage)
            await save(stage, folder)
        jira.boards[12] = [Sprint(5, "Sprint 5", start=datetime.now(UTC) + timedelta(days=5))]
        token, user = SecretStr("a token"), "followthrough@example.com"
        settings = {
            "confluence_url": wiki.url,
            "confluence_space": SPACE,
            "jira_url": jira.url,
            "jira_cloud": True,
            "jira_user": user,
            "jira_token": token,
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "DYNAMIC_CONFIG", (*engine.DYNAMIC_CONFIG, SHORT_RUNS))
            async with a_stage(Path(data, "short"), jira, settings) as stage:
                for life in IN_SHORT_RUNS:
                    await life(stage)
                await save(stage, folder)


@asynccontextmanager
async def a_stage(folder: Path, jira: JiraStandIn, settings: Mapping[str, Any]) -> AsyncIterator[Stage]:
    """With the example's organisation, which differs a little where there is Jira."""
    file = an_organisation(folder, IN_SHORT if "jira_url" in settings else {})
    organisation = OrganisationFile(file)
    chosen = Settings(
        _env_file=None, data_dir=folder, port=0, webhook_networks=(ip_network("127.0.0.0/8"),), **settings
    )
    async with (
        running(chosen, organisation, print, need_time_skipping=True) as service,
        httpx.AsyncClient(base_url=service.settings.resolved_public_url, timeout=60) as api,
    ):
        yield Stage(service, organisation, file, api, jira)


def an_organisation(folder: Path, changes: Mapping[str, str]) -> Path:
    folder.mkdir()
    text = EXAMPLE.read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file = folder / "followthrough.yaml"
    file.write_text(text)
    return file


async def save(stage: Stage, folder: Path) -> None:
    """Each run that there was, of those that go on once no workflow task is waited for."""
    async for run in stage.client.list_workflows(FEW_INBOXES):
        handle = stage.client.get_workflow_handle(run.id, run_id=run.run_id)
        goes_on = run.status is WorkflowExecutionStatus.RUNNING
        history = await (eventually(handle.fetch_history, _calm) if goes_on else handle.fetch_history())
        name = f"{re.sub('[/:]', '-', run.id)}-{run.run_id[-4:]}.json"
        with (folder / name).open("x") as file:
            file.write(history.to_json() + "\n")


def _calm(history: WorkflowHistory) -> bool:
    kinds = [str(event.WhichOneof("attributes")) for event in history.events]
    tasks = [kind for kind in kinds if kind.startswith("workflow_task_")]
    return tasks[-1:] == ["workflow_task_completed_event_attributes"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the folder")
    parser.add_argument("--to", type=Path, default=HISTORIES, help="where the folder is made")
    given = parser.parse_args()
    recordings = given.to / given.name
    recordings.mkdir(parents=True)
    asyncio.run(record(recordings))
