import re
import shutil
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateError

from followthrough.domain.answered.item.standing import Cost, Said, Standing
from followthrough.domain.replayed.incident.incident import IncidentStatus
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.names import Audience, Severity
from followthrough.mail import render as renderer
from followthrough.mail.render import Rendered, load, render
from tests.notices import EVIDENCE, LINKS, ORGANISATION, PUBLIC_URL, notice
from tests.records import NOW
from workflows.messages.mail import Notice

MEANING = {
    NoticeKind.INCIDENT_DECLARED: (
        "acknowledge by **Mon 02 Mar 2026, 10:15 (Europe/Madrid)**",
        "SEV2",
        "Checkout",
        "**Alert:** 12 % of *all* payments fail.",
        "alertname=ErrorRate, service=checkout",
        "<https://prometheus.example.com/graph?g0.expr=a_b>",
    ),
    NoticeKind.ROLE_ASSIGNED: ("acknowledge it by **Mon 02 Mar 2026, 10:15 (Europe/Madrid)**", "> The runbook is"),
    NoticeKind.ROLE_NOT_ACKNOWLEDGED: (
        "**Ana Ruiz**, please acknowledge the role **Incident Commander** now",
        "**Mon 02 Mar 2026, 10:15 (Europe/Madrid)**",
        "It was Ben Lee before",
    ),
    NoticeKind.ROLE_HANDED_OVER: (
        "**Ana Ruiz**, please acknowledge by **Mon 02 Mar 2026, 10:15 (Europe/Madrid)**",
        "**Incident Commander** now, after **Ben Lee**",
        "> The provider calls back at ten.",
    ),
    NoticeKind.INCIDENT_MERGED: ("follow this incident: **inc-0000000002** was the same", "Ana Ruiz"),
    NoticeKind.INCIDENT_REOPENED: ("acknowledge it by **Mon 02 Mar 2026, 10:15", "> It fails again."),
    NoticeKind.STAKEHOLDER_UPDATE: (
        "don't have to do anything",
        "> A queue is full.\n> \n> We make room.",
        "09:30 (UTC)",
    ),
    NoticeKind.UPDATE_DUE: ("**customers** by **Mon 02 Mar 2026, 10:10 (Europe/Madrid)**", "every 30 minutes"),
    NoticeKind.UPDATE_MISSED: ("now that **customers** get an update", "none yet"),
    NoticeKind.POSTMORTEM_ASSIGNED: (
        "by **Sat 07 Mar 2026, 10:00 (Europe/Madrid)**",
        "Ben is on leave.",
        "**five-whys**",
        "[Write the postmortem](https://followthrough.example.com/incidents/inc-0000000001/postmortem/edit)",
    ),
    NoticeKind.POSTMORTEM_TO_REVIEW: ("Ana Ruiz wrote", "[Approve the postmortem](", "/postmortem)"),
    NoticeKind.POSTMORTEM_REVIEWED: ("Ben Lee asks for changes", "> Say what the alert showed.", "/postmortem/edit)"),
    NoticeKind.POSTMORTEM_REMINDER: ("by **Sat 07 Mar 2026, 10:00 (Europe/Madrid)**", "not people"),
    NoticeKind.POSTMORTEM_ESCALATION: (
        "agree now",
        "**Sat 07 Mar 2026, 04:00 (America/New_York)**, 3 days ago",
        "escalation 1",
    ),
    NoticeKind.POSTMORTEM_PUBLISHED: ("don't have to do anything", "Retry payments (Ben Lee, waived)", "Thank you"),
    NoticeKind.INCIDENT_CLOSED: ("don't have to do anything", "Thank you"),
    NoticeKind.INCIDENT_REPEATS: (
        "see whether this incident is an earlier one again",
        "- inc-0000000002, linked: the same alert\n- inc-0000000002.1, waived",
        "[It only looks like inc-0000000002](",
        "/do/unlink-repeat?of=inc-0000000002)",
    ),
    NoticeKind.DRILL_REPORT: (
        "talk about this drill",
        "Acknowledged after 4 min\n- 1 of 2 roles filled",
        "last time it took 9 min",
        "nobody acknowledged Resolver",
        "Which changes can't be rolled back?",
    ),
    NoticeKind.ITEM_PROPOSED: ("by **Thu 05 Mar 2026, 10:00 (Europe/Madrid)**", "[Accept it](", "Ben Lee"),
    NoticeKind.ITEM_REMINDER: ("by **Thu 12 Mar 2026, 10:00 (Europe/Madrid)**", "[It is done", "PAY-1"),
    NoticeKind.ITEM_ESCALATION: (
        "decide now",
        "3 days ago",
        "noticed sooner",
        "incident inc-0000000001",
        "How often extended:** 1; moved on to another sprint: 0",
        "escalation 2",
        *("[Give it more time](", "[Pass it on to somebody else](", "[Decide that it will not be done]("),
        "[write to Ana Ruiz](mailto:ana@example.com",
    ),
    NoticeKind.ITEM_OWNER_WANTED: (
        "somebody who can do it: ana declined",
        "noticed sooner",
        "moved on to another sprint: 2",
        "Happened again:** inc-0000000003",
        "request 2",
    ),
    NoticeKind.ITEM_TO_PLAN: ("into a sprint", "Ana Ruiz accepted it", "due **Thu 12 Mar 2026"),
    NoticeKind.ITEM_BLOCKED: ("still has to wait", "until **Sun 22 Mar 2026", "The provider's new API"),
    NoticeKind.ITEM_WAIVER_ENDS: (
        "should be done after all",
        "until **Wed 01 Apr 2026",
        "> The service goes away in May.",
    ),
    NoticeKind.ITEM_TO_VERIFY: ("look at the evidence", f"<{EVIDENCE.url}> (with a test)", "does not hold]("),
    NoticeKind.ITEM_ENDED: ("don't have to do anything", "Carla Diaz", "> The service goes away in May."),
    NoticeKind.ITEM_EXTENSION_WANTED: (
        "until **Sat 11 Apr 2026, 05:00 (America/New_York)**",
        "> The supplier delivers in April.",
        *("[Give the time that was asked for](", "[Leave the deadline where it is](", "[Give it more time]("),
    ),
    NoticeKind.ITEM_EXTENSION_DECIDED: (
        "keep to the deadline, **Thu 12 Mar 2026, 10:00 (Europe/Madrid)**",
        "> It can't wait for the supplier.",
    ),
    NoticeKind.ITEM_TOOK_IN: ("what **inc-0000000002.4** asked for", "earlier deadline, **Thu 12 Mar 2026"),
    NoticeKind.ITEM_UNBLOCKED: ("take this action item up again", "inc-0000000001.2 is closed."),
    NoticeKind.ITEM_ASKED_AGAIN: (
        "decide how this action item goes on",
        "until **Thu 05 Mar 2026, 10:00 (Europe/Madrid)** to accept it",
        "> The waiver has expired: The service goes away in May.",
    ),
    NoticeKind.ITEM_REPEATED: ("Incident **inc-0000000003** repeats the one", "priority **high**"),
    NoticeKind.ITEM_REPEAT_TAKEN_BACK: ("don't have to do anything", "inc-0000000003", "priority **high**"),
    NoticeKind.UNDELIVERED: ("**Ana Ruiz** hears of this", "Due soon: Alert on queue depth", "550 5.1.1 no such user"),
    NoticeKind.TICKET_CONFLICT: ("Ticket PAY-1 was assigned to nobody", "**Ticket:** [PAY-1]("),
    NoticeKind.TICKET_REFUSED: ("> Jira refused a new ticket: Priority is required.", "Nothing is lost"),
}


