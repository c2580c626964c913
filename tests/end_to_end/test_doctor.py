import asyncio
import socket
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from followthrough.doctor import examine
from followthrough.findings import FindingState
from followthrough.settings import Settings
from followthrough.store.alerts import keep
from followthrough.store.database import migrate, open_database
from tests.end_to_end.processes import FOLLOWTHROUGH, process, until
from tests.notices import ALERT
from tests.standins import oidc
from tests.standins.jira import Fault, JiraStandIn
from tests.standins.jira_data import screen_field
from tests.web.test_sendgrid import VERIFICATION_KEY

EXAMPLE_FILE = Path("followthrough.example.yaml").resolve()
EXAMPLE = EXAMPLE_FILE.read_text(encoding="utf-8")


async def findings(settings: Settings) -> dict[str, tuple[FindingState, str]]:
    found = await asyncio.to_thread(examine, settings)
    return {finding.subject: (finding.state, f"{finding.sentence} {finding.what_to_do}") for finding in found}


async def test_a_new_machine_needs_nothing_put_right(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = await findings(Settings(port=0))
    assert {state for state, _ in found.values()} == {FindingState.OK, FindingState.MISSING}
    assert "Temporal answers" in found["engine"][1]
    assert found["time skipping"][0] is FindingState.OK
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240


async def test_what_is_configured_and_works_is_ok(address: str, tmp_path: Path) -> None:
    secret = SecretStr("for-tests-only")
    file = tmp_path / "followthrough.yaml"
    file.write_text(EXAMPLE.replace("# administrators:", "administrators:"))
    with JiraStandIn() as jira, oidc.provider() as issuer:
        settings = Settings(
            TEMPORAL_ADDRESS=address,
            organisation_file=file,
            data_dir=tmp_path,
            port=0,
            oidc_issuer=issuer,
            oidc_client_id=oidc.CLIENT,
            generic_token=secret,
            alertmanager_token=secret,
            pagerduty_secrets=(secret,),
            pagerduty_routing_key=secret,
            jira_url=jira.url,
            jira_cloud=True,
            jira_user="bot@example.com",
            jira_token=secret,
            sendgrid_api_key=secret,
            sendgrid_webhook_key=VERIFICATION_KEY,
        )
        migrate(open_database(settings.resolved_database_url))
        found = await findings(settings)
        assert {state for state, _ in found.values()} == {FindingState.OK}
        assert "knows us as Followthrough" in found["Jira"][1]
        jira.screen["customfield_10042"] = screen_field("customfield_10042", "Squad", "option", required=True)
        state, words = (await findings(settings))["tickets of Platform"]
        assert (state, "it requires Squad" in words) == (FindingState.WRONG, True)
        jira.faults.append(Fault(path="/myself", status=200, content="<html>Log in</html>", media_type="text/html"))
        assert "is not Jira answered 200" in (await findings(settings))["Jira"][1]
        jira.lost_login = "CAPTCHA_CHALLENGE"
        assert "log in there once in a browser" in (await findings(settings))["Jira"][1]
        jira.lost_login = "AUTHENTICATED_FAILED"
        state, words = (await findings(settings))["Jira"]
    assert state is FindingState.WRONG
    assert "FOLLOWTHROUGH_JIRA_TOKEN" in words
    assert "for-tests-only" not in words


async def test_a_country_without_its_region_and_a_key_that_does_nothing_any_more_are_said(tmp_path: Path) -> None:
    file = tmp_path / "followthrough.yaml"
    unneeded = "    look_again_every: 7 days\n    remind_after: [7] "
    file.write_text(EXAMPLE.replace("      subdivision: NY\n", "").replace("    remind_after: [7] ", unneeded))
    settings = Settings(TEMPORAL_ADDRESS="127.0.0.1:9", organisation_file=file, port=0)
    found = await findings(settings)
    state, words = found["holidays"]
    assert state is FindingState.MISSING
    assert "country US is given without its region" in words
    state, words = found["look_again_every"]
    assert state is FindingState.MISSING
    assert "does nothing any more" in words


async def test_the_readmes_order_works_and_doctor_says_which_file_the_service_uses(
    address: str, tmp_path: Path, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(TEMPORAL_ADDRESS=address, port=unused_tcp_port)
    subject, copy = "organisation file in use", tmp_path / "followthrough.yaml"
    async with process(
        *FOLLOWTHROUGH,
        "serve",
        log=tmp_path / "service.log",
        TEMPORAL_ADDRESS=address,
        FOLLOWTHROUGH_PORT=str(unused_tcp_port),
    ):
        url = f"http://127.0.0.1:{unused_tcp_port}/api/organisation-file"
        await until(url, lambda used: used["file"] == str(EXAMPLE_FILE))
        assert str(EXAMPLE_FILE) in (await findings(settings))[subject][1]

        copy.write_text(EXAMPLE.replace("name: Paper Plane", "name: Paper Boat"))
        state, words = (await findings(settings))[subject]
        assert (state, str(copy) in words) == (FindingState.OK, True)

        copy.write_text(EXAMPLE.replace('phone: "+46 70 174 06 05"', "phone: 0891234567"))
        state, words = (await findings(settings))[subject]
        assert (state, "people.nora.phone: has to be text" in words) == (FindingState.WRONG, True)
        page = await asyncio.to_thread(httpx.get, f"http://127.0.0.1:{unused_tcp_port}/")
        assert "people.nora.phone: has to be text" in page.text

        elsewhere = tmp_path / "other.yaml"
        elsewhere.write_text(EXAMPLE)
        copy.write_text(EXAMPLE)
        state, words = (await findings(settings.model_copy(update={"organisation_file": elsewhere})))[subject]
        assert (state, f"{copy}, and not {elsewhere}" in words) == (FindingState.WRONG, True)


async def test_what_does_not_work_is_wrong_and_says_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "followthrough.yaml"
    broken.write_text("name: 1\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = await findings(
            Settings(
                TEMPORAL_ADDRESS="127.0.0.1:9",
                organisation_file=broken,
                database_url="postgresql://followthrough:secret@127.0.0.1:9/followthrough",
                jira_url="http://127.0.0.1:9",
                port=taken.getsockname()[1],
                link_secret=None,
            )
        )
    assert found["links in mails"][0] is FindingState.MISSING
    wrong = {subject: words for subject, (state, words) in found.items() if state is FindingState.WRONG}
    assert wrong.keys() == {"organisation file", "engine", "database", "Jira", "port"}
    assert "followthrough.yaml:1: name:" in wrong["organisation file"]
    assert "secret" not in wrong["database"]


async def test_alerts_without_a_route_are_named_with_what_to_do(address: str, tmp_path: Path) -> None:
    settings = Settings(organisation_file=Path("followthrough.example.yaml"), data_dir=tmp_path, port=0)
    database = open_database(settings.resolved_database_url)
    migrate(database)
    assert "alerts without a route" not in await findings(settings)
    lost = ALERT.model_copy(update={"labels": {"job": "search"}})
    keep(database, lost, datetime.now(UTC))
    database.dispose()
    state, words = (await findings(settings))["alerts without a route"]
    assert state is FindingState.WRONG
    assert "Payments fail, with the labels job=search. Add a route" in words


async def test_routing_keys_that_services_name_and_that_are_not_there_are_said(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "followthrough.yaml"
    file.write_text(EXAMPLE.replace("# pagerduty_key: PAGERDUTY_KEY_CHECKOUT", "pagerduty_key: PAGERDUTY_KEY_CHECKOUT"))
    settings = Settings(TEMPORAL_ADDRESS=address, organisation_file=file, data_dir=tmp_path, port=0)
    found = await findings(settings)
    assert found["pages of Checkout"] == (
        FindingState.WRONG,
        "The environment variable PAGERDUTY_KEY_CHECKOUT has no routing key for this process. "
        "Until workers have it there, their roles page nobody, and the timeline says so.",
    )
    assert "PagerDuty" not in found
    monkeypatch.setenv("PAGERDUTY_KEY_CHECKOUT", "R0000000000000000000000000000000")
    assert (await findings(settings))["pages of Checkout"][0] is FindingState.OK
