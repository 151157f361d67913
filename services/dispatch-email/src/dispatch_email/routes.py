"""The unsubscribe page and its button; the count of mail that fitted no delivery."""

import datetime
from typing import Annotated

from chassis.errors import Forbidden, NotFound, Refused
from chassis.http.auth import Caller, needs, public
from chassis.http.pages import html_page, page_responses
from chassis.http.problems import given
from dispatch_email.domain import unsubscribe_page_texts as page_texts
from dispatch_email.service import Bounces, Unsubscribing
from fastapi import APIRouter, Depends, Form, Header, Path
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

router = APIRouter()
Service = Annotated[Unsubscribing, Depends(given(Unsubscribing))]
BounceService = Annotated[Bounces, Depends(given(Bounces))]
Reader = Annotated[Caller, Depends(needs("deliveries:read"))]
Token = Annotated[str, Path(description="The signed token of one delivery, from the link in the message")]
Language = Annotated[str, Header(alias="accept-language", max_length=1000, description="The browser's languages")]
Accept = Annotated[str, Header(alias="accept", max_length=1000, include_in_schema=False)]
_SIGNED = "the path holds a signed token of one delivery; GET shows, POST acts"


class StrayMail(BaseModel):
    """How much mail of one kind came on a day to the bounce address and fitted no delivery."""

    model_config = ConfigDict(from_attributes=True)
    day: datetime.date = Field(description="The day, in UTC")
    kind: str = Field(description="What the mail says of itself", examples=["failed"])
    proven: bool = Field(description="Whether it came to a return path that we had signed")
    seen: int = Field(description="Number of mails", examples=[4])


class UnsubscribeForm(BaseModel):
    """One of the two: `List-Unsubscribe` from a mail program (RFC 8058), `confirm` from the page."""

    one_click: str = Field("", alias="List-Unsubscribe", description="`One-Click`", examples=["One-Click"])
    confirm: str = Field("", description="`yes`")


@router.get("/unsubscribe/{token}", tags=["links"], response_class=HTMLResponse, responses=page_responses(403))
@public(_SIGNED, any_query=True)
async def show_unsubscribe_page(token: Token, service: Service, accept_language: Language = "") -> HTMLResponse:
    """The page with its button. Mail scanners open links, so that this changes nothing."""
    try:
        language = await service.language(token)
    except Forbidden:
        return _broken(page_texts.preferred(accept_language), 403)
    page = page_texts.words(language)
    return html_page(page.title, page_texts.question(page), language=page_texts.spoken(language))


@router.post(
    "/unsubscribe/{token}",
    tags=["links"],
    response_class=HTMLResponse,
    responses=page_responses(403, 404, or_problem=True),
)
@public(_SIGNED, any_query=True)
async def unsubscribe(
    token: Token,
    service: Service,
    form: Annotated[UnsubscribeForm, Form()],
    accept: Accept = "",
    accept_language: Language = "",
) -> HTMLResponse:
    """Stop e-mail to the address that the message went to: the mail program's one click (RFC 8058), or the page's."""
    if form.one_click != "One-Click" and form.confirm != "yes":
        raise Refused("send List-Unsubscribe=One-Click as a form", field="List-Unsubscribe")
    try:
        language = await service.unsubscribe(token, "one_click" if form.one_click else "page")
    except (Forbidden, NotFound) as error:
        if "text/html" not in accept:
            raise
        return _broken(page_texts.preferred(accept_language), error.status)
    page = page_texts.words(language)
    return html_page(page.done_title, page_texts.paragraph(page.done), language=page_texts.spoken(language))


@router.get("/stray-mail", tags=["operations"])
async def count_stray_mail(caller: Reader, bounces: BounceService) -> list[StrayMail]:
    """Mail to the bounce address that fitted no delivery, by day and kind, newest day first."""
    if caller.branch is not None:
        raise Forbidden("a branch's token cannot see mail to the whole union")
    return [StrayMail.model_validate(row) for row in await bounces.strays()]


def _broken(language: str, status: int) -> HTMLResponse:
    page = page_texts.words(language)
    text = page.expired if status == 403 else page.unknown
    return html_page(page.broken_title, page_texts.paragraph(text), language=language, status=status)