def mail(kind: NoticeKind, record: dict[str, object] | None = None, **changes: object) -> Rendered:
    """To the first who is told, or to several addresses when none is."""
    about = notice(kind, record, **changes)
    return render(about, ORGANISATION, PUBLIC_URL, LINKS, about.to[0] if about.to else None)


def to_colleagues(kind: NoticeKind, record: dict[str, object] | None = None) -> Rendered:
    """The same kind to those who know incidents by their ids and titles."""
    return mail(kind, record, **({"audience": "internal"} if kind is NoticeKind.STAKEHOLDER_UPDATE else {}))


@pytest.mark.parametrize("kind", NoticeKind)
def test_each_mail_says_what_to_do_and_by_when(kind: NoticeKind) -> None:
    first, *others = MEANING[kind]
    rendered = mail(kind)
    assert first in rendered.text.partition("\n\n[")[0]
    for meaning in others:
        assert meaning in rendered.text
    assert to_colleagues(kind).subject.startswith("[inc-0000000001")
    assert "None" not in rendered.text


def test_how_often_an_update_is_promised_is_said_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    promised = ORGANISATION.severities[Severity.SEV2].updates
    monkeypatch.setitem(promised, Audience.CUSTOMERS, timedelta(minutes=90))
    assert "every 90 minutes" in mail(NoticeKind.UPDATE_DUE).text


