"""Mails that were set aside are sent again."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from sqlmodel import Session

from followthrough.organisation_file import OrganisationFile
from followthrough.store.tables import MailRow, MailState
from tests import records
from tests.records import NOW
from tests.waiting import eventually
from tests.web.conftest import Web, words
from tests.web.test_private import eyes_of


async def test_a_mail_that_was_set_aside_is_sent_again_by_its_name(web: Web) -> None:
    key = f"set-aside/{uuid4()}"
    with Session(web.database) as session, session.begin():
        session.add(records.mail(key, kind="daily", state=MailState.SET_ASIDE, answer="SendGrid answered 503."))
    async with web.browser() as api:
        assert "SendGrid answered 503." in (await api.get("/outbox")).text
        assert "Once that is mended, send it again." in words(await api.get(f"/outbox/{key}"))
        unknown = await api.post("/api/mails/send-again", params={"key": "unknown"})
        assert (unknown.status_code, unknown.json()["error"]) == (
            404,
            "There is no mail that is set aside by that name; the outbox lists them.",
        )
        assert (await api.post("/api/mails/send-again", params={"key": key})).json() == {"mails": 1}

        def state() -> MailState:
            with Session(web.database) as session:
                return session.get_one(MailRow, key).state

        assert await eventually(state, lambda found: found is MailState.SENT)
        assert (await api.post("/api/mails/send-again", params={"key": key})).status_code == 404
        assert set((await api.get("/api/troubles/counts")).json().values()) <= set(range(100))
        assert "Nobody hears of it by mail" in (await api.get("/trouble")).text


async def test_administrators_send_a_mail_again_on_the_outbox(web: Web, run_by_tomas: OrganisationFile) -> None:
    key = f"set-aside/{uuid4()}"
    with Session(web.database) as session, session.begin():
        session.add(records.mail(key, kind="daily", state=MailState.SET_ASIDE, answer="SendGrid answered 503."))
    run = replace(web, organisation=run_by_tomas)
    async with eyes_of(run, "tomas") as tomas, eyes_of(run, "wei") as wei:
        for path in ("/outbox", f"/outbox/{key}"):
            assert f'name="key" value="{key}"' in (await tomas.get(path)).text
            told = await wei.get(path)
            assert ("an administrator can send" in words(told), "/outbox/send-again" in told.text) == (True, False)
        assert (await wei.post("/outbox/send-again", data={"key": key})).status_code == 403
        sent = await tomas.post("/outbox/send-again", data={"key": key})
        told = await tomas.get(sent.headers["location"])
        assert "1 mail is made and handed over once more: look again" in words(told)
        assert '<a href="/outbox">look again</a>' in told.text


async def test_the_outbox_is_filtered_by_its_address(web: Web) -> None:
    mails = {}
    for number, changes in enumerate(
        ({"person": "wei", "kind": "daily"}, {"person": "wei", "state": MailState.BOUNCED}, {"person": "sam"})
    ):
        at = NOW + timedelta(days=number)
        mails[number] = records.mail(f"filtered/{uuid4()}", at=at, subject=f"Filtered {number}", **changes)
    with Session(web.database) as session, session.begin():
        session.add_all(mails.values())
    days = [str((NOW + timedelta(days=number)).date()) for number in range(3)]
    async with web.browser() as api:
        for query, expected in (
            (f"person=wei&since={days[0]}&until={days[2]}", {0, 1}),
            (f"person=wei&kind=daily&since={days[0]}&until={days[0]}", {0}),
            (f"state=bounced&since={days[1]}&until={days[1]}", {1}),
            (f"since={days[2]}&until={days[2]}", {2}),
            ("kind=nothing", set()),
        ):
            shown = (await api.get(f"/outbox?{query}&state=" if "state" not in query else f"/outbox?{query}")).text
            assert {number for number in mails if f"Filtered {number}" in shown} == expected, query
        assert "No mail fits." in (await api.get("/outbox?kind=nothing")).text
        assert (await api.get("/outbox?state=eaten")).status_code == 422
