"""The page of a form to act by, the same behind links of mails and on pages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request, Response

from followthrough.web.act_facts import facts
from followthrough.web.act_form import SEVERAL, Offer, form_fields
from followthrough.web.act_links import HEADERS
from followthrough.web.rendering import page


async def _typed(request: Request) -> Mapping[str, str]:
    typed: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            typed.setdefault(name, []).append(value)
    return {name: SEVERAL.join(values) for name, values in typed.items()}


TypedDep = Annotated[Mapping[str, str], Depends(_typed)]
"""What a form was filled with."""


def form_page(
    request: Request,
    offer: Offer,
    typed: Mapping[str, str],
    refused: str = "",
    *,
    advice: str = "",
    status: int = 200,
    once: bool,
) -> Response:
    """With all that was typed before, and above it why it was refused, or how to say it better; ``once`` is for a link
    that then is used up.
    """
    return page(
        request,
        "act.html",
        status=status,
        headers=HEADERS,
        choice=offer.choice,
        record=offer.record,
        nonce=offer.nonce,
        refused=refused,
        advice=advice,
        once=once,
        name=offer.organisation.name_of(offer.person),
        zone=offer.organisation.time_zone_of(offer.person),
        fields=form_fields(offer, typed),
        facts=facts(offer.record, offer.person, offer.organisation, datetime.now(UTC)),
    )
