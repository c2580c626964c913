"""The Agile API of the stand-in Jira: boards, sprints and ranks."""

from abc import abstractmethod
from typing import Any

from tests.standins.jira_data import Answer, Issue, Refusal, Route, Sprint, search
from tests.standins.server import StandIn

AT_ONCE = 50


class JiraBoards(StandIn):
    """A part of the stand-in."""

    issues: dict[str, Issue]
    transitions: dict[str, str]

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.boards: dict[int, list[Sprint] | None] = {}
        """None is a Kanban board."""
        self.rank: list[str] = []
        """Keys, the first of all boards first."""

    @abstractmethod
    def _issue(self, name: str) -> Issue: ...

    @abstractmethod
    def _bean(self, issue: Issue, wanted: list[str]) -> dict[str, Any]: ...

    def board_routes(self) -> list[Route]:
        return [
            ("GET", "/rest/agile/1.0/board/([0-9]+)/sprint", self._list_sprints),
            ("GET", "/rest/agile/1.0/sprint/([0-9]+)", self._read_sprint),
            ("GET", "/rest/agile/1.0/sprint/([0-9]+)/issue", self._list_sprint),
            ("POST", "/rest/agile/1.0/sprint/([0-9]+)/issue", self._add_to_sprint),
            ("GET", "/rest/agile/1.0/board/([0-9]+)/issue", self._list_board),
            ("PUT", "/rest/agile/1.0/issue/rank", self._rank),
        ]

    def _sprints(self) -> list[Sprint]:
        return [sprint for sprints in self.boards.values() for sprint in sprints or ()]

    def _list_sprints(self, query: Any, board: str) -> Answer:
        sprints = self._board(board)
        if sprints is None:
            raise Refusal(400, "The board does not support sprints")
        states = query.get("state", "future,active,closed").split(",")
        found = [self._sprint_bean(sprint, int(board)) for sprint in sprints if sprint.state in states]
        start, size = int(query.get("startAt", 0)), min(int(query.get("maxResults", AT_ONCE)), AT_ONCE)
        page = {"values": found[start : start + size], "startAt": start, "maxResults": size}
        return 200, page | {"isLast": start + size >= len(found)}

    def _board(self, board: str) -> list[Sprint] | None:
        if int(board) not in self.boards:
            raise Refusal(404, "The board does not exist or you do not have permission to view it.")
        return self.boards[int(board)]

    def _sprint_bean(self, sprint: Sprint, board: int) -> dict[str, Any]:
        dates = {"startDate": sprint.start, "endDate": sprint.end}
        return {"id": sprint.id, "self": f"{self.url}/rest/agile/1.0/sprint/{sprint.id}", "name": sprint.name} | {
            "state": sprint.state,
            "originBoardId": sprint.origin or board,
            **{name: at.isoformat(timespec="milliseconds") for name, at in dates.items() if at},
        }

    def _sprint(self, sprint_id: str) -> Sprint:
        for sprint in self._sprints():
            if sprint.id == int(sprint_id):
                return sprint
        raise Refusal(404, "The sprint does not exist.")

    def _read_sprint(self, query: Any, sprint_id: str) -> Answer:
        sprint = self._sprint(sprint_id)
        board = next(board for board, sprints in self.boards.items() if sprints and sprint in sprints)
        return 200, self._sprint_bean(sprint, board)

    def _add_to_sprint(self, sent: Any, sprint_id: str) -> Answer:
        wanted = self._sprint(sprint_id)
        if wanted.state == "closed":
            raise Refusal(400, "Issues can be moved only to active or future sprints.")
        moved = self._moved(sent)
        for sprint in self._sprints():
            sprint.issues = [key for key in sprint.issues if key not in moved]
        wanted.issues += moved
        return 204, None

    def _list_sprint(self, query: Any, sprint_id: str) -> Answer:
        return self._ranked(query, [self._issue(key) for key in self._sprint(sprint_id).issues])

    def _list_board(self, query: Any, board: str) -> Answer:
        self._board(board)
        return self._ranked(query, search(query["jql"], list(self.issues.values()), self.transitions))

    def _ranked(self, query: Any, issues: list[Issue]) -> Answer:
        ranked = sorted(issues, key=lambda issue: self.rank.index(issue.key))[: int(query["maxResults"])]
        beans = [self._bean(issue, query["fields"].split(",")) for issue in ranked]
        return 200, {"issues": beans, "startAt": 0, "maxResults": len(beans), "total": len(issues)}

    def _rank(self, sent: Any) -> Answer:
        moved = self._moved(sent)
        rest = [key for key in self.rank if key not in moved]
        place = rest.index(self._issue(sent["rankBeforeIssue"]).key)
        self.rank = [*rest[:place], *moved, *rest[place:]]
        return 204, None

    def _moved(self, sent: Any) -> list[str]:
        if len(sent["issues"]) > AT_ONCE:
            raise Refusal(400, f"At most {AT_ONCE} issues can be moved at once.")
        return [self._issue(name).key for name in sent["issues"]]
