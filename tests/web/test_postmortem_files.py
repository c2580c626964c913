"""Postmortems as files."""

import httpx

from followthrough.domain.answered.access.audit import Act
from tests.web.audited import audited
from tests.web.conftest import Web
from tests.web.test_api import give
from tests.web.test_postmortems import FAIR, resolved

__all__ = ["resolved"]


async def test_what_was_handed_in_can_be_kept_as_a_file_and_is_audited(
    web: Web, api: httpx.AsyncClient, resolved: str
) -> None:
    assert (await api.get(f"/incidents/{resolved}/postmortem.md")).status_code == 404
    await give(api, resolved, "propose action item", title="Alert on queue depth", owner="tomas")
    await give(api, resolved, "submit postmortem", text=f"{FAIR}\n\n<script>alert(1)</script>")
    with audited(web.settings, web.database, Act.EXPORT) as entries:
        markdown = await api.get(f"/incidents/{resolved}/postmortem.md")
        file = await api.get(f"/incidents/{resolved}/postmortem.html")
        pages = await api.get(f"/api/incidents/{resolved}/postmortem.pdf")
    assert [line.what for line in entries] == ["postmortem.md", "postmortem.html", "postmortem.pdf"]
    assert (pages.headers["content-type"], pages.content[:5]) == ("application/pdf", b"%PDF-")
    assert markdown.text == f"{FAIR}\n\n<script>alert(1)</script>\n"
    assert markdown.headers["content-disposition"] == f'attachment; filename="postmortem-{resolved}.md"'
    assert "<h1>What broke</h1>" in file.text
    assert "<script" not in file.text
    assert "Alert on queue depth (Tomás Ferrer)" in file.text
    assert "Inés Robles wrote it, waiting for review" in file.text
    assert "http" not in file.text, "it needs nothing from elsewhere"
