import re
from typing import Any

from followthrough.domain.answered.drill.scorecard import Practice, TeamPractice
from followthrough.domain.answered.report.digest import Ages, ItemNumbers, KudosLine, RepeatLine
from followthrough.domain.answered.report.escalations import Escalation
from followthrough.domain.answered.report.load import Duty, Overload
from followthrough.domain.replayed.item.action_item import ItemStatus, Moment, MomentKind
from followthrough.mail.charts import charts
from followthrough.mail.render import Rendered, render_digest
from tests.digests import monthly
from tests.notices import DRILL, ORGANISATION, PUBLIC_URL, WAIVER
from tests.records import NOW, item

MISSED = TeamPractice(team="payments", quarter="2026 Q1", practice=Practice.MISSED, planned_at=NOW)
UNSUBSCRIBE = f"{PUBLIC_URL}/unsubscribe/token"


def mail(unsubscribe: str = UNSUBSCRIBE, **changes: Any) -> Rendered:
    return render_digest(monthly(**changes), ORGANISATION, PUBLIC_URL, "carla", unsubscribe)


def test_a_quiet_month_asks_for_nothing() -> None:
    rendered = mail()
    assert rendered.subject == "[digest/2026-03] Incident follow-up in March 2026"
    assert "You don't have to do anything" in rendered.text
    assert "**Incidents declared:** 1 SEV1, 4 SEV3" in rendered.text
    assert "9, 7 of them on time (78%)" in rendered.text
    assert "##" not in rendered.text
    assert "References" not in rendered.headers
    assert rendered.headers["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"


def test_it_asks_to_decide_about_what_went_wrong() -> None:
    overload = Overload(person="ana", duty=Duty.LED, count=4, total=5, others=("ben",))
    escalation = Moment(at=NOW, kind=MomentKind.ESCALATE, level=2, to=("carla", "ana"))
    rendered = mail(
        missed_drills=(MISSED,),
        overloads=(overload,),
        items=ItemNumbers(on_time=0, late=0, waived=1, open=3, overdue=3),
        ages=Ages(median=40, counts=(1, 2, 0, 0), oldest=item()),
        unanswered=(Escalation(item=item(), moment=escalation),),
        waived=(item(status=ItemStatus.WAIVED, waiver=WAIVER),),
        repeats=(RepeatLine(incident_id="inc-2", title="Payments fail", earlier=("inc-1",), items=("Test it",)),),
    )
    asked = rendered.text.partition("\n\n[")[0]
    assert "Please decide within a week" in asked
    assert "escalations without an answer: 1; action items past their deadline: 3; repeated incidents: 1" in asked
    assert "not every team practised; a few people carry much" in asked
    link = f"[Alert on queue depth]({PUBLIC_URL}/items/inc-0000000001.1)"
    assert f"half of it more than 40 days; the oldest is {link}" in rendered.text
    assert f"- {link}: level 2 on 02 Mar, asked Carla Diaz and Ana Ruiz\n" in rendered.text
    assert f"- {link}: Carla Diaz: The service goes away in May.\n" in rendered.text
    assert f"- [Payments fail]({PUBLIC_URL}/incidents/inc-2), like inc-1; not done: Test it\n" in rendered.text
    assert f"- [Payments]({PUBLIC_URL}/drills)\n" in rendered.text
    assert "- Ana Ruiz led: 4 of 5; who else could: Ben Lee\n" in rendered.text


def test_charts_are_images_within_the_mail_and_words_in_its_text() -> None:
    rendered = mail()
    for chart in charts(monthly()):
        assert f"\n\n{chart.said}\n\n{chart.alt}\n" in rendered.text
        assert f">{chart.said}</p>" in rendered.html
        (image,) = re.findall(rf'<img [^>]*src="cid:{chart.content_id}"[^>]*>', rendered.html)
        assert f'alt="{chart.alt}"' in image
        assert 'width="400"' in image
    assert "cid:" not in rendered.text
    assert f"[the month's insights as PDF]({PUBLIC_URL}/insights/2026-03.pdf)" in rendered.text
    assert re.findall(r'src="(?!cid:)', rendered.html) == [], "nothing is from another host"


def test_a_long_list_ends_with_a_link_in_the_mail_and_is_whole_on_the_page() -> None:
    waived = [item(number, status=ItemStatus.WAIVED, waiver=WAIVER) for number in range(1, 500)]
    rendered, page = mail(waived=waived), mail(waived=waived, unsubscribe="")
    assert f"[and 489 more]({PUBLIC_URL}/digests/monthly?month=2026-03)" in rendered.text
    assert len(rendered.html.encode()) < 20_000
    assert page.text.count("The service goes away") == 499
    assert "nsubscribe" not in page.text


def test_it_tells_of_drills_and_passes_thanks_on_without_their_markup() -> None:
    kudos = KudosLine(
        by="ben",
        to=("ana", "carla"),
        text="For <b>saying</b> it\r\n# early",
        for_openness=True,
        at=NOW,
        incident_id="inc-0000000001",
        title="Payments fail",
    )
    rendered = mail(drills=(DRILL,), kudos=(kudos,))
    assert "[Errors rise after a deploy]" in rendered.text
    assert ": Payments, acknowledged after 4 min; 1 of 2 roles filled;" in rendered.text
    assert ": to Ana Ruiz and Carla Diaz for openness, from Ben Lee: For <b>saying</b> it # early" in rendered.text
    assert not re.search(r"<b>|<h1", rendered.html)
