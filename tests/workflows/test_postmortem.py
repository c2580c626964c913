"""A postmortem from its first owner to its publication, on the real server."""

from sqlmodel import Session, col, select

from followthrough.domain.replayed.incident.incident import IncidentStatus
from followthrough.domain.replayed.postmortem.commands import (
    AssignPostmortem,
    Publish,
    ReviewPostmortem,
    SubmitPostmortem,
)
from followthrough.domain.replayed.values import Severity
from followthrough.store.tables import MailRow
from tests.workflows.conftest import Play


async def test_a_postmortem_is_assigned_reviewed_and_published(play: Play) -> None:
    part, commander = await play.resolved("storefront", Severity.SEV1)
    assigned = await part.state()
    assert assigned.postmortem_owner == commander
    await part.give(AssignPostmortem(by=commander, to="wei", reason="Wrote the fix"))
    await part.give(SubmitPostmortem(by="wei", text="# What broke", override="It is a quote.", blaming=1))
    await part.give(ReviewPostmortem(by=commander, approved=False, note="What did the alert show?"))
    await part.give(SubmitPostmortem(by="wei", text="# What broke\n\nThe alert showed nothing."))
    await part.give(ReviewPostmortem(by=commander))
    await part.give(Publish(by="wei", no_items_because="The provider fixed it."))

    closed = await part.handle.result()

    assert closed.status is IncidentStatus.CLOSED
    with Session(play.database) as session:
        about_it = select(MailRow).where(MailRow.incident_id == closed.id, col(MailRow.kind).startswith("postmortem"))
        mails = session.exec(about_it.where(MailRow.kind != "postmortem-published").order_by(col(MailRow.at))).all()
    assert [(mail.kind, mail.recipients) for mail in mails] == [
        ("postmortem-assigned", [f"{commander}@example.com"]),
        ("postmortem-assigned", ["wei@example.com"]),
        ("postmortem-to-review", [f"{commander}@example.com"]),
        ("postmortem-reviewed", ["wei@example.com"]),
        ("postmortem-to-review", [f"{commander}@example.com"]),
        ("postmortem-reviewed", ["wei@example.com"]),
    ]


async def test_a_team_gets_no_format_twice_in_a_row(play: Play) -> None:
    formats = []
    for _ in range(3):
        part, _ = await play.resolved("storefront", Severity.SEV1)
        formats.append((await part.state()).postmortem_format)

    assert None not in formats
    assert len(set(formats)) == 3
