"""The unsubscribe page and its button; the count of mail that fitted no delivery."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from chassis.errors import Forbidden, NotFound, Refused
from chassis.http.auth import Caller, needs, public
from chassis.http.pages import html_page
from chassis.http.problems import given
from dispatch_email.domain import words
from dispatch_email.service import Bounces, Unsubscribing
from fastapi import APIRouter, Depends, Form, Header, Response
from pydantic import BaseModel

router = APIRouter()
Leaving = Annotated[Unsubscribing, Depends(given(Unsubscribing))]
Heard = Annotated[Bounces, Depends(given(Bounces))]
Reader = Annotated[Caller, Depends(needs("deliveries:read"))]
Language = Annotated[str, Header(alias="accept-language", max_length=1000)]
Accept = Annotated[str, Header(alias="accept", max_length=1000)]
_SIGNED = "the path holds a signed token of one delivery; GET shows, POST acts"


class StrayCount(BaseModel):
    """Mail to the bounce address that fitted no delivery. `proven`: it came to a return path of ours."""

    day: date
    kind: str
    proven: bool
    seen: int


@router.get("/unsubscribe/{token}")
@public(_SIGNED)
async def ask(token: str, leaving: Leaving, accept_language: Language = "") -> Response:
    """The page with its button. Mail scanners open links, so that this changes nothing."""
    try:
        language = await leaving.language(token)
    except Forbidden:
        return _broken(words.preferred(accept_language), 403)
    page = words.words(language)
    return html_page(page.title, words.question(page), language=words.spoken(language))


@router.post("/unsubscribe/{token}")
@public(_SIGNED)
async def permit(
    token: str,
    leaving: Leaving,
    one_click: Annotated[str, Form(alias="List-Unsubscribe")] = "",
    confirm: Annotated[str, Form()] = "",
    accept: Accept = "",
    accept_language: Language = "",
) -> Response:
    """Stop e-mail to the address that the message went to: the mail program's one click (RFC 8058), or the page's."""
    if one_click != "One-Click" and confirm != "yes":
        raise Refused("send List-Unsubscribe=One-Click as a form", field="List-Unsubscribe")
    try:
        language = await leaving.permit(token, "one_click" if one_click else "page")
    except (Forbidden, NotFound) as error:
        if "text/html" not in accept:
            raise
        return _broken(words.preferred(accept_language), error.status)
    page = words.words(language)
    return html_page(page.done_title, words.paragraph(page.done), language=words.spoken(language))


@router.get("/stray-mail")
async def count_strays(caller: Reader, bounces: Heard) -> Sequence[StrayCount]:
    """By day and kind, newest day first."""
    if caller.branch is not None:
        raise Forbidden("a branch's token cannot see mail to the whole union")
    rows = await bounces.strays()
    return [StrayCount(day=row.day, kind=row.kind, proven=row.proven, seen=row.seen) for row in rows]


def _broken(language: str, status: int) -> Response:
    page = words.words(language)
    text = page.expired if status == 403 else page.unknown
    return html_page(page.broken_title, words.paragraph(text), language=language, status=status)
