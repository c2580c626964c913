"""A worker that dies once it has written that an action item is done, before the engine hears of it."""

import os
import signal
from unittest.mock import patch

from activities.read_model import UNFENCED, ReadModel
from followthrough.cli import app
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.values import Fence


class DyingReadModel(ReadModel):
    def project_item(self, item: ActionItem, fence: Fence = UNFENCED) -> None:
        super().project_item(item, fence)
        if item.status is ItemStatus.DONE:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    with patch("activities.schedule.ReadModel", DyingReadModel):
        app(["worker"])
