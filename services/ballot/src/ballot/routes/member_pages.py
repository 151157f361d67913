"""A member's own page for a poll, reached by a signed link: GET shows it, POST takes an answer."""

from typing import Annotated

from ballot.routes import member_page_html as html
from ballot.routes.schemas.member_pages import AnswerForm
from ballot.service.member_pages import AnswerLink, MemberPages
from chassis.clock import Clock
from chassis.errors import Forbidden, Refused
from chassis.http.auth import public
from chassis.http.pages import page_responses
from chassis.http.problems import given
from chassis.signed_links import SignedLinks
from contracts.enums import LinkPurpose
from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import HTMLResponse

router = APIRouter(tags=["member pages"])
Service = Annotated[MemberPages, Depends(given(MemberPages))]
_GUARD = "a signed link bound to one member and one poll"


def open_link(
    token: Annotated[str, Path(description="The signed token of the link.", examples=["AAECAwQFBgc"])],
    links: Annotated[SignedLinks, Depends(given(SignedLinks))],
    clock: Annotated[Clock, Depends(given(Clock))],
) -> AnswerLink | None:
    """None when the link is not valid or has expired."""
    for purpose in LinkPurpose:
        try:
            poll_id, member_id = links.open(purpose, token, clock.now())
        except (Forbidden, ValueError):
            continue
        return AnswerLink(poll_id, member_id, test=purpose is LinkPurpose.TEST_ANSWER)
    return None


Link = Annotated[AnswerLink | None, Depends(open_link)]


@router.get("/answer/{token}", response_class=HTMLResponse, responses=page_responses(403, 404))
@public(_GUARD, any_query=True)
async def show_member_page(link: Link, pages: Service) -> HTMLResponse:
    """The question and a form. Changes nothing, so that a mail scanner that follows links does not answer."""
    if link is None:
        return html.invalid_link(status=403)
    try:
        return html.form(await pages.show(link))
    except Refused as error:
        return html.invalid_link(status=error.status)


@router.post("/answer/{token}", response_class=HTMLResponse, responses=page_responses(403, 404, 409, 422))
@public(_GUARD, any_query=True)
async def submit_answer(
    link: Link,
    pages: Service,
    form: Annotated[AnswerForm, Form()],
) -> HTMLResponse:
    """Record the answer; a later one replaces it."""
    if link is None:
        return html.invalid_link(status=403)
    try:
        return html.thanks(*await pages.submit(link, form.option))
    except Refused as error:
        if error.status not in {409, 422}:
            return html.invalid_link(status=error.status)
        return html.form(await pages.show(link), status=error.status)
