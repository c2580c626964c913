"""Says in plain words what is found, what is missing and what to do."""

import asyncio
import contextlib
import platform
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import httpx
from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from activities.tickets.jira.client import JiraConnection
from activities.tickets.jira.tracker import JiraTracker
from activities.vendors import VendorRefused, VendorUnavailable
from followthrough import __version__, doctor_directory
from followthrough.cli.credentials import kept_token
from followthrough.doctor_engine import engines
from followthrough.doctor_pager import pagers
from followthrough.doctor_webhooks import known, receivers
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import to_the_minute
from followthrough.domain.replayed.incident.alert import in_words
from followthrough.door_findings import doors
from followthrough.encryption import encryption_of
from followthrough.findings import Finding, FindingState
from followthrough.organisation_file import OrganisationError, cautions
from followthrough.scenarios import load_scenarios
from followthrough.secret_files import named_files
from followthrough.settings import Settings
from followthrough.store.alerts import keys_without_route, unstarted
from followthrough.store.database import Schema, open_database, schema_of, to_be_created
from followthrough.store.mail_problems import problem_addresses
from followthrough.troubles import TroubleKind, current
from followthrough.web.organisation import FileInUse

ReadT = TypeVar("ReadT")


def examine(settings: Settings) -> list[Finding]:
    """Looks at everything the service needs or can use, in seconds: downloads and builds nothing."""
    return [
        Finding("Python", FindingState.OK, f"Python {platform.python_version()} runs Followthrough {__version__}."),
        *_secret_files(),
        *_payloads(settings),
        *_organisation(settings),
        *_organisation_in_use(settings),
        *asyncio.run(engines(settings)),
        _database(settings),
        *_jira(settings),
        _sendgrid(settings),
        *pagers(settings),
        *_webhooks(settings),
        *_links(settings),
        *_addresses(settings),
        *_alerts(settings),
        *_troubles(settings),
        *doors(settings),
        _port(settings),
    ]


def _secret_files() -> Iterator[Finding]:
    """Says something only when there are some; that each can be read was seen when settings were."""
    if named := named_files(Settings):
        yield Finding("secrets", FindingState.OK, f"These come from files: {', '.join(sorted(named))}.")


def _payloads(settings: Settings) -> Iterator[Finding]:
    """Says something only where they are encrypted; whether the keys are right is seen with the engine."""
    if (encryption := encryption_of(settings)) is not None:
        first, *others = encryption.key_ids
        also = f"; {', '.join(others)} also {'decrypts' if len(others) == 1 else 'decrypt'}" if others else ""
        yield Finding("payloads", FindingState.OK, f"What Temporal keeps is encrypted with the key {first}{also}.")


def _organisation(settings: Settings) -> Iterator[Finding]:
    path = settings.organisation_file
    if not path.exists() and "organisation_file" not in settings.model_fields_set:
        yield Finding(
            "organisation file",
            FindingState.MISSING,
            f"There is no {path}, so the example organisation is used.",
            f"Copy followthrough.example.yaml to {path} and make it yours.",
        )
        return
    try:
        organisation, merged, heard = doctor_directory.read(settings)
        for folder in {organisation.drill_policies(team).scenarios for team in organisation.teams.values()}:
            load_scenarios(folder)
    except OrganisationError as error:
        yield Finding("organisation file", FindingState.WRONG, str(error), "Correct the file.")
        return
    yield Finding(
        "organisation file",
        FindingState.OK,
        f"{path} describes {organisation.name}: {len(organisation.people)} people, {len(organisation.teams)} teams, "
        f"{len(organisation.services)} services.",
    )
    for sentence in heard:
        yield Finding("directory", FindingState.OK, sentence)
    for sentence in merged.problems:
        yield Finding("directory", FindingState.WRONG, sentence)
    for caution in cautions(organisation):
        where = caution.partition(":")[0]
        yield Finding(where.rpartition(".")[2], FindingState.MISSING, caution)


