"""The member's own page: reached by a signed link, shows on GET, acts on POST."""

from typing import Annotated
from uuid import UUID

from ballot.routes import pages
from ballot.service.answers import Answers
from chassis.auth import public
from chassis.clock import Clock
from chassis.errors import Forbidden, Refused
from chassis.http import given
from chassis.links import Links
from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse

router = APIRouter(tags=["member"])
Service = Annotated[Answers, Depends(given(Answers))]
_GUARD = "a signed link bound to one member and one poll"


def opened(
    token: str, links: Annotated[Links, Depends(given(Links))], clock: Annotated[Clock, Depends(given(Clock))]
) -> tuple[UUID, UUID] | None:
    """The poll and the member that a link is for; None when it is not valid or no longer."""
    try:
        poll_id, member_id = links.open("answer", token, clock.now())
    except (Forbidden, ValueError):
        return None
    return poll_id, member_id


Opened = Annotated[tuple[UUID, UUID] | None, Depends(opened)]


@router.get("/answer/{token}", response_class=HTMLResponse)
@public(_GUARD)
async def show(link: Opened, answers: Service) -> HTMLResponse:
    """The question and a form; changes nothing, however often a mail scanner looks."""
    if link is None:
        return pages.refused("link", status=403)
    try:
        return pages.form(await answers.show(*link))
    except Refused as error:
        return pages.refused("link", status=error.status)


@router.post("/answer/{token}", response_class=HTMLResponse)
@public(_GUARD)
async def give(link: Opened, answers: Service, option: Annotated[str, Form(max_length=100)] = "") -> HTMLResponse:
    """Take the answer; a later one takes its place."""
    if link is None:
        return pages.refused("link", status=403)
    try:
        ballot, chosen = await answers.give(*link, option)
        return pages.thanks(ballot, chosen)
    except Refused as error:
        if error.status not in {409, 422}:
            return pages.refused("link", status=error.status)
        return pages.form(await answers.show(*link), status=error.status)
