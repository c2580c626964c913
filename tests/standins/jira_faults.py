"""Trouble that the stand-in Jira makes on demand."""

import dataclasses
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


@dataclasses.dataclass
class Fault:
    """Trouble for the next ``times`` requests whose method, path and query match."""

    method: str = ".*"
    path: str = ".*"
    query: str = ""
    status: int | None = None
    """Answer with this and do nothing."""
    content: str | None = None
    """The body of that answer, when it is not one of Jira's."""
    media_type: str = "application/json"
    retry_after: int | str | None = None
    late: float = 0
    """Do it, and answer after so many seconds."""
    lose_answer: bool = False
    """Do it, and cut the connection."""
    times: int = 1

    def answer(self) -> Response | None:
        """Instead of Jira's own; None when there is none."""
        if self.status is None:
            return None
        words = {"errorMessages": [f"Fault {self.status}"], "errors": {}}
        response: Response = JSONResponse(words, self.status)
        if self.content is not None:
            response = Response(self.content, self.status, media_type=self.media_type)
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response

    def meets(self, request: Request) -> bool:
        url = request.url
        return bool(
            re.fullmatch(self.method, request.method)
            and re.search(self.path, url.path)
            and re.search(self.query, url.query)
        )


def take(faults: list[Fault], request: Request) -> Fault:
    """The first that meets the request, once less to come; one that makes no trouble when none does."""
    fault = next((fault for fault in faults if fault.meets(request)), None)
    if fault is None:
        return Fault()
    fault.times -= 1
    if fault.times == 0:
        faults.remove(fault)
    return fault
