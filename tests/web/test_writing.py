"""Writing a stakeholder update on a page, on the real engine."""

import html
import re

import httpx
from sqlmodel import Session

from followthrough.domain.answered.incident.readers import likely_audience, readers
from followthrough.domain.replayed.incident.incident import (
    Audience,
    IncidentMoment,
    IncidentMomentKind,
    IncidentPlan,
    Subscription,
)
from followthrough.store import queries
from tests.example import EXAMPLE
from tests.records import NOW
from tests.records import incident as incident_that_is
from tests.waiting import eventually
from tests.web.conftest import Web, words
from tests.web.test_api import declare, get, give
from tests.web.test_doing import hidden
from tests.web.test_incident_choices import commanded
from tests.web.test_private import eyes_of


def typed_in(answer: httpx.Response) -> str:
    found = re.search(r'<textarea id="text"[^>]*>(.*?)</textarea>', answer.text, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


async def test_an_update_goes_from_its_draft_through_a_preview_to_its_readers(web: Web, api: httpx.AsyncClient) -> None:
    incident = await commanded(api)
    await give(api, incident, "subscribe", by="wei", audience="customers")
    path = f"/incidents/{incident}/update"
    async with eyes_of(web, "ines") as ines:
        asked = await ines.get(f"/incidents/{incident}/do/update")
        assert asked.headers["location"] == path
        form = await ines.get(path)
        nonce = hidden(form, "nonce")
        assert "there is a problem with Checkout" in typed_in(form)
        typed = {"nonce": nonce, "audience": "customers", "stage": "identified", "text": typed_in(form)}
        anew = await ines.post(path, data=typed | {"do": "draft"})
        assert (anew.status_code, 'value="identified" selected' in anew.text) == (200, True)
        assert typed_in(anew) != typed["text"]
        typed["text"] = "We know <why>.\n\nIt is the queue."
        preview = await ines.post(path, data=typed | {"do": "preview"})
        assert "This would be sent to customers" in words(preview)
        for shown in ("Wei ", "You hear from us again by", "Nothing has been sent yet"):
            assert shown in words(preview)
        for address in EXAMPLE.services["checkout"].subscribers.get(Audience.CUSTOMERS, ()):
            assert address in words(preview)
        assert hidden(preview, "nonce") == nonce
        changed = await ines.post(path, data=typed | {"do": "change"})
        assert typed_in(changed) == typed["text"]
        sent = await ines.post(path, data=typed | {"do": "send"})
        assert sent.status_code == 303, words(sent)
        again = await ines.post(path, data=typed | {"do": "send"})
        assert again.status_code == 303
        assert "Identified, to customers: We know" in words(await ines.get(sent.headers["location"]))
    updates = (await get(api, f"incidents/{incident}"))["updates"]
    assert [(one["audience"], one["text"]) for one in updates] == [("customers", typed["text"])]


async def test_who_is_named_in_the_preview_gets_the_mail(web: Web, api: httpx.AsyncClient) -> None:
    incident = await commanded(api)
    for person in ("wei", "nora"):
        await give(api, incident, "subscribe", by=person, audience="internal")
    await give(api, incident, "unsubscribe", by="nora")
    with Session(web.database) as session:
        record = queries.incident(session, incident)
    assert record is not None
    people, addresses = readers(record, Audience.INTERNAL, web.organisation())
    expected = {*addresses, *(web.organisation().people[person].email for person in people)}
    await give(api, incident, "send update", stage="identified", audience="internal", text="It is the queue")

    async def sent() -> bool:
        mails = await get(api, f"mails?incident_id={incident}")
        had = {to for mail in mails if mail["kind"] == "stakeholder-update" for to in mail["recipients"]}
        return had == expected

    assert people == ("wei",)
    await eventually(sent)


async def test_what_is_refused_is_said_above_all_that_was_typed(web: Web, api: httpx.AsyncClient) -> None:
    incident = await commanded(api)
    path, text = f"/incidents/{incident}/update", "It is the queue"
    async with eyes_of(web, "ines") as ines, eyes_of(web, "wei") as wei:
        for wrong, sentence in (
            ({"audience": "neighbours", "stage": "identified", "text": text}, "For whom: "),
            ({"audience": "customers", "stage": "", "text": text}, "Where the work stands: this can't be left out."),
            ({"audience": "customers", "stage": "identified", "text": text * 1000}, "What to tell them: "),
        ):
            for button in ("preview", "send"):
                refused = await ines.post(path, data=wrong | {"do": button})
                assert (refused.status_code, sentence in words(refused)) == (409, True), words(refused)
                assert typed_in(refused) == wrong["text"]
        typed = {"audience": "customers", "stage": "identified", "text": text, "do": "send"}
        forbidden = await wei.post(path, data=typed)
        assert (forbidden.status_code, "wei can't send an update" in words(forbidden)) == (403, True)
        assert typed_in(forbidden) == text
        assert (await wei.get(path)).status_code == 403
        await give(api, incident, "cancel", reason="A false alarm")
        assert (await ines.get(path)).status_code == 409
        late = await ines.post(path, data=typed)
        assert (late.status_code, "is cancelled" in words(late)) == (409, True)
        assert typed_in(late) == text


async def test_customers_hear_nothing_of_a_drill_and_the_preview_says_so(web: Web, api: httpx.AsyncClient) -> None:
    drill = await declare(api, drill=True)
    await give(api, drill, "acknowledge")
    typed = {"audience": "customers", "stage": "identified", "text": "Only practice", "do": "preview"}
    async with eyes_of(web, "ines") as ines:
        assert "customers hear nothing of a drill" in words(await ines.post(f"/incidents/{drill}/update", data=typed))


def test_readers_are_each_there_once_and_nobody_who_unsubscribed() -> None:
    address = EXAMPLE.people["sam"].email
    service = EXAMPLE.services["checkout"].model_copy(
        update={"subscribers": {Audience.INTERNAL: ("Status@example.com", "status@example.com", address.upper())}}
    )
    file = EXAMPLE.model_copy(update={"services": {**EXAMPLE.services, "checkout": service}})
    record = incident_that_is(
        service="checkout",
        subscriptions=[Subscription(person=person, audience=Audience.INTERNAL) for person in ("wei", "gone")],
        unsubscribed=["sam"],
    )
    assert readers(record, Audience.INTERNAL, file) == (("wei",), ("status@example.com",))
    assert readers(record, Audience.CUSTOMERS, file) == ((), ())


def test_the_audience_that_is_owed_an_update_comes_first() -> None:
    due = IncidentMoment(at=NOW, kind=IncidentMomentKind.UPDATE_DUE, subject="executives")
    owed = incident_that_is(plan=IncidentPlan(postmortem_due=None, auto_resolve=False, next=due))
    assert likely_audience(owed, EXAMPLE) is Audience.EXECUTIVES
    assert likely_audience(incident_that_is(), EXAMPLE) in EXAMPLE.severities[incident_that_is().severity].updates
