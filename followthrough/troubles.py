"""What whoever runs the service has to know: found in the database, the organisation file and the engine."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select
from temporalio.client import Client, WorkflowExecutionDescription

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import without_addresses
from followthrough.domain.replayed.incident.paging import unpaged
from followthrough.domain.replayed.text import REASON, cut, one_line
from followthrough.engine_errors import if_known
from followthrough.organisation_file import OrganisationError
from followthrough.revival import OtherEngine, require_same_engine
from followthrough.scenarios import load_scenarios
from followthrough.store import directory, queries, webhooks
from followthrough.store.alerts import keys_without_route, unstarted
from followthrough.store.mail_problems import problem_addresses
from followthrough.store.tables import MailRow, MailState, TroubleRow, VendorPauseRow

STUCK_AFTER = 3
"""Attempts of a workflow task: those after a worker was lost are few."""
FAILING_AFTER = 10
"""Attempts of an activity, a quarter of an hour."""
AT_ONCE = 8
"""Workflows that are asked for at a time."""
DIRECTORY_LISTED = 10
"""Problems of the directory that are told one by one."""
LISTED = 100
"""Workflows that are told of."""


class TroubleKind(StrEnum):
    """What kind of trouble, and the name of its count."""

    STUCK = "workflow stuck"
    FAILING = "activity failing"
    NOT_RUNNING = "workflow not running"
    OTHER_ENGINE = "other engine"
    SCHEDULES = "schedules missing"
    MAIL = "mail set aside"
    ADDRESS = "address without mail"
    ALERT = "alert without a route"
    PAGE = "nobody paged"
    LOGIN = "login lost"
    WEBHOOK = "webhook disabled"
    FILE = "file not read"
    DIRECTORY = "directory not followed"


OF_ENGINE = (
    TroubleKind.STUCK,
    TroubleKind.FAILING,
    TroubleKind.NOT_RUNNING,
    TroubleKind.OTHER_ENGINE,
    TroubleKind.SCHEDULES,
)
"""What takes too long to find while somebody waits: it is as it was found last."""

SETTLES_WITHIN = timedelta(minutes=10)
"""What is found in the engine may be over by then: a start, a deployment. It is told of if it is not."""


class Trouble(BaseModel):
    """One thing that is wrong; ``key`` is the same for as long as it is."""

    key: str
    kind: TroubleKind
    sentence: str
    what_to_do: str
    since: AwareDatetime | None = None


def current(session: Session, organisation: Callable[[], Organisation], now: datetime) -> list[Trouble]:
    """What is wrong now; with the engine as it was found last."""
    rows = session.exec(select(TroubleRow).order_by(col(TroubleRow.since), col(TroubleRow.key))).all()
    since = {row.key: row.since for row in rows}
    noted = [Trouble.model_validate(row, from_attributes=True) for row in rows if row.kind in OF_ENGINE]
    seen = [*in_database(session, organisation(), now), *in_files(organisation)]
    return [*noted, *(one.model_copy(update={"since": since.get(one.key)}) for one in seen)]


def counted(session: Session, organisation: Callable[[], Organisation], now: datetime) -> dict[TroubleKind, int]:
    """How much of each kind is wrong now, also of those of which nothing is."""
    counts = Counter(trouble.kind for trouble in current(session, organisation, now))
    return {kind: counts[kind] for kind in TroubleKind}


def in_database(session: Session, organisation: Organisation, now: datetime) -> Iterator[Trouble]:
    """Mails and pages that did not go out, alerts that started nothing, and vendors that do not know us."""
    aside = select(func.count()).select_from(MailRow).where(MailRow.state == MailState.SET_ASIDE)
    if count := session.exec(aside).one():
        yield Trouble(
            key="mails",
            kind=TroubleKind.MAIL,
            sentence=f"{count} {'mail is' if count == 1 else 'mails are'} set aside: not made, or not handed over.",
            what_to_do="The outbox says why; once that is mended, run followthrough send-again.",
        )
    if whose := {one.person or "a subscriber" for one in problem_addresses(session, organisation)}:
        yield Trouble(
            key="addresses",
            kind=TroubleKind.ADDRESS,
            sentence=f"No mail reaches {', '.join(sorted(whose))}.",
            what_to_do="The outbox says why; correct the organisation file, and SendGrid's suppressions.",
        )
    keys = keys_without_route(session, organisation, now)
    for last in unstarted(session, keys[:1]):
        yield Trouble(
            key="alerts",
            kind=TroubleKind.ALERT,
            sentence=f"Without a route, started no incident: {len(keys)}, the last one {last.title}.",
            what_to_do="Add a route for them in the organisation file; the page /alerts lists them.",
        )
    for incident in queries.ongoing_incidents(session):
        for missed in unpaged(incident):
            whom = "whoever is asked" if incident.private else organisation.name_of(missed.person)
            yield Trouble(
                key=f"page/{incident.id}/{missed.role.value}"[:200],
                kind=TroubleKind.PAGE,
                sentence=f"Nobody was paged for {incident.id}, {missed.role.value}: {missed.problem}",
                what_to_do=f"See that {whom} knows, then to what it says.",
            )
    yield from _in_directory([problem.sentence for problem in directory.problems(session)])
    for vendor in session.exec(select(VendorPauseRow).where(col(VendorPauseRow.login_lost_at).is_not(None))):
        yield Trouble(
            key=f"login/{vendor.vendor}",
            kind=TroubleKind.LOGIN,
            sentence=f"{vendor.vendor} does not know us since {vendor.login_lost_at:%Y-%m-%d %H:%M} UTC.",
            what_to_do="Renew the token in the settings, and see whether its captcha wants to be solved.",
        )
    yield from _of_webhooks(session, organisation)


def _of_webhooks(session: Session, organisation: Organisation) -> Iterator[Trouble]:
    """Endpoints that are disabled; what waits for them is kept for a while."""
    for name, endpoint in webhooks.endpoints(session, list(organisation.webhooks)).items():
        if endpoint.disabled_at is not None:
            yield Trouble(
                key=f"webhook/{name}",
                kind=TroubleKind.WEBHOOK,
                sentence=f"Nothing is sent to the webhook {name} any more. {endpoint.disabled_because}",
                what_to_do="See what is wrong there, then enable it on the page /webhooks-out.",
            )


def in_files(organisation: Callable[[], Organisation]) -> Iterator[Trouble]:
    """The organisation file as it is now, and the folders that it names."""
    present = organisation()
    if (merged := getattr(organisation, "merged", None)) is not None:
        yield from _in_directory(merged.problems)
    problems = [*getattr(organisation, "problems", ())]
    for folder in {present.drill_policies(team).scenarios for team in present.teams.values()}:
        try:
            load_scenarios(folder)
        except (OrganisationError, OSError) as error:
            problems.append(str(error))
    for problem in problems:
        sentence = cut(one_line(problem), REASON)
        yield Trouble(
            key=f"file/{sentence}"[:200],
            kind=TroubleKind.FILE,
            sentence=sentence,
            what_to_do="Correct it; until then what could be read last is used.",
        )


def _in_directory(problems: Sequence[str]) -> Iterator[Trouble]:
    """One for each, or one for all where there are many: then something is wrong with the directory as a whole."""
    if len(problems) > DIRECTORY_LISTED:
        problems = [f"{len(problems)} values of the directory can't be taken over, the first one: {problems[0]}"]
    for sentence in problems:
        yield Trouble(
            key=f"directory/{sentence}"[:200],
            kind=TroubleKind.DIRECTORY,
            sentence=cut(sentence, REASON),
            what_to_do="Until then what was before counts; the page /people lists all.",
        )


async def in_engine(client: Client, database: Engine, schedules: set[str]) -> list[Trouble]:
    """Workflows that do not get on or do not run, and what is missing of ``schedules``. Raises RPCError."""
    existing = {schedule.id async for schedule in await client.list_schedules()}
    missing = [schedule for schedule in sorted(schedules - existing) if not await _scheduled(client, schedule)]
    found = [
        Trouble(
            key=f"schedule/{schedule}",
            kind=TroubleKind.SCHEDULES,
            sentence=f"The schedule {schedule} is not there.",
            what_to_do="See in the log why it can't be set, and whether a service or worker runs.",
        )
        for schedule in missing
    ]
    try:
        await require_same_engine(client, database)
    except OtherEngine as error:
        words = "Connect the engine and the database that belong together, or run followthrough adopt-engine."
        found.append(
            Trouble(key="engine", kind=TroubleKind.OTHER_ENGINE, sentence=cut(str(error), REASON), what_to_do=words)
        )
    running = set[str]()
    async for description in _running(client):
        running.add(description.id)
        found += [trouble async for trouble in _of_workflow(client, description)]
    for record_id in sorted(await asyncio.to_thread(_open, database) - running):
        described = await _described(client, record_id)
        if described is None or described.close_time is not None:
            found.append(
                Trouble(
                    key=f"not-running/{record_id}",
                    kind=TroubleKind.NOT_RUNNING,
                    sentence=f"{record_id} is open, and no workflow of it runs.",
                    what_to_do="It goes on with the next alert, command, or daily look; the log says what keeps it.",
                )
            )
    return found


async def _scheduled(client: Client, schedule: str) -> bool:
    """The list of schedules lags behind."""
    with if_known():
        await client.get_schedule_handle(schedule).describe()
        return True
    return False


def _open(database: Engine) -> set[str]:
    with Session(database) as session:
        return queries.open_records(session)


async def _running(client: Client) -> AsyncIterator[WorkflowExecutionDescription]:
    """Each that runs, as it is now."""
    running = [execution.id async for execution in client.list_workflows("ExecutionStatus = 'Running'")]
    for start in range(0, len(running), AT_ONCE):
        batch = running[start : start + AT_ONCE]
        for described in await asyncio.gather(*(_described(client, one) for one in batch)):
            if described is not None:
                yield described


async def _described(client: Client, workflow_id: str) -> WorkflowExecutionDescription | None:
    with if_known():
        return await client.get_workflow_handle(workflow_id).describe()
    return None


async def _of_workflow(client: Client, description: WorkflowExecutionDescription) -> AsyncIterator[Trouble]:
    raw = description.raw_description
    attempts = raw.pending_workflow_task.attempt
    if attempts >= STUCK_AFTER:
        yield Trouble(
            key=f"stuck/{description.id}",
            kind=TroubleKind.STUCK,
            sentence=f"{description.id} does not get on: its workflow task was tried {attempts} times.",
            what_to_do="The worker's log says why; it goes on with a worker that can, and nothing is lost until then.",
        )
    for pending in raw.pending_activities:
        if pending.attempt >= FAILING_AFTER:
            said = await client.data_converter.decode_failure(pending.last_failure)
            words = without_addresses(cut(one_line(getattr(said, "message", str(said))), REASON))
            yield Trouble(
                key=f"failing/{description.id}/{pending.activity_id}",
                kind=TroubleKind.FAILING,
                sentence=f"{description.id} has tried {pending.activity_type.name} {pending.attempt} times: {words}",
                what_to_do="It is tried until it works; see to what it says.",
            )
