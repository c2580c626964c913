"""The vendors' stand-ins, which know after a restart what they knew before."""

import pickle
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tests.standins import sendgrid
from tests.standins.jira import JiraStandIn
from tests.standins.jira_data import Issue, Sprint


class KeptJira(JiraStandIn):
    """What is answered is on disk before; ``boards`` are there from the beginning, with their sprints."""

    def __init__(self, file: Path, boards: dict[int, list[Sprint] | None]) -> None:
        super().__init__()
        self._writing = threading.Lock()
        self._touched: set[str] = set()
        self._file = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        self._file.execute("CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value BLOB)")
        kept = {key: pickle.loads(value) for key, value in self._file.execute("SELECT key, value FROM kept")}
        self.boards = kept.pop("boards", boards)
        self.rank = kept.pop("rank", [])
        for issue in sorted(kept.values(), key=lambda issue: issue.id):
            self.issues[issue.key] = issue
            self._index.append((issue.updated, pickle.loads(pickle.dumps(issue))))
        self.rank += [key for key in self.issues if key not in self.rank]
        self._created = len(kept)
        self._touched.clear()

    def _answer(self, request: Request, body: bytes) -> Response:
        with self._writing:
            self.requests.clear()
            self._pass_time()
            response = super()._answer(request, body)
            if request.method != "GET":
                self._keep(whole=request.url.path.startswith("/rest/agile/"))
            self._touched.clear()
        return response

    def _pass_time(self) -> None:
        """Sprints begin and end by themselves."""
        now = datetime.now(UTC)
        for sprint in self._sprints():
            if sprint.start and sprint.end:
                sprint.state = "closed" if sprint.end <= now else "active" if sprint.start <= now else "future"

    def _issue(self, name: str) -> Issue:
        issue = super()._issue(name)
        self._touched.add(issue.key)
        return issue

    def _touch(self, issue: Issue) -> None:
        super()._touch(issue)
        self._touched.add(issue.key)

    def moved_by(self, account: str, item_id: str, status: str) -> bool:
        """Somebody moves the ticket of this action item, if it has one that is elsewhere."""
        with self._writing:
            for key, issue in self.issues.items():
                if item_id in (issue.fields.get("labels") or ()) and issue.status != status:
                    self.change(key, by=account, status=status)
                    self._keep(whole=False)
                    return True
        return False

    def _keep(self, *, whole: bool) -> None:
        rows: list[tuple[str, Any]] = [(key, self.issues[key]) for key in self._touched if key in self.issues]
        if whole:
            rows += [("boards", self.boards), ("rank", self.rank)]
        values = [(key, pickle.dumps(value)) for key, value in rows]
        self._file.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", values)
        self._touched.clear()


class CountingSendGrid(sendgrid.SendGridStandIn):
    """Keeps no mail."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    def _answer(self, request: Any, body: bytes, fault: sendgrid.Fault) -> Any:
        answer = super()._answer(request, body, fault)
        self.taken += len(self.mails)
        self.mails.clear()
        return answer


def sprints_of(board: int, first: datetime, weeks: int, number: int) -> list[Sprint]:
    """One after the other, still to come."""
    length = timedelta(weeks=weeks)
    return [
        Sprint(
            id=board * 1000 + each, name=f"Sprint {each}", start=first + each * length, end=first + (each + 1) * length
        )
        for each in range(number)
    ]
