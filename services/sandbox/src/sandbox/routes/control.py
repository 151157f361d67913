"""What demo, tests and trainers steer and read: inbound texts, what was sent, counts, settling."""

from itertools import islice
from typing import Annotated, Any

from chassis.errors import Refused
from chassis.http.auth import public
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from sandbox.controls import Changes, Controls, Counts, Pending
from sandbox.inbound import Answered, Inbound
from sandbox.journal import Journal, stamp
from sandbox.mails import Mail, Mails, opened
from sandbox.texts import Text, Texts

router = APIRouter(prefix="/sandbox", tags=["control"])
GUARD = "Basic auth with the account's sid and token (door.Door)"
Number = Annotated[str, Field(pattern=r"^(\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 &+_-]{1,11})$")]
Limit = Annotated[int, Query(ge=1, le=1000)]
AllTexts = Annotated[Texts, Depends(given(Texts))]
AllMails = Annotated[Mails, Depends(given(Mails))]
Sending = Annotated[Inbound, Depends(given(Inbound))]
Books = Annotated[Journal, Depends(given(Journal))]
Tally = Annotated[Counts, Depends(given(Counts))]
Waiting = Annotated[Pending, Depends(given(Pending))]
Dials = Annotated[Controls, Depends(given(Controls))]


class InboundText(BaseModel):
    """A text from a member's number to one of ours."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    sender: Number = Field(alias="from")
    to: Number
    body: str = Field(max_length=1600)


class OneInbound(InboundText):
    """The same, with the webhook to call in place of the configured one."""

    url: str = Field(default="", pattern=r"^(|https?://\S+)$")


class ManyInbound(BaseModel):
    """So many texts, so many at a time."""

    model_config = ConfigDict(extra="forbid")

    texts: list[InboundText] = Field(max_length=100_000)
    concurrency: int = Field(default=16, ge=1, le=64)


class Patience(BaseModel):
    """How long to wait, in seconds."""

    model_config = ConfigDict(extra="forbid")

    timeout: float = Field(default=60.0, ge=0, le=600)


@router.post("/inbound")
@public(GUARD)
async def text_in(text: OneInbound, inbound: Sending, controls: Dials) -> dict[str, Any]:
    """Send one inbound text; answers when the webhook has."""
    _need_url(text.url or controls.inbound_url)
    answered = await inbound.send(text.sender, text.to, text.body, text.url)
    shown = {"sid": answered.sid, "status": answered.status, "attempts": answered.attempts}
    return shown | {"replies": list(answered.replies)}


@router.post("/inbound/bulk")
@public(GUARD)
async def texts_in(many: ManyInbound, inbound: Sending, controls: Dials) -> dict[str, Any]:
    """Send many inbound texts; answers when all have ended."""
    _need_url(controls.inbound_url)
    answered = await inbound.send_all([(text.sender, text.to, text.body) for text in many.texts], many.concurrency)
    return _summary(answered)


@router.get("/messages")
@public(GUARD)
async def messages(
    texts: AllTexts,
    to: str = "",
    sender: Annotated[str, Query(alias="from")] = "",
    direction: str = "",
    status: str = "",
    limit: Limit = 100,
    before: str = "",
) -> dict[str, Any]:
    """Texts, newest first."""
    start = texts.find(before)
    if before and start is None:
        raise Refused("there is no such text", field="before")
    wanted = {"sender": sender, "direction": direction, "status": status}
    every = texts.newest_first(to=to or None, before=start.number if start else None)
    matching = (text for text in every if all(getattr(text, name) == value for name, value in wanted.items() if value))
    found = list(islice(matching, limit + 1))
    return {
        "messages": [_text(text) for text in found[:limit]],
        "next": found[limit - 1].sid if len(found) > limit else None,
    }


@router.get("/mail")
@public(GUARD)
async def mail(mails: AllMails, to: str = "", limit: Limit = 100, before: str = "") -> dict[str, Any]:
    """Mails with their readable parts and links, newest first."""
    if before and mails.find(before) is None:
        raise Refused("there is no such mail", field="before")
    found = list(islice(mails.newest_first(to=to, before=before), limit + 1))
    return {
        "mail": [_mail(each) for each in found[:limit]],
        "next": found[limit - 1].reference if len(found) > limit else None,
    }


@router.get("/journal")
@public(GUARD)
async def journal(texts: AllTexts, mails: AllMails, books: Books, counts: Tally, pending: Waiting) -> dict[str, Any]:
    """Counts of the journal."""
    return counted(texts, mails, books, counts, pending)


@router.post("/settle")
@public(GUARD)
async def settle(
    patience: Patience, texts: AllTexts, mails: AllMails, books: Books, counts: Tally, pending: Waiting
) -> dict[str, Any]:
    """Answers when nothing is under way any more, or when the patience is at its end."""
    settled = await pending.settled(patience.timeout)
    return {"settled": settled, "pending": pending.shown()} | counted(texts, mails, books, counts, pending)


@router.get("/settings")
@public(GUARD)
async def settings(controls: Dials) -> dict[str, object]:
    """What may be changed, as it is."""
    return controls.shown()


@router.put("/settings")
@public(GUARD)
async def change(changes: Changes, controls: Dials) -> dict[str, object]:
    """Change any subset."""
    controls.change(changes)
    return controls.shown()


def counted(texts: Texts, mails: Mails, books: Journal, counts: Counts, pending: Pending) -> dict[str, Any]:
    """Everything that was counted, by subject."""
    sms = {"refused": counts.refused_by_code("sms"), "by_status": texts.by_status()}
    email = {"refused": counts.refused_by_code("email"), "returned": dict(counts.bounces)}
    callbacks = {name: counts.callbacks[name] for name in ("sent", "answered", "gave_up")}
    return {
        "sms": _deliveries(texts, books.sms.lines) | sms,
        "email": _deliveries(mails, books.email.lines) | email,
        "inbound": {name: counts.inbound[name] for name in ("sent", "ok", "failed", "replies")},
        "callbacks": callbacks | {"pending": pending.shown()["callbacks"]},
        "files": {book.path.name: book.lines for book in books.books},
    }


def _deliveries(held: Texts | Mails, accepted: int) -> dict[str, Any]:
    distinct = len(held.deliveries)
    return {"accepted": accepted, "distinct_deliveries": distinct, "duplicates": held.deliveries.total() - distinct}


def _summary(answered: list[Answered]) -> dict[str, Any]:
    by_status: dict[str, int] = {}
    for each in answered:
        by_status[str(each.status)] = by_status.get(str(each.status), 0) + 1
    failures = [{"from": each.sender, "status": each.status} for each in answered if not each.ok]
    ok = len(answered) - len(failures)
    counts = {"sent": len(answered), "ok": ok, "failed": len(failures)}
    return counts | {"by_status": by_status, "failures": failures[:20]}


def _text(text: Text) -> dict[str, Any]:
    return {
        "sid": text.sid,
        "to": text.to,
        "from": text.sender,
        "body": text.body,
        "status": text.status,
        "error_code": text.error,
        "parts": text.parts,
        "direction": text.direction,
        "delivery_id": text.delivery_id,
        "gen": text.gen,
        "created_at": stamp(text.created),
        "callbacks_answered": text.answered,
    }


def _mail(each: Mail) -> dict[str, Any]:
    parts = opened(each.source)
    return {
        "reference": each.reference,
        "delivery_id": each.delivery_id,
        "gen": each.gen,
        "to": each.to,
        "from": each.sender,
        "subject": each.subject,
        "message_id": each.message_id,
        "envid": each.envid,
        "text": parts.text,
        "html": parts.html,
        "headers": parts.headers,
        "links": list(parts.links),
        "returned": each.bounced or None,
        "created_at": stamp(each.created),
    }


def _need_url(url: str) -> None:
    if not url:
        raise Refused("no webhook is configured: set INBOUND_URL or give `url`", field="url")
