"""Where to look: every address of the application that answers with a page, with records of the sample in it."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from fastapi import FastAPI

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.choices import DECIDE
from followthrough.domain.answered.incident.choices import INCIDENT_CHOICES, UPDATE
from followthrough.domain.answered.item.choices import ITEM_CHOICES
from followthrough.domain.answered.offered import Possible, RecordT, offered
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.values import PersonId
from followthrough.links import Link, Links
from followthrough.mail.planning import APPROVE_PLANNING, ProposalAsMailed
from followthrough.mail.unsubscribe import UNSUBSCRIBE
from followthrough.organisation_file import load
from followthrough.settings import Settings
from followthrough.web.app import PARTS
from tests.browser import sample
from tests.web.addresses import addresses

LEAD = "marcos"
ITEM = f"{sample.PUBLISHED}.1"
FOR_PROGRAMS = ("/api/", "/scim/", "/healthz", "/readyz")

NO_PAGES = {
    "/incidents/{incident_id}/live": "goes on until one leaves",
    "/items/{item_id}/live": "goes on until one leaves",
    "/incidents/{incident_id}/postmortem.html": "a file, which has a test of its own",
    "/incidents/{incident_id}/postmortem.md": "a file",
    "/incidents/{incident_id}/postmortem.pdf": "a file",
    "/incidents/{incident_id}/timeline.json": "a file",
    "/incidents/{incident_id}/timeline.md": "a file",
    "/insights/{name}.csv": "a file",
    "/insights/{name}.svg": "a picture",
    "/insights/{month}.pdf": "a file",
    "/items.csv": "a file",
    "/items/{item_id}/deadline.ics": "a file",
    "/people/{person}/deadlines.ics": "a file",
    "/services/{service_id}/playbook.md": "a file",
    "/digests/weekly/{person}": "a mail, as it is sent",
    "/digests/monthly": "a mail, as it is sent",
    "/planning": "leads on to a team's",
    "/sign-in": "leads on to the provider",
    "/sign-in/callback": "leads back from the provider",
}
"""Addresses at which no page of ours is to be seen, and what is there."""

WHO = {
    "/audit": "nora",
    "/settings-check": "nora",
    "/webhooks-out": "nora",
    "/incidents/{incident_id}/postmortem/edit": "tomas",
    "/incidents/{incident_id}/update": "ines",
}
"""Who may look where the lead may not."""

SIGNED_IN = ("/tokens", "/sign-in/terminal", "/sign-in/terminal/code")
"""For whom signed in; who sits at the machine itself has no use for them."""

SAMPLES = {
    "incident_id": [sample.LED],
    "item_id": [ITEM],
    "key": ["inc-0000000001.1/9/item-escalation"],
    "service_id": ["checkout"],
    "team": ["payments"],
    "person": [LEAD],
    "name": ["on-time", "response", "waivers"],
}
"""What stands for the parameters of an address; a new one has to be here."""

MORE = {
    "/incidents/{incident_id}": {"incident_id": [sample.LED, sample.PUBLISHED, "inc-0000000004"]},
    "/incidents/{incident_id}/postmortem": {"incident_id": [sample.LED, sample.IN_REVIEW]},
    "/incidents/{incident_id}/postmortem/correct": {"incident_id": [sample.PUBLISHED]},
    "/incidents/{incident_id}/postmortem/edit": {"incident_id": [sample.IN_REVIEW]},
    "/items/{item_id}": {"item_id": [item.id for item in sample.items()]},
    "/planning/{team}": {"team": ["payments", "platform"]},
}
"""Where one is not enough, or not the right one."""

QUERIES = {
    "/items/together": f"?do=waive&item={ITEM}&item={sample.PUBLISHED}.5",
    "/items/together/plan": f"?item={ITEM}&item={sample.PUBLISHED}.5",
    "/sign-in/terminal": "?port=4000&state=s&challenge=c&name=laptop",
}
"""What an address can't do without."""

BESIDE = {
    "/incidents": ["?status=closed", "?status=declared"],
    "/items": ["?late=true", "?owner=nobody", "?shape=board"],
    "/outbox": ["?state=bounced"],
}
"""Other sides of a page."""


class Visit(NamedTuple):
    """Who looks at what; nobody where it has to be nobody."""

    person: PersonId | None
    path: str


def routes() -> list[str]:
    """Of all pages. One that is new is among them."""
    app = FastAPI()
    for part in PARTS:
        app.include_router(part.router)
    found = {address.removeprefix("GET ") for address in addresses(app) if address.startswith("GET ")}
    return sorted(path for path in found if not path.startswith(FOR_PROGRAMS) and path not in NO_PAGES)


def visits(route: str) -> Iterator[Visit]:
    """To all that the sample has there."""
    if route == "/items/{item_id}/do/{choice}":
        yield from _forms(sample.items(), ITEM_CHOICES)
    elif route == "/incidents/{incident_id}/do/{choice}":
        yield from _forms(sample.incidents(), INCIDENT_CHOICES)
    elif "{token}" in route:
        yield from (Visit(None, path) for path in _signed(route))
    else:
        names = re.findall(r"\{(\w+)(?::path)?\}", route)
        for values in product(*((SAMPLES | MORE.get(route, {}))[name] for name in names)):
            path = re.sub(r"\{[^}]+\}", "{}", route).format(*(quote(value) for value in values))
            for query in (QUERIES.get(route, ""), *BESIDE.get(route, ())):
                yield Visit(WHO.get(route, LEAD), path + query)


def _forms(records: list[RecordT], possible: Iterable[Possible[RecordT]]) -> Iterator[Visit]:
    """Each choice once, where somebody is offered it first."""
    here, now = load(Path("followthrough.example.yaml")), datetime.now(UTC)
    found: dict[str, Visit] = {}
    for record, person in product(records, here.people):
        actor, about = Actor(person=person, door=Door.THIS_MACHINE), About.of_record(record, here, None)
        kind = "items" if isinstance(record, ActionItem) else "incidents"
        for choice in offered(possible, record, actor, about, now):
            found.setdefault(choice.name, Visit(person, f"/{kind}/{record.id}/do/{choice.name}"))
    yield from found.values()


def _signed(route: str) -> Iterator[str]:
    """Behind the links of mails."""
    secret = Settings().link_secret
    assert secret is not None
    links = Links([secret.get_secret_value()])
    plan = next(coming_plans("payments", load(Path("followthrough.example.yaml")), datetime.now(UTC)))
    mailed = ProposalAsMailed(plan.team, plan.first_day, "another").written
    purposes = {
        "/act/{token}": (("done", "tomas", ITEM), ("reassign", LEAD, f"{sample.PUBLISHED}.5")),
        "/decide/{token}": ((DECIDE, LEAD, ITEM), (DECIDE, "ines", sample.LED)),
        "/act/{token}/planning": ((APPROVE_PLANNING, LEAD, mailed),),
        "/act/{token}/update": ((UPDATE.name, "ines", sample.LED),),
        "/unsubscribe/{token}": ((UNSUBSCRIBE, LEAD, DigestKind.WEEKLY),),
    }
    for purpose, person, about in purposes[route]:
        yield route.replace("{token}", links.sign(Link.in_mail("a mail", purpose, person, about)))
