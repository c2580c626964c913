"""The web application: intake, API and dashboard on one port."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from temporalio.client import Client

from followthrough.links import links_for
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.web import errors
from followthrough.web.acting import acting
from followthrough.web.anonymous import anonymous
from followthrough.web.api import api
from followthrough.web.bounces import bounces
from followthrough.web.calendars import calendars
from followthrough.web.digests import digests
from followthrough.web.drills import drills
from followthrough.web.incidents import Incidents
from followthrough.web.intake import intake
from followthrough.web.jira import jira
from followthrough.web.load import load
from followthrough.web.organisation import organisation_file
from followthrough.web.pages import pages
from followthrough.web.planning import plannings
from followthrough.web.playbook import playbooks
from followthrough.web.postmortems import postmortems
from followthrough.web.readiness import readiness
from followthrough.web.security import Guard
from followthrough.web.sendgrid import sendgrid
from followthrough.web.troubles import troubles
from followthrough.web.unsubscribe import unsubscribe
from followthrough.web.updates import updates


def create_app(settings: Settings, organisation: OrganisationFile, client: Client, database: Engine) -> FastAPI:
    """Everything over HTTP. Its description is at /openapi.json."""
    app = FastAPI(title="Followthrough", docs_url=None, redoc_url=None)
    app.state.database = database
    incidents = Incidents(client, organisation, database)
    errors.install(app)
    app.add_middleware(Guard, settings=settings)
    app.include_router(intake(settings, organisation, incidents))
    app.include_router(jira(settings, incidents, client, database))
    app.include_router(sendgrid(settings, organisation, client, database))
    app.include_router(bounces(settings, organisation))
    app.include_router(api(settings, organisation, incidents))
    app.include_router(organisation_file(settings, organisation))
    app.include_router(pages(settings, organisation, incidents))
    app.include_router(postmortems(settings, organisation, incidents))
    app.include_router(load(settings, organisation))
    app.include_router(drills(settings, organisation, client))
    app.include_router(digests(settings, organisation, client))
    app.include_router(plannings(settings, organisation, client))
    app.include_router(anonymous(settings, organisation))
    app.include_router(playbooks(settings, organisation))
    app.include_router(updates(settings, organisation, incidents))
    links = links_for(settings)
    app.include_router(acting(organisation, incidents, links))
    app.include_router(calendars(settings, organisation, incidents, links))
    app.include_router(troubles(settings, organisation, client))
    app.include_router(unsubscribe(organisation, links))
    app.include_router(readiness(settings, client, database))
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    return app
