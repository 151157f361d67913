"""The unsubscribe page and its button; the count of mail that fitted no delivery."""

import datetime
from typing import Annotated
from uuid import UUID

from chassis.errors import Forbidden, NotFound, Refused
from chassis.http.auth import Caller, needs, public
from chassis.http.pages import html_page, page_responses
from chassis.http.paging import NEXT, After, Limit, following
from chassis.http.problems import given, problems
from dispatch_email.domain import unsubscribe_page_texts as page_texts
from dispatch_email.service import Bounces, MailFromMembers, Unsubscribing
from fastapi import APIRouter, Depends, Form, Header, Path, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

router = APIRouter()
Service = Annotated[Unsubscribing, Depends(given(Unsubscribing))]
BounceService = Annotated[Bounces, Depends(given(Bounces))]
Reader = Annotated[Caller, Depends(needs("deliveries:read"))]
MailService = Annotated[MailFromMembers, Depends(given(MailFromMembers))]
Writer = Annotated[Caller, Depends(needs("suppressions:write"))]
MailId = Annotated[UUID, Path(description="Id of the mail")]
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


class MemberMail(BaseModel):
    """What a member, or a program of theirs, wrote to the bounce address instead of a report."""

    model_config = ConfigDict(from_attributes=True)
    mail_id: UUID = Field(description="Id of the mail")
    delivery_id: UUID = Field(description="The delivery that it answers")
    campaign_id: UUID = Field(description="The campaign of that delivery")
    member_id: UUID = Field(description="The member that delivery went to")
    automatic: bool = Field(description="Whether it is an automatic reply, which says that the address is left")
    subject: str = Field(description="Its subject", examples=["Re: The ballot opens"])
    text: str = Field(description="What it says, without quotations", examples=["This mailbox is no longer in use."])
    received_at: datetime.datetime = Field(description="When it came")


class StrayMailPage(BaseModel):
    """A page of counts of mail that fitted no delivery."""

    items: list[StrayMail] = Field(description="The counts; a page ends with all of one day")
    next: datetime.date | None = Field(description=NEXT, examples=["2026-03-02"])


class MemberMailPage(BaseModel):
    """A page of mail from members."""

    items: list[MemberMail] = Field(description="The mails")
    next: datetime.datetime | None = Field(description=NEXT, examples=["2026-03-02T18:00:00Z"])


class UnsubscribeForm(BaseModel):
    """`List-Unsubscribe` from a mail program (RFC 8058), `confirm` from the page; some programs send neither."""

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
    if form.one_click.casefold() not in {"", "one-click"} or form.confirm not in {"", "yes"}:
        raise Refused("send List-Unsubscribe=One-Click as a form, or nothing", field="List-Unsubscribe")
    try:
        language = await service.unsubscribe(token, "page" if form.confirm else "one_click")
    except (Forbidden, NotFound) as error:
        if "text/html" not in accept:
            raise
        return _broken(page_texts.preferred(accept_language), error.status)
    page = page_texts.words(language)
    return html_page(page.done_title, page_texts.paragraph(page.done), language=page_texts.spoken(language))


@router.get("/stray-mail", tags=["operations"])
async def count_stray_mail(
    caller: Reader,
    bounces: BounceService,
    before: Annotated[datetime.date | None, Query(description="`next` of the page before: earlier days")] = None,
    limit: Limit = 100,
) -> StrayMailPage:
    """Mail to the bounce address that fitted no delivery, by day and kind, newest day first."""
    _union_wide(caller)
    items = [StrayMail.model_validate(row) for row in await bounces.strays(before, limit)]
    return StrayMailPage(items=items, next=items[-1].day if len(items) >= limit else None)


@router.get("/mail-from-members", tags=["operations"])
async def list_mail_from_members(
    caller: Reader, mails: MailService, after: After = None, limit: Limit = 100
) -> MemberMailPage:
    """What members wrote to the bounce address, oldest first; a person reads it and acts."""
    _union_wide(caller)
    items = [MemberMail.model_validate(row) for row in await mails.unread(after, limit)]
    return MemberMailPage(items=items, next=following(items, limit, lambda mail: mail.received_at))


@router.delete("/mail-from-members/{mail_id}", tags=["operations"], status_code=204, responses=problems(404))
async def mark_mail_from_member_seen(mail_id: MailId, caller: Writer, mails: MailService) -> None:
    """A person has dealt with it; it is deleted. 404: there is no such mail."""
    _union_wide(caller)
    await mails.seen(mail_id)


def _union_wide(caller: Caller) -> None:
    if caller.branch is not None:
        raise Forbidden("a branch's token cannot see mail to the whole union")


def _broken(language: str, status: int) -> HTMLResponse:
    page = page_texts.words(language)
    text = page.expired if status == 403 else page.unknown
    return html_page(page.broken_title, page_texts.paragraph(text), language=language, status=status)
