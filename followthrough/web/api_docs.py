"""The API's description as a page, without anything from another host; programs read /openapi.json."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from followthrough.web.dependencies import SettingsDep
from followthrough.web.rendering import page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/api-docs")
def show_description(request: Request, settings: SettingsDep) -> Response:
    """Every operation: what it takes, what it answers, and who may ask."""
    document: dict[str, Any] = request.app.openapi()
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    groups = [(tag, [one for one in operations if tag["name"] in one["tags"]]) for tag in document["tags"]]
    return page(
        request,
        "api-docs.html",
        about=document["info"]["description"],
        groups=groups,
        problems=document["components"]["responses"],
        url=settings.resolved_public_url,
    )
