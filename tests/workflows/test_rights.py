"""A workflow knows at once who has which role: what was found of somebody before counts for what the record is now."""

import pytest
from sqlmodel import Session

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.replayed.incident.commands import Acknowledge, AddNote, ChangeSeverity
from followthrough.domain.replayed.incident.incident import Role
from followthrough.domain.replayed.proof import Proof, Relation
from followthrough.domain.replayed.values import Severity
from followthrough.engine_errors import refusing
from followthrough.gateway import Gateway
from followthrough.permission import Forbidden
from followthrough.proving import proved_by, proving
from followthrough.store import queries
from tests.workflows.conftest import Play
from workflows.incident import IncidentWorkflow

OF_THE_TEAM = Proof(
    person="lucia",
    relations=(Relation.ANYBODY, Relation.TEAM_MEMBER, "a word of a newer version"),
    allowed=(Relation.COMMANDER, Relation.TEAM_UNTIL_COMMANDED),
)


async def test_the_validator_compares_with_who_commands_now(play: Play) -> None:
    incident = await play.declare()
    handle = proving(play.client).get_workflow_handle(incident.handle.id)

    async def change(severity: Severity) -> None:
        command = ChangeSeverity(by="lucia", severity=severity, reason="There is a way around it")
        with proved_by(OF_THE_TEAM), refusing():
            await handle.execute_update(IncidentWorkflow.execute, command)

    await change(Severity.SEV3)
    commander = (await incident.state()).holder(Role.INCIDENT_COMMANDER)
    await incident.give(Acknowledge(by=str(commander)))
    with pytest.raises(Forbidden, match="has just changed; look at it and try again"):
        await change(Severity.SEV1)
    assert (await incident.state()).severity is Severity.SEV3


async def test_what_came_through_a_token_says_so_and_what_did_not_does_not(play: Play) -> None:
    incident, gateway = await play.declare(), Gateway(play.client, lambda: play.organisation, play.database)
    service = Actor(person=None, door=Door.SERVICE_TOKEN, name="the pager's token")
    await gateway.incidents.command(incident.handle.id, AddNote(by="sam", text="It began at noon"), service)
    browser = Actor(person="sam", door=Door.SESSION)
    await gateway.incidents.command(incident.handle.id, AddNote(by="sam", text="It is over"), browser)
    with Session(play.database) as session:
        through = {entry.text: entry.through for entry in queries.timeline(session, incident.handle.id)}
    assert (through["It began at noon"], through["It is over"]) == ("through the pager's token", None)
