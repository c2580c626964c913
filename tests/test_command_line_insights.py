"""What the command about insights asks for, prints and keeps."""

from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner

from followthrough.cli import app
from tests.standins.server import StandIn

ON_TIME = {
    "definition": "How many were closed by their deadline.",
    "summary": "4 of 6 (67 %).",
    "columns": [{"name": "of", "label": "Of"}, {"name": "closed", "label": "Closed"}],
    "rows": [["all", 6]],
    "private": 2,
    "left_off": 7,
}


class Service(StandIn):
    """Keeps the addresses that it is asked for."""

    def __init__(self) -> None:
        super().__init__(0)
        self.asked: list[str] = []

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.asked.append(f"{request.url.path}?{request.url.query}")
        pdf = request.url.path.endswith(".pdf")
        answer = Response(b"%PDF-1.4") if pdf else JSONResponse(ON_TIME)
        await answer(scope, receive, send)


def test_one_is_printed_and_a_month_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file, run = tmp_path / "insights.pdf", CliRunner().invoke
    with Service() as service:
        monkeypatch.setenv("FOLLOWTHROUGH_URL", service.url)
        printed = run(app, ["insights", "on-time", "--severity", "sev1"])
        kept = run(app, ["insights", "--pdf", str(file), "--month", "2026-10", "--team", "payments"])
        misplaced = run(app, ["insights", "on-time", "--month", "2026-10"])
    assert [part in printed.output for part in ("4 of 6 (67 %).", "Closed", "And 2 private, counted")] == [True] * 3
    assert "And 7 more: choose a team, a service or a severity." in printed.output
    assert (kept.exit_code, file.read_bytes()) == (0, b"%PDF-1.4")
    assert (misplaced.exit_code, "--month is for the PDF" in misplaced.output) == (2, True)
    assert service.asked == [
        "/api/insights/on-time?severity=SEV1&months=6",
        "/api/insights/2026-10.pdf?team=payments&months=6",
    ]
