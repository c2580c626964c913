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
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from openapi_core import OpenAPI
from openapi_core.contrib.starlette import StarletteOpenAPIRequest, StarletteOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.standins.server import CONTRACTS, StandIn, cut_off

DOCUMENT_SCHEMA = Path(__file__).parents[1] / "contracts" / "atlassian-document-format.json"
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")
Answer = tuple[int, Any]


@dataclasses.dataclass
class Fault:
    """Trouble for the next ``times`` requests whose method and path match."""

    method: str = ".*"
    path: str = ".*"
    status: int | None = None
    """Answer with this and do nothing."""
    retry_after: int | None = None
    late: float = 0
    """Do it, and answer after so many seconds."""
    lose_answer: bool = False
    """Do it, and cut the connection."""
    times: int = 1


@dataclasses.dataclass
class Issue:
    """What is kept of one issue; ``fields`` as they were sent."""

    id: int
    key: str
    fields: dict[str, Any]
    status: str = "To Do"
    properties: dict[str, Any] = dataclasses.field(default_factory=dict)
    links: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    comments: list[Any] = dataclasses.field(default_factory=list)
    created: datetime = dataclasses.field(default_factory=lambda: datetime.now(UTC))


@dataclasses.dataclass
class Sprint:
    """``issues`` are keys."""

    id: int
    name: str
    state: str = "future"
    start: datetime | None = None
    end: datetime | None = None
    issues: list[str] = dataclasses.field(default_factory=list)


class Refusal(Exception):
    """Becomes Jira's error answer."""

    def __init__(self, status: int, message: str = "", **fields: str) -> None:
        self.answer = status, {"errorMessages": [message] if message else [], "errors": fields}