@pytest.mark.parametrize("kind", NoticeKind)
def test_both_parts_say_the_same_and_html_carries_its_own_style(kind: NoticeKind) -> None:
    rendered = mail(kind)
    text, html = rendered.text, rendered.html
    words = set(re.findall(r"\w{4,}", re.sub(r"https?://\S+", "", text)))
    assert not {word for word in words if word not in html}
    assert all(f'href="{url}"' in html for url in re.findall(r"https?://[^)>\s]+", text))
    body = html[html.index("<body") :]
    assert not re.findall(r"<(?:p|ul|li|code|blockquote|td)(?![^>]*style=)[^>]*>", body)
    assert re.findall(r"@media[^{]*", html) == ["@media (max-width: 480px) ", "@media (prefers-color-scheme: dark) "]
    assert html.count("<style") == 1


def test_a_link_of_its_own_is_a_button() -> None:
    html = mail(NoticeKind.ITEM_ESCALATION).html
    assert re.search(rf'<a class="button" href="{PUBLIC_URL}/act/[\w.-]+" style="[^"]*background-color', html)


def test_who_is_asked_for_a_role_reads_first_where_the_others_talk() -> None:
    call: dict[str, object] = {"call": "https://meet.example.com/tonight"}
    for kind in (NoticeKind.INCIDENT_DECLARED, NoticeKind.ROLE_ASSIGNED, NoticeKind.ROLE_NOT_ACKNOWLEDGED):
        rendered = mail(kind, call)
        assert rendered.text.startswith("**Join the call:** <https://meet.example.com/tonight>\n\n")
        assert 'href="https://meet.example.com/tonight"' in rendered.html
        assert "Join the call" not in mail(kind).text


