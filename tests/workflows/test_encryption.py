"""Nothing that people wrote stands in plain words in Temporal, and a wrong key stops nothing for good."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import HttpUrl, SecretStr
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDReusePolicy

from followthrough.converter import converting_with
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.ids import REPLAN, drill_id, incident_id
from followthrough.domain.replayed.incident.commands import Acknowledge, AddNote, Mitigate, ProposeItem, Resolve
from followthrough.domain.replayed.incident.incident import Alert, AlertState, Incident
from followthrough.domain.replayed.item.commands import Accept, Finish, Reassign
from followthrough.domain.replayed.values import Severity
from followthrough.encryption import ENCRYPTED, Encryption, encryption_of, key_id
from followthrough.engine import EngineError, engine
from followthrough.key_use import key_use
from followthrough.replaying import replayer
from followthrough.schedules import set_schedules
from followthrough.settings import Settings
from followthrough.starts import start_record
from followthrough.store.database import migrate, open_database
from tests.waiting import eventually
from tests.workflows.conftest import IncidentPart, Play
from worker import build_worker
from workflows.incident import IncidentWorkflow
from workflows.messages.incident import IncidentProgress
from workflows.search_attributes import NAMES, OWNER, SERVICE, SEVERITY, STATUS

pytestmark = pytest.mark.today

SECRET = "Vermilion"
OLD, NEW = "0a" * 32, "1b" * 32


def with_keys(*keys: str) -> Settings:
    return Settings(payload_keys=tuple(SecretStr(key) for key in keys))


@asynccontextmanager
async def installation(organisation: Organisation, folder: Path, *keys: str, works: bool = True) -> AsyncIterator[Play]:
    """What runs with these keys, on the engine that the folder keeps."""
    settings, database = with_keys(*keys), open_database(f"sqlite:///{folder}/followthrough.db")
    migrate(database)
    async with engine(settings, database=folder / "temporal.db", ui=False, say=print) as found:
        play = Play(found.client, organisation, database)
        if works:
            async with build_worker(found.client, settings, lambda: organisation, database):
                yield play
        else:
            yield play
    database.dispose()


async def declared(play: Play, title: str = SECRET) -> IncidentPart:
    """As the service does it."""
    key = f"test/{uuid4()}"
    incident = Incident(
        id=incident_id(key),
        dedup_key=key,
        title=title,
        service="checkout",
        team=play.organisation.services["checkout"].team,
        severity=Severity.SEV2,
        declared_at=datetime.now(UTC),
    )
    alert = Alert(dedup_key=key, source="test", state=AlertState.FIRING, title=title, at=datetime.now(UTC))
    progress = IncidentProgress(incident=incident, alert=alert)
    assert await start_record(play.client, progress, WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY)
    return again(play, incident.id)


def again(play: Play, record_id: str) -> IncidentPart:
    return IncidentPart(play, play.client.get_workflow_handle_for(IncidentWorkflow.run, record_id))


async def lived(play: Play, people: list[str]) -> IncidentPart:
    """An incident with an action item, of which each text that somebody wrote has the word in it."""
    incident = await declared(play, f"{SECRET} payments fail")
    await incident.until(lambda state: state.roles)
    await incident.give(Acknowledge(by=people[0]))
    await incident.give(AddNote(by=people[0], text=f"A note on {SECRET}"))
    await incident.give(Mitigate(by=people[0], summary=f"{SECRET} moved away"))
    await incident.give(Resolve(by=people[0], summary=f"{SECRET} is back"))
    await incident.give(ProposeItem(by=people[0], title=f"Add a test for {SECRET}", owner=people[0]))
    item = incident.item(1)
    await item.give(Accept(by=people[0]))
    await item.give(Reassign(by=people[0], to=people[1], reason=f"Knows {SECRET}"))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await item.give(Accept(by=people[0]))
    assert "only its owner can accept it" in str(refused.value.cause)
    await item.give(Accept(by=people[1]))
    await item.give(Finish(by=people[1], evidence=HttpUrl("https://example.com/1"), note=f"{SECRET} is tested"))
    return incident


async def kept_by_the_engine(client: Client) -> dict[str, bytes]:
    """All that it has of each workflow and schedule, as it lies there."""
    kept = {}
    async for execution in client.list_workflows():
        handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
        history = await handle.fetch_history()
        raw = b"".join(event.SerializeToString() for event in history.events)
        described = (await handle.describe()).raw_description.SerializeToString()
        kept[execution.id] = raw + described + execution.raw_info.SerializeToString()
    async for schedule in await client.list_schedules():
        starts = await client.get_schedule_handle(schedule.id).describe()
        kept[schedule.id] = starts.raw_description.SerializeToString()
    return kept


async def test_no_text_of_anybody_is_in_what_the_engine_keeps(organisation: Organisation, tmp_path: Path) -> None:
    people = list(organisation.services["checkout"].on_call)
    async with installation(organisation, tmp_path, NEW, OLD) as play:
        await set_schedules(play.client, organisation)
        incident = await lived(play, people)
        wanted = {incident.handle.id, incident.item(1).handle.id, REPLAN}
        kept = await eventually(lambda: kept_by_the_engine(play.client), lambda kept: wanted <= set(kept))
        assert [name for name, raw in kept.items() if SECRET.encode() in raw] == []
        with_input = wanted - {REPLAN} | {drill_id(team) for team in organisation.teams} & set(kept)
        assert [name for name in with_input if ENCRYPTED not in kept[name]] == []

        for record in (incident, incident.item(1)):
            attributes = (await record.handle.describe()).typed_search_attributes
            assert [key.name for key in NAMES if attributes.get(key) is not None] == []
            assert {STATUS, SEVERITY} <= {pair.key for pair in attributes}
        assert (await incident.state()).title == f"{SECRET} payments fail"


async def listed(client: Client) -> list[str]:
    return [execution.id async for execution in client.list_workflows("ExecutionStatus = 'Running'")]


async def test_an_encrypted_history_replays(organisation: Organisation, tmp_path: Path) -> None:
    async with installation(organisation, tmp_path, NEW) as play:
        incident = await lived(play, list(organisation.services["checkout"].on_call))
        histories = [await record.handle.fetch_history() for record in (incident, incident.item(1))]
    encryption = encryption_of(with_keys(NEW))
    assert encryption is not None
    replays = replayer(converter=converting_with(encryption))
    for history in histories:
        await replays.replay_workflow(history)


async def test_an_installation_that_runs_goes_on_encrypted_and_then_with_another_key(
    organisation: Organisation, tmp_path: Path
) -> None:
    by = organisation.services["checkout"].on_call[0]
    async with installation(organisation, tmp_path) as play:
        incident = await declared(play, "Payments fail")
        await incident.give(AddNote(by=by, text="In plain words"))
    notes = {}
    for keys in ([OLD], [OLD, NEW], [NEW, OLD]):
        async with installation(organisation, tmp_path, *keys) as play:
            incident = again(play, incident.handle.id)
            await incident.give(AddNote(by=by, text=f"{SECRET} {keys}"))
            notes[keys[0]] = await kept_by_the_engine(play.client)
            uses = {use.key: use for use in await key_use(play.client, (key_id(bytes.fromhex(keys[0])),), print)}
            await incident.give(ProposeItem(by=by, title=f"Add a test for {SECRET} and {len(keys)}", owner=by))
            item = (await incident.state()).items[-1].id
            described = await play.client.get_workflow_handle(item).describe()
            assert described.typed_search_attributes.get(OWNER) is not None, "what runs keeps its names"
            assert (await incident.handle.describe()).typed_search_attributes.get(SERVICE) is not None
    raw = notes[NEW][incident.handle.id]
    assert b"In plain words" in raw
    assert SECRET.encode() not in raw
    assert all(key_id(bytes.fromhex(key)).encode() in raw for key in (OLD, NEW))
    assert [*uses] == [key_id(bytes.fromhex(key)) for key in (NEW, OLD)], "also the one that is missing"
    assert all(use.used and use.open for use in uses.values())


async def test_a_wrong_key_is_said_at_the_start(organisation: Organisation, tmp_path: Path) -> None:
    async with installation(organisation, tmp_path, OLD) as play:
        incident = await declared(play)
        await incident.give(AddNote(by="ines", text=SECRET))
        await eventually(lambda: listed(play.client), lambda found: incident.handle.id in found)
    for keys in ([NEW], []):
        with pytest.raises(EngineError, match=f"encrypted with the key {key_id(bytes.fromhex(OLD))}, .*PAYLOAD_KEYS"):
            async with installation(organisation, tmp_path, *keys, works=False):
                pass


async def test_a_worker_without_the_key_fails_no_workflow(
    organisation: Organisation, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    by = organisation.services["checkout"].on_call[0]
    async with installation(organisation, tmp_path, OLD, works=False) as play:
        key = Encryption([bytes.fromhex(NEW)])
        config = play.client.config() | {"data_converter": converting_with(key)}
        async with build_worker(Client(**config), with_keys(NEW), lambda: organisation, play.database):
            incident = await declared(play)
            await eventually(lambda: _tried(incident))
        assert "which is not here; add it to FOLLOWTHROUGH_PAYLOAD_KEYS" in caplog.text
        async with build_worker(play.client, with_keys(OLD), lambda: organisation, play.database):
            await asyncio.wait_for(incident.give(AddNote(by=by, text="It goes on")), 60)
        assert (await incident.handle.describe()).status is WorkflowExecutionStatus.RUNNING


async def _tried(incident: IncidentPart) -> bool:
    described = await incident.handle.describe()
    return described.raw_description.pending_workflow_task.attempt > 1
