"""The one big button of each mail: where something is asked, it leads to the form that decides it."""

import re
from pathlib import Path
from typing import Any

import pytest

from followthrough.domain.answered.choices import DECIDE, NAMES
from followthrough.domain.answered.incident.choices import UPDATE
from followthrough.domain.replayed.incident.incident import Repeat
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.mail.notice_kinds import DigestKind, NoticeKind
from followthrough.domain.replayed.postmortem.postmortem import Postmortem, Review
from followthrough.mail.planning import APPROVE_PLANNING
from followthrough.mail.render import Rendered, render
from tests.domain.mail.test_daily import waiting
from tests.mail import test_planning_mail, test_weekly_mail
from tests.mail.test_daily_mail import daily
from tests.notices import LINKS, ORGANISATION, PUBLIC_URL, notice
from tests.records import NOW, item
from workflows.messages.sprint import PlanningMailKind

INCIDENT, ITEM = "incidents/inc-0000000001", "items/inc-0000000001.1"
SIGNED = {
    NoticeKind.INCIDENT_DECLARED: "acknowledge",
    NoticeKind.ROLE_ASSIGNED: "acknowledge",
    NoticeKind.ROLE_NOT_ACKNOWLEDGED: "acknowledge",
    NoticeKind.ROLE_HANDED_OVER: "acknowledge",
    NoticeKind.INCIDENT_REOPENED: "acknowledge",
    NoticeKind.POSTMORTEM_TO_REVIEW: "approve-postmortem",
    NoticeKind.ITEM_PROPOSED: "accept",
    NoticeKind.ITEM_REMINDER: "done",
    NoticeKind.ITEM_ESCALATION: "extend",
    NoticeKind.ITEM_OWNER_WANTED: "reassign",
    NoticeKind.ITEM_BLOCKED: "unblock",
    NoticeKind.ITEM_WAIVER_ENDS: "reopen",
    NoticeKind.ITEM_TO_VERIFY: "holds",
    NoticeKind.ITEM_EXTENSION_WANTED: "approve-extension",
    NoticeKind.ITEM_ASKED_AGAIN: "accept",
    NoticeKind.ITEM_UNBLOCKED: "done",
    NoticeKind.ITEM_REPEATED: "done",
    NoticeKind.TICKET_CONFLICT: "done",
}
"""By links that need no signing in: which choice."""
PAGES = {
    NoticeKind.UPDATE_DUE: r"act/[\w.-]+/update\?audience=customers",
    NoticeKind.UPDATE_MISSED: r"act/[\w.-]+/update\?audience=customers",
    NoticeKind.POSTMORTEM_ASSIGNED: f"{INCIDENT}/postmortem/edit",
    NoticeKind.POSTMORTEM_REMINDER: f"{INCIDENT}/postmortem/edit",
    NoticeKind.POSTMORTEM_REVIEWED: f"{INCIDENT}/postmortem/edit",
    NoticeKind.POSTMORTEM_ESCALATION: f"{INCIDENT}/do/assign-postmortem",
    NoticeKind.INCIDENT_REPEATS: rf"{INCIDENT}/do/unlink-repeat\?of=inc-0000000002",
    NoticeKind.ITEM_TO_PLAN: "planning/payments",
    NoticeKind.UNDELIVERED: r"outbox/.*",
}
"""By pages that have the form."""
NEWS = {
    NoticeKind.STAKEHOLDER_UPDATE: INCIDENT,
    NoticeKind.POSTMORTEM_PUBLISHED: f"{INCIDENT}/postmortem",
    NoticeKind.INCIDENT_MERGED: INCIDENT,
    NoticeKind.INCIDENT_CLOSED: INCIDENT,
    NoticeKind.DRILL_REPORT: "drills",
    NoticeKind.ITEM_ENDED: ITEM,
    NoticeKind.ITEM_REPEAT_TAKEN_BACK: ITEM,
    NoticeKind.ITEM_EXTENSION_DECIDED: ITEM,
    NoticeKind.ITEM_TOOK_IN: ITEM,
    NoticeKind.TICKET_REFUSED: ITEM,
}
"""Where there is nothing to decide here: which page."""


