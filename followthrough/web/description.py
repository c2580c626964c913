"""The description of the API at /openapi.json: what routes say of themselves, and what holds for all of them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI

from followthrough import __version__
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.access.routes import ROUTES, Open
from followthrough.settings import Settings
from followthrough.web import fields
from followthrough.web.access import cookie_name
from followthrough.web.example_answers import Examples
from followthrough.web.examples import BODIES, PARAMETERS
from followthrough.web.problems import KINDS, MEDIA_TYPE, Problem

ABOUT: Final = """\
Incidents, their action items, and all that keeps a follow-up from being forgotten.

Lists are read a page at a time: an answer's header `Link` has the address of the next page, as `rel="next"`. Where an
`Idempotency-Key` is taken, what is sent again with the same one is carried out once. A single incident or action item
has an `ETag`: sent as `If-Match` with a command, that is refused with 412 when it has changed meanwhile. What is not
done is said as a problem (RFC 9457), whose `detail` is a sentence for people. `docs/api.md` says it at length.
"""

TAGS: Final[Mapping[str, str]] = {
    "incidents": "Declare, read and lead incidents; `commands` takes all that people do with one.",
    "postmortems": "Drafts, comments, corrections, files, and the page in Confluence.",
    "items": "Action items, and what their owners, teams and approvers do with them.",
    "planning": "What teams are proposed to take into a sprint.",
    "organisation": "People, teams and services as the organisation file and directories have them.",
    "mails": "Mails that were sent or wait, and addresses that take none.",
    "digests": "Weekly and monthly digests, and the load of people.",
    "drills": "Mock incidents to practise with.",
    "wording": "Whether words blame, and whether an action item can be checked.",
    "access": "Tokens, and how a terminal gets one.",
    "insights": "What the numbers say over months, each with its definition.",
    "webhooks": "Endpoints that hear of events, and what was sent to them.",
    "alerts": "Alerts that started no incident, because no route fits them.",
    "audit": "Who did what, when and through which door.",
    "service": "What is wrong with the service, and whether it is ready.",
    "intake": "Where pagers, Jira and SendGrid post what happened.",
}

_OF_PATHS: Final = (
    ("/webhooks/", "intake"),
    ("/api/incidents/{incident_id}/postmortem", "postmortems"),
    ("/api/incidents", "incidents"),
    ("/api/items", "items"),
    ("/api/find", "items"),
    ("/api/mine", "items"),
    ("/api/planning", "planning"),
    ("/api/organisation-file", "service"),
    ("/api/people/{person}/calendar", "items"),
    ("/api/people", "organisation"),
    ("/api/teams", "organisation"),
    ("/api/services", "organisation"),
    ("/api/directory", "organisation"),
    ("/api/mails", "mails"),
    ("/api/digests", "digests"),
    ("/api/load", "digests"),
    ("/api/drills", "drills"),
    ("/api/blameless", "wording"),
    ("/api/quality", "wording"),
    ("/api/tokens", "access"),
    ("/api/terminals", "access"),
    ("/api/insights", "insights"),
    ("/api/webhooks", "webhooks"),
    ("/api/audit", "audit"),
    ("/api/troubles", "service"),
    ("/api/alerts", "alerts"),
    ("/healthz", "service"),
    ("/readyz", "service"),
)
"""The tag of what begins so; the first that fits."""

_OF_WEBHOOKS: Final[Mapping[str, Any]] = {
    "/webhooks/alertmanager": [{"webhookToken": []}, {}],
    "/webhooks/generic": [{"webhookToken": []}],
    "/webhooks/pagerduty": [{"pagerdutySignature": []}],
    "/webhooks/jira": [{"jiraSignature": []}],
    "/webhooks/sendgrid": [{"sendgridSignature": [], "sendgridTimestamp": []}],
}


class Described(FastAPI):
    """The application, with its description."""

    def __init__(self, settings: Settings, **further: Any) -> None:
        super().__init__(
            title="Followthrough",
            version=__version__,
            docs_url=None,
            redoc_url=None,
            generate_unique_id_function=lambda route: route.name,
            **further,
        )
        self._settings = settings
        self._described: dict[str, Any] | None = None

    def openapi(self) -> dict[str, Any]:
        """OpenAPI 3.1."""
        if self._described is None:
            self._described = described(super().openapi(), self._settings)
        return self._described


def described(document: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The document with what holds for all operations: tags, problems, who may, examples."""
    document["info"] |= {
        "description": ABOUT,
        "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
    }
    document["servers"] = [{"url": settings.resolved_public_url}]
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    components = document.setdefault("components", {})
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["schemas"]["Problem"] = Problem.model_json_schema()
    components["responses"] = {_name(status): _response(status) for status in KINDS}
    components["securitySchemes"] = _security_schemes(settings)
    for name, schema in components["schemas"].items():
        for field, said in schema.get("properties", {}).items():
            said.setdefault("description", fields.FIELDS.get(f"{name}.{field}") or fields.FIELDS.get(field, ""))
    examples = Examples(components["schemas"])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _describe(operation, path, method.upper(), settings)
            _show(operation["responses"], examples)
    return document