def test_a_declaration_begins_with_what_who_is_woken_needs() -> None:
    rendered = mail(NoticeKind.INCIDENT_DECLARED, {"call": "https://meet.example.com/tonight"})
    places = [
        rendered.text.index(word)
        for word in (
            "**Join the call:**",
            "**SEV2** of **Checkout**",
            "acknowledge by **",
            "[I take it](",
            "**Alert:**",
            "**Where it shows:** <https://prometheus",
            "**Runbook:** <https://wiki.example.com/checkout>",
            f"**Playbook:** <{PUBLIC_URL}/services/checkout/playbook>",
            "You don't have to fix it yourself",
        )
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("kind", NoticeKind)
def test_times_are_those_of_where_the_reader_is_and_name_it(kind: NoticeKind) -> None:
    changes: dict[str, Any] = {"audience": "internal"} if kind is NoticeKind.STAKEHOLDER_UPDATE else {}
    about = notice(kind, **changes)
    text = render(about, ORGANISATION, PUBLIC_URL, LINKS, "carla").text
    said = "\n".join(line for line in text.splitlines() if not line.startswith("> "))
    times = re.findall(r"\d{4}, \d{2}:\d{2}( \([^)]*\))?", said)
    assert {*times} <= {" (America/New_York)"}


def test_an_escalation_says_what_was_said_last_what_its_owner_carries_and_what_waiting_has_cost() -> None:
    known = Standing(
        said=Said("Blocked by *the* vendor\nagain", "ben", NOW),
        owns=7,
        overdue=3,
        cost=Cost(("inc-0000000003", "inc-0000000004"), timedelta(minutes=135)),
    )
    about = notice(NoticeKind.ITEM_ESCALATION)
    rendered = render(about, ORGANISATION, PUBLIC_URL, LINKS, "carla", standing=known)
    for sentence in (
        "it happened again: inc-0000000003 and inc-0000000004, 2 h 15 min of incident together",
        "**What Ana Ruiz has open:** 7 action items, 3 of them overdue",
        "**Said last, by Ben Lee on Mon 02 Mar 2026, 04:00 (America/New_York):** Blocked by *the* vendor again",
    ):
        assert sentence in rendered.text
    assert "Blocked by *the* vendor again" in rendered.html
    hidden = render(about, ORGANISATION, PUBLIC_URL, LINKS, "carla", standing=known, hidden=True)
    assert "vendor" not in hidden.text + hidden.html


def test_a_review_has_the_text_and_nothing_typed_there_is_markup() -> None:
    text = "# What broke\n\nThe queue <b>filled</b>.\n\n- [press](https://evil.example)\n![i](https://evil.example/i)\n"
    about = notice(NoticeKind.POSTMORTEM_TO_REVIEW)
    rendered = render(about, ORGANISATION, PUBLIC_URL, LINKS, "ben", text=text)
    for line in ("## What broke\n", "\nThe queue <b>filled</b>.\n", "- [press](https://evil.example)"):
        assert line in rendered.text
    assert "What broke</h2>" in rendered.html
    assert not re.search(r"evil\.example[^<]*>|<b>|<img", rendered.html)
    assert "read the rest" not in rendered.text
    hidden = render(about, ORGANISATION, PUBLIC_URL, LINKS, "ben", text=text, hidden=True)
    assert "queue" not in hidden.text + hidden.html


@pytest.mark.parametrize("line", ["a", "&" * 80, "## " + "é" * 100, "- \N{FIRE}" * 40, '"' * 200_000, "word " * 30])
def test_a_review_is_never_so_long_that_it_is_clipped_and_leads_to_the_rest(line: str) -> None:
    about = notice(NoticeKind.POSTMORTEM_TO_REVIEW)
    text = "\n\n".join([line] * 5_000) if len(line) < 1_000 else line
    rendered = render(about, ORGANISATION, PUBLIC_URL, LINKS, "ben", text=text)
    assert len(rendered.html.encode()) < 100_000
    assert f"[read the rest]({PUBLIC_URL}/incidents/inc-0000000001/postmortem)" in rendered.text


def test_mails_of_an_incident_are_one_thread() -> None:
    headers = [to_colleagues(kind).headers for kind in NoticeKind]
    assert {header["References"] for header in headers} == {"<inc-0000000001@followthrough.example.com>"}
    assert {header["In-Reply-To"] for header in headers} == {header["References"] for header in headers}
    assert len({header["Message-ID"] for header in headers}) == len(NoticeKind)
    assert headers == [to_colleagues(kind).headers for kind in NoticeKind]


@pytest.mark.parametrize("kind", NoticeKind)
def test_drills_say_so_first(kind: NoticeKind) -> None:
    drill = to_colleagues(kind, {"drill": True})
    assert drill.subject.startswith("DRILL [inc-0000000001")
    assert drill.text.startswith("**This is a drill.**")
    assert "This is a drill." in drill.html


HOSTILE = "Pay\r\nBcc: all@example.com\n# Big [here](https://evil.example) <b>x</b> `y` ![i](https://evil.example/i)"


@pytest.mark.parametrize("kind", NoticeKind)
def test_what_people_typed_is_neither_header_nor_markup(kind: NoticeKind) -> None:
    rendered = to_colleagues(kind, {"title": HOSTILE})
    message = EmailMessage()
    message["Subject"] = rendered.subject
    for name, value in rendered.headers.items():
        message[name] = value
    assert "Bcc" not in message
    assert not re.search(r"evil\.example[^<]*>|<h1|<b>|<img", rendered.html)
    assert "Bcc: all@example.com # Big [here](https://evil.example)" in rendered.subject + rendered.text
    assert "\\" not in rendered.text + rendered.html


def test_longer_texts_keep_their_lines_and_stay_quoted() -> None:
    rendered = mail(NoticeKind.STAKEHOLDER_UPDATE, text="One_two_three\n\n    # Four\n1. <Five>")
    assert "> One_two_three\n> \n> # Four\n> 1. <Five>\n" in rendered.text
    quote = re.sub(r' style="[^"]*"', "", rendered.html.partition("</blockquote>")[0].partition("<blockquote")[2])
    assert "<p>One_two_three</p>\n<p># Four<br>\n1. &lt;Five&gt;</p>" in quote


def test_customers_get_only_what_is_meant_for_them() -> None:
    told = mail(NoticeKind.STAKEHOLDER_UPDATE, {"title": "db-7 is out of disk"})
    assert told.subject == "Identified: Checkout"
    for inside in ("inc-0000000001", "db-7", "http", "Followthrough", "SEV"):
        assert inside not in told.subject + told.text + told.html
        assert inside not in str(told.headers)
    second = mail(NoticeKind.STAKEHOLDER_UPDATE, key="inc-0000000001/9/stakeholder-update")
    assert second.headers["References"] == told.headers["References"]
    assert second.headers["Message-ID"] != told.headers["Message-ID"]
    assert f"{PUBLIC_URL}/incidents/" in mail(NoticeKind.STAKEHOLDER_UPDATE, audience="internal").text


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (notice(NoticeKind.ITEM_REMINDER, {"status": ItemStatus.PROPOSED}), "an answer was due"),
        (notice(NoticeKind.ITEM_REMINDER, at=NOW + timedelta(days=10)), "ask for more time: it was due"),
        (notice(NoticeKind.ITEM_ESCALATION, {"status": ItemStatus.PROPOSED}), "not been accepted"),
        (notice(NoticeKind.ITEM_ENDED, {"status": ItemStatus.CLOSED, "evidence": [EVIDENCE]}), "Thank you"),
        (notice(NoticeKind.INCIDENT_CLOSED, {"status": IncidentStatus.CANCELLED}), "false alarm"),
        (notice(NoticeKind.POSTMORTEM_ESCALATION, level=0), "publish the postmortem today"),
        (notice(NoticeKind.POSTMORTEM_PUBLISHED, {"items": []}), "no action items"),
    ],
)
def test_a_mail_fits_the_state_of_its_record(about: Notice, words: str) -> None:
    assert words in render(about, ORGANISATION, PUBLIC_URL, LINKS).text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{{ ttle }}", "ttle"),
        ("{{ late }} {{ declared_at }}", "declared_at"),
        ("{{ title.upper() }}", "whole values"),
        ("{% if level %}", "Unexpected end"),
        (None, "item-reminder"),
    ],
    ids=["misspelt", "of another kind", "part of a value", "malformed", "missing"],
)
def test_a_wrong_template_is_an_error_when_it_is_loaded(tmp_path: Path, change: str | None, message: str) -> None:
    folder = shutil.copytree(Path(renderer.__file__).parent / "templates", tmp_path / "templates")
    template = folder / "item-reminder.md.j2"
    if change is None:
        template.unlink()
    else:
        template.write_text(f"Subject\n{change}\n")
    with pytest.raises(TemplateError, match=re.escape(message)):
        load(folder)