class JiraStandIn(StandIn):
    """Runs while it is entered as a context; its attributes are its data, to set up and to look at."""

    def __init__(self, *, cloud: bool = True, index_lag: float = 0, port: int = 0) -> None:
        super().__init__(port)
        self.cloud = cloud
        self.index_lag = index_lag
        """Seconds until the search finds a new issue."""
        self.issues: dict[str, Issue] = {}
        self.boards: dict[int, list[Sprint] | None] = {}
        """None is a Kanban board."""
        self.transitions = {"To Do": "new", "In Progress": "indeterminate", "Done": "done"}
        """Status, which is also the name of the transition to it, and its category."""
        self.required_fields: dict[str, str] = {}
        """Field id to name."""
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        """Method and path of each, as they came."""
        self._created = 0
        api = f"/rest/api/{3 if cloud else 2}"
        self._routes: list[tuple[str, str, Callable[..., Answer]]] = [
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
            ("GET", f"{api}/field", self._list_fields),
            ("GET", f"{api}/myself", lambda query: (200, {"active": True})),
            ("GET", "/rest/agile/1.0/board/([0-9]+)/sprint", self._list_sprints),
            ("POST", "/rest/agile/1.0/sprint/([0-9]+)/issue", self._add_to_sprint),
            ("GET", "/standin", self._report),
            ("POST", "/standin/faults", self._add_fault),
        ]

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.requests.append(f"{request.method} {request.url.path}")
        fault = self._fault(request)
        if fault.status is not None:
            response = _response(fault.status, {"errorMessages": [f"Fault {fault.status}"], "errors": {}})
            if fault.retry_after is not None:
                response.headers["Retry-After"] = str(fault.retry_after)
        else:
            response = self._answer(request, body)
        await sleep(fault.late)
        if fault.lose_answer:
            cut_off(receive)
            return
        await response(scope, receive, send)

    def _fault(self, request: Request) -> Fault:
        for fault in self.faults:
            if re.fullmatch(fault.method, request.method) and re.search(fault.path, request.url.path):
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return Fault()

    def _answer(self, request: Request, body: bytes) -> Response:
        scheme = request.headers.get("Authorization", "").split(" ")[0]
        if scheme not in ("Basic", "Bearer") and not request.url.path.startswith("/standin"):
            return _response(401, {"message": "Client must be authenticated to access this resource."})
        contract, checked = self._contract(request, body)
        for method, path, act in self._routes:
            match = re.fullmatch(path, request.url.path)
            if match and method == request.method:
                try:
                    if contract:
                        contract.validate_request(checked)
                    parameters = json.loads(body) if body else request.query_params
                    response = _response(*act(parameters, *match.groups()))
                    if contract and response.body:
                        contract.validate_response(checked, StarletteOpenAPIResponse(response))
                except Refusal as refusal:
                    return _response(*refusal.answer)
                except OpenAPIError as error:
                    self.violations.append(f"{request.method} {request.url.path} {body.decode()}: {error!r} {error}")
                    return _response(400, {"errorMessages": [self.violations[-1]], "errors": {}})
                return response
        self.violations.append(f"{request.method} {request.url.path}: Jira has no such path")
        return _response(404, {"errorMessages": [self.violations[-1]], "errors": {}})

    def _contract(self, request: Request, body: bytes) -> tuple[OpenAPI | None, StarletteOpenAPIRequest]:
        """The document that has the request's path, and the request as it is to be checked."""
        path = request.url.path
        checked = Request({**request.scope, "path": path.replace("/rest/api/2/", "/rest/api/3/")})
        if path.startswith("/rest/agile/"):
            contract = _document("jira-software-1.0.json")
        elif path.startswith("/rest/api/") and path != "/rest/api/2/search":
            contract = _document("jira-platform-v3.json")
        else:
            contract = None
        return contract, StarletteOpenAPIRequest(checked, body or None)

    def _issue(self, name: str) -> Issue:
        """By key or id."""
        for issue in self.issues.values():
            if name in (issue.key, str(issue.id)):
                return issue
        raise Refusal(404, "Issue does not exist or you do not have permission to see it.")

    def _create(self, sent: Any) -> Answer:
        fields = sent["fields"]
        for required, name in {"project": "project", "issuetype": "issue type", **self.required_fields}.items():
            if required not in fields:
                raise Refusal(400, **{required: f"{name} is required."})
        if not fields.get("summary"):
            raise Refusal(400, summary="You must specify a summary of the issue.")
        self._check(fields)
        self._created += 1
        issue = Issue(id=10000 + self._created, key=f"{fields['project']['key']}-{self._created}", fields=dict(fields))
        self.issues[issue.key] = issue
        return 201, {"id": str(issue.id), "key": issue.key, "self": self._self(issue)}

    def _check(self, fields: dict[str, Any]) -> None:
        summary, assignee = fields.get("summary", ""), fields.get("assignee")
        if "\n" in summary or len(summary) > 255:
            raise Refusal(400, summary="The summary is invalid because it contains newline characters or is too long.")
        for label in fields.get("labels", []):
            if " " in label:
                raise Refusal(400, labels=f"The label '{label}' contains spaces which is invalid.")
        if "priority" in fields and fields["priority"].get("name") not in PRIORITIES:
            raise Refusal(400, priority="The priority selected is invalid.")
        if assignee is not None and set(assignee) != {"id" if self.cloud else "name"}:
            raise Refusal(400, assignee="Specify a valid value for assignee")
        if fields.get("duedate"):
            try:
                date.fromisoformat(fields["duedate"])
            except ValueError:
                raise Refusal(400, duedate="Error parsing date string") from None
        if "description" in fields:
            self._check_text("description", fields["description"])

    def _check_text(self, field: str, text: Any) -> None:
        if not self.cloud and not isinstance(text, str):
            raise Refusal(400, **{field: "Operation value must be a string"})
        if self.cloud and not _document_schema().is_valid(text):
            raise Refusal(400, **{field: "Operation value must be an Atlassian Document"})

    def _read(self, query: Any, key: str) -> Answer:
        return 200, self._bean(self._issue(key), query.get("fields", "*all").split(","))

    def _self(self, issue: Issue) -> str:
        return f"{self.url}/rest/api/{3 if self.cloud else 2}/issue/{issue.id}"

    def _bean(self, issue: Issue, wanted: list[str]) -> dict[str, Any]:
        assignee = issue.fields.get("assignee")
        if assignee and self.cloud:
            assignee = {"accountId": assignee["id"], "displayName": "Somebody"}
        fields = {"duedate": None, **issue.fields, "assignee": assignee, "status": self._status(issue.status)}
        shown = {name: value for name, value in fields.items() if "*all" in wanted or name in wanted}
        return {"id": str(issue.id), "key": issue.key, "self": self._self(issue), "fields": shown}

    def _status(self, name: str) -> dict[str, Any]:
        return {"name": name, "statusCategory": {"key": self.transitions[name]}}

    def _edit(self, sent: Any, key: str) -> Answer:
        issue = self._issue(key)
        self._check(sent["fields"])
        issue.fields |= sent["fields"]
        return 204, None

    def _list_transitions(self, query: Any, key: str) -> Answer:
        self._issue(key)
        offered = [
            {"id": str(number), "name": name, "to": self._status(name)}
            for number, name in enumerate(self.transitions, 1)
        ]
        return 200, {"transitions": offered}

    def _transition(self, sent: Any, key: str) -> Answer:
        """Without a screen: Jira drops a comment that comes with it."""
        numbers = {str(number): name for number, name in enumerate(self.transitions, 1)}
        if sent["transition"]["id"] not in numbers:
            raise Refusal(400, "It is not possible to perform this transition.")
        self._issue(key).status = numbers[sent["transition"]["id"]]
        return 204, None

    def _list_comments(self, query: Any, key: str) -> Answer:
        comments = [{"id": str(number), "body": body} for number, body in enumerate(self._issue(key).comments, 1)]
        if query.get("orderBy") == "-created":
            comments.reverse()
        return 200, {"comments": comments, "startAt": 0, "maxResults": 5000, "total": len(comments)}

    def _comment(self, sent: Any, key: str) -> Answer:
        self._check_text("comment", sent["body"])
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
        condition, _, _ = query["jql"].partition(" ORDER BY created ASC")
        clauses = [re.fullmatch(r'labels = "?([^ "]+)"?', clause) for clause in condition.split(" AND ")]
        labels = {clause[1] for clause in clauses if clause}
        if len(labels) != len(clauses):
            raise Refusal(400, f"Error in the JQL Query: {query['jql']}")
        indexed = datetime.now(UTC) - timedelta(seconds=self.index_lag)
        fields = query.getlist("fields") if self.cloud else query["fields"].split(",")
        found = [
            self._bean(issue, fields) if fields else {"id": str(issue.id)}
            for issue in self.issues.values()
            if issue.created <= indexed and labels <= set(issue.fields.get("labels", []))
        ]
        return 200, {"issues": found} | ({"isLast": True} if self.cloud else {"startAt": 0, "total": len(found)})

    def _list_fields(self, query: Any) -> Answer:
        names = ("summary", "description", "labels", "assignee", "duedate", "status", "priority")
        return 200, [{"id": name, "name": name.capitalize(), "clauseNames": [name]} for name in names]

    def _list_sprints(self, query: Any, board: str) -> Answer:
        if int(board) not in self.boards:
            raise Refusal(404, "The board does not exist or you do not have permission to view it.")
        sprints = self.boards[int(board)]
        if sprints is None:
            raise Refusal(400, "The board does not support sprints")
        states = query.get("state", "future,active,closed").split(",")
        values = [
            {"id": sprint.id, "name": sprint.name, "state": sprint.state, "originBoardId": int(board)}
            | ({"startDate": sprint.start.isoformat(timespec="milliseconds")} if sprint.start else {})
            | ({"endDate": sprint.end.isoformat(timespec="milliseconds")} if sprint.end else {})
            for sprint in sprints
            if sprint.state in states
        ]
        return 200, {"values": values, "startAt": 0, "maxResults": 50, "isLast": True}

    def _add_to_sprint(self, sent: Any, sprint_id: str) -> Answer:
        for sprint in (sprint for sprints in self.boards.values() for sprint in sprints or ()):
            if sprint.id == int(sprint_id):
                if sprint.state == "closed":
                    raise Refusal(400, "Issues can be moved only to active or future sprints.")
                sprint.issues += [self._issue(name).key for name in sent["issues"]]
                return 204, None
        raise Refusal(404, "The sprint does not exist.")

    def _report(self, query: Any) -> Answer:
        issues = [dataclasses.asdict(issue) | {"created": issue.created.isoformat()} for issue in self.issues.values()]
        return 200, {"issues": issues, "requests": self.requests, "violations": self.violations}

    def _add_fault(self, sent: Any) -> Answer:
        self.faults.append(Fault(**sent))
        return 204, None


def _response(status: int, payload: Any) -> Response:
    return Response(status_code=status) if payload is None else JSONResponse(payload, status)


@cache
def _document(name: str) -> OpenAPI | None:
    """A vendor's document, valid on any host."""
    if not CONTRACTS:
        return None
    document = json.loads(Path(CONTRACTS, name).read_text())
    document["servers"] = [{"url": "/"}]
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)  # anonymous is allowed there; the stand-in asks for more
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "state":  # written as an object, which no query can hold
                    parameter["schema"] = {"type": "string"}
    return OpenAPI.from_dict(document)


@cache
def _document_schema() -> Draft4Validator:
    return Draft4Validator(json.loads(DOCUMENT_SCHEMA.read_text()))


if __name__ == "__main__":
    with JiraStandIn(port=int(sys.argv[1])) as stand_in:
        stand_in.boards[1] = [Sprint(id=1, name="Next sprint")]
        print(stand_in.url, flush=True)
        threading.Event().wait()