def _show(answers: Mapping[str, Any], examples: Examples) -> None:
    """What is answered where it is done."""
    for status, answer in answers.items():
        if status.startswith("2"):
            for media_type, content in answer.get("content", {}).items():
                if media_type == "application/json":
                    content["example"] = examples.of(content["schema"])


def _describe(operation: dict[str, Any], path: str, method: str, settings: Settings) -> None:
    asks = ROUTES[f"{method} {path}"]
    name = operation["operationId"]
    operation["summary"] = name.replace("_", " ").capitalize()
    operation["tags"] = [next(tag for begin, tag in _OF_PATHS if path.startswith(begin))]
    operation["security"] = _security(asks, path, settings)
    who = f"*{asks.value}*" if isinstance(asks, Right) else asks.value
    operation["description"] = f"{operation.get('description', '').strip()}\n\nAsks for: {who}.".strip()
    for parameter in operation.get("parameters", ()):
        parameter.setdefault("description", fields.PARAMETERS.get(parameter["name"], ""))
        if (example := PARAMETERS.get(parameter["name"])) is not None:
            parameter["example"] = example
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if name in BODIES:
            content["examples"] = {words: {"value": value} for words, value in BODIES[name].items()}
    answers = operation["responses"]
    answers.pop("422", None)
    for status in _statuses(operation, asks, method):
        answers[str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}
    operation["responses"] = dict(sorted(answers.items()))


def _statuses(operation: Mapping[str, Any], asks: Open | Right, method: str) -> Iterator[int]:
    """Of the problems that it may answer with. Routes say where a rule may refuse, or a query may name nothing."""
    parameters = operation.get("parameters", ())
    headers = {parameter["name"].lower() for parameter in parameters if parameter["in"] == "header"}
    yield from (400, 500, 503)
    if asks is not Open.EVERYBODY:
        yield 401
    if asks is not Open.EVERYBODY or method != "GET":
        yield 403
    if any(parameter["in"] == "path" for parameter in parameters):
        yield 404
    if parameters or "requestBody" in operation:
        yield 422
    if "requestBody" in operation:
        yield 413
    if "if-match" in headers:
        yield 412
    yield from (int(status) for status in operation["responses"] if int(status) in KINDS)


def _name(status: int) -> str:
    return "".join(word.capitalize() for word in KINDS[status].name.split("-"))


def _response(status: int) -> dict[str, Any]:
    kind = KINDS[status]
    example = {
        "type": f"urn:followthrough:problem:{kind.name}",
        "title": kind.title,
        "status": status,
        "detail": kind.meaning,
        "error": kind.meaning,
    }
    headers = {
        401: {"WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}}},
        429: {"Retry-After": {"description": "Seconds", "schema": {"type": "string"}}},
        503: {"Retry-After": {"description": "Seconds", "schema": {"type": "string"}}},
    }
    return {
        "description": f"{kind.title}: {kind.meaning}",
        **({"headers": headers[status]} if status in headers else {}),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }


def _security(asks: Open | Right, path: str, settings: Settings) -> list[dict[str, list[str]]]:
    """Where nobody can sign in, whoever sits at the machine is believed."""
    if asks is Open.SECRET:
        return list(_OF_WEBHOOKS[path])
    if asks is Open.EVERYBODY:
        return []
    local = not settings.oidc_issuer and not settings.public_url and settings.api_token is None
    return [{"token": []}, {"session": []}, *([{}] if local else [])]


def _security_schemes(settings: Settings) -> dict[str, Any]:
    def header(name: str, description: str) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": name, "description": description}

    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "Made at /tokens, by `followthrough token create`, or by `followthrough login`; reading "
            "needs the scope *read*, all else *command* or *administer*.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie_name(settings),
            "description": "Of who is signed in in a browser; what changes something carries the page's token in the "
            "header X-CSRF-Token, too.",
        },
        "webhookToken": {
            "type": "http",
            "scheme": "bearer",
            "description": "FOLLOWTHROUGH_ALERTMANAGER_TOKEN or FOLLOWTHROUGH_GENERIC_TOKEN; Alertmanager at the "
            "service's own machine needs none.",
        },
        "pagerdutySignature": header("X-PagerDuty-Signature", "v1= and an HMAC-SHA256 of the body"),
        "jiraSignature": header("X-Hub-Signature", "sha256= and an HMAC-SHA256 of the body"),
        "sendgridSignature": header(
            "X-Twilio-Email-Event-Webhook-Signature", "ECDSA of the time and the body, with SendGrid's key"
        ),
        "sendgridTimestamp": header("X-Twilio-Email-Event-Webhook-Timestamp", "The time that is signed"),
    }