def _organisation_in_use(settings: Settings) -> Iterator[Finding]:
    """What the service that runs has read; nothing while none runs here."""
    url = f"http://{settings.host}:{settings.port}"
    token = settings.api_token.get_secret_value() if settings.api_token else kept_token(url)
    try:
        answer = httpx.get(
            f"{url}/api/organisation-file",
            headers={"Authorization": f"Bearer {token}"} if token else None,
            timeout=5,
        )
        used = FileInUse.model_validate_json(answer.raise_for_status().content)
    except (httpx.HTTPError, ValidationError):
        return
    subject, configured = "organisation file in use", settings.organisation_file.resolve()
    if used.problems:
        yield Finding(
            subject,
            FindingState.WRONG,
            f"The service that runs here can't take over the file as it is now: {' '.join(used.problems)}",
            f"Correct the file; until then the service uses what {used.file} said before.",
        )
    elif used.file == configured or not configured.exists():
        yield Finding(subject, FindingState.OK, f"The service that runs here uses {used.file}.")
    else:
        yield Finding(
            subject,
            FindingState.WRONG,
            f"The service that runs here uses {used.file}, and not {configured}.",
            "Start it again in this folder, with the same FOLLOWTHROUGH_ORGANISATION_FILE.",
        )


def _database(settings: Settings) -> Finding:
    url = make_url(settings.resolved_database_url)
    shown = url.render_as_string(hide_password=True)
    if to_be_created(settings.resolved_database_url):
        return Finding("database", FindingState.OK, f"The first start creates {url.database}.")
    database = open_database(settings.resolved_database_url)
    try:
        schema = schema_of(database)
    except SQLAlchemyError as error:
        return Finding(
            "database",
            FindingState.WRONG,
            f"{shown} can't be used ({type(error).__name__}).",
            "Start the database, or correct FOLLOWTHROUGH_DATABASE_URL.",
        )
    finally:
        database.dispose()
    if schema is Schema.CURRENT:
        return Finding("database", FindingState.OK, f"{shown} is reachable and up to date.")
    if schema is Schema.NEWER:
        return Finding("database", FindingState.OK, f"{shown} is reachable; its tables are those of a later version.")
    if settings.migrate:
        return Finding(
            "database", FindingState.OK, f"{shown} is reachable; the next start brings its tables up to date."
        )
    return Finding(
        "database", FindingState.WRONG, f"The tables in {shown} are not up to date.", "Run `followthrough migrate`."
    )


def _jira(settings: Settings) -> list[Finding]:
    connection = _jira_connection(settings)
    return [connection, *(_jira_projects(settings) if connection.state is FindingState.OK else ())]


def _jira_projects(settings: Settings) -> Iterator[Finding]:
    """Whether each team's project would take its tickets; nothing without a usable organisation file."""
    with contextlib.suppress(OrganisationError):
        organisation = doctor_directory.in_effect(settings)
        tracker = JiraTracker(JiraConnection(settings, lambda: organisation))
        for key, team in organisation.teams.items():
            if team.jira is None:
                continue
            subject, project = f"tickets of {team.name}", team.jira.project
            try:
                tracker.check(key)
                yield Finding(subject, FindingState.OK, f"Jira's project {project} takes them.")
            except (VendorRefused, VendorUnavailable) as error:
                what_to_do = f"Correct `jira` of team {key} in the organisation file, or project {project} in Jira."
                yield Finding(subject, FindingState.WRONG, str(error), what_to_do)


def _jira_connection(settings: Settings) -> Finding:
    if not settings.jira_url:
        return Finding(
            "Jira",
            FindingState.MISSING,
            "Tickets stay in the local tracker.",
            "To use Jira, set FOLLOWTHROUGH_JIRA_URL, FOLLOWTHROUGH_JIRA_TOKEN and, on Cloud, FOLLOWTHROUGH_JIRA_USER.",
        )
    try:
        user = JiraConnection(settings, lambda: doctor_directory.in_effect(settings)).who_we_are()
    except (VendorRefused, VendorUnavailable) as error:
        return Finding(
            "Jira",
            FindingState.WRONG,
            f"{settings.jira_url} was asked who we are. {error}",
            "Correct FOLLOWTHROUGH_JIRA_TOKEN, FOLLOWTHROUGH_JIRA_USER (only on Cloud) or FOLLOWTHROUGH_JIRA_URL, or "
            "see whether the network lets you through.",
        )
    return Finding("Jira", FindingState.OK, f"{settings.jira_url} answers and knows us as {user}.")