def mail(kind: NoticeKind, record: dict[str, Any] | None = None, **changes: Any) -> Rendered:
    if kind is NoticeKind.STAKEHOLDER_UPDATE:
        changes["audience"] = "internal"
    about = notice(kind, record, **changes)
    return render(about, ORGANISATION, PUBLIC_URL, LINKS, about.to[0] if about.to else None)


def button(rendered: Rendered) -> str:
    """Where the only one leads."""
    found: list[str] = re.findall(rf'class="button" href="{PUBLIC_URL}/([^"]*)"', rendered.html)
    assert len(found) == rendered.html.count('class="button"') == 1
    return found[0].replace("&amp;", "&")


@pytest.mark.parametrize("kind", NoticeKind)
def test_what_a_mail_asks_for_its_button_does(kind: NoticeKind) -> None:
    where = button(mail(kind))
    if kind in SIGNED:
        link = LINKS.read(where.removeprefix("act/"), NAMES)
        about = notice(kind)
        assert (link.purpose, link.person, link.about) == (SIGNED[kind], about.to[0], about.record.id)
    else:
        assert re.fullmatch((PAGES | NEWS)[kind], where)


@pytest.mark.parametrize(
    ("kind", "record", "where"),
    [
        (NoticeKind.ITEM_REMINDER, {"status": ItemStatus.PROPOSED}, "accept"),
        (
            NoticeKind.INCIDENT_REPEATS,
            {"proposed_repeats": [Repeat(incident_id="inc-0000000007", because="titles alike", proposed=True)]},
            r"incidents/inc-0000000001/do/link-repeat\?of=inc-0000000007",
        ),
        (
            NoticeKind.POSTMORTEM_REVIEWED,
            {"postmortem": Postmortem(by="ana", at=NOW, review=Review(by="ben", at=NOW, approved=True))},
            f"{INCIDENT}/do/publish-without-items",
        ),
    ],
)
def test_the_button_fits_the_state(kind: NoticeKind, record: dict[str, Any], where: str) -> None:
    found = button(mail(kind, record))
    purpose = LINKS.read(found.removeprefix("act/"), NAMES).purpose if found.startswith("act/") else found
    assert re.fullmatch(where, purpose)


def test_an_update_is_written_by_a_link_of_its_reader() -> None:
    token = button(mail(NoticeKind.UPDATE_DUE)).removeprefix("act/").partition("/")[0]
    link = LINKS.read(token, {UPDATE.name})
    assert (link.person, link.about) == ("ana", "inc-0000000001")


def test_mails_about_many_things_begin_with_the_most_urgent() -> None:
    gathered = daily([waiting(NoticeKind.ITEM_PROPOSED, subject="Accept")])
    late = item(due_in_days=-4, extension_wanted=None, status=ItemStatus.ACCEPTED)
    assert LINKS.read(button(gathered).removeprefix("decide/"), {DECIDE}).person == "ana"
    assert button(test_weekly_mail.mail(late)) == "digests/weekly/carla"
    for kind in (PlanningMailKind.DIGEST, PlanningMailKind.REMINDER):
        token = button(test_planning_mail.mail([item()], kind)).removeprefix("act/").removesuffix("/planning")
        assert LINKS.read(token, {APPROVE_PLANNING}).person == "ana"


def test_no_mail_has_a_command_to_paste() -> None:
    rendered = [
        *(mail(kind) for kind in NoticeKind),
        *(test_planning_mail.mail([item()], kind, "Refused") for kind in PlanningMailKind),
        test_weekly_mail.mail(item(due_in_days=-4)),
        daily([waiting(NoticeKind.ITEM_PROPOSED, subject="Accept")]),
    ]
    assert not [one.subject for one in rendered if re.search(r"followthrough [a-z]", one.text)]


def test_the_guide_says_of_each_mail_what_its_button_does() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "mails.md").read_text()
    said = set(re.findall(r"`([a-z-]+)`", guide.partition("## What the button does")[2].partition("\n## ")[0]))
    kinds = {*NoticeKind, *DigestKind, *PlanningMailKind, "daily", "trouble"}
    assert not {str(kind) for kind in kinds} - said
