"""What is planned is written as the workflow then comes to it by the same plans."""

from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from activities.schedule import Schedule
from followthrough.domain.answered.item.schedule import plan_item
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import RepeatPolicies
from followthrough.domain.replayed.incident import moments as incident_moments
from followthrough.domain.replayed.incident.incident import IncidentStatus, Repeat, Role
from followthrough.domain.replayed.item import moments as item_moments
from followthrough.domain.replayed.item.action_item import MomentKind
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.store import queries
from tests.records import NOW, incident, item
from workflows.messages.schedule import PlanIncident, PlanItem


def test_an_incident_asks_for_both_roles_at_once_and_is_written_as_it_is_then(
    organisation: Organisation, database: Engine
) -> None:
    record = incident(status=IncidentStatus.DECLARED, resolved_at=None)
    record.roles = []
    asked = record.model_copy(deep=True)
    planned = Schedule(lambda: organisation, database).plan_incident(PlanIncident(incident=asked, at=NOW))
    told = [one.kind for plan in planned.plans for one in incident_moments.take(record, plan, NOW)]
    assert told == [NoticeKind.INCIDENT_DECLARED, NoticeKind.ROLE_ASSIGNED]
    assert [holder.role for holder in record.roles] == [Role.INCIDENT_COMMANDER, Role.COMMS_LEAD]
    assert record.version == planned.version
    with Session(database) as session:
        written = queries.incident(session, record.id)
    assert written == record.model_copy(update={"unwritten": []})


def test_an_item_passes_what_has_come_and_is_written_as_it_is_then(
    organisation: Organisation, database: Engine
) -> None:
    record = item(owner="ines")
    late = NOW + timedelta(days=400)
    asked = record.model_copy(deep=True)
    planned = Schedule(lambda: organisation, database).plan_item(PlanItem(item=asked, at=late))
    told = [one.kind for plan in planned.plans for one in item_moments.take(record, plan, late)]
    assert told == [NoticeKind.ITEM_REMINDER]
    assert [moment.kind for moment in record.reminders] == [MomentKind.REMIND_AT_DEADLINE]
    assert (record.version, record.planned.next and record.planned.next.at > late) == (planned.version, True)
    with Session(database) as session:
        written = queries.action_item(session, record.id)
    assert written == record.model_copy(update={"unwritten": []})


def test_who_may_approve_is_written_although_nothing_else_has_changed(
    organisation: Organisation, database: Engine
) -> None:
    record = item(owner="ines")
    record.plan = plan_item(record, organisation, NOW)
    assert record.approvers == ("marcos", "nora")
    leads = {name: team.model_copy(update={"lead": "tomas"}) for name, team in organisation.teams.items()}
    changed = organisation.model_copy(update={"teams": leads})
    Schedule(lambda: changed, database).plan_item(PlanItem(item=record, at=NOW))
    with Session(database) as session:
        written = queries.action_item(session, record.id)
    assert written is not None
    assert written.approvers == ("marcos", "nora", "tomas")


def test_a_private_incident_is_only_proposed_what_it_looks_like_and_finds_no_private_one(
    organisation: Organisation, database: Engine
) -> None:
    policies = organisation.policies.model_copy(update={"repeats": RepeatPolicies()})
    schedule = Schedule(lambda: organisation.model_copy(update={"policies": policies}), database)
    for number, private in ((1, False), (2, True)):
        before = {"private": private, "dedup_key": "same", "resolved_at": NOW + timedelta(hours=3)}
        ReadModel(database).project_incident(incident(number, **before))
        ReadModel(database).project_item(
            item(number, incident_id=f"inc-{number:010d}", private=private, title="Alert on Zanzibar depth")
        )
    again = incident(9, dedup_key="same", declared_at=NOW + timedelta(days=1))
    for private in (False, True):
        found = schedule.find_repeats(again.model_copy(update={"private": private}))
        assert [(one.incident_id, one.proposed) for one in found.repeats] == [(incident().id, private)]
    linked_to = Repeat(incident_id=incident(2).id, because="The same thief")
    linked = schedule.find_repeats(again.model_copy(update={"repeats": [linked_to], "compared": True}))
    assert [one.title for one in linked.follow_ups] == ["Follow-up of a private incident"]
