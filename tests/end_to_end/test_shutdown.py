"""A process that is told to stop finishes the mail that it hands over, ends by itself, and another one goes on."""

import asyncio
import json
import signal
from pathlib import Path

import httpx
import pytest
from sqlmodel import Session, select

from followthrough.store.database import open_database
from followthrough.store.tables import MailRow, MailState
from tests.end_to_end.processes import FOLLOWTHROUGH, process, until
from tests.standins.sendgrid import API_KEY, Fault, SendGridStandIn
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from tests.web.pagers import generic

TOKEN, TITLE = "a-token-of-a-script", "The safe of Lucía is open"


def marks(sendgrid: SendGridStandIn) -> list[str]:
    return [mail["personalizations"][0]["custom_args"]["mail"] for mail in sendgrid.mails]


def states(url: str) -> dict[str, MailState]:
    database = open_database(url)
    with Session(database) as session:
        found = {str(mail.reference): mail.state for mail in session.exec(select(MailRow))}
    database.dispose()
    return found


@pytest.mark.timeout(900)  # two starts of the whole service, one after the other
async def test_what_is_under_way_is_finished_once(address: str, tmp_path: Path, unused_tcp_port: int) -> None:
    client, log = await new_namespace(address), tmp_path / "service.log"
    at, url = f"http://127.0.0.1:{unused_tcp_port}", f"sqlite:///{tmp_path}/followthrough.db"
    with SendGridStandIn() as sendgrid:
        sendgrid.faults = [Fault(late=3)]
        environment = {
            "TEMPORAL_ADDRESS": address,
            "TEMPORAL_NAMESPACE": client.namespace,
            "FOLLOWTHROUGH_DATABASE_URL": url,
            "FOLLOWTHROUGH_DATA_DIR": str(tmp_path / "data"),
            "FOLLOWTHROUGH_ORGANISATION_FILE": "followthrough.example.yaml",
            "FOLLOWTHROUGH_PORT": str(unused_tcp_port),
            "FOLLOWTHROUGH_GENERIC_TOKEN": TOKEN,
            "FOLLOWTHROUGH_SENDGRID_API_KEY": API_KEY,
            "FOLLOWTHROUGH_SENDGRID_HOST": sendgrid.url,
            "FOLLOWTHROUGH_LOG_FORMAT": "json",
        }
        async with process(*FOLLOWTHROUGH, "serve", log=log, **environment) as service:
            await until(f"{at}/readyz", lambda answer: answer == {"status": "ok"})
            async with httpx.AsyncClient() as pager:
                headers = {"Authorization": f"Bearer {TOKEN}"}
                sent = await pager.post(f"{at}/webhooks/generic", json=generic(title=TITLE), headers=headers)
                sent.raise_for_status()
            await eventually(lambda: sendgrid.mails)
            first = marks(sendgrid)[0]
            service.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(service.wait(), 120) == 0
        assert states(url)[first] is MailState.SENT
        async with process(*FOLLOWTHROUGH, "serve", log=log, **environment):
            await until(f"{at}/readyz", lambda answer: answer == {"status": "ok"})
            await eventually(lambda: len(sendgrid.mails) > 1)
        assert sorted(marks(sendgrid)) == sorted(mark for mark, state in states(url).items() if state is MailState.SENT)
    said = log.read_text()
    assert [word for word in (TITLE, "Lucía", TOKEN, "@example.com") if word in said] == []
    assert all(json.loads(line)["level"] for line in said.splitlines() if line.startswith("{"))
