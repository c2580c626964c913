import re
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from followthrough.domain.answered.choices import DECIDE
from followthrough.domain.answered.report.weekly import weekly_digest
from followthrough.domain.replayed.item.action_item import (
    ActionItem,
    ExtensionWanted,
    ItemStatus,
    Moment,
    MomentKind,
    OwnerWanted,
)
from followthrough.domain.replayed.report.mails import WeeklyMail
from followthrough.mail.render import Rendered, render_weekly
from tests.notices import EVIDENCE, LINKS, ORGANISATION, PUBLIC_URL, WAIVER
from tests.records import NOW, item

DAY = timedelta(days=1)
UNSUBSCRIBE = f"{PUBLIC_URL}/unsubscribe/token"


def mail(*items: ActionItem, unsubscribe: str = UNSUBSCRIBE) -> Rendered:
    """To Carla, in New York."""
    asked = WeeklyMail(person="carla", week="2026-W10", at=NOW)
    digest, links = weekly_digest(asked, items, {}, ORGANISATION), LINKS if unsubscribe else None
    return render_weekly(digest, ORGANISATION, PUBLIC_URL, unsubscribe, links)


@pytest.mark.parametrize(
    ("record", "meaning"),
    [
        (
            item(
                due_in_days=-4,
                reminders=[Moment(at=NOW - 3 * DAY, kind=MomentKind.ESCALATE, level=2, to=("carla", "ana"))],
            ),
            "SEV2, Ana Ruiz, 4 days late; escalation 2 waits for 3 days",
        ),
        (
            item(owner_wanted=OwnerWanted(because="She is away until June.", since=NOW)),
            "who else could own it? She is away until June.",
        ),
        (
            item(extension_wanted=ExtensionWanted(until=NOW + 9 * DAY, reason="The queue moves.", by="ana", at=NOW)),
            "Ana Ruiz asks for time until Wed 11 Mar: The queue moves.",
        ),
        (
            item(status=ItemStatus.DONE, evidence=[EVIDENCE]),
            "Ana Ruiz has done it; please verify the evidence",
        ),
        (
            item(status=ItemStatus.WAIVED, waiver=WAIVER.model_copy(update={"until": NOW + 2 * DAY})),
            "its waiver ends Wed 04 Mar: The service goes away in May.",
        ),
    ],
)
def test_each_decision_says_what_is_wanted_where_and_why(record: ActionItem, meaning: str) -> None:
    rendered = mail(record)
    assert rendered.subject == "[weekly/2026-W10] Your people's action items: decisions wanted of you: 1"
    assert "Please decide this week" in rendered.text
    found = re.search(
        rf"- \[Alert on queue depth\]\({PUBLIC_URL}/decide/([\w.-]+)\): {re.escape(meaning)}\n", rendered.text
    )
    assert found is not None
    link = LINKS.read(found[1], {DECIDE})
    assert (link.person, link.about) == ("carla", record.id)
    assert f'class="button" href="{PUBLIC_URL}/decide/{found[1]}"' in rendered.html
    on_page = mail(record, unsubscribe="").text
    assert f"- [Alert on queue depth]({PUBLIC_URL}/items/{record.id}): {meaning}\n" in on_page
    assert "/decide/" not in on_page


def test_without_anything_late_nothing_is_asked() -> None:
    rendered = mail(item(status=ItemStatus.CLOSED, ended_at=NOW - DAY), item(2, due_in_days=3))
    assert "You don't have to do anything" in rendered.text
    assert "thanks to Ana Ruiz" in rendered.text
    assert "SEV2, Ana Ruiz, due Thu 05 Mar" in rendered.text


def test_the_mail_says_how_to_unsubscribe_and_the_page_does_not() -> None:
    late = item(due_in_days=-1)
    rendered, page = mail(late), mail(late, unsubscribe="")
    assert rendered.headers["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert rendered.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"[Unsubscribe from this digest]({UNSUBSCRIBE})" in rendered.text
    assert "nsubscribe" not in page.text + str(page.headers)


def test_500_late_items_are_a_short_mail_and_a_page_that_does_not_grow() -> None:
    title = "Make checkout go on when the card provider answers late, in each region and for each kind of card"
    late = [item(number, due_in_days=-number, title=f"{title}, part {number}") for number in range(1, 501)]
    rendered, page = mail(*late), mail(*late, unsubscribe="")
    assert "## Late: 500" in rendered.text
    assert re.findall(r", part (\d+)\]", rendered.text) == [str(number) for number in range(500, 490, -1)]
    assert f"- [and 490 more]({PUBLIC_URL}/digests/weekly/carla)" in rendered.text
    assert len(rendered.html.encode()) < 15_000
    assert len(re.findall(r", part \d+\]", page.text)) == 50
    assert f"[and 450 more]({PUBLIC_URL}/items?late=true" in page.text


def test_even_the_longest_mail_is_not_clipped_by_gmail() -> None:
    """Gmail cuts a message off at 102 KB."""
    policies = ORGANISATION.policies.model_copy(
        update={"weekly": ORGANISATION.policies.weekly.model_copy(update={"at_most": 25})}
    )
    organisation = ORGANISATION.model_copy(update={"policies": policies})
    block = {"reason": "*" * 999, "until": NOW + 30 * DAY, "by": "ana", "at": NOW - 30 * DAY}
    kinds: list[dict[str, Any]] = [
        {"due_in_days": -3},
        {"due_in_days": 3},
        {"due_in_days": 30, "block": block},
        {"status": ItemStatus.CLOSED, "ended_at": NOW - DAY},
        {"due_in_days": 30, "owner_wanted": OwnerWanted(because="*" * 999, since=NOW)},
    ]
    items = [item(number, title="*" * 500, **kinds[number % len(kinds)]) for number in range(500)]
    asked = WeeklyMail(person="carla", week="2026-W10", at=NOW)
    rendered = render_weekly(weekly_digest(asked, items, {}, ORGANISATION), organisation, PUBLIC_URL, UNSUBSCRIBE)
    assert rendered.text.count("and 75 more") == 5
    assert len(rendered.html.encode()) < 100_000


def test_what_people_typed_is_neither_header_nor_markup() -> None:
    hostile = "Pay\r\nBcc: all@example.com\n# Big [here](https://evil.example) <b>x</b> ![i](cid:chart-ages)"
    wanted = OwnerWanted(because=hostile, since=NOW)
    rendered = mail(item(1, title=hostile, due_in_days=-2), item(2, title=hostile, owner_wanted=wanted))
    message = EmailMessage()
    message["Subject"] = rendered.subject
    assert not re.search(r"evil\.example[^<]*>|<h1|<b>|<img", rendered.html)
    assert "\\" not in rendered.text + rendered.html
