"""Thanks and handovers on the real server."""

from sqlmodel import Session

from followthrough.domain.answered.report.load import cases, load_report
from followthrough.domain.replayed.incident.commands import Acknowledge
from followthrough.domain.replayed.incident.incident import Role
from followthrough.domain.replayed.incident.kudos import GiveKudos
from followthrough.domain.replayed.incident.lifecycle import HandOver
from followthrough.store import queries
from tests.workflows.conftest import Play


async def test_kudos_and_who_handed_over_stay_with_the_incident(play: Play) -> None:
    part = await play.declare()
    commander = (await part.state()).holder(Role.INCIDENT_COMMANDER)
    assert commander == "ines"
    await part.give(Acknowledge(by=commander))
    await part.give(HandOver(by=commander, person="marcos", note="The provider is called; I sleep now"))
    thanked = await part.give(GiveKudos(by="marcos", to=("ines",), text="You handed over in time"))

    assert [(kudos.by, kudos.to) for kudos in thanked.kudos] == [("marcos", ("ines",))]
    with Session(play.database) as session:
        stored = queries.incident(session, thanked.id)
        last = queries.timeline(session, thanked.id)
    assert stored is not None
    assert stored.kudos == thanked.kudos
    assert "Kudos to ines: You handed over in time" in [entry.text for entry in last]
    led = {
        load.person: load.led for load in load_report(cases([stored], [], play.organisation), play.organisation).people
    }
    assert (led["ines"], led["marcos"]) == (1, 1)