def _webhooks(settings: Settings) -> Iterator[Finding]:
    """Nothing without a usable organisation file; before there is a database nothing failed."""
    with contextlib.suppress(OrganisationError):
        yield from receivers(doctor_directory.in_effect(settings), _read(settings, known) or {})


def _links(settings: Settings) -> Iterator[Finding]:
    if settings.temporal_address and settings.link_secret is None:
        yield Finding(
            "links in mails",
            FindingState.MISSING,
            f"They are signed with a secret in {settings.data_dir}, which no other machine has.",
            "When workers run elsewhere, too, set the same FOLLOWTHROUGH_LINK_SECRET everywhere.",
        )


def _sendgrid(settings: Settings) -> Finding:
    if settings.sendgrid_api_key:
        return Finding("SendGrid", FindingState.OK, f"Mails go out through {settings.sendgrid_host}.")
    return Finding(
        "SendGrid",
        FindingState.MISSING,
        "Mails stay in the local outbox.",
        "To send them, set FOLLOWTHROUGH_SENDGRID_API_KEY and FOLLOWTHROUGH_MAIL_FROM.",
    )


def _addresses(settings: Settings) -> Iterator[Finding]:
    """Says something only when mails did not arrive."""
    if found := _read(settings, problem_addresses):
        whose = ", ".join(sorted({one.person or "a subscriber" for one in found}))
        yield Finding(
            "mail addresses",
            FindingState.WRONG,
            f"No mail reaches {whose}.",
            "The page Outbox says why; correct the organisation file, and SendGrid's suppressions.",
        )


def _alerts(settings: Settings) -> Iterator[Finding]:
    """Says something only when an alert started no incident."""
    now = datetime.now(UTC)
    if found := _read(settings, lambda session, here: unstarted(session, keys_without_route(session, here, now))):
        yield Finding(
            "alerts without a route",
            FindingState.WRONG,
            f"{len(found)} started no incident, the last one at {to_the_minute(found[0].last_at)}, "
            f"{found[0].title}, with the labels {in_words(found[0].labels)}.",
            "Add a route for them in the organisation file; the page /alerts lists them.",
        )


def _troubles(settings: Settings) -> Iterator[Finding]:
    """What the service that runs, or ran last, has noted; without what is looked at here."""
    now = datetime.now(UTC)
    read = _read(settings, lambda session, file: (current(session, lambda: file, now), file.administrators))
    if read is None:
        return
    found, administrators = read
    for trouble in found:
        if trouble.kind not in (TroubleKind.ALERT, TroubleKind.ADDRESS, TroubleKind.FILE, TroubleKind.WEBHOOK):
            yield Finding(trouble.kind.value, FindingState.WRONG, trouble.sentence, trouble.what_to_do)
    if not administrators:
        yield Finding(
            "administrators",
            FindingState.MISSING,
            "Nobody hears by mail of what the service can't mend alone.",
            "Name administrators in the organisation file.",
        )


def _read(settings: Settings, read: Callable[[Session, Organisation], ReadT]) -> ReadT | None:
    """None while there is no database or organisation file that can be read, which is said elsewhere."""
    if to_be_created(settings.resolved_database_url):
        return None
    database = open_database(settings.resolved_database_url)
    try:
        organisation = doctor_directory.in_effect(settings)
        with Session(database) as session:
            return read(session, organisation)
    except (SQLAlchemyError, OrganisationError):
        return None
    finally:
        database.dispose()


def _port(settings: Settings) -> Finding:
    where = f"Port {settings.port} on {settings.host}"
    try:
        socket.create_server((settings.host, settings.port)).close()
    except OSError:
        if _answers_as_followthrough(settings):
            return Finding("port", FindingState.OK, f"{where} is where Followthrough runs right now.")
        return Finding(
            "port",
            FindingState.WRONG,
            f"{where} can't be used.",
            "Stop what listens there, or set FOLLOWTHROUGH_PORT or FOLLOWTHROUGH_HOST to another.",
        )
    return Finding("port", FindingState.OK, f"{where} is free.")


def _answers_as_followthrough(settings: Settings) -> bool:
    try:
        described = httpx.get(f"http://{settings.host}:{settings.port}/openapi.json", timeout=5)
        return bool(described.json()["info"]["title"] == "Followthrough")
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        return False
