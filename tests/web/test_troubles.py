"""Mails that were set aside are sent again."""

from uuid import uuid4

from sqlmodel import Session

from followthrough.store.tables import MailRow, MailState
from tests import records
from tests.waiting import eventually
from tests.web.conftest import Web


async def test_a_mail_that_was_set_aside_is_sent_again_by_its_name(web: Web) -> None:
    key = f"set-aside/{uuid4()}"
    with Session(web.database) as session, session.begin():
        session.add(records.mail(key, kind="daily", state=MailState.SET_ASIDE, answer="SendGrid answered 503."))
    async with web.browser() as api:
        assert "SendGrid answered 503." in (await api.get("/outbox")).text
        assert f"followthrough send-again {key}" in (await api.get(f"/outbox/{key}")).text
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
