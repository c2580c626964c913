"""Updates to stakeholders on the real server: asked for, drafted, sent, missed and owed, time passing by skipping."""

import asyncio
import re
from datetime import timedelta

from sqlmodel import Session, col, select

from followthrough.domain.replayed.incident.commands import Acknowledge, AddNote, AssignRole, Resolve, SendUpdate
from followthrough.domain.replayed.incident.incident import Audience, IncidentMomentKind, Role, UpdateStage
from followthrough.domain.replayed.incident.subscriptions import Subscribe, Unsubscribe
from followthrough.domain.replayed.values import EntryKind, Severity
from followthrough.store.tables import MailRow, TimelineRow
from tests.waiting import eventually
from tests.workflows.conftest import IncidentPart, Play
from tests.workflows.test_whole_life import refusal

COMMANDER, COMMS = "ines", "lucia"


def mails(play: Play, incident: IncidentPart, kind: str) -> list[MailRow]:
    with Session(play.database) as session:
        query = select(MailRow).where(MailRow.incident_id == incident.handle.id, MailRow.kind == kind)
        return list(session.exec(query))


async def mailed(play: Play, incident: IncidentPart, kind: str, count: int) -> list[MailRow]:
    """The mails, once there are as many; they go out after the command is answered."""
    return await eventually(lambda: mails(play, incident, kind), lambda found: len(found) >= count)


def moments(incident_moments: list[tuple[IncidentMomentKind, str]], kind: IncidentMomentKind) -> list[str]:
    return sorted(subject for other, subject in incident_moments if other is kind)


async def commanded(play: Play) -> IncidentPart:
    """With a Comms Lead, and everybody has acknowledged."""
    incident = await play.declare(severity=Severity.SEV1)
    await incident.give(Acknowledge(by=COMMANDER))
    await incident.give(AssignRole(by=COMMS, role=Role.COMMS_LEAD, person=COMMS))
    return incident


async def say(incident: IncidentPart, audience: Audience, stage: UpdateStage, text: str = "We know more.") -> None:
    await incident.give(SendUpdate(by=COMMS, stage=stage, audience=audience, text=text))


async def test_an_update_that_is_due_comes_to_the_comms_lead_as_a_draft_and_once_missed_to_the_commander(
    play: Play,
) -> None:
    incident = await commanded(play)
    await incident.pass_time(minutes=31)
    due = {mail.subject.split()[3]: mail for mail in await mailed(play, incident, "update-due", 2)}
    assert due.keys() == {"customers", "internal"}
    assert due["customers"].recipients == [play.organisation.people[COMMS].email]
    assert "> Since " in due["customers"].text
    assert re.search(r"\[Write an update\]\(\S+/act/[\w.-]+/update\?audience=customers\)", due["customers"].text)

    await say(incident, Audience.CUSTOMERS, UpdateStage.IDENTIFIED)
    await incident.pass_time(minutes=10)
    (missed,) = await mailed(play, incident, "update-missed", 1)
    assert missed.recipients == [play.organisation.people[COMMANDER].email]
    assert "internal" in missed.subject


async def test_reminders_end_once_everybody_has_heard_that_it_is_resolved(play: Play) -> None:
    incident = await commanded(play)
    await incident.give(Resolve(by=COMMANDER, summary="Rolled back"))
    await say(incident, Audience.CUSTOMERS, UpdateStage.RESOLVED, "It is over.")
    await incident.pass_time(minutes=35)
    due = await mailed(play, incident, "update-due", 2)
    assert {mail.subject.split()[3] for mail in due} == {"executives", "internal"}
    assert all("they have not heard so yet" in mail.text for mail in due)

    await say(incident, Audience.INTERNAL, UpdateStage.RESOLVED, "It is over.")
    await incident.pass_time(minutes=24 * 60)
    (missed,) = await mailed(play, incident, "update-missed", 1)
    assert "executives" in missed.subject
    passed = [(moment.kind, moment.subject) for moment in (await incident.state()).moments]
    assert moments(passed, IncidentMomentKind.UPDATE_DUE) == ["executives", "internal"]
    assert moments(passed, IncidentMomentKind.UPDATE_MISSED) == ["executives"]


async def test_people_subscribe_to_one_incident_and_every_update_stays_on_its_timeline(play: Play) -> None:
    incident = await commanded(play)
    await incident.give(Subscribe(by="sam", audience=Audience.CUSTOMERS))
    assert "already gets the updates" in await refusal(incident.give(Subscribe(by="sam", audience=Audience.CUSTOMERS)))
    await say(incident, Audience.CUSTOMERS, UpdateStage.INVESTIGATING, "We look into it.")
    await incident.give(Unsubscribe(by="sam"))
    await say(incident, Audience.CUSTOMERS, UpdateStage.IDENTIFIED, "We found it.")

    own, *others = sorted(await mailed(play, incident, "stakeholder-update", 3), key=lambda mail: mail.person is None)
    assert (own.person, "We look into it." in own.text) == ("sam", True)
    subscribers = list(play.organisation.services["checkout"].subscribers[Audience.CUSTOMERS])
    assert [mail.recipients for mail in others] == [subscribers, subscribers]
    with Session(play.database) as session:
        query = select(TimelineRow.text).where(
            TimelineRow.incident_id == incident.handle.id, TimelineRow.kind == EntryKind.UPDATE
        )
        assert [text.rpartition(": ")[2] for text in session.exec(query)] == ["We look into it.", "We found it."]


async def test_two_updates_at_the_same_moment_are_two_mails(play: Play) -> None:
    incident = await commanded(play)
    await asyncio.gather(*(say(incident, audience, UpdateStage.IDENTIFIED) for audience in Audience))
    assert len(await mailed(play, incident, "stakeholder-update", len(Audience))) == len(Audience)


async def test_what_is_yet_to_come_is_no_timeline_entry(play: Play) -> None:
    incident = await commanded(play)
    declared_at = (await incident.state()).declared_at
    earlier, later = declared_at - timedelta(hours=1), declared_at + timedelta(hours=1)
    assert "yet to come" in await refusal(incident.give(AddNote(by=COMMANDER, text="Deployed", at=later)))
    await incident.give(AddNote(by=COMMANDER, text="Deployed", decision=True, at=earlier))
    with Session(play.database) as session:
        query = select(TimelineRow).where(TimelineRow.incident_id == incident.handle.id).order_by(col(TimelineRow.at))
        first = session.exec(query).first()
    assert first is not None
    assert (first.at, first.kind, first.text, first.author) == (earlier, "decision", "Deployed", COMMANDER)
