"""Histories recorded by earlier versions replay with today's code, so running workflows survive an upgrade."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.workflow import NondeterminismError

from followthrough.domain.replayed.ids import is_item
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.replaying import replayer
from tests.replay.record import HISTORIES
from workflows.action_item import ActionItemWorkflow
from workflows.messages.item import ItemProgress

RECORDED = sorted(HISTORIES.glob("*/*.json"))


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_a_recorded_history_replays(path: Path) -> None:
    await replayer().replay_workflow(history(path))


@workflow.defn(name="ActionItemWorkflow")
class SleepsFirst(ActionItemWorkflow):
    """What a careless change would be."""

    @workflow.init
    def __init__(self, progress: ItemProgress) -> None:
        super().__init__(progress)

    @workflow.run
    async def run(self, progress: ItemProgress) -> ActionItem:
        await workflow.sleep(timedelta(seconds=1))
        return await super().run(progress)


async def test_an_unpatched_change_of_order_would_be_noticed() -> None:
    item = next(path for path in RECORDED if is_item(path.stem.rpartition("-")[0]))
    with pytest.raises(NondeterminismError):
        await replayer(workflows=[SleepsFirst]).replay_workflow(history(item))
