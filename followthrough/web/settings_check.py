"""The organisation file and the service's settings as they are understood, with what is wrong or odd about them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import SecretStr
from sqlalchemy import make_url

from followthrough.doctor_pager import pagers
from followthrough.domain.answered.organisation import understood
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import whole_span
from followthrough.organisation_file import cautions
from followthrough.routing_keys import NoRoutingKey, routing_key
from followthrough.settings import Settings
from followthrough.web.dependencies import OrganisationDep, OrganisationFileDep, SettingsDep
from followthrough.web.rendering import page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

MAY_HOLD_SECRETS = "database_url"
"""Shown without its password."""


class Setting(NamedTuple):
    """One of the service's, as whoever runs it sets it; ``value`` says of a secret only whether it is there."""

    name: str
    value: str
    about: str


@router.get("/settings-check")
def show_settings(
    request: Request, file: OrganisationFileDep, organisation: OrganisationDep, settings: SettingsDep
) -> Response:
    """As they are now; nothing is asked of Jira, SendGrid or PagerDuty, which ``doctor`` does."""
    now = datetime.now(UTC)
    here = as_of(organisation, now.date())
    return page(
        request,
        "settings-check.html",
        organisation=organisation,
        name=organisation.name_of,
        here=here,
        file=file,
        cautions=list(cautions(organisation)),
        teams=understood.teams(here, now),
        services=understood.services(here, now),
        keys={key: _paging(key, here, settings) for key in here.services},
        pagers=list(pagers(settings)),
        settings=list(_settings(settings)),
    )


def _paging(service: str, organisation: Organisation, settings: Settings) -> str:
    """Whether its roles page; never with what."""
    place = organisation.pagerduty_key(organisation.services[service].team, service)
    try:
        routing_key(place, settings.pagerduty_routing_key)
    except NoRoutingKey:
        return f"nobody: no key in {place} for this process" if place else "nobody: no key"
    return f"with the key in {place}" if place else "with the key for all"


def _settings(settings: Settings) -> Iterator[Setting]:
    for name, field in type(settings).model_fields.items():
        alias = field.validation_alias
        known_as = alias if isinstance(alias, str) else f"FOLLOWTHROUGH_{name.upper()}"
        yield Setting(known_as, _in_words(name, getattr(settings, name)), field.description or "")


def _in_words(name: str, value: Any) -> str:
    """Of a secret only that it is there."""
    if name == MAY_HOLD_SECRETS and value:
        return make_url(value).render_as_string(hide_password=True)
    match value:
        case SecretStr():
            return "set"
        case tuple() if value and all(isinstance(one, SecretStr) for one in value):
            return f"{len(value)} set"
        case tuple():
            return ", ".join(map(str, value)) or "not set"
        case timedelta():
            return whole_span(value)
        case None | "":
            return "not set"
        case bool():
            return "yes" if value else "no"
    return str(value)
