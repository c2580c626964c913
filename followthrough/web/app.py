"""The web application: intake, API and dashboard on one port."""

import logging
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from temporalio.client import Client

from followthrough.audit import Audit
from followthrough.gateway import Gateway
from followthrough.links import links_for
from followthrough.oidc import Provider
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.web import (
    acting,
    alerts,
    anonymous,
    api,
    api_docs,
    audit,
    calendars,
    codec,
    declaring,
    digests,
    directory,
    doing,
    drills,
    errors,
    follow_ups,
    insights,
    insights_file,
    intake,
    jira,
    live,
    load,
    mail_problems,
    my_work,
    organisation,
    pages,
    planning,
    planning_by_mail,
    planning_page,
    planning_together,
    playbook,
    postmortem_comments,
    postmortem_correcting,
    postmortem_editor,
    postmortem_files,
    postmortems,
    readiness,
    scim,
    sendgrid,
    settings_check,
    sign_in,
    terminals,
    together,
    tokens,
    troubles,
    unsubscribe,
    updates,
    webhooks_out,
    work,
    writing,
    writing_by_mail,
    you,
)
from followthrough.web.access import require_actor
from followthrough.web.codec import AskedByUI
from followthrough.web.dependencies import Served
from followthrough.web.description import Described
from followthrough.web.doors import Allowed
from followthrough.web.security import Guard
from followthrough.web.tracked import Tracked

logger = logging.getLogger(__name__)

PARTS = (
    intake,
    jira,
    sendgrid,
    scim,
    mail_problems,
    api,
    api_docs,
    organisation,
    directory,
    my_work,
    declaring,
    together,
    planning_together,
    follow_ups,
    pages,
    alerts,
    live,
    postmortems,
    postmortem_comments,
    postmortem_correcting,
    postmortem_editor,
    postmortem_files,
    load,
    insights_file,
    insights,
    drills,
    digests,
    planning,
    planning_page,
    anonymous,
    playbook,
    updates,
    work,
    acting,
    doing,
    writing,
    writing_by_mail,
    planning_by_mail,
    calendars,
    troubles,
    webhooks_out,
    settings_check,
    audit,
    unsubscribe,
    readiness,
    sign_in,
    you,
    tokens,
    terminals,
    codec,
)


def create_app(settings: Settings, organisation: OrganisationFile, client: Client, database: Engine) -> FastAPI:
    """Everything over HTTP. Its description is at /openapi.json."""
    app = Described(
        settings,
        dependencies=[Depends(require_actor)],
        telemetry={"tracing": False, "metrics": False, "logs": False},  # its spans have addresses, which may be secrets
    )
    if settings.api_token is not None:
        logger.warning("Whoever has FOLLOWTHROUGH_API_TOKEN acts as anybody; `followthrough doctor` says what to do.")
    kept = Audit(settings.data_dir, database)
    gateway = Gateway(client, organisation, database, kept.noting)
    provider = Provider(settings) if settings.oidc_issuer else None
    app.state.served = Served(settings, organisation, client, database, gateway, links_for(settings), kept, provider)
    for kind, handler in errors.HANDLERS.items():
        app.add_exception_handler(kind, handler)
    if settings.temporal_ui:
        app.add_middleware(AskedByUI, ui=settings.temporal_ui)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Tracked)
    for part in PARTS:
        app.include_router(part.router, dependencies=[Allowed])
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    return app
