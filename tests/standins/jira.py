"""A stand-in for Jira on loopback: Cloud (REST API 3) or Data Center (REST API 2), and the Agile API.

It keeps issues in memory, answers as Jira does, and makes trouble on demand. Where
``FOLLOWTHROUGH_CONTRACTS`` names the folder with the vendor's documents, every request and answer is
checked against them: a violation is answered 400 and raised when the stand-in stops. Atlassian has no
such document for Data Center's API 2: there, requests are checked against the same paths of API 3;
its search, wiki texts and user names by hand.

Also a program: ``python -m tests.standins.jira PORT``. ``GET /standin`` then gives issues, requests and
violations, ``POST /standin/faults`` takes the fields of a ``Fault``.
"""

import dataclasses
import json
import re
import sys
import threading
from asyncio import sleep
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from openapi_core.contrib.starlette import StarletteOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.standins.jira_boards import JiraBoards
from tests.standins.jira_checks import check_fields, check_text
from tests.standins.jira_contracts import contract_of, document
from tests.standins.jira_data import (
    Answer,
    Issue,
    Refusal,
    Route,
    Sprint,
    Transition,
    check_known,
    check_required,
    search,
    stamp,
    usual_screen,
)
from tests.standins.jira_faults import Fault as Fault
from tests.standins.jira_faults import take
from tests.standins.server import cut_off


