"""What mail programs make of our HTML.

Outlook on Windows lays out with Word's engine, and Gmail drops what it does not know, so mails are tables with
inline styles, and each property below is one that both take or can do without. See https://www.caniemail.com for
each, and for Word: https://www.caniemail.com/clients/outlook/.
"""

import re

import pytest

from followthrough.domain.answered.report.weekly import weekly_digest
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.report.mails import WeeklyMail
from followthrough.mail.render import render, render_digest, render_weekly
from tests.digests import monthly
from tests.notices import LINKS, ORGANISATION, PUBLIC_URL, notice
from tests.records import NOW, item

UNDERSTOOD = {
    *("background-color", "border", "border-left", "border-top", "border-color", "color", "display", "font"),
    *("font-size", "font-weight", "height", "line-height", "margin", "padding", "padding-left", "padding-right"),
    *("text-align", "text-decoration", "width"),
}
DISPENSABLE = {"border-radius", "max-width", "overflow-wrap"}
"""Without them corners are square, Outlook has the width from attributes, and long words are wide."""
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td", "p", "ul", "ol", "li"),
    *("a", "strong", "em", "code", "blockquote", "br", "img", "h2"),
}


UNSUBSCRIBE = f"{PUBLIC_URL}/unsubscribe/token"


def mail(kind: str) -> str:
    if kind == "monthly":
        return render_digest(monthly(), ORGANISATION, PUBLIC_URL, "carla", UNSUBSCRIBE).html
    if kind == "weekly":
        asked = WeeklyMail(person="carla", week="2026-W10", at=NOW)
        digest = weekly_digest(asked, [item(due_in_days=-1)], {}, ORGANISATION)
        return render_weekly(digest, ORGANISATION, PUBLIC_URL, UNSUBSCRIBE).html
    return render(notice(NoticeKind(kind)), ORGANISATION, PUBLIC_URL, LINKS, "ana").html


@pytest.mark.parametrize("kind", [*NoticeKind, "monthly", "weekly"])
def test_mails_use_what_mail_programs_understand(kind: str) -> None:
    html = mail(kind)
    rules = re.findall(r"\{([^{}]*)\}", html) + re.findall(r' style="([^"]*)"', html)
    declared = [rule.split(":", 1) for rule in ";".join(rules).replace("&quot;", "").split(";") if rule.strip()]
    assert {name.strip() for name, _ in declared} <= UNDERSTOOD | DISPENSABLE
    assert {value.strip() for name, value in declared if name.strip() == "display"} <= {"block", "inline-block"}
    assert not re.search(r"url\(|var\(|calc\(|@import|position:|float:", html)
    assert set(re.findall(r"<([a-z][a-z0-9]*)", html)) <= TAGS
    assert all('role="presentation"' in table for table in re.findall(r"<table[^>]*>", html))
    assert '<html lang="en">' in html
    assert re.search(r'<!--\[if mso\]><table [^>]*width="600"', html), "Outlook knows no max-width"
    assert all(" alt=" in image for image in re.findall(r"<img[^>]*>", html))
    assert re.search(r'<body [^>]*bgcolor="#f3f4f6"', html)
