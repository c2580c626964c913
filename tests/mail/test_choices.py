"""The links to act by in mails."""

import re
from typing import Any

import pytest

from followthrough.domain.answered.choices import DECIDE, NAMES, choices
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.links import Link
from followthrough.mail.render import render
from tests.domain.mail.test_daily import waiting
from tests.mail.test_daily_mail import daily
from tests.notices import LINKS, ORGANISATION, PUBLIC_URL, notice


def links(kind: NoticeKind, reader: str | None, **changes: Any) -> list[Link]:
    """Those of the text; the HTML has the same."""
    rendered = render(notice(kind, **changes), ORGANISATION, PUBLIC_URL, LINKS, reader)
    in_text, in_html = (re.findall(rf"{PUBLIC_URL}/act/([\w.-]+)", part) for part in (rendered.text, rendered.html))
    assert in_text == in_html
    return [LINKS.read(token, NAMES) for token in in_text]


@pytest.mark.parametrize(
    ("kind", "reader"),
    [
        (NoticeKind.ITEM_PROPOSED, "ana"),
        (NoticeKind.ITEM_REMINDER, "ana"),
        (NoticeKind.ITEM_ESCALATION, "ana"),
        (NoticeKind.ITEM_ESCALATION, "carla"),
        (NoticeKind.ITEM_OWNER_WANTED, "carla"),
        (NoticeKind.ITEM_EXTENSION_WANTED, "carla"),
        (NoticeKind.ITEM_BLOCKED, "ana"),
        (NoticeKind.ITEM_TO_VERIFY, "carla"),
        (NoticeKind.ITEM_ASKED_AGAIN, "ana"),
        (NoticeKind.ROLE_ASSIGNED, "ana"),
        (NoticeKind.ROLE_HANDED_OVER, "ana"),
        (NoticeKind.ROLE_NOT_ACKNOWLEDGED, "ana"),
        (NoticeKind.POSTMORTEM_TO_REVIEW, "ben"),
    ],
)
def test_a_mail_that_asks_for_something_offers_all_that_its_reader_may_decide(kind: NoticeKind, reader: str) -> None:
    offered = links(kind, reader)
    about = notice(kind)
    assert offered
    assert {link.purpose for link in offered} == {choice.name for choice in choices(about.record, reader)}
    assert len(offered) == len(choices(about.record, reader))
    assert {(link.person, link.about) for link in offered} == {(reader, about.record.id)}


def test_each_link_of_each_mail_acts_for_itself_and_a_mail_made_again_has_the_same() -> None:
    mails = [
        links(NoticeKind.ITEM_ESCALATION, "ana"),
        links(NoticeKind.ITEM_ESCALATION, "carla"),
        links(NoticeKind.ITEM_ESCALATION, "carla", key="inc-0000000001.1/4"),
    ]
    nonces = [link.nonce for mail in mails for link in mail]
    assert len(nonces) == len(set(nonces))
    assert links(NoticeKind.ITEM_ESCALATION, "carla") == mails[1]


def test_a_daily_mail_leads_to_the_choices_of_what_asks_for_something() -> None:
    postmortem = {"item_id": None, "owner": None}
    mails = [
        waiting(NoticeKind.ITEM_PROPOSED, subject="Accept"),
        waiting(NoticeKind.POSTMORTEM_TO_REVIEW, subject="Review", **postmortem),
        waiting(NoticeKind.POSTMORTEM_REMINDER, subject="Publish", **postmortem),
        waiting(NoticeKind.ITEM_ENDED, subject="Closed"),
    ]
    pages = dict(re.findall(rf"- (\w+)\b.*?\]\({PUBLIC_URL}/([^)]+)\)", daily(mails).text))
    for subject, about in (("Accept", "inc-0000000001.1"), ("Review", "inc-0000000001")):
        link = LINKS.read(pages[subject].removeprefix("decide/"), {DECIDE})
        assert (link.person, link.about) == ("ana", about)
    assert (pages["Publish"], pages["Closed"]) == ("incidents/inc-0000000001", "items/inc-0000000001.1")


@pytest.mark.parametrize("reader", [None, "ben"])
def test_who_has_nothing_to_decide_is_led_to_its_page(reader: str | None) -> None:
    assert links(NoticeKind.ITEM_REMINDER, reader) == []
    text = render(notice(NoticeKind.ITEM_REMINDER), ORGANISATION, PUBLIC_URL, LINKS, reader).text
    assert f"[Open action item inc-0000000001.1]({PUBLIC_URL}/items/inc-0000000001.1)" in text
    assert f"{PUBLIC_URL}/items/inc-0000000001.1/deadline.ics" in text