class JiraStandIn(JiraBoards):
    """Runs while it is entered as a context; its attributes are its data, to set up and to look at."""

    def __init__(self, *, cloud: bool = True, index_lag: float = 0, port: int = 0) -> None:
        super().__init__(port)
        document("jira-platform-v3.json")  # takes seconds to read, which no client waits for
        self.cloud = cloud
        self.index_lag = index_lag
        """Seconds until the search knows of a new issue or a change."""
        self.issues: dict[str, Issue] = {}
        self.transitions = {"To Do": "new", "In Progress": "indeterminate", "Done": "done"}
        """Status, which is also the name of the transition to it, and its category."""
        self.moves: list[Transition] | None = None
        """None is a transition to each status, without a screen and named like it."""
        self.lost_login = ""
        """A reason by which Jira no longer knows us: AUTHENTICATED_FAILED or OUT, which leave us what anybody may read,
        or CAPTCHA_CHALLENGE."""
        self.repeats_pages = False
        """Each page of a search leads to itself."""
        self.screen = usual_screen(cloud)
        """For issues of every project, by id of the field; see ``screen_field``."""
        self.issue_types = ["Task", "Bug"]
        self.unassignable: set[str] = set()
        self.hidden_projects: set[str] = set()
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        """Method and path of each, as they came."""
        self._created = 0
        self._index: list[tuple[datetime, Issue]] = []
        api = f"/rest/api/{3 if cloud else 2}"
        self._routes: list[Route] = [
            ("POST", f"{api}/issue", self._create),
            ("GET", f"{api}/issue/([^/]+)", self._read),
            ("PUT", f"{api}/issue/([^/]+)", self._edit),
            ("GET", f"{api}/issue/([^/]+)/transitions", self._list_transitions),
            ("POST", f"{api}/issue/([^/]+)/transitions", self._transition),
            ("GET", f"{api}/issue/([^/]+)/comment", self._list_comments),
            ("POST", f"{api}/issue/([^/]+)/comment", self._comment),
            ("PUT", f"{api}/issue/([^/]+)/properties/([^/]+)", self._set_property),
            ("POST", f"{api}/issue/([^/]+)/remotelink", self._link),
            ("GET", f"{api}/search/jql" if cloud else f"{api}/search", self._search),
            ("GET", f"{api}/issue/createmeta/([^/]+)/issuetypes", self._list_issue_types),
            ("GET", f"{api}/issue/createmeta/([^/]+)/issuetypes/([0-9]+)", self._list_screen),
            ("GET", f"{api}/project/([^/]+)", self._read_project),
            ("GET", f"{api}/field", self._list_fields),
            ("GET", f"{api}/myself", lambda query: (200, self._user("5b10bot", "Followthrough"))),
            *self.board_routes(),
            ("GET", "/standin", self._report),
            ("POST", "/standin/faults", self._add_fault),
        ]

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.requests.append(f"{request.method} {request.url.path}")
        fault = take(self.faults, request)
        response = fault.answer() or self._answer(request, body)
        await sleep(fault.late)
        if fault.lose_answer:
            cut_off(receive)
            return
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        scheme = request.headers.get("Authorization", "").split(" ")[0]
        if scheme not in ("Basic", "Bearer") and not request.url.path.startswith("/standin"):
            return _response(401, {"message": "Client must be authenticated to access this resource."})
        if self.lost_login and request.url.path.startswith("/rest/"):
            return self._stranger(request)
        contract, checked = contract_of(request, body)
        for method, path, act in self._routes:
            match = re.fullmatch(path, request.url.path)
            if match and method == request.method:
                try:
                    if contract:
                        contract.validate_request(checked)
                    parameters = json.loads(body) if body else request.query_params
                    try:
                        answer = act(parameters, *match.groups())
                    except Refusal as refusal:
                        answer = refusal.answer
                    response = _response(*answer)
                    if contract and response.body:
                        contract.validate_response(checked, StarletteOpenAPIResponse(response))
                except OpenAPIError as error:
                    self.violations.append(f"{request.method} {request.url.path} {body.decode()}: {error!r} {error}")
                    return _response(400, {"errorMessages": [self.violations[-1]], "errors": {}})
                return response
        self.violations.append(f"{request.method} {request.url.path}: Jira has no such path")
        return _response(404, {"errorMessages": [self.violations[-1]], "errors": {}})

    def _stranger(self, request: Request) -> Response:
        """What Jira answers to somebody whom it does not know; Cloud takes an expired token for no token."""
        if self.lost_login == "CAPTCHA_CHALLENGE":
            response = Response("<html>Forbidden</html>", 403, media_type="text/html")
            response.headers["X-Authentication-Denied-Reason"] = f"{self.lost_login}; login-url={self.url}/login.jsp"
            return response
        if "/search" in request.url.path:
            response = _response(200, {"issues": []} | ({"isLast": True} if self.cloud else {"total": 0}))
        elif request.method == "POST" and request.url.path.endswith("/issue"):
            response = _response(*Refusal(400, project="valid project is required").answer)
        elif request.url.path.endswith("/myself"):
            response = _response(401, {"message": "Client must be authenticated to access this resource."})
        else:
            response = _response(*Refusal(404, "It does not exist or you do not have permission to see it.").answer)
        response.headers["X-Seraph-LoginReason"] = self.lost_login
        return response

    def add(self, project: str = "PAY", /, **fields: Any) -> Issue:
        """As somebody does in Jira."""
        self._created += 1
        fields["project"] = {"key": project}
        issue = Issue(id=10000 + self._created, key=f"{project}-{self._created}", fields=fields)
        self.issues[issue.key] = issue
        self.rank.append(issue.key)
        self._touch(issue)
        return issue

    def change(self, key: str, *, by: str = "5b10bot", status: str | None = None, **fields: Any) -> None:
        """As somebody does in Jira."""
        issue = self._issue(key)
        issue.status = status or issue.status
        issue.fields |= fields
        self._touch(issue)
        issue.log(self._user(by), *fields, *(["status"] if status else []))

    def remark(self, key: str, body: Any, *, by: str) -> None:
        """As somebody comments in Jira."""
        issue = self._issue(key)
        issue.comments.append(body)
        issue.commenters[len(issue.comments)] = by
        self._touch(issue)

    def _user(self, account: str, name: str = "Somebody") -> dict[str, Any]:
        """As Jira shows people: on Cloud without a user name, in Data Center without an account."""
        mine = f"{self.url}/rest/api/{'3/user?accountId' if self.cloud else '2/user?username'}={account}"
        known = {"accountId": account, "accountType": "atlassian"} if self.cloud else {"name": account, "key": account}
        avatars = {f"{size}x{size}": f"{self.url}/avatar/{size}" for size in (16, 24, 32, 48)}
        return {"self": mine, **known, "displayName": name, "active": True, "timeZone": "UTC", "avatarUrls": avatars}

    def move(self, key: str, project: str) -> str:
        """As somebody does in Jira; gives the new key. The old one still leads to the issue."""
        issue = self.issues.pop(key)
        self._created += 1
        issue.former_keys.append(key)
        issue.key = f"{project}-{self._created}"
        issue.fields["project"] = {"key": project}
        self.issues[issue.key] = issue
        for keys in (self.rank, *(sprint.issues for sprint in self._sprints())):
            keys[:] = [issue.key if one == key else one for one in keys]
        self._touch(issue)
        return issue.key

    def delete(self, key: str) -> None:
        """As somebody does in Jira."""
        issue = self.issues.pop(key)
        self._index = [(at, indexed) for at, indexed in self._index if indexed.id != issue.id]

    def _touch(self, issue: Issue) -> None:
        issue.updated = datetime.now(UTC)
        self._index.append((issue.updated, deepcopy(issue)))

    def _visible(self, issue: Issue) -> bool:
        return not issue.hidden and issue.project not in self.hidden_projects

    def _issue(self, name: str) -> Issue:
        """By key, also a former one, or id."""
        for issue in self.issues.values():
            if name in (issue.key, str(issue.id), *issue.former_keys) and self._visible(issue):
                return issue
        raise Refusal(404, "Issue does not exist or you do not have permission to see it.")

    def _create(self, sent: Any) -> Answer:
        fields = sent["fields"]
        check_required(self.screen, fields)
        check_fields(fields, self.screen, self.unassignable, cloud=self.cloud)
        issue = self.add(fields["project"]["key"], **fields)
        return 201, {"id": str(issue.id), "key": issue.key, "self": self._self(issue)}

    def _read(self, query: Any, key: str) -> Answer:
        issue = self._issue(key)
        bean = self._bean(issue, query.get("fields", "*all").split(","))
        if query.get("expand") == "changelog":
            latest_first = issue.changelog[::-1]
            total = len(issue.changelog)
            histories = latest_first if self.cloud else issue.changelog
            bean["changelog"] = {"startAt": 0, "maxResults": total, "total": total, "histories": histories}
        return 200, bean

    def _self(self, issue: Issue) -> str:
        return f"{self.url}/rest/api/{3 if self.cloud else 2}/issue/{issue.id}"

    def _bean(self, issue: Issue, wanted: list[str]) -> dict[str, Any]:
        assignee = issue.fields.get("assignee")
        done = self.transitions[issue.status] == "done"
        fields = {
            "duedate": None,
            "labels": [],
            **issue.fields,
            "assignee": self._user(next(iter(assignee.values()))) if assignee else None,
            "status": self._status(issue.status),
            "resolution": issue.fields.get("resolution", {"name": "Done"}) if done else None,
            "updated": stamp(issue.updated),
        }
        shown = {name: value for name, value in fields.items() if "*all" in wanted or name in wanted}
        return {"id": str(issue.id), "key": issue.key, "self": self._self(issue), "fields": shown}

    def _status(self, name: str) -> dict[str, Any]:
        return {"name": name, "statusCategory": {"key": self.transitions[name]}}

    def _edit(self, sent: Any, key: str) -> Answer:
        issue = self._issue(key)
        fields = sent.get("fields", {})
        check_fields(fields, self.screen, self.unassignable, cloud=self.cloud)
        issue.fields |= fields
        check_known(self.screen, sent.get("update", {}))
        labels = [operation["add"] for operation in sent.get("update", {}).get("labels", [])]
        issue.fields["labels"] = list(dict.fromkeys([*(issue.fields.get("labels") or []), *labels]))
        self._touch(issue)
        issue.log(self._user("5b10bot"), *fields)
        return 204, None

    def _offered(self) -> dict[str, Transition]:
        moves = [Transition(name, name) for name in self.transitions] if self.moves is None else self.moves
        return {str(number * 10 + 1): move for number, move in enumerate(moves, 1)}

    def _list_transitions(self, query: Any, key: str) -> Answer:
        self._issue(key)
        offered: list[dict[str, Any]] = [
            {"id": number, "name": move.name, "to": self._status(move.to), "hasScreen": bool(move.screen)}
            for number, move in self._offered().items()
        ]
        if query.get("expand") == "transitions.fields":
            for shown, move in zip(offered, self._offered().values(), strict=True):
                shown["fields"] = {
                    name: {kind: value for kind, value in field.items() if kind != "fieldId"}
                    for name, field in move.screen.items()
                }
        return 200, {"expand": "transitions", "transitions": offered}

    def _transition(self, sent: Any, key: str) -> Answer:
        """Jira drops a comment that comes with a transition without a screen."""
        move, fields = self._offered().get(sent["transition"]["id"]), sent.get("fields", {})
        if move is None:
            raise Refusal(400, "It is not possible to perform this transition.")
        check_required(move.screen, self._issue(key).fields | fields)
        check_known(move.screen, fields)
        self.change(key, status=move.to, **fields)
        return 204, None

    def _list_comments(self, query: Any, key: str) -> Answer:
        issue = self._issue(key)
        comments = [
            {
                "id": str(number),
                "body": body,
                "author": self._user(issue.commenters.get(number, "5b10bot")),
                "created": stamp(issue.created),
            }
            for number, body in enumerate(issue.comments, 1)
        ]
        if query.get("orderBy") == "-created":
            comments.reverse()
        return 200, {"comments": comments, "startAt": 0, "maxResults": 5000, "total": len(comments)}

    def _comment(self, sent: Any, key: str) -> Answer:
        check_text("comment", sent["body"], cloud=self.cloud)
        comments = self._issue(key).comments
        comments.append(sent["body"])
        return 201, {"id": str(len(comments)), "body": sent["body"]}

    def _set_property(self, sent: Any, key: str, name: str) -> Answer:
        properties = self._issue(key).properties
        status = 200 if name in properties else 201
        properties[name] = sent
        return status, {}

    def _link(self, sent: Any, key: str) -> Answer:
        issue = self._issue(key)
        global_id = sent.get("globalId", str(len(issue.links)))
        status = 200 if global_id in issue.links else 201
        issue.links[global_id] = sent["object"]
        number = list(issue.links).index(global_id) + 1
        return status, {"id": number, "self": f"{self._self(issue)}/remotelink/{number}"}

    def _search(self, query: Any) -> Answer:
        indexed = datetime.now(UTC) - timedelta(seconds=self.index_lag)
        known = {issue.id: issue for at, issue in self._index if at <= indexed} if self.index_lag else self.issues
        issues = [issue for issue in known.values() if self._visible(issue)]
        found = search(query["jql"], issues, self.transitions)
        start = 0 if self.repeats_pages else int(query.get("nextPageToken") or query.get("startAt") or 0)
        end = start + int(query.get("maxResults", 50))
        fields = ",".join(query.getlist("fields")).split(",")
        page = {"issues": [self._bean(issue, fields) for issue in found[start:end]]}
        if self.repeats_pages:
            more = {"isLast": False, "nextPageToken": "again"} if self.cloud else {"startAt": 0, "total": 1_000_000}
            return 200, page | more
        if not self.cloud:
            return 200, page | {"startAt": start, "maxResults": end - start, "total": len(found)}
        return 200, page | ({"isLast": True} if end >= len(found) else {"isLast": False, "nextPageToken": str(end)})

    def _list_issue_types(self, query: Any, project: str) -> Answer:
        if project in self.hidden_projects:
            raise Refusal(400, f"No project could be found with key '{project}'.")
        types = [{"id": str(number), "name": name} for number, name in enumerate(self.issue_types, 1)]
        return 200, self._page(query, "issueTypes", types)

    def _list_screen(self, query: Any, project: str, issue_type: str) -> Answer:
        return 200, self._page(query, "fields", list(self.screen.values()))

    def _page(self, query: Any, name: str, values: list[Any]) -> dict[str, Any]:
        start, size = int(query.get("startAt", 0)), min(int(query.get("maxResults", 50)), 5)
        page = {"startAt": start, "maxResults": size, "total": len(values)}
        return page | {name if self.cloud else "values": values[start : start + size]}

    def _read_project(self, query: Any, key: str) -> Answer:
        if key in self.hidden_projects:
            raise Refusal(404, f"No project could be found with key '{key}'.")
        return 200, {"id": "10000", "key": key, "name": key, "self": f"{self.url}/rest/api/3/project/{key}"}

    def _list_fields(self, query: Any) -> Answer:
        names = ("summary", "description", "labels", "assignee", "duedate", "status", "priority")
        return 200, [{"id": name, "name": name.capitalize(), "clauseNames": [name]} for name in names]

    def _report(self, query: Any) -> Answer:
        issues = [json.loads(json.dumps(dataclasses.asdict(issue), default=str)) for issue in self.issues.values()]
        return 200, {"issues": issues, "requests": self.requests, "violations": self.violations}

    def _add_fault(self, sent: Any) -> Answer:
        self.faults.append(Fault(**sent))
        return 204, None


def _response(status: int, payload: Any) -> Response:
    return Response(status_code=status) if payload is None else JSONResponse(payload, status)


if __name__ == "__main__":
    with JiraStandIn(port=int(sys.argv[1])) as stand_in:
        stand_in.boards[1] = [Sprint(id=1, name="Next sprint")]
        print(stand_in.url, flush=True)
        threading.Event().wait()
