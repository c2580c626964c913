import re
from datetime import date

import pytest

from followthrough.domain.answered.organisation.organisation import Sprints
from followthrough.domain.answered.sprint.dates import sprint_plan
from followthrough.domain.answered.sprint.proposal import propose
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.mail.planning import APPROVE_PLANNING, ProposalAsMailed
from followthrough.mail.render import Rendered, render_planning
from tests.notices import LINKS, ORGANISATION, PUBLIC_URL
from tests.records import NOW, item
from workflows.messages.sprint import PlanningMail, PlanningMailKind

UNSUBSCRIBE = f"{PUBLIC_URL}/unsubscribe/x"
FIRST_DAY = date(2026, 3, 9)
PAYMENTS = ORGANISATION.teams["payments"].model_copy(
    update={"sprints": Sprints(first_day=FIRST_DAY, capacity=40), "members": ("ana", "ben")}
)
SCRUM = ORGANISATION.model_copy(update={"teams": {"payments": PAYMENTS}})


def mail(items: list[ActionItem], kind: PlanningMailKind = PlanningMailKind.DIGEST, text: str = "") -> Rendered:
    plan = sprint_plan("payments", SCRUM, FIRST_DAY)
    assert plan is not None
    sprint = Sprint(id=5, name="Payments <24>")
    request = PlanningMail(kind=kind, to="ana", plan=plan, sprint=sprint, at=NOW, text=text)
    unsubscribe = UNSUBSCRIBE if kind is PlanningMailKind.DIGEST else ""
    return render_planning(request, propose(plan, items, SCRUM), SCRUM, PUBLIC_URL, unsubscribe, LINKS)


def test_five_hundred_items_make_a_readable_mail() -> None:
    made = [item(number, due_in_days=number % 60 - 10, title=f"Alert on queue {number}") for number in range(1, 501)]
    rendered = mail(made)
    assert len(rendered.html) < 100_000, "Gmail clips a longer one"
    listed = re.findall(r"^- Alert on queue (\d+) ", rendered.text, re.M)
    assert len(listed) == len(set(listed)) <= 40
    more = [int(count) for count in re.findall(r"\[and (\d+) more\]", rendered.text)]
    assert len(listed) + sum(more) == 500
    assert f"{PUBLIC_URL}/planning/payments?first_day=2026-03-09#overdue" in rendered.text


def test_the_proposal_comes_first_and_says_what_it_takes() -> None:
    left = item(1, due_in_days=40, moved_on=2, estimate=3)
    rendered = mail([item(2, due_in_days=3, estimate=6), left, item(3, sprint=Sprint(id=5, name="24"), estimate=2)])
    assert rendered.subject == "[planning/payments] What Payments could plan in the sprint of 2026-03-09"
    assert "share for action items is **8**, of which 2 is taken" in rendered.text
    assert "what is proposed takes 3." in rendered.text
    assert "**1** was planned before and not done; that comes first." in rendered.text
    assert "Open: 1 planned before and not done, 1 overdue, 1 already planned." in rendered.text
    facts = "Ana Ruiz, SEV2, high priority, planned before and not done, due 11 Apr 2026, estimate 3"
    assert f"- Alert on queue depth ({left.id}, {facts}): Moved on 2 times." in rendered.text
    assert "Overdue, not proposed (1):" in rendered.text
    assert "Needs 6, and 3 of the share is left" in rendered.text
    assert "Payments &lt;24&gt;" in rendered.html


@pytest.mark.parametrize("kind", [PlanningMailKind.DIGEST, PlanningMailKind.REMINDER])
def test_its_button_approves_for_its_reader_what_is_proposed_as_it_stands_there(kind: PlanningMailKind) -> None:
    made = [item(1, due_in_days=3, estimate=4), item(2, due_in_days=4, estimate=4), item(3, due_in_days=5, estimate=9)]
    rendered = mail(made, kind)
    (token,) = re.findall(rf'class="button" href="{PUBLIC_URL}/act/([\w.-]+)/planning"', rendered.html)
    link = LINKS.read(token, {APPROVE_PLANNING})
    plan = sprint_plan("payments", SCRUM, FIRST_DAY)
    assert plan is not None
    assert link.person == "ana"
    assert ProposalAsMailed.read(link.about) == ("payments", FIRST_DAY, propose(plan, made, SCRUM).version)
    assert propose(plan, made[1:], SCRUM).version != propose(plan, made, SCRUM).version
    assert "/act/" not in mail([], kind).text


def test_only_the_digest_can_be_unsubscribed_from() -> None:
    assert mail([]).headers["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert UNSUBSCRIBE in mail([]).html
    assert "List-Unsubscribe" not in mail([], PlanningMailKind.REMINDER).headers


def test_nothing_open_is_said() -> None:
    assert "Nothing is proposed." in mail([]).text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (PlanningMailKind.REMINDER, "Planning begins, and nobody has approved action items for Payments <24>."),
        (PlanningMailKind.TROUBLE, "> Jira refused the move"),
    ],
)
def test_the_lead_hears_what_is_missing(kind: PlanningMailKind, words: str) -> None:
    rendered = mail([item()], kind, "Jira refused the move")
    assert words in rendered.text
    assert f"{PUBLIC_URL}/planning/payments?first_day=2026-03-09" in rendered.html
