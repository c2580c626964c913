from datetime import UTC, date, datetime
from typing import Any

from followthrough.domain.answered.organisation.organisation import Organisation, Person, Service
from followthrough.domain.answered.report.playbook import markdown, playbook

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def with_service(organisation: Organisation, **changes: Any) -> Organisation:
    service = organisation.services["checkout"].model_dump() | changes
    services = {**organisation.services, "checkout": Service.model_validate(service)}
    return organisation.model_copy(update={"services": services})


def with_person(organisation: Organisation, person: str, **changes: Any) -> Organisation:
    changed = Person.model_validate(organisation.people[person].model_dump() | changes)
    return organisation.model_copy(update={"people": {**organisation.people, person: changed}})


def gaps(organisation: Organisation) -> tuple[str, ...]:
    return playbook("checkout", organisation, NOW).gaps


def test_it_says_who_is_asked_in_which_order_and_how_to_reach_them(organisation: Organisation) -> None:
    made = playbook("checkout", with_person(organisation, "ines", phone="+34 91 555 01 01"), NOW)
    assert [(contact.name, contact.part) for contact in made.path] == [
        ("Inés Robles", "on call"),
        ("Tomás Ferrer", "on call"),
        ("Marcos Vidal", "escalation"),
        ("Nora Lindqvist", "escalation"),
    ]
    assert (made.path[0].phone, made.path[0].email) == ("+34 91 555 01 01", "ines@example.com")
    first = made.severities[0]
    assert (first.severity, first.acknowledge, first.postmortem) == ("SEV1", "within 5 min", "within 5 working days")
    assert first.updates == "customers every 30 min, executives every 1 h, internal every 30 min"


def test_with_a_rota_the_order_is_todays_and_managers_come_last(organisation: Organisation) -> None:
    made = playbook("card-payments", organisation, datetime(2026, 1, 13, 12, tzinfo=UTC))
    assert [contact.person for contact in made.path] == ["lucia", "tomas", "marcos", "nora"]
    assert made.turns == "On call takes turns of 7 days; this is the order on 2026-01-13."
    alone = playbook("checkout", with_service(organisation, escalation_path=()), NOW)
    assert [(contact.person, contact.part) for contact in alone.path[2:]] == [
        ("marcos", "manager"),
        ("nora", "manager"),
    ]


def test_the_example_has_no_gaps_and_each_gap_is_named_with_what_to_do(organisation: Organisation) -> None:
    assert gaps(organisation) == ()
    assert gaps(with_service(organisation, on_call=("ines",))) == ("Only Inés Robles is on call; add a second person.",)
    assert gaps(with_service(organisation, escalation_path=("lucia",))) == (
        "The path ends with Lucía Prieto, who manages nobody; let it end with a manager.",
    )
    assert gaps(with_service(organisation, subscribers={"internal": ["all@example.com"]})) == (
        "No subscriber gets the customers updates due at SEV1, SEV2; add an address.",
        "No subscriber gets the executives updates due at SEV1; add an address.",
    )
    assert gaps(with_person(organisation, "marcos", manager=None)) == (
        "Nobody is above Marcos Vidal, who leads Payments: what is late escalates no further.",
    )


def test_who_left_is_a_gap_and_is_not_asked_any_more(organisation: Organisation) -> None:
    left = with_person(organisation, "ines", left=date(2026, 3, 2))
    assert gaps(left) == (
        "Inés Robles left on 2026-03-02 and is still named; name somebody else.",
        "Only Tomás Ferrer is on call; add a second person.",
    )
    assert playbook("checkout", left, NOW).path[0].name == "Tomás Ferrer"
    assert gaps(with_person(organisation, "ines", left=date(2026, 3, 3))) == ()


def test_as_markdown_it_has_everything_and_cells_stay_cells(organisation: Organisation) -> None:
    text = markdown(playbook("checkout", with_person(organisation, "ines", name="Inés | Robles"), NOW))
    assert r"| 1 | Inés \| Robles | on call |  | ines@example.com |" in text
    for part in (
        "**Comms Lead**",
        "- [Runbook](https://wiki.example.com/checkout/runbook)",
        "No heroes",
        "--service checkout",
    ):
        assert part in text
    assert "## Gaps" not in text


def test_the_call_stands_before_everything_else(organisation: Organisation) -> None:
    made = playbook("checkout", with_service(organisation, call="https://meet.example.com/checkout"), NOW)
    assert made.call == "https://meet.example.com/checkout"
    document = markdown(made)
    assert document.index("**Join the call:** <https://meet.example.com/checkout>") < document.index("## ")
    assert "Join the call" not in markdown(playbook("checkout", with_service(organisation, call=None), NOW))
