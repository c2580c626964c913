import re

from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.waiting import WaitingMail
from followthrough.mail.render import Rendered, render_daily
from tests.domain.mail.test_daily import waiting
from tests.notices import LINKS, ORGANISATION, PUBLIC_URL
from tests.records import NOW
from workflows.messages.mail import DailyMail

GMAIL_CUTS_AT = 102 * 1024


def daily(mails: list[WaitingMail], **titles: str) -> Rendered:
    request = DailyMail(key="daily/ana/1", person="ana", mails=tuple(mails), at=NOW)
    known = {"inc-0000000001": "Payments fail", **titles}
    return render_daily(request, mails, known, ORGANISATION, PUBLIC_URL, LINKS)


def test_it_has_a_section_for_each_incident_the_most_urgent_first() -> None:
    other = waiting(due_in_days=1, incident_id="inc-0000000002", item_id="inc-0000000002.7", subject="Due soon: Other")
    mail = daily([waiting(NoticeKind.ITEM_ENDED, subject="Closed: Third"), waiting(due_in_days=3), other])
    assert mail.subject == "[daily] 3 follow-ups for you, first: Due soon: Other"
    assert "today, Mon 02 Mar 2026" in mail.text
    sections = mail.text.split("After ")[1:]
    assert sections[0].startswith("[inc-0000000002](https://followthrough.example.com/incidents/inc-0000000002):")
    assert "by **Tue 03 Mar 2026, 10:00 (Europe/Madrid)** ([inc-0000000002.7](" in sections[0]
    assert sections[1].startswith("[Payments fail](")
    assert sections[1].index("Due soon") < sections[1].index("Closed: Third")


def test_news_has_no_deadline() -> None:
    mail = daily([waiting(NoticeKind.ITEM_ENDED, due_in_days=3, subject="Closed: Third"), waiting(key="2")])
    assert "- Closed: Third ([inc-0000000001.1](" in mail.text


def test_500_fit_a_mail_that_is_not_cut_off_and_lead_to_the_rest() -> None:
    mails = [
        waiting(due_in_days=number, subject=f"Due soon: Number {number} " + "x" * 100, key=str(number))
        for number in range(500)
    ]
    mail = daily(mails[::-1])
    assert "500 follow-ups" in mail.subject
    assert [int(number) for number in re.findall(r"- Due soon: Number (\d+)", mail.text)] == list(range(50))
    assert f"450 more, [all on one page]({PUBLIC_URL}/items?owner=ana)" in mail.text
    assert len(mail.html.encode()) < GMAIL_CUTS_AT


def test_what_people_typed_is_no_markup() -> None:
    typed = "Pay [here](https://evil.example) <b>now</b>"
    mail = daily([waiting(subject=typed)], **{"inc-0000000001": typed})
    assert typed in mail.text
    assert not re.search(r"evil\.example[^<]*>|<b>", mail.html)
