"""The inbox pages: texts and mails for people to read. No script, nothing fetched from elsewhere, all escaped."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import islice
from typing import Annotated, TypeVar
from urllib.parse import quote, urlencode

from chassis.errors import NotFound
from chassis.http.auth import public
from chassis.http.pages import html_page
from chassis.http.problems import problems
from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse
from sandbox.carrier.text import Text
from sandbox.mail.content import content_of
from sandbox.mail.mail_store import Mail
from sandbox.routes.dependencies import GUARD, UNAUTHORISED, Mails, Texts

router = APIRouter(tags=["inbox"], responses=UNAUTHORISED)
T = TypeVar("T")
_SIZE = 50
_DIRECTIONS = {"outbound-api": "sent", "inbound": "received", "outbound-reply": "reply"}
PageNumber = Annotated[int, Query(ge=1, le=100_000, description="Number of the page, from 1.")]
Reference = Annotated[str, Path(description="The mail's queue id.")]
Recipient = Annotated[str, Query(max_length=320, description="Show only what concerns this number or address.")]


@router.get("/", response_class=HTMLResponse)
@public(GUARD)
async def show_texts(texts: Texts, mails: Mails, to: Recipient = "", page: PageNumber = 1) -> HTMLResponse:
    """Texts in both directions, newest first; with a number, the conversation with it."""
    every = texts.newest_first() if not to else (text for text in texts.newest_first() if to in (text.to, text.sender))
    shown, more = _slice(every, page)
    columns = ("When", "Which way", "From", "To", "What it says", "Status")
    body = _header("texts", len(texts), len(mails), to) + _table(
        "Texts, newest first", columns, [_text(t) for t in shown]
    )
    return html_page("What was sent", body + _pages("/", to, page, more))


@router.get("/mail", response_class=HTMLResponse)
@public(GUARD)
async def show_mails(texts: Texts, mails: Mails, to: Recipient = "", page: PageNumber = 1) -> HTMLResponse:
    """Mails, newest first."""
    shown, more = _slice(mails.newest_first(to=to), page)
    columns = ("When", "To", "Subject", "Came back")
    body = _header("mail", len(texts), len(mails), to) + _table(
        "Mails, newest first", columns, [_mail(m) for m in shown]
    )
    return html_page("What was sent", body + _pages("/mail", to, page, more))


@router.get("/mail/{reference}", response_class=HTMLResponse, responses=problems(404))
@public(GUARD)
async def show_mail(reference: Reference, mails: Mails) -> HTMLResponse:
    """One mail: its headers, its text, its links, and its HTML as source."""
    mail = mails.find(reference)
    if mail is None:
        raise NotFound("there is no such mail")
    parts = content_of(mail.source)
    headers = [(_cell(name), _cell(value)) for name, value in parts.headers.items()]
    links = "".join(f'<li><a rel="noreferrer" href="{escape(link)}">{escape(link)}</a></li>' for link in parts.links)
    body = (
        '<p><a href="/mail">All mails</a></p>'
        + f"<h2>Text</h2>{_pre(parts.text)}<h2>Links</h2><ul>{links}</ul>"
        + f"<h2>HTML, as source</h2>{_pre(parts.html)}"
        + _table("Headers", ("Name", "Value"), headers)
    )
    return html_page(mail.subject or "A mail without a subject", body)


def _slice(every: Iterable[T], page: int) -> tuple[list[T], bool]:
    """The page's items, and whether more follow."""
    found = list(islice(every, (page - 1) * _SIZE, page * _SIZE + 1))
    return found[:_SIZE], len(found) > _SIZE


def _header(channel: str, texts: int, mails: int, to: str) -> str:
    """The channels and the search form."""
    action = "/" if channel == "texts" else "/mail"
    links = "".join(
        f'<li><a href="{path}"{" aria-current=page" if name == channel else ""}>{label}</a></li>'
        for name, path, label in (("texts", "/", f"Texts ({texts})"), ("mail", "/mail", f"E-mail ({mails})"))
    )
    what = "A telephone number" if channel == "texts" else "An e-mail address"
    return (
        "<p>Nothing here reaches anybody: this is the sandbox.</p>"
        f'<nav aria-label="Channels"><ul>{links}</ul></nav>'
        f'<form method="get" action="{action}"><label for="to">{what}</label>'
        f'<input id="to" name="to" value="{escape(to)}"> <button>Show</button></form>'
    )


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return "<p>Nothing yet.</p>"
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead><tbody>{lines}</tbody></table>"


def _text(text: Text) -> tuple[str, ...]:
    status = text.status + (f" ({text.error})" if text.error else "")
    cells = (_when(text.created), _DIRECTIONS[text.direction], _number(text.sender), _number(text.to))
    return (*map(_raw, cells), _cell(text.body), _cell(status))


def _mail(mail: Mail) -> tuple[str, ...]:
    subject = f'<a href="/mail/{quote(mail.reference)}">{escape(mail.subject or "(no subject)")}</a>'
    return (_raw(_when(mail.created)), _cell(mail.to), _raw(subject), _cell(mail.bounced))


def _number(number: str | None) -> str:
    if not number:
        return ""
    return f'<a href="/?{urlencode({"to": number})}">{escape(number)}</a>'


def _when(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%d %b %H:%M:%S")


def _cell(text: str) -> str:
    return _raw(escape(text))


def _raw(html: str) -> str:
    return f"<td>{html}</td>"


def _pre(text: str) -> str:
    return f'<pre style="white-space:pre-wrap">{escape(text)}</pre>' if text.strip() else "<p>None.</p>"


def _pages(path: str, to: str, page: int, more: bool) -> str:
    """Links to the newer and the older page."""

    def link(number: int, label: str) -> str:
        query = {"page": number} | ({"to": to} if to else {})
        return f'<a href="{path}?{escape(urlencode(query))}">{label}</a>'

    sides = [link(page - 1, "Newer")] if page > 1 else []
    sides += [link(page + 1, "Older")] if more else []
    return f'<nav aria-label="Pages"><p>Page {page}. {" · ".join(sides)}</p></nav>'
