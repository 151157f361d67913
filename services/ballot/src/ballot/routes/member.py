"""The member's own page: reached by a signed link, shows on GET, acts on POST."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from ballot.routes import pages
from ballot.service.answers import Answers
from chassis.auth import public
from chassis.clock import Clock
from chassis.errors import Forbidden, Refused
from chassis.http import given
from chassis.links import Links
from contracts.enums import LinkPurpose
from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse

router = APIRouter(tags=["member"])
Service = Annotated[Answers, Depends(given(Answers))]
_GUARD = "a signed link bound to one member and one poll"


@dataclass(frozen=True, slots=True)
class Link:
    """The poll and the member that a link is for, and whether it was in a test send."""

    poll_id: UUID
    member_id: UUID
    test: bool


def opened(
    token: str, links: Annotated[Links, Depends(given(Links))], clock: Annotated[Clock, Depends(given(Clock))]
) -> Link | None:
    """None when it is not valid or no longer."""
    for purpose in LinkPurpose:
        try:
            poll_id, member_id = links.open(purpose, token, clock.now())
        except (Forbidden, ValueError):
            continue
        return Link(poll_id, member_id, test=purpose is LinkPurpose.TEST_ANSWER)
    return None


Opened = Annotated[Link | None, Depends(opened)]


@router.get("/answer/{token}", response_class=HTMLResponse)
@public(_GUARD)
async def show(link: Opened, answers: Service) -> HTMLResponse:
    """The question and a form; changes nothing, however often a mail scanner looks."""
    if link is None:
        return pages.refused("link", status=403)
    try:
        return pages.form(await answers.show(link.poll_id, link.member_id, test=link.test))
    except Refused as error:
        return pages.refused("link", status=error.status)


@router.post("/answer/{token}", response_class=HTMLResponse)
@public(_GUARD)
async def give(link: Opened, answers: Service, option: Annotated[str, Form(max_length=100)] = "") -> HTMLResponse:
    """Take the answer; a later one takes its place."""
    if link is None:
        return pages.refused("link", status=403)
    try:
        ballot, chosen = await answers.give(link.poll_id, link.member_id, option, test=link.test)
        return pages.thanks(ballot, chosen)
    except Refused as error:
        if error.status not in {409, 422}:
            return pages.refused("link", status=error.status)
        shown = await answers.show(link.poll_id, link.member_id, test=link.test)
        return pages.form(shown, status=error.status)
